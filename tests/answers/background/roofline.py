"""Right and plausible wrong answers to the exercises of `book/background/roofline.ipynb`."""

RIGHT = {
    "intensity": [
        # bytes for each operation, turned over
        "def product_intensity(m, k, n, size):\n    return 2 / (size * (1 / n + 1 / m + 1 / k))",
        "def product_intensity(m, k, n, size):\n"
        "    with FlopCounterMode(display=False) as counter:\n"
        "        a, b = torch.empty(m, k, device='meta'), torch.empty(k, n, device='meta')\n"
        "        c = a @ b\n"
        "    return counter.get_total_flops() / size / sum(t.numel() for t in (a, b, c))",
    ],
    "least": [
        "def least_time(flops, n_bytes, peak_flops, bandwidth):\n"
        "    if flops / n_bytes >= peak_flops / bandwidth:\n"
        "        return 1e3 * flops / peak_flops, 1\n"
        "    return 1e3 * n_bytes / bandwidth, 0",
        "def least_time(flops, n_bytes, peak_flops, bandwidth):\n"
        "    times = torch.tensor([n_bytes / bandwidth, flops / peak_flops], dtype=torch.float64)\n"
        "    return 1000 * times.max(), times[1] >= times[0]",
    ],
    "batch": [
        "import math\n"
        "ridge = 312e12 / 2039e9\n"
        "smallest_batch = math.ceil(ridge * 4096 / (4096 - 2 * ridge))",
        "smallest_batch = next(n for n in range(1, 4096)\n"
        "    if 2 * n * 4096**2 / 312e12 >= 2 * (4096**2 + 2 * n * 4096) / 2039e9)",
    ],
    "decode": [
        "def decode_intensity(query_heads, kv_heads, size):\n"
        "    sharing = query_heads / kv_heads\n"
        "    return 2 * sharing / size",
        # one stored word, number by number
        "def decode_intensity(query_heads, kv_heads, size, width=64):\n"
        "    flops = query_heads * (2 * width + 2 * width)\n"
        "    return flops / (kv_heads * 2 * width * size)",
    ],
}

WRONG = {
    "intensity": [
        (
            "def product_intensity(m, k, n, size):\n"
            "    return m * k * n / (size * (m * k + k * n + m * n))",
            "85.3333 is needed",
        ),
        (
            "def product_intensity(m, k, n, size):\n"
            "    return 2 * m * k * n / (size * (m * k + k * n))",
            "85.3333 is needed",
        ),
        ("def product_intensity(m, k, n, size):\n    return n / 6", "is needed"),
        # upside down
        (
            "def product_intensity(m, k, n, size):\n"
            "    return size * (m * k + k * n + m * n) / (2 * m * k * n)",
            "FLOP per byte, not",
        ),
    ],
    "least": [
        (
            "def least_time(flops, n_bytes, peak_flops, bandwidth):\n"
            "    compute, memory = flops / peak_flops, n_bytes / bandwidth\n"
            "    return 1e3 * (compute + memory), int(compute >= memory)",
            "10 is needed",
        ),
        (
            "def least_time(flops, n_bytes, peak_flops, bandwidth):\n"
            "    compute, memory = flops / peak_flops, n_bytes / bandwidth\n"
            "    return max(compute, memory), int(compute >= memory)",
            "10 is needed",
        ),
        (
            "def least_time(flops, n_bytes, peak_flops, bandwidth):\n"
            "    compute, memory = flops / peak_flops, n_bytes / bandwidth\n"
            "    return 1e3 * max(compute, memory), int(compute > memory)",
            "flops = 1e+10",
        ),
        (
            "def least_time(flops, n_bytes, peak_flops, bandwidth):\n"
            "    compute, memory = flops / peak_flops, n_bytes / bandwidth\n"
            "    return 1e3 * min(compute, memory), int(compute >= memory)",
            "shorter of the two",
        ),
    ],
    "batch": [
        ("smallest_batch = 154", "too small"),
        ("smallest_batch = 165", "too small"),
        ("smallest_batch = 307", "too large"),
        # as if a weight brought four operations
        (
            "smallest_batch = 77",
            "not 2 N",
        ),
    ],
    "decode": [
        (
            "def decode_intensity(query_heads, kv_heads, size):\n    return 2 / size",
            "is needed",
        ),
        (
            "def decode_intensity(query_heads, kv_heads, size):\n"
            "    return 4 * kv_heads / (2 * query_heads * size)",
            "is needed",
        ),
        (
            "def decode_intensity(query_heads, kv_heads, size):\n"
            "    return 2 * query_heads / (2 * kv_heads * size)",
            "0.5 is needed",
        ),
        # the key alone is read
        (
            "def decode_intensity(query_heads, kv_heads, size):\n"
            "    return 4 * query_heads / (kv_heads * size)",
            "0.5 is needed",
        ),
    ],
}
