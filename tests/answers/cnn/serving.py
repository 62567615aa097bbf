"""Right and plausible wrong answers to the exercises of `book/cnn/serving.ipynb`."""

PERCENTILE = "def percentile(latencies, share):\n"
STATUS = "def status(pixels, n):\n"
CHOOSE = "def choose(run_ms, limit_ms):\n"
CHECKED = "    if not isinstance(pixels, list) or len(pixels) != n:\n        return 400\n"

RIGHT = {
    "inside": ["inside = 12", "inside = torch.tensor([400 * 30 / 1000])"],
    "percentile": [
        PERCENTILE + "    import math\n"
        "    ordered = sorted(latencies)\n"
        "    return ordered[max(0, math.ceil(share * len(ordered) / 100) - 1)]",
        # the definition, word by word
        PERCENTILE + "    for limit in sorted(latencies):\n"
        "        below = sum(latency <= limit for latency in latencies)\n"
        "        if 100 * below >= share * len(latencies):\n"
        "            return limit",
        PERCENTILE + "    import numpy as np\n"
        "    return np.percentile(latencies, share, method='inverted_cdf')",
    ],
    "validate": [
        STATUS + "    if type(pixels) is not list or len(pixels) != n:\n"
        "        return 400\n"
        "    for pixel in pixels:\n"
        "        if isinstance(pixel, bool) or not isinstance(pixel, (int, float)):\n"
        "            return 400\n"
        "        if not 0 <= pixel <= 255:\n"
        "            return 400\n"
        "    return 200",
        STATUS + "    try:\n"
        "        assert isinstance(pixels, list) and len(pixels) == n\n"
        "        assert all(type(p) in (int, float) and 0 <= p <= 255 for p in pixels)\n"
        "    except AssertionError:\n"
        "        return 400\n"
        "    return 200",
    ],
    "choose": [
        CHOOSE + "    best, rate = 0, 0\n"
        "    for size, ms in run_ms.items():\n"
        "        if ms + ms <= limit_ms and size / ms > rate:\n"
        "            best, rate = size, size / ms\n"
        "    return best",
        CHOOSE + "    rates = {n / t: n for n, t in run_ms.items() if t <= limit_ms / 2}\n"
        "    return rates[max(rates)] if rates else 0",
    ],
}

WRONG = {
    "inside": [
        ("inside = 400 * 30", "is too large"),
        ("inside = 400 / 30", "is too large"),
        ("inside = 400 / 0.030", "times the seconds"),
        ("inside = 30 / 400", "is too small"),
        (
            "inside = 400 * 30 / 1000**2",
            "divide by a thousand once",
        ),
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
        # to the nearest rank, not up
        (
            "def percentile(latencies, share):\n"
            "    rank = round(share / 100 * len(latencies))\n"
            "    return sorted(latencies)[max(rank, 1) - 1]",
            "the value is 2, and 3 is needed",
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
        # enough, or more
        (
            STATUS + "    if not isinstance(pixels, list) or len(pixels) < n:\n"
            "        return 400\n"
            "    good = all(type(p) in (int, float) and 0 <= p <= 255 for p in pixels)\n"
            "    return 200 if good else 400",
            "Four numbers are not three",
        ),
        # takes true and false for numbers
        (
            STATUS
            + CHECKED
            + "    numbers = all(isinstance(p, (int, float)) for p in pixels)\n"
            + "    return 200 if numbers and all(0 <= p <= 255 for p in pixels) else 400",
            "[True, 1, 2]",
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
        # refuses what takes exactly as long as allowed
        (
            CHOOSE + "    good = [n for n in run_ms if 2 * run_ms[n] < limit_ms]\n"
            "    return max(good, key=lambda n: n / run_ms[n], default=0)",
            "and 8 is needed",
        ),
    ],
}
