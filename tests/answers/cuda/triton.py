"""Right and plausible wrong answers to the exercises of `book/cuda/triton.ipynb`."""

KERNEL = """
@triton.jit
def bias_relu(x, bias, out, columns, size: tl.constexpr):
    row, k = tl.program_id(0), tl.arange(0, size)
    inside = k < columns
    total = tl.load(x + row * columns + k, mask=inside) + tl.load(bias + k, mask=inside)
    tl.store(out + row * columns + k, tl.maximum(total, 0.0), mask=inside)
"""


def changed(old: str, new: str) -> str:
    """Return the right kernel with one thing changed."""
    assert old in KERNEL
    return KERNEL.replace(old, new)


RIGHT = {
    "grid": [
        "def programs_and_idle(n, size):\n    return triton.cdiv(n, size), -n % size",
        "def programs_and_idle(n, size):\n"
        "    full, rest = divmod(n, size)\n"
        "    return (full + 1, size - rest) if rest else (full, 0)",
    ],
    "merge": [
        "import math\n"
        "def merged(m1, l1, o1, m2, l2, o2):\n"
        "    m = max(m1, m2)\n"
        "    a, b = math.exp(m1 - m), math.exp(m2 - m)\n"
        "    return (a * o1 + b * o2) / (a * l1 + b * l2)",
        # weights of both halves, by a softmax of logarithms
        "def merged(m1, l1, o1, m2, l2, o2):\n"
        "    sums = torch.tensor([l1, l2], dtype=torch.float64)\n"
        "    logs = torch.tensor([m1, m2], dtype=torch.float64) + sums.log()\n"
        "    a, b = torch.softmax(logs, 0)\n"
        "    return a * o1 / l1 + b * o2 / l2",
    ],
    "kernel": [
        # as the task writes it: the compiler knows `max`
        changed("tl.maximum(total, 0.0)", "max(total, 0.0)"),
        changed("tl.maximum(total, 0.0)", "tl.where(total > 0, total, 0.0)"),
        """
@triton.jit
def bias_relu(x, bias, out, columns, size: tl.constexpr):
    start = tl.program_id(axis=0) * columns
    offsets = tl.arange(0, size)
    mask = offsets < columns
    a = tl.load(x + start + offsets, mask=mask, other=0.0)
    b = tl.load(bias + offsets, mask=mask, other=0.0)
    tl.store(out + start + offsets, tl.maximum(a + b, 0), mask=mask)
""",
    ],
    "longest": [
        "longest = 10_240",
        "longest = max(n for n in range(0, 2**15, 1024) if 2 * 32 * n * n * 2 <= 16e9)",
    ],
}

WRONG = {
    "grid": [
        (
            "def programs_and_idle(n, size):\n    return n // size + 1, size - n % size",
            "n = 1024, size = 1024",
        ),
        ("def programs_and_idle(n, size):\n    return -(-n // size), n % size", "is needed"),
        # the place up to which the last tile is used
        (
            "def programs_and_idle(n, size):\n    return triton.cdiv(n, size), size - n % size",
            "the idle places is 1,024, and 0 is needed",
        ),
        # not rounded up
        (
            "def programs_and_idle(n, size):\n    return n / size, -n % size",
            "the programs is 9.76562",
        ),
    ],
    "merge": [
        (
            "def merged(m1, l1, o1, m2, l2, o2):\n    return (o1 + o2) / (l1 + l2)",
            "is needed",
        ),
        (
            "def merged(m1, l1, o1, m2, l2, o2):\n    return (o1 / l1 + o2 / l2) / 2",
            "is needed",
        ),
        (
            "def merged(m1, l1, o1, m2, l2, o2):\n"
            "    a, b = torch.exp(torch.tensor(m1)), torch.exp(torch.tensor(m2))\n"
            "    return (a * o1 + b * o2) / (a * l1 + b * l2)",
            "nan",
        ),
        # in float64, which overflows a little later
        (
            "def merged(m1, l1, o1, m2, l2, o2):\n"
            "    a, b = (torch.exp(torch.tensor(m).double()) for m in (m1, m2))\n"
            "    return (a * o1 + b * o2) / (a * l1 + b * l2)",
            "nan",
        ),
    ],
    "kernel": [
        (changed("maximum(total, 0.0), mask=inside)", "maximum(total, 0.0))"), "21 columns"),
        (changed("out + row * columns + k", "out + row * size + k"), "With 21 columns, row"),
        (changed("tl.maximum(total, 0.0)", "total"), "With 16 columns, row"),
        # reads behind the end: right by luck
        (changed("tl.load(bias + k, mask=inside)", "tl.load(bias + k)"), "reads behind the end"),
        (
            KERNEL.replace("k, mask=inside) + tl", "k) + tl"),
            "With 21 columns it reads behind the end",
        ),
        (KERNEL.replace("@triton.jit\n", ""), "`@triton.jit` is missing"),
        # right, and no tile
        (
            "@triton.jit\n"
            "def bias_relu(x, bias, out, columns, size: tl.constexpr):\n"
            "    row = tl.program_id(0)\n"
            "    for j in range(columns):\n"
            "        v = tl.load(x + row * columns + j) + tl.load(bias + j)\n"
            "        tl.store(out + row * columns + j, tl.maximum(v, 0.0))",
            "It loads number by number",
        ),
        # right, and every program makes all rows
        (
            "@triton.jit\n"
            "def bias_relu(x, bias, out, columns, size: tl.constexpr):\n"
            "    k = tl.arange(0, size)\n"
            "    inside = k < columns\n"
            "    for row in range(tl.num_programs(0)):\n"
            "        total = tl.load(x + row * columns + k, mask=inside)\n"
            "        total += tl.load(bias + k, mask=inside)\n"
            "        tl.store(out + row * columns + k, tl.maximum(total, 0.0), mask=inside)",
            "reads more than one row",
        ),
    ],
    "longest": [
        ("longest = 15360", "is too large"),
        ("longest = 8192", "is too small"),
        ("longest = 11_180", "is too large"),  # not rounded down
        (
            "longest = int((16e9 / 4) ** 0.5) // 1024 * 1024",
            "Each of the 32 heads",
        ),
    ],
}
