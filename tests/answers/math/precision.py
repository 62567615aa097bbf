"""Right and plausible wrong answers to the exercises of `book/math/precision.ipynb`."""

RIGHT = {
    "spacing": [
        # by doubling and halving a step
        "def spacing(x, m):\n"
        "    step = 2.0**-m\n"
        "    while x >= 2:\n"
        "        x, step = x / 2, step * 2\n"
        "    while x < 1:\n"
        "        x, step = x * 2, step / 2\n"
        "    return step",
        "import math\n"
        "def spacing(x, m):\n"
        "    _, exponent = math.frexp(x)\n"
        "    return math.ldexp(1.0, exponent - 1 - m)",
    ],
    "stall": [
        "def last_sum(m):\n    return 2 << m",
        # counts, and rounds to the even neighbour
        "def last_sum(m):\n"
        "    total = 0\n"
        "    while True:\n"
        "        step = max(1, 2 ** (total.bit_length() - 1 - m))\n"
        "        following = round((total + 1) / step) * step\n"
        "        if following == total:\n"
        "            return total\n"
        "        total = following",
    ],
    "decode": [
        # from the bits as text
        "def value_of(pattern, e, m):\n"
        "    bits = f'{pattern:0{1 + e + m}b}'\n"
        "    sign, exponent, mantissa = bits[0], int(bits[1 : 1 + e], 2), int(bits[1 + e :], 2)\n"
        "    whole = mantissa + (2**m if exponent else 0)\n"
        "    size = whole * 2.0 ** (max(exponent, 1) - (2 ** (e - 1) - 1) - m)\n"
        "    return -size if sign == '1' else size",
        "import math\n"
        "def value_of(pattern, e, m):\n"
        "    sign = -1 if pattern & (1 << (e + m)) else 1\n"
        "    E = (pattern >> m) & ((1 << e) - 1)\n"
        "    M = pattern & ((1 << m) - 1)\n"
        "    if E:\n"
        "        M |= 1 << m\n"
        "    else:\n"
        "        E = 1\n"
        "    return sign * math.ldexp(M, E - (1 << (e - 1)) + 1 - m)",
    ],
}

WRONG = {
    "spacing": [
        ("def spacing(x, m):\n    return 2.0**-m", "2 is needed"),
        ("def spacing(x, m):\n    return x * 2.0**-m", "is needed"),
        (
            "def spacing(x, m):\n    return 2.0 ** (np.floor(np.log2(x)) - m - 1)",
            "0.000976562 is needed",
        ),
        # truncates: right from 1 on
        (
            "def spacing(x, m):\n    return 2.0 ** (int(np.log2(x)) - m)",
            "Below 1 the power is negative: round it down",
        ),
    ],
    "stall": [
        ("def last_sum(m):\n    return 2.0**m", "2048 is needed"),
        ("def last_sum(m):\n    return 2.0 ** (m + 1) + 1", "2048 is needed"),
        ("def last_sum(m):\n    return 65504.0", "2048 is needed"),
        (
            "def last_sum(m):\n    return 2 ** (m + 1) - 1",
            "One more is exact",
        ),
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
        (
            "def value_of(pattern, e, m):\n"
            "    S, E, M = pattern >> (e + m), (pattern >> m) % 2**e, pattern % 2**m\n"
            "    bias = 2 ** (e - 1)\n"
            "    size = (1 + M / 2**m) * 2.0 ** (E - bias) if E else M / 2**m * 2.0 ** (1 - bias)\n"
            "    return -size if S else size",
            "The bias is",
        ),
    ],
}
