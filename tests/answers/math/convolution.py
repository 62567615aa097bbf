"""Right and plausible wrong answers to the exercises of `book/math/convolution.ipynb`."""

WRONG = {
    "padding": [
        ("def same_padding(k, d):\n    return (k - 1) // 2", "4 is needed"),
        ("def same_padding(k, d):\n    return d * (k - 1)", "1 is needed"),
        ("def same_padding(k, d):\n    return d * k // 2", "is needed"),
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
    ],
    "field": [
        ("plain_layers, strided_layers = 111, 7", "plain_layers: 111 is wrong"),
        ("plain_layers, strided_layers = 112, 8", "strided_layers: 8 is wrong"),
    ],
}
