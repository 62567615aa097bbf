"""Right and plausible wrong answers to the exercises of `book/math/backpropagation.ipynb`."""

RIGHT = {
    "layer": [
        # example by example
        "def layer_backward(X, W, b, G):\n"
        "    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(b)\n"
        "    for i in range(len(X)):\n"
        "        g = np.where(W @ X[i] + b > 0, G[i], 0)\n"
        "        dX[i] = W.T @ g\n"
        "        dW += np.outer(g, X[i])\n"
        "        db += g\n"
        "    return dX, dW, db",
        "def layer_backward(X, W, b, G):\n"
        "    X, W, b, G = (torch.tensor(a) for a in (X, W, b, G))\n"
        "    for tensor in (X, W, b):\n"
        "        tensor.requires_grad_()\n"
        "    A = (torch.einsum('ij,kj->ik', X, W) + b).clamp(min=0)\n"
        "    return torch.autograd.grad(A, (X, W, b), G)",
    ],
    "normalise": [
        # through the Jacobian
        "def norm_backward(x, g):\n"
        "    length = np.linalg.norm(x)\n"
        "    y = x / length\n"
        "    return (np.eye(len(x)) - np.outer(y, y)) @ g / length",
        "def norm_backward(x, g):\n"
        "    n2 = (x**2).sum()\n"
        "    return g / n2**0.5 - x * (x * g).sum() / n2**1.5",
    ],
    "flops": [
        "def step_flops(N, sizes):\n"
        "    forward = backward = 0\n"
        "    for i in range(len(sizes) - 1):\n"
        "        product = 2 * N * sizes[i] * sizes[i + 1]\n"
        "        forward += product\n"
        "        backward += product if i == 0 else 2 * product\n"
        "    return forward, backward",
        "def step_flops(N, sizes):\n"
        "    sizes = np.array(sizes)\n"
        "    each = 2 * N * sizes[:-1] * sizes[1:]\n"
        "    return np.array([each.sum(), each.sum() + each[1:].sum()])",
    ],
    "segments": [
        "best_s = 400**0.5\ntimes_less = 400 / (2 * best_s)",
        "kept = {s: s + 400 // s for s in range(1, 401) if 400 % s == 0}\n"
        "best_s = min(kept, key=kept.get)\n"
        "times_less = 400 / kept[best_s]",
    ],
}

WRONG = {
    "layer": [
        (
            "def layer_backward(X, W, b, G):\n    return G @ W, G.T @ X, G.sum(0)",
            "dX[0, 0]",
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
            "db[2]",
        ),
        (
            "def layer_backward(X, W, b, G):\n"
            "    G = G * (X @ W.T + b > 0)\n"
            "    return G @ W, G.T @ X, G",
            "the shape of db is (5, 3)",
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
        (
            "def norm_backward(x, g):\n"
            "    length = np.sqrt(x @ x)\n"
            "    y = x / length\n"
            "    return (g + y * (y @ g)) / length",
            "the second road has a minus",
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
        # as much backwards as forwards
        (
            "def step_flops(N, sizes):\n"
            "    layers = sum(2 * N * n * m for n, m in zip(sizes, sizes[1:]))\n"
            "    return layers, layers",
            "backward is 75,776",
        ),
    ],
    "segments": [
        ("best_s, times_less = 20, 20", "times_less: 20 is wrong"),
        ("best_s, times_less = 200, 2", "best_s: 200 is wrong"),
        ("best_s, times_less = 20, 40", "times_less: 40 is wrong"),  # what is held
        # upside down
        (
            "best_s, times_less = 20, 1 / 10",
            "times_less: 0.1 is wrong",
        ),
    ],
}
