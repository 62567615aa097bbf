"""Right and plausible wrong answers to the exercises of `book/appendix/tracer.ipynb`."""

WRONG = {
    "merged": [
        ("counts = 4, 16, 1, 4", "sectors, fourfold: 4 is wrong"),
        ("counts = 128, 16, 32, 16", "requests, single: 128 is wrong"),
        ("counts = 4, 4, 1, 1", "sectors, single: 4 is wrong"),
    ],
    "trust": [
        ('change_for = "a"', "predicates"),
        ('change_for = "c"', "machine code has another"),
    ],
    "row": [
        ("def copy_counts(n):\n    return n // 32, n // 8", "For n = 3988"),
        ("def copy_counts(n):\n    return -(-n // 32), 4 * -(-n // 32)", "For n = 3988"),
        ("def copy_counts(n):\n    return n, -(-n // 8)", "is needed"),
    ],
}
