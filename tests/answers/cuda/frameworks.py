"""Right and plausible wrong answers to the exercises of `book/cuda/frameworks.ipynb`."""

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
    ],
    "fuse": [
        ("def fewer_bytes(operators, kept):\n    return operators", "3 is needed"),
        ("def fewer_bytes(operators, kept):\n    return 2 * operators / (2 * kept + 2)", "3 is"),
        ("def fewer_bytes(operators, kept):\n    return operators / (2 + kept)", "6 is needed"),
    ],
}
