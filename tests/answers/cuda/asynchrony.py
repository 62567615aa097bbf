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


RIGHT = {
    "timer": [
        # waits after each run, too
        "def time_per_run(work, n, launch, synchronise, clock):\n"
        "    def timed(runs):\n"
        "        synchronise()\n"
        "        start = clock()\n"
        "        for _ in range(runs):\n"
        "            launch(work)\n"
        "        synchronise()\n"
        "        return clock() - start\n"
        "    timed(2)\n"
        "    return timed(n) / n",
        # warms up for longer
        TIMER.replace("range(2)", "range(5)"),
    ],
    "bound": [
        "one_by_one, as_graph = 2003, 1220",
        "host = [5 * (k + 1) for k in range(400)]\n"
        "end = 0\n"
        "for launched in host:\n"
        "    end = max(end, launched) + 3\n"
        "one_by_one, as_graph = end, 20.0 + 3 * len(host)",
    ],
    "pieces": [
        "def best_pieces(copy, compute, each):\n"
        "    times = [(copy + compute + (k - 1) * max(copy, compute)) / k + k * each\n"
        "             for k in range(1, 257)]\n"
        "    return times.index(min(times)) + 1",
        # what shrinks is the smaller of the two times, over k
        "def best_pieces(copy, compute, each):\n"
        "    best, least = 1, float('inf')\n"
        "    for k in range(1, 257):\n"
        "        time = max(copy, compute) + min(copy, compute) / k + k * each\n"
        "        if time < least:\n"
        "            best, least = k, time\n"
        "    return best",
    ],
    "summary": [
        "import statistics\n"
        "def median_and_factor(times):\n"
        "    median = statistics.median(times)\n"
        "    return median, statistics.fmean(times) / median",
        "def median_and_factor(times):\n"
        "    t = torch.tensor(times, dtype=torch.float64)\n"
        "    return torch.stack([t.quantile(0.5), t.mean() / t.quantile(0.5)])",
    ],
}

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
        # launches the graph for each kernel
        (
            "one_by_one, as_graph = 2003, 400 * 23",
            "as_graph: 9,200 is wrong",
        ),
    ],
    "pieces": [
        ("def best_pieces(copy, compute, each):\n    return 256", "and 28 is needed"),
        (
            "def best_pieces(copy, compute, each):\n"
            "    return round((max(copy, compute) / each) ** 0.5)",
            "is needed",
        ),
        # without the cost of the pieces
        (
            "def best_pieces(copy, compute, each):\n"
            "    def total(k):\n"
            "        return (copy + compute + (k - 1) * max(copy, compute)) / k\n"
            "    return min(range(1, 257), key=total)",
            "is 256, and 28 is needed",
        ),
        # as if all pieces ran at once
        (
            "def best_pieces(copy, compute, each):\n"
            "    times = {k: (copy + compute) / k + k * each for k in range(1, 257)}\n"
            "    return min(times, key=times.get)",
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
        # the factor the other way round
        (
            "import statistics\n"
            "def median_and_factor(times):\n"
            "    median = statistics.median(times)\n"
            "    return median, median / statistics.fmean(times)",
            "the factor is",
        ),
        # the mean, and the worst of them
        (
            "def median_and_factor(times):\n"
            "    mean = sum(times) / len(times)\n"
            "    return mean, max(times) / mean",
            "the median is 2.6",
        ),
    ],
}
