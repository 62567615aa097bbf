"""Right and plausible wrong answers to the exercises of `book/cuda/frameworks.ipynb`."""

RIGHT = {
    "amdahl": [
        "def step_gain(shares, gains):\n"
        "    left = 1 - sum(s * (1 - 1 / g) for s, g in zip(shares, gains))\n"
        "    return 1 / left",
        "def step_gain(shares, gains):\n"
        "    shares, gains = torch.tensor(shares), torch.tensor(gains)\n"
        "    return shares.sum() / (shares / gains).sum()",
    ],
    "worth": [
        "def worth_after(compile_s, eager_ms, compiled_ms):\n"
        "    n = 0\n"
        "    while compiled_ms < eager_ms:\n"
        "        n += 1\n"
        "        if compile_s * 1000 + n * compiled_ms < n * eager_ms:\n"
        "            return n\n"
        "    return 0",
        "import math\n"
        "def worth_after(compile_s, eager_ms, compiled_ms):\n"
        "    saved = eager_ms - compiled_ms\n"
        "    return math.floor(1000 * compile_s / saved) + 1 if saved > 0 else 0",
    ],
    "dtype": [
        "def amp_type(capability):\n"
        "    major, minor = capability\n"
        "    if major < 7:\n"
        '        return "float32"\n'
        '    return "float16" if major == 7 else "bfloat16"',
        "def amp_type(capability):\n"
        '    names = {8: "bfloat16", 7: "float16"}\n'
        '    return names.get(min(capability[0], 8), "float32")',
    ],
    "fuse": [
        "def fewer_bytes(operators, kept):\n    return operators / (1 + kept / 2)",
        "def fewer_bytes(operators, kept, n=1000, size=4):\n"
        "    eager = sum(2 * n * size for _ in range(operators))\n"
        "    return eager / ((1 + 1 + kept) * n * size)",
    ],
}

WRONG = {
    "amdahl": [
        (
            "def step_gain(shares, gains):\n"
            "    return sum(share * gain for share, gain in zip(shares, gains))",
            "1.6 is needed",
        ),
        (
            "import math\ndef step_gain(shares, gains):\n    return math.prod(gains)",
            "1.6 is needed",
        ),
        (
            "def step_gain(shares, gains):\n"
            "    return sum(share / gain for share, gain in zip(shares, gains))",
            "1.6 is needed",
        ),
        # the mean
        (
            "def step_gain(shares, gains):\n    return sum(gains) / len(gains)",
            "1.6 is needed",
        ),
    ],
    "worth": [
        (
            "def worth_after(compile_s, eager_ms, compiled_ms):\n"
            "    return int(1000 * compile_s // (eager_ms - compiled_ms)) + 1",
            "0 is needed",
        ),
        (
            "def worth_after(compile_s, eager_ms, compiled_ms):\n"
            "    if compiled_ms >= eager_ms:\n"
            "        return 0\n"
            "    return int(compile_s // (eager_ms - compiled_ms)) + 1",
            "5,001 is needed",
        ),
        (
            "def worth_after(compile_s, eager_ms, compiled_ms):\n"
            "    if compiled_ms >= eager_ms:\n"
            "        return 0\n"
            "    return int(1000 * compile_s / (eager_ms - compiled_ms))",
            "5,001 is needed",
        ),
        (
            "def worth_after(compile_s, eager_ms, compiled_ms):\n"
            "    if compiled_ms >= eager_ms:\n"
            "        return 0\n"
            "    return int(1000 * compile_s // eager_ms) + 1",
            "does not save all of its time",
        ),
    ],
    "dtype": [
        (
            "def amp_type(capability):\n"
            '    return "bfloat16" if capability >= (7, 0) else "float32"',
            "and 'float16' is needed",
        ),
        ('def amp_type(capability):\n    return "float16"', "and 'float32' is needed"),
        (
            "def amp_type(capability):\n"
            "    if capability >= (8, 0):\n"
            '        return "bf16"\n'
            '    return "float16" if capability >= (7, 0) else "float32"',
            "and 'bfloat16' is needed",
        ),
        (
            "def amp_type(capability):\n"
            "    if capability > (8, 0):\n"
            "        return 'bfloat16'\n"
            "    return 'float16' if capability > (7, 0) else 'float32'",
            "8.0 itself",
        ),
    ],
    "fuse": [
        ("def fewer_bytes(operators, kept):\n    return operators", "3 is needed"),
        ("def fewer_bytes(operators, kept):\n    return 2 * operators / (2 * kept + 2)", "3 is"),
        ("def fewer_bytes(operators, kept):\n    return operators / (2 + kept)", "6 is needed"),
        (
            "def fewer_bytes(operators, kept):\n    return 2 * operators / (1 + kept)",
            "reads its input, too",
        ),
    ],
}
