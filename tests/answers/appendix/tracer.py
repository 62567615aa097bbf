"""Right and plausible wrong answers to the exercises of `book/appendix/tracer.ipynb`."""

RIGHT = {
    "merged": ["counts = [4, 16, 1, 16]", "counts = 128 / 32, 128 * 4 / 32, 1.0, 128 * 4 / 32"],
    "trust": ['change_for = "B"', 'change_for = " b "'],
    "row": [
        "import math\ndef copy_counts(n):\n    return math.ceil(n / 32), math.ceil(n * 4 / 32)",
        # warp by warp
        "def copy_counts(n):\n"
        "    warps = range(0, n, 32)\n"
        "    touched = [{4 * i // 32 for i in range(w, min(w + 32, n))} for w in warps]\n"
        "    return len(warps), sum(map(len, touched))",
    ],
}

WRONG = {
    "merged": [
        ("counts = 4, 16, 1, 4", "sectors, fourfold: 4 is wrong"),
        ("counts = 128, 16, 32, 16", "requests, single: 128 is wrong"),
        ("counts = 4, 4, 1, 1", "sectors, single: 4 is wrong"),
        # four numbers in four sectors
        (
            "counts = 4, 16, 1, 64",
            "sectors, fourfold: 64 is wrong",
        ),
    ],
    "trust": [
        ('change_for = "a"', "predicates"),
        ('change_for = "c"', "machine code has another"),
        ('change_for = "d"', 'Choose one of "a", "b", "c"'),
        (
            "change_for = 'both'",
            'Choose one of "a", "b", "c"',
        ),
    ],
    "row": [
        ("def copy_counts(n):\n    return n // 32, n // 8", "For n = 3988"),
        ("def copy_counts(n):\n    return -(-n // 32), 4 * -(-n // 32)", "For n = 3988"),
        ("def copy_counts(n):\n    return n, -(-n // 8)", "is needed"),
        # not rounded up
        (
            "def copy_counts(n):\n    return -(-n // 32), n / 8",
            "sectors is 498.5",
        ),
    ],
}
