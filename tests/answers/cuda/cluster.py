"""Right and plausible wrong answers to the exercises of `book/cuda/cluster.ipynb`."""

TIMES = "def both_times(n_bytes, n, alpha, beta):\n    return "
RING = "2 * (n - 1) * (alpha + n_bytes / n * beta)"
TREE = "2 * math.log2(n) * (alpha + n_bytes * beta)"
SAVE = "def best_interval(save_s, apart_s):\n    "
HELD = "def speed_up(n, compute_s, talk_s):\n    return "

RIGHT = {
    "tree": [
        "def both_times(n_bytes, n, alpha, beta):\n"
        "    def message(size):\n"
        "        return alpha + size * beta\n"
        "    ring = sum(message(n_bytes / n) for _ in range(2 * (n - 1)))\n"
        "    return [ring, 2 * (n.bit_length() - 1) * message(n_bytes)]",
        "def both_times(n_bytes, n, alpha, beta):\n"
        "    import numpy as np\n"
        f"    return np.array([{RING}, {TREE}])",
    ],
    "save": [
        SAVE + "interval = (2 * save_s * apart_s) ** 0.5\n"
        "    return [interval, (2 * save_s / apart_s) ** 0.5]",
        # by trying: a golden section would do as well
        SAVE + "def loses(tau):\n        return save_s / tau + tau / 2 / apart_s\n"
        "    low, high = save_s / 100, 100.0 * apart_s\n"
        "    for _ in range(200):\n"
        "        left, right = low + (high - low) / 3, high - (high - low) / 3\n"
        "        low, high = (low, right) if loses(left) < loses(right) else (left, high)\n"
        "    return low, loses(low)",
    ],
    "held": [
        HELD + "1 / (1 / n + talk_s / compute_s)",
        HELD + "n * compute_s / (compute_s + n * talk_s)",
        HELD + "(1 / n + talk_s / compute_s) ** -1",
        # one alone has nobody to sum with
        "def speed_up(n, compute_s, talk_s):\n"
        "    return 1 if n == 1 else compute_s / (compute_s / n + talk_s)",
    ],
    "claim": [
        "efficiency = 0.583",
        "efficiency = 7 / 12",
        "efficiency = 512 / 0.1125 / (8192 / 1.05)",
    ],
}

WRONG = {
    "tree": [
        (
            TIMES + f"{RING}, 2 * math.log2(n) * (alpha + n_bytes / n * beta)",
            "the tree is 2.01e-05",
        ),
        (TIMES + f"{RING}, math.log2(n) * (alpha + n_bytes * beta)", "come down again"),
        (TIMES + f"{RING}, 2 * math.log(n) * (alpha + n_bytes * beta)", "base e"),
        (TIMES + f"{RING}, 2 * (math.log2(n) * alpha + n_bytes * beta)", "in each of its steps"),
        (TIMES + f"{TREE}, {RING}", "the ring comes first"),
        (TIMES + f"min({RING}, {TREE})", "2 results are needed"),
        (TIMES + f"2 * n * (alpha + n_bytes / n * beta), {TREE}", "the ring is 4.02e-05"),
        (TIMES + f"2 * (n - 1) * (alpha + n_bytes * beta), {TREE}", "the ring is 2.02e-05"),
        (TIMES + RING, "2 results are needed"),
    ],
    "save": [
        (
            SAVE + "interval = math.sqrt(save_s * apart_s)\n"
            "    return interval, save_s / interval + interval / (2 * apart_s)",
            "half an interval on average",
        ),
        (SAVE + "return math.sqrt(2 * save_s * apart_s), math.sqrt(save_s / apart_s)", "the share"),
        (
            SAVE + "return math.sqrt(2 * save_s / apart_s), math.sqrt(2 * save_s * apart_s)",
            "the interval comes first",
        ),
        (
            SAVE + "interval = math.sqrt(2 * save_s * apart_s)\n"
            "    return interval, save_s / interval",
            "one of two equal parts",
        ),
        (
            SAVE + "interval = math.sqrt(2 * save_s * apart_s)\n"
            "    return interval, 100 * (save_s / interval + interval / (2 * apart_s))",
            "in per cent",
        ),
        (SAVE + "return math.sqrt(2 * save_s * apart_s)", "2 results are needed"),
        (SAVE + "return apart_s, save_s / apart_s + 1 / 2", "the interval is"),
    ],
    "held": [
        (HELD + "compute_s / ((compute_s + talk_s) / n)", "Only the computing is divided"),
        (HELD + "n", "n = 2"),
        (HELD + "min(n, compute_s / talk_s)", "n = 2"),
        (HELD + "compute_s / (compute_s / n + n * talk_s)", "comes once"),
        (HELD + "(compute_s + talk_s) / (compute_s / n + talk_s)", "nobody to sum with"),
        (HELD + "(compute_s / n + talk_s) / compute_s", "its inverse"),
    ],
    "claim": [
        ("efficiency = 0.96", "a batch that grew"),
        ("efficiency = 1 / 16", "its time is shorter"),
        ("efficiency = 58.3", "in per cent"),
        ("efficiency = (8192 / 1.05) / (512 / 0.1125)", "After over before"),
        ("efficiency = 0.0625 / 0.1125", "does not hide before either"),
    ],
}
