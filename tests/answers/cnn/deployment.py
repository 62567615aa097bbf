"""Right and plausible wrong answers to the exercises of `book/cnn/deployment.ipynb`."""

PERCENTILE = "def percentile(latencies, share):\n"
STATUS = "def status(pixels, n):\n"
CHOOSE = "def choose(run_ms, limit_ms):\n"
CHECKED = "    if not isinstance(pixels, list) or len(pixels) != n:\n        return 400\n"

WRONG = {
    "inside": [
        ("inside = 400 * 30", "is too large"),
        ("inside = 400 / 30", "is too large"),
        ("inside = 30 / 400", "is too small"),
    ],
    "percentile": [
        (
            PERCENTILE
            + "    rank = -(-share * len(latencies) // 100)\n    return latencies[rank - 1]",
            "and 3 is needed",
        ),
        (
            PERCENTILE + "    return sorted(latencies)[int(share / 100 * len(latencies))]",
            "and 2 is needed",
        ),
        (
            PERCENTILE + "    import numpy as np\n    return np.percentile(latencies, share)",
            "the value is 5, and 2 is needed",
        ),
    ],
    "validate": [
        (
            STATUS + "    return 200 if len(pixels) == n and min(pixels) >= 0 else 400",
            "the value is 200, and 400 is needed",
        ),
        (
            STATUS + CHECKED + "    return 200 if all(0 <= p <= 255 for p in pixels) else 400",
            "raised TypeError",
        ),
        (
            STATUS
            + CHECKED
            + "    if not all(isinstance(p, (int, float)) for p in pixels):\n"
            + "        return 400\n"
            + "    return 400 if any(p < 0 or p > 255 for p in pixels) else 200",
            "nan",
        ),
    ],
    "choose": [
        (
            CHOOSE + "    good = [n for n in run_ms if run_ms[n] <= limit_ms]\n"
            "    return max(good, key=lambda n: n / run_ms[n], default=0)",
            "the value is 32, and 8 is needed",
        ),
        (
            CHOOSE + "    return max((n for n in run_ms if 2 * run_ms[n] <= limit_ms), default=0)",
            "the value is 32, and 8 is needed",
        ),
        (
            CHOOSE + "    good = [n for n in run_ms if 2 * run_ms[n] <= limit_ms]\n"
            "    return max(good, key=lambda n: n / run_ms[n])",
            "raised ValueError",
        ),
    ],
}
