"""Right and plausible wrong answers to the exercises of `book/math/layer.ipynb`."""

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
        ("def merge(W1, b1, W2, b2):\n    return W2 @ W1, W2 @ b1", "b at (0,)"),
        ("def merge(W1, b1, W2, b2):\n    return W2 @ W1", "2 results are needed"),
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
    ],
    "shape": [
        ("M, K, N, flops = 93_312, 576, 128, 13_759_414_272", "M: 93,312 is wrong"),
        ("M, K, N, flops = 100_352, 64, 128, 1_644_167_168", "K: 64 is wrong"),
        ("M, K, N, flops = 100_352, 576, 128, 7_398_752_256", "flops: 7,398,752,256 is wrong"),
    ],
}
