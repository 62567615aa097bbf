"""Right and plausible wrong answers to the exercises of `book/appendix/template.ipynb`."""

RIGHT = {
    "traffic": ["traffic_bytes = 12_000", "traffic_bytes = torch.empty(3, 1000).nbytes"],
    "bound": [
        "def least_ms(n, gb_per_s):\n    return 12 * n / gb_per_s / 1e6",
        "from fractions import Fraction\n"
        "def least_ms(n, gb_per_s):\n"
        "    return Fraction(12 * n, gb_per_s * 10**6)",
    ],
    "into": [
        "def add_into(a, b):\n    a += b\n    return a",
        "def add_into(a, b):\n    return torch.add(a, b, out=a)",
    ],
}

WRONG = {
    "traffic": [
        ("traffic_bytes = 2 * 1000 * 4", "8,000 bytes is too small"),
        ("traffic_bytes = 3 * 1000", "3,000 bytes is too small"),
        ("traffic_bytes = 3 * 1000 * 32", "96,000 bytes is too large"),
        # as if they were float64
        (
            "traffic_bytes = 3 * 1000 * 8",
            "24,000 bytes is too large",
        ),
    ],
    "bound": [
        (
            "def least_ms(n, gb_per_s):\n    return 12 * n / (gb_per_s * 1e9)",
            "and 1.92 is needed",
        ),
        (
            "def least_ms(n, gb_per_s):\n    return 4 * n / (gb_per_s * 1e9) * 1e3",
            "the value is 0.64, and 1.92 is needed",
        ),
        (
            "def least_ms(n, gb_per_s):\n    print(12 * n / (gb_per_s * 1e9) * 1e3)",
            "your function returned nothing",
        ),
        # nanoseconds
        (
            "def least_ms(n, gb_per_s):\n    return 12 * n / gb_per_s",
            "1.92e+06, and 1.92 is needed",
        ),
    ],
    "into": [
        ("def add_into(a, b):\n    return a + b", "The result is a new array"),
        ("def add_into(a, b):\n    a += b", "Your function returned nothing"),
        ("def add_into(a, b):\n    return b.add_(a)", "The result is a new array"),
        # in place, and more than asked
        (
            "def add_into(a, b):\n    a += b\n    b.zero_()\n    return a",
            "The second array has changed",
        ),
    ],
}
