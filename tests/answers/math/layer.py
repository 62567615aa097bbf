"""Right and plausible wrong answers to the exercises of `book/math/layer.ipynb`."""

RIGHT = {
    "batch": [
        "def relu_layer(X, W, b):\n    return F.linear(X, W, b).clamp(min=0)",
        # neuron by neuron
        "def relu_layer(X, W, b):\n"
        "    scores = torch.stack([(X * w).sum(1) + bias for w, bias in zip(W, b)], dim=1)\n"
        "    return torch.where(scores > 0, scores, 0.0)",
    ],
    "collapse": [
        # what the two do to the unit vectors, and to zero
        "def merge(W1, b1, W2, b2):\n"
        "    both = lambda x: (x @ W1.T + b1) @ W2.T + b2\n"
        "    b = both(torch.zeros(W1.shape[1]))\n"
        "    return (both(torch.eye(W1.shape[1])) - b).T, b",
        "def merge(W1, b1, W2, b2):\n"
        "    W = torch.einsum('mk,kn->mn', W2, W1)\n"
        "    return [W, torch.addmv(b2, W2, b1)]",
    ],
    "cost": [
        # by doubling, then halving
        "def smallest_batch(n, m, s, ridge):\n"
        "    def reached(N):\n"
        "        return 2 * N * n * m >= ridge * s * (N * n + n * m + N * m)\n"
        "    if 2 * n * m <= ridge * s * (n + m):\n"
        "        return 0\n"
        "    low, high = 0, 1\n"
        "    while not reached(high):\n"
        "        low, high = high, 2 * high\n"
        "    while high - low > 1:\n"
        "        middle = (low + high) // 2\n"
        "        low, high = (low, middle) if reached(middle) else (middle, high)\n"
        "    return high",
        "def smallest_batch(n, m, s, ridge):\n"
        "    spare = 2 / (ridge * s) - 1 / n - 1 / m\n"
        "    return max(1, -int(-1 / spare // 1)) if spare > 0 else 0",
    ],
    "shape": [
        "M, K, N = 32 * 56**2, 3 * 3 * 64, 128\nflops = 2 * M * K * N",
        "columns = F.unfold(torch.empty(1, 64, 56, 56), 3, padding=1)\n"
        "M, K, N = 32 * columns.shape[2], columns.shape[1], 2 * 64\n"
        "flops = 2.0 * M * K * N",
    ],
}

WRONG = {
    "batch": [
        (
            "def relu_layer(X, W, b):\n    return torch.relu(X @ W + b)",
            "your function raised RuntimeError",
        ),
        ("def relu_layer(X, W, b):\n    return X @ W.T + b", "is needed"),
        ("def relu_layer(X, W, b):\n    return torch.relu(X @ W.T) + b", "is needed"),
        ("def relu_layer(X, W, b):\n    return torch.relu(W @ X.T + b[:, None])", "the shape is"),
    ],
    "collapse": [
        ("def merge(W1, b1, W2, b2):\n    return W1 @ W2, W2 @ b1 + b2", "RuntimeError"),
        ("def merge(W1, b1, W2, b2):\n    return W2 @ W1, W2 @ b1", "b[0]"),
        ("def merge(W1, b1, W2, b2):\n    return W2 @ W1", "2 results are needed"),
        (
            "def merge(W1, b1, W2, b2):\n    return W2 @ W1, b1 + b2",
            "RuntimeError",
        ),
    ],
    "cost": [
        (
            "def smallest_batch(n, m, s, ridge):\n    return -int(-ridge * s // 2)",
            "is needed",
        ),
        (
            "import math\n"
            "def smallest_batch(n, m, s, ridge):\n"
            "    spare = n * m - ridge * s * (n + m)\n"
            "    return max(1, math.ceil(ridge * s * n * m / spare)) if spare > 0 else 0",
            "is needed",
        ),
        (
            "import math\n"
            "def smallest_batch(n, m, s, ridge):\n"
            "    spare = 2 * n * m - ridge * s * (n + m)\n"
            "    return math.ceil(ridge * s * n * m / spare)",
            "is needed",
        ),
        (
            "def smallest_batch(n, m, s, ridge):\n"
            "    spare = 2 / (ridge * s) - 1 / n - 1 / m\n"
            "    return max(1, int(1 / spare)) if spare > 0 else 0",
            "round up",
        ),
    ],
    "shape": [
        ("M, K, N, flops = 93_312, 576, 128, 13_759_414_272", "M: 93,312 is wrong"),
        ("M, K, N, flops = 100_352, 64, 128, 1_644_167_168", "K: 64 is wrong"),
        ("M, K, N, flops = 100_352, 576, 128, 7_398_752_256", "flops: 7,398,752,256 is wrong"),
        (
            "M, K, N, flops = 100_352, 576, 64, 7_398_752_256",
            "N: 64 is wrong",
        ),
    ],
}
