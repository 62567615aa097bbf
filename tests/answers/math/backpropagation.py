"""Right and plausible wrong answers to the exercises of `book/math/backpropagation.ipynb`."""

WRONG = {
    "layer": [
        (
            "def layer_backward(X, W, b, G):\n    return G @ W, G.T @ X, G.sum(0)",
            "dX at (0, 0)",
        ),
        (
            "def layer_backward(X, W, b, G):\n"
            "    G = G * (X @ W.T + b > 0)\n"
            "    return G @ W, X.T @ G, G.sum(0)",
            "the shape of dW is (4, 3)",
        ),
        (
            "def layer_backward(X, W, b, G):\n"
            "    G = G * (X @ W.T + b > 0)\n"
            "    return G @ W, G.T @ X, G.mean(0)",
            "db at (2,)",
        ),
    ],
    "normalise": [
        ("def norm_backward(x, g):\n    return g / np.sqrt(x @ x)", "0.128 is needed"),
        (
            "def norm_backward(x, g):\n    y = x / np.sqrt(x @ x)\n    return g - y * (y @ g)",
            "0.128 is needed",
        ),
        (
            "def norm_backward(x, g):\n"
            "    length = np.sqrt(x @ x)\n"
            "    return (g - x * (x @ g)) / length",
            "0.128 is needed",
        ),
    ],
    "flops": [
        (
            "def step_flops(N, sizes):\n"
            "    layers = [2 * N * n * m for n, m in zip(sizes, sizes[1:])]\n"
            "    return sum(layers), 2 * sum(layers)",
            "is needed",
        ),
        (
            "def step_flops(N, sizes):\n"
            "    layers = [N * n * m for n, m in zip(sizes, sizes[1:])]\n"
            "    return sum(layers), 2 * sum(layers) - layers[0]",
            "is needed",
        ),
        (
            "def step_flops(N, sizes):\n"
            "    layers = [2 * N * n * m for n, m in zip(sizes, sizes[1:])]\n"
            "    return sum(layers), 2 * sum(layers) - layers[-1]",
            "is needed",
        ),
    ],
    "segments": [
        ("best_s, times_less = 20, 20", "times_less: 20 is wrong"),
        ("best_s, times_less = 200, 2", "best_s: 200 is wrong"),
    ],
}
