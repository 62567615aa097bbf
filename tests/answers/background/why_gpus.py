"""Right and plausible wrong answers to the exercises of `book/background/why_gpus.ipynb`."""

RIGHT = {
    "flight": [
        "def in_flight(gb_per_s, latency_ns):\n"
        "    numbers_per_s = gb_per_s * 1e9 / 4\n"
        "    return numbers_per_s * latency_ns * 1e-9",
        "from fractions import Fraction\n"
        "def in_flight(gb_per_s, latency_ns):\n"
        "    return Fraction(gb_per_s * latency_ns, 4)",
    ],
    "even": [
        "def break_even(cpu_flops, gpu_flops, link_bytes):\n"
        "    gain = gpu_flops - cpu_flops\n"
        "    if gain <= 0:\n"
        "        return np.inf\n"
        "    return 6 * cpu_flops * gpu_flops / link_bytes / gain",
        # by halving
        "def break_even(cpu_flops, gpu_flops, link_bytes):\n"
        "    if not gpu_flops > cpu_flops:\n"
        "        return float('inf')\n"
        "    low, high = 0.0, 1e12\n"
        "    for _ in range(200):\n"
        "        n = (low + high) / 2\n"
        "        pays = 12 * n**2 / link_bytes + 2 * n**3 / gpu_flops < 2 * n**3 / cpu_flops\n"
        "        low, high = (low, n) if pays else (n, high)\n"
        "    return high",
    ],
    "method": ["method_factor = 155", "method_factor = np.array([9101 * 10.6 / (1.99 * 312)])"],
    "amdahl": [
        "def speed_up(stays, faster):\n    return faster / (1 + stays * (faster - 1))",
        "def speed_up(stays, faster):\n"
        "    before = stays, 1 - stays\n"
        "    after = stays, (1 - stays) / faster\n"
        "    return sum(before) / sum(after)",
    ],
}

WRONG = {
    "flight": [
        (
            "def in_flight(gb_per_s, latency_ns):\n    return gb_per_s * latency_ns",
            "180000, and 45000 is needed",
        ),
        (
            "def in_flight(gb_per_s, latency_ns):\n    return gb_per_s / latency_ns / 4",
            "45000 is needed",
        ),
        (
            "def in_flight(gb_per_s, latency_ns):\n    return gb_per_s * 1e9 * latency_ns / 4",
            "45000 is needed",
        ),
        (
            "def in_flight(gb_per_s, latency_ns):\n    return gb_per_s * latency_ns * 4",
            "so divide",
        ),
    ],
    "even": [
        (
            "def break_even(cpu_flops, gpu_flops, link_bytes):\n"
            "    return 6 / link_bytes / (1 / cpu_flops - 1 / gpu_flops)",
            "inf is needed",
        ),
        (
            "def break_even(cpu_flops, gpu_flops, link_bytes):\n"
            "    return 6 * cpu_flops / link_bytes if gpu_flops > cpu_flops else float('inf')",
            "is needed",
        ),
        (
            "def break_even(cpu_flops, gpu_flops, link_bytes):\n"
            "    if gpu_flops <= cpu_flops:\n"
            "        return float('inf')\n"
            "    return 12 / link_bytes / (1 / cpu_flops - 1 / gpu_flops)",
            "is needed",
        ),
        # numbers over the link
        (
            "def break_even(cpu_flops, gpu_flops, link_bytes):\n"
            "    if gpu_flops <= cpu_flops:\n"
            "        return float('inf')\n"
            "    return 1.5 / link_bytes / (1 / cpu_flops - 1 / gpu_flops)",
            "four for each number",
        ),
    ],
    "method": [
        ("method_factor = 9101 / 1.99", "too large"),
        ("method_factor = 312 / 10.6", "too small"),
        ("method_factor = (9101 / 1.99) * (312 / 10.6)", "too large"),
        (
            "method_factor = 312 / 10.6 / (9101 / 1.99)",
            "The other way round",
        ),
    ],
    "amdahl": [
        (
            "def speed_up(stays, faster):\n    return stays + (1 - stays) * faster",
            "is needed",
        ),
        (
            "def speed_up(stays, faster):\n    return 1 / ((1 - stays) + stays / faster)",
            "is needed",
        ),
        ("def speed_up(stays, faster):\n    return 1 / stays", "is needed"),
        # the time that is left
        (
            "def speed_up(stays, faster):\n    return stays + (1 - stays) / faster",
            "How many times as fast",
        ),
    ],
}
