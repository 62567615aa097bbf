"""Right and plausible wrong answers to the exercises of `book/background/roofline.ipynb`."""

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
            "flops = 10000000000.0",
        ),
    ],
    "batch": [
        ("smallest_batch = 154", "too small"),
        ("smallest_batch = 165", "too small"),
        ("smallest_batch = 307", "too large"),
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
    ],
}
