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


WRONG = {
    "grid": [
        (
            "def programs_and_idle(n, size):\n    return n // size + 1, size - n % size",
            "n = 1024, size = 1024",
        ),
        ("def programs_and_idle(n, size):\n    return -(-n // size), n % size", "is needed"),
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
    ],
    "kernel": [
        (changed("maximum(total, 0.0), mask=inside)", "maximum(total, 0.0))"), "21 columns"),
        (changed("out + row * columns + k", "out + row * size + k"), "With 21 columns, row"),
        (changed("tl.maximum(total, 0.0)", "total"), "With 16 columns, row"),
    ],
    "longest": [
        ("longest = 15360", "is too large"),
        ("longest = 8192", "is too small"),
    ],
}
