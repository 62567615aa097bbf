"""Right and plausible wrong answers to the exercises of `book/cuda/asynchrony.ipynb`."""

TIMER = """
def time_per_run(work, n, launch, synchronise, clock):
    for _ in range(2):
        launch(work)
    synchronise()
    start = clock()
    for _ in range(n):
        launch(work)
    synchronise()
    return (clock() - start) / n
"""


def without(text: str) -> str:
    """Return the right timer without one piece of it."""
    assert text in TIMER
    return TIMER.replace(text, "", 1)


WRONG = {
    "timer": [
        (TIMER.replace("    synchronise()\n    return", "    return"), "and 50.1 is needed"),
        (without("    for _ in range(2):\n        launch(work)\n"), "and 50.1 is needed"),
        (without("    synchronise()\n"), "and 50.1 is needed"),
        (TIMER.replace(" / n", ""), "the value is 501"),
    ],
    "bound": [
        ("one_by_one, as_graph = 400 * 8, 1220", "one_by_one: 3,200 is wrong"),
        ("one_by_one, as_graph = 2000, 1220", "one_by_one: 2,000 is wrong"),
        ("one_by_one, as_graph = 2003, 1200", "as_graph: 1,200 is wrong"),
    ],
    "pieces": [
        ("def best_pieces(copy, compute, each):\n    return 256", "and 28 is needed"),
        (
            "def best_pieces(copy, compute, each):\n"
            "    return round((max(copy, compute) / each) ** 0.5)",
            "is needed",
        ),
    ],
    "summary": [
        (
            "def median_and_factor(times):\n"
            "    return times[len(times) // 2], sum(times) / len(times)",
            "is needed",
        ),
        (
            "def median_and_factor(times):\n"
            "    median = sorted(times)[len(times) // 2]\n"
            "    return median, sum(times) / len(times) / median",
            "is needed",
        ),
    ],
}
