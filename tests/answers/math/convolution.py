"""Right and plausible wrong answers to the exercises of `book/math/convolution.ipynb`."""

RIGHT = {
    "padding": [
        "def same_padding(k, d):\n    return (d * (k - 1) + 1) // 2",
        "def same_padding(k, d):\n"
        "    n, p = 100, 0\n"
        "    while n + 2 * p - d * (k - 1) < n:\n"
        "        p += 1\n"
        "    return p",
    ],
    "patches": [
        "def patch_rows(X, k):\n"
        "    views = np.lib.stride_tricks.sliding_window_view(X, (k, k))\n"
        "    return views.reshape(-1, k * k)",
        # column by column: one shifted copy for each weight
        "def patch_rows(X, k):\n"
        "    m = len(X) - k + 1\n"
        "    columns = [X[a : a + m, b : b + m].ravel() for a in range(k) for b in range(k)]\n"
        "    return np.stack(columns, axis=1)",
        "def patch_rows(X, k):\n    return F.unfold(torch.tensor(X)[None, None], k)[0].T",
    ],
    "winograd": [
        # the four products, the halves taken at the end
        "def two_outputs(x, w):\n"
        "    plus, minus = w[0] + w[1] + w[2], w[0] - w[1] + w[2]\n"
        "    middle, other = (x[1] + x[2]) * plus / 2, (x[2] - x[1]) * minus / 2\n"
        "    first = w[0] * (x[0] - x[2])\n"
        "    last = w[2] * (x[1] - x[3])\n"
        "    return first + middle + other, middle - other - last",
        # halving by a factor is free, too
        "def two_outputs(x, w):\n"
        "    g = [w[0], 0.5 * (w[0] + w[1] + w[2]), 0.5 * (w[0] - w[1] + w[2]), w[2]]\n"
        "    d = [x[0] - x[2], x[1] + x[2], x[2] - x[1], x[1] - x[3]]\n"
        "    m = [a * b for a, b in zip(d, g)]\n"
        "    return m[0] + m[1] + m[2], m[1] - m[2] - m[3]",
    ],
    "field": [
        "plain_layers = -(-(224 - 1) // 2)\nstrided_layers = (224).bit_length() - 1",
        "def layers(stride):\n"
        "    n, reach, step = 0, 1, 1\n"
        "    while reach < 224:\n"
        "        n, reach, step = n + 1, reach + 2 * step, step * stride\n"
        "    return n\n"
        "plain_layers, strided_layers = layers(1), layers(2)",
    ],
}

WRONG = {
    "padding": [
        ("def same_padding(k, d):\n    return (k - 1) // 2", "4 is needed"),
        ("def same_padding(k, d):\n    return d * (k - 1)", "1 is needed"),
        ("def same_padding(k, d):\n    return d * k // 2", "is needed"),
        # right without dilation
        (
            "def same_padding(k, d):\n    return (d * k - 1) // 2",
            "k − 1 gaps",
        ),
    ],
    "patches": [
        (
            "def patch_rows(X, k):\n"
            "    m = len(X) - k + 1\n"
            "    return np.array([X[a : a + k, b : b + k].ravel() for b in range(m)"
            " for a in range(m)])",
            "the value at",
        ),
        (
            "def patch_rows(X, k):\n"
            "    m = len(X) - k\n"
            "    return np.array([X[a : a + k, b : b + k].ravel() for a in range(m)"
            " for b in range(m)])",
            "the shape is (1, 4)",
        ),
        (
            "def patch_rows(X, k):\n"
            "    m = len(X) - k + 1\n"
            "    return np.array([X[a : a + k, b : b + k].ravel() for a in range(m)"
            " for b in range(m)]).T",
            "is needed",
        ),
        # columns first within a patch
        (
            "def patch_rows(X, k):\n"
            "    m = len(X) - k + 1\n"
            "    places = [(a, b) for a in range(m) for b in range(m)]\n"
            "    return np.array([X[a : a + k, b : b + k].T.ravel() for a, b in places])",
            "the value at (0, 1)",
        ),
    ],
    "winograd": [
        (
            "def two_outputs(x, w):\n"
            "    y0 = w[0] * x[0] + w[1] * x[1] + w[2] * x[2]\n"
            "    return y0, w[0] * x[1] + w[1] * x[2] + w[2] * x[3]",
            "6 products",
        ),
        (
            "def two_outputs(x, w):\n"
            "    m1 = (x[0] - x[2]) * w[0]\n"
            "    m2 = (x[1] + x[2]) * ((w[0] + w[1] + w[2]) / 2)\n"
            "    m3 = (x[2] - x[1]) * ((w[0] - w[1] + w[2]) / 2)\n"
            "    m4 = (x[1] - x[3]) * w[2]\n"
            "    return m1 + m2 + m3, m2 - m3 + m4",
            "y1 is 2, and 14",
        ),
        (
            "def two_outputs(x, w):\n"
            "    m1 = (x[0] - x[2]) * w[0]\n"
            "    m2 = (x[1] + x[2]) * (w[0] + w[1] + w[2])\n"
            "    m3 = (x[2] - x[1]) * (w[0] - w[1] + w[2])\n"
            "    m4 = (x[1] - x[3]) * w[2]\n"
            "    return m1 + m2 + m3, m2 - m3 - m4",
            "y0 is 17, and 7",
        ),
        # six products in disguise
        (
            "def two_outputs(x, w):\n    return np.dot(w, x[:3]), np.dot(w, x[1:])",
            "Only 0 products could be counted: use x[i] and w[j]",
        ),
        (
            "def two_outputs(x, w):\n    return np.correlate(x, w)",
            "Only 0 products could be counted",
        ),
        (
            "def two_outputs(x, w):\n"
            "    return np.array(x[:3]) @ np.array(w), np.array(x[1:]) @ np.array(w)",
            "Only 0 products could be counted",
        ),
        # four products that count, and two that hide
        (
            "def two_outputs(x, w):\n"
            "    y0 = x[0] * w[0] + x[1] * w[1] + x[2] * w[2]\n"
            "    y1 = x[1] * w[0] + float(x[2]) * float(w[1]) + float(x[3]) * float(w[2])\n"
            "    return y0, y1",
            "of plain numbers",
        ),
    ],
    "field": [
        ("plain_layers, strided_layers = 111, 7", "plain_layers: 111 is wrong"),
        ("plain_layers, strided_layers = 112, 8", "strided_layers: 8 is wrong"),
        ("plain_layers, strided_layers = 223, 7", "plain_layers: 223 is wrong"),
        # a stride of 2 counted once
        (
            "plain_layers, strided_layers = 112, 56",
            "strided_layers: 56 is wrong",
        ),
    ],
}
