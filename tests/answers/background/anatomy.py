"""Right and plausible wrong answers to the exercises of `book/background/anatomy.ipynb`."""

RIGHT = {
    "needed": [
        "def threads_needed(latency, lanes, independent):\n"
        "    return -(-latency * lanes // independent)",
        "from fractions import Fraction\n"
        "def threads_needed(latency, lanes, independent):\n"
        "    return lanes / Fraction(independent, latency)",
    ],
    "registers": [
        "on_h100 = 65_536 // 2_048 // 8 * 8\non_rtx_4090 = 65_536 // 1_536 // 8 * 8",
        "def most(capability):\n"
        "    full = [r for r in range(1, 256) if occupancy(capability, r, 0, 512).fraction == 1]\n"
        "    return full[-1]\n"
        'on_h100, on_rtx_4090 = map(most, ("9.0", "8.9"))',
    ],
    "block": ["block_threads = 1024", "block_threads = np.int64(512)", "block_threads = 256.0"],
    "share": [
        "def share_of_peak(n, time_ms, peak_tflops):\n"
        "    least_ms = 2 * n**3 / peak_tflops / 1e9\n"
        "    return least_ms / time_ms",
        "def share_of_peak(n, time_ms, peak_tflops):\n"
        "    reached = np.float64(n) ** 3 * 2 / (time_ms * 1e9)\n"
        "    return np.array([reached / peak_tflops])",
    ],
}

WRONG = {
    "needed": [
        (
            "def threads_needed(latency, lanes, independent):\n    return latency * lanes",
            "independent = 25",
        ),
        (
            "def threads_needed(latency, lanes, independent):\n    return lanes / latency",
            "256 is needed",
        ),
        (
            "def threads_needed(latency, lanes, independent):\n"
            "    return latency * lanes * independent",
            "is needed",
        ),
        # of one lane
        (
            "def threads_needed(latency, lanes, independent):\n    return latency / independent",
            "How many lanes are there?",
        ),
    ],
    "registers": [
        ("on_h100, on_rtx_4090 = 32, 42", "on_rtx_4090: 42 is wrong"),
        ("on_h100, on_rtx_4090 = 32, 48", "on_rtx_4090: 48 is wrong"),
        ("on_h100, on_rtx_4090 = 255, 255", "on_h100: 255 is wrong"),
        # swapped
        (
            "on_h100, on_rtx_4090 = 40, 32",
            "on_h100: 40 is wrong",
        ),
    ],
    "block": [
        ("block_threads = 128", "36 of 64 warps: shared memory"),
        ("block_threads = 192", "54 of 64 warps"),
        ("block_threads = 2048", "from 1 to 1,024"),
        # fills the warps, and not the lanes
        (
            "block_threads = 250",
            "The last warp of each block is not full",
        ),
    ],
    "share": [
        (
            "def share_of_peak(n, time_ms, peak_tflops):\n"
            "    return n**3 / (time_ms * 1e-3) / (peak_tflops * 1e12)",
            "is needed",
        ),
        (
            "def share_of_peak(n, time_ms, peak_tflops):\n"
            "    return 2 * n**3 / time_ms / (peak_tflops * 1e12)",
            "is needed",
        ),
        (
            "def share_of_peak(n, time_ms, peak_tflops):\n"
            "    return 100 * 2 * n**3 / (time_ms * 1e-3) / (peak_tflops * 1e12)",
            "is needed",
        ),
        # upside down
        (
            "def share_of_peak(n, time_ms, peak_tflops):\n"
            "    return time_ms / (2 * n**3 / (peak_tflops * 1e9))",
            "The peak is what you divide by",
        ),
    ],
}
