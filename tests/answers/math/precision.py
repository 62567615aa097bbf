"""Right and plausible wrong answers to the exercises of `book/math/precision.ipynb`."""

WRONG = {
    "spacing": [
        ("def spacing(x, m):\n    return 2.0**-m", "2 is needed"),
        ("def spacing(x, m):\n    return x * 2.0**-m", "is needed"),
        (
            "def spacing(x, m):\n    return 2.0 ** (np.floor(np.log2(x)) - m - 1)",
            "0.000976562 is needed",
        ),
    ],
    "stall": [
        ("def last_sum(m):\n    return 2.0**m", "2048 is needed"),
        ("def last_sum(m):\n    return 2.0 ** (m + 1) + 1", "2048 is needed"),
        ("def last_sum(m):\n    return 65504.0", "2048 is needed"),
    ],
    "decode": [
        (
            "def value_of(pattern, e, m):\n"
            "    S, E, M = pattern >> (e + m), (pattern >> m) % 2**e, pattern % 2**m\n"
            "    return (-1) ** S * (1 + M / 2**m) * 2.0 ** (E - 2 ** (e - 1) + 1)",
            "is needed",
        ),
        (
            "def value_of(pattern, e, m):\n"
            "    S, E, M = pattern >> (e + m), (pattern >> m) % 2**e, pattern % 2**m\n"
            "    bias = 2 ** (e - 1) - 1\n"
            "    size = (1 + M / 2**m) * 2.0 ** (E - bias) if E else M / 2**m * 2.0 ** -bias\n"
            "    return -size if S else size",
            "is needed",
        ),
        (
            "def value_of(pattern, e, m):\n"
            "    E, M = (pattern >> m) % 2**e, pattern % 2**m\n"
            "    bias = 2 ** (e - 1) - 1\n"
            "    return (1 + M / 2**m) * 2.0 ** (E - bias) if E else M / 2**m * 2.0 ** (1 - bias)",
            "is needed",
        ),
    ],
    "scale": [
        ("def loss_scale(g):\n    return 65504 / g.abs().max().item()", "is needed"),
        (
            "def loss_scale(g):\n    return 2.0 ** np.ceil(np.log2(65504 / g.abs().max().item()))",
            "is needed",
        ),
        ("def loss_scale(g):\n    return 2.0 ** np.floor(np.log2(65504 / g.max().item()))", "is"),
    ],
}
