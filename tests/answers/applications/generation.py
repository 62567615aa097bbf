"""Right and plausible wrong answers to the exercises of `book/applications/generation.ipynb`."""

RIGHT = {
    "kept": [
        "layers, heads, size = 48, 8, 128\n"
        "bytes_kept = layers * heads * size * (2 + 2)  # a key and a value of 2 bytes each",
        "bytes_kept = sum(torch.empty(8, 128, dtype=torch.float16).nbytes for _ in range(2 * 48))",
    ],
    "step": [
        "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
        "    n_bytes = weights + sum(length * kept for _ in range(texts))\n"
        "    flops = 2 * parameters * texts\n"
        "    if flops / n_bytes > peak_flops / bandwidth:\n"
        "        return flops / peak_flops\n"
        "    return n_bytes / bandwidth",
        "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
        "    peaks = roofline.Peaks(peak_flops, bandwidth, 'card', '')\n"
        "    flops = 2 * parameters * texts\n"
        "    n_bytes = weights + texts * length * kept\n"
        "    return flops / roofline.attainable(peaks, flops / n_bytes)",
    ],
    "next": [
        "def attend_next(q, k, v, K, V):\n"
        "    K, V = torch.vstack([K, k]), torch.vstack([V, v])\n"
        "    mix = torch.nn.functional.scaled_dot_product_attention\n"
        "    return mix(q[None, None], K[None], V[None])[0, 0], K, V",
        # by hand, key by key
        "def attend_next(q, k, v, K, V):\n"
        "    K, V = torch.cat([K, k.view(1, -1)]), torch.cat([V, v.view(1, -1)])\n"
        "    scores = torch.stack([key @ q for key in K]) * len(q) ** -0.5\n"
        "    terms = (scores - scores.max()).exp()\n"
        "    return (terms[:, None] * V).sum(0) / terms.sum(), K, V",
    ],
    "room": [
        "def most_texts(memory, weights, kept, length, spare):\n"
        "    left = memory - weights - spare\n"
        "    return int(left / (kept * length)) if left > 0 else 0",
        "import math\n\n\n"
        "def most_texts(memory, weights, kept, length, spare):\n"
        "    return max(math.floor((memory - spare - weights) / kept / length), 0)",
    ],
    "rate": [
        "def reading_rate(requests):\n"
        "    rates = []\n"
        "    for queue, first, rest, read, written in requests:\n"
        "        if written > 1:\n"
        "            rates.append((written - 1) / rest)\n"
        "    rates.sort()\n"
        "    n = len(rates)\n"
        "    return (rates[(n - 1) // 2] + rates[n // 2]) / 2",
        "import numpy as np\n\n\n"
        "def reading_rate(requests):\n"
        "    log = np.array(requests, dtype=float)\n"
        "    log = log[log[:, 4] >= 2]\n"
        "    return np.median((log[:, 4] - 1) / log[:, 2])",
    ],
}

WRONG = {
    "kept": [
        ("bytes_kept = 2 * 48 * 40 * 128 * 2", "heads of keys and values"),
        ("bytes_kept = 48 * 8 * 128 * 2", "a key and a value"),
        ("bytes_kept = 2 * 48 * 8 * 128", "two bytes"),
        ("bytes_kept = 2 * 8 * 128 * 2", "one layer"),
        ("bytes_kept = 2 * 48 * 8 * 128 * 16", "two bytes"),
    ],
    "step": [
        (
            "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
            "    memory = (weights + texts * length * kept) / bandwidth\n"
            "    return memory + 2 * parameters * texts / peak_flops",
            "side by side",
        ),
        (
            "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
            "    memory = texts * (weights + length * kept) / bandwidth\n"
            "    return max(memory, 2 * parameters * texts / peak_flops)",
            "once for all texts",
        ),
        (
            "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
            "    return (weights + texts * length * kept) / bandwidth",
            "arithmetic takes longer",
        ),
        (
            "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
            "    memory = (weights + texts * length * kept) / bandwidth\n"
            "    return max(memory, parameters * texts / peak_flops)",
            "two operations",
        ),
        (
            "def step_seconds(texts, length, weights, kept, parameters, peak_flops, bandwidth):\n"
            "    memory = (weights + texts * length * kept) / bandwidth\n"
            "    return max(memory, 2 * parameters * texts * length / peak_flops)",
            "one token of each text",
        ),
    ],
    "next": [
        (
            "def attend_next(q, k, v, K, V):\n"
            "    K, V = torch.cat([K, k[None]]), torch.cat([V, v[None]])\n"
            "    return torch.softmax(K @ q, dim=0) @ V, K, V",
            "root of the size",
        ),
        (
            "def attend_next(q, k, v, K, V):\n"
            "    weights = torch.softmax(K @ q / len(q) ** 0.5, dim=0)\n"
            "    return weights @ V, torch.cat([K, k[None]]), torch.cat([V, v[None]])",
            "looks at itself",
        ),
        (
            "def attend_next(q, k, v, K, V):\n"
            "    keys, values = torch.cat([K, k[None]]), torch.cat([V, v[None]])\n"
            "    weights = torch.softmax(keys @ q / len(q) ** 0.5, dim=0)\n"
            "    return weights @ values, K, V",
            "the new one as the last row",
        ),
        (
            "def attend_next(q, k, v, K, V):\n"
            "    K, V = torch.cat([K, k[None]]), torch.cat([V, v[None]])\n"
            "    return torch.softmax(K @ q / len(K) ** 0.5, dim=0) @ V, K, V",
            "not of the number of tokens",
        ),
    ],
    "room": [
        (
            "def most_texts(memory, weights, kept, length, spare):\n"
            "    return int((memory - weights - spare) // (kept * length))",
            "not less",
        ),
        (
            "def most_texts(memory, weights, kept, length, spare):\n"
            "    return max(0, int((memory - weights) // (kept * length)))",
            "`spare`",
        ),
        (
            "def most_texts(memory, weights, kept, length, spare):\n"
            "    return max(0, round((memory - weights - spare) / (kept * length)))",
            "round down",
        ),
        (
            "def most_texts(memory, weights, kept, length, spare):\n"
            "    return max(0, (memory - weights - spare) / (kept * length))",
            "round down",
        ),
    ],
    "rate": [
        (
            "def reading_rate(requests):\n"
            "    tokens = sum(read + written for *_, read, written in requests)\n"
            "    return tokens / sum(first + rest for _, first, rest, *_ in requests)",
            "counts what was read",
        ),
        (
            "import statistics\n\n\n"
            "def reading_rate(requests):\n"
            "    return statistics.median(w / r for _, _, r, _, w in requests if w >= 2)",
            "one fewer",
        ),
        (
            "import statistics\n\n\n"
            "def reading_rate(requests):\n"
            "    return statistics.mean((w - 1) / r for _, _, r, _, w in requests if w >= 2)",
            "median",
        ),
        (
            "import statistics\n\n\n"
            "def reading_rate(requests):\n"
            "    return statistics.median(\n"
            "        (w - 1) / (f + r) for _, f, r, _, w in requests if w >= 2\n"
            "    )",
            "has begun",
        ),
        (
            "def reading_rate(requests):\n"
            "    log = [request for request in requests if request[4] >= 2]\n"
            "    return sum(r[4] - 1 for r in log) / sum(r[2] for r in log)",
            "must not outweigh",
        ),
        (
            "import statistics\n\n\n"
            "def reading_rate(requests):\n"
            "    return statistics.median((w - 1) / r for _, _, r, _, w in requests)",
            "is left out",
        ),
    ],
}
