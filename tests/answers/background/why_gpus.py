"""Right and plausible wrong answers to the exercises of `book/background/why_gpus.ipynb`."""

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
    ],
    "method": [
        ("method_factor = 9101 / 1.99", "too large"),
        ("method_factor = 312 / 10.6", "too small"),
        ("method_factor = (9101 / 1.99) * (312 / 10.6)", "too large"),
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
    ],
}
