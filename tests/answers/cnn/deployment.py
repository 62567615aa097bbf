"""Right and plausible wrong answers to the exercises of `book/cnn/deployment.ipynb`."""

QUANTISE = "def quantise(x, step, zero):\n"
AGREE = "def agree(original, copy, relative, absolute):\n"
MISFITS = "def misfits(saved, wanted):\n"

RIGHT = {
    "scale": [
        "step, error = 0.002, 0.001",
        "step = max(map(abs, (-0.254, 0.127))) / 127\nerror = torch.tensor(step) * 0.5",
    ],
    "quantise": [
        QUANTISE + "    import numpy as np\n"
        "    return int(np.clip(np.rint(x / step) + zero, -128, 127))",
        QUANTISE + "    q = torch.tensor(x / step).round() + zero\n"
        "    return q.clamp(-128, 127).to(torch.int8)",
        QUANTISE + "    import math\n"
        "    q = math.floor(x / step + 0.5) + zero\n"
        "    if q > 127:\n"
        "        return 127\n"
        "    return q if q >= -128 else -128",
    ],
    "agree": [
        AGREE + "    if len(original) != len(copy):\n"
        "        return False\n"
        "    for a, b in zip(original, copy):\n"
        "        if not abs(a - b) <= absolute + relative * abs(a):\n"
        "            return False\n"
        "    return True",
        AGREE + "    a, b = torch.tensor(original), torch.tensor(copy)\n"
        "    return a.shape == b.shape and torch.allclose(b, a, rtol=relative, atol=absolute)",
        AGREE + "    import numpy as np\n"
        "    a, b = np.array(original), np.array(copy)\n"
        "    near = lambda: abs(b - a) <= absolute + relative * abs(a)\n"
        "    return a.shape == b.shape and bool(near().all())",
    ],
    "misfits": [
        MISFITS + "    bad = []\n"
        "    for name in sorted({*saved, *wanted}):\n"
        "        if name not in saved or name not in wanted or saved[name] != wanted[name]:\n"
        "            bad.append(name)\n"
        "    return bad",
        MISFITS + "    import numpy as np\n"
        "    bad = [n for n in {**saved, **wanted} if saved.get(n) != wanted.get(n)]\n"
        "    return np.sort(bad)",
        # pairs of name and shape that are not in both
        MISFITS + "    return sorted({name for name, _ in saved.items() ^ wanted.items()})",
    ],
}

WRONG = {
    "scale": [
        ("step, error = 0.127 / 127, 0.127 / 254", "whatever its sign"),
        ("step, error = 0.381 / 255, 0.381 / 510", "with a zero point of its own"),
        ("step, error = 0.254 / 128, 0.254 / 256", "The integers end at -127"),
        ("step, error = 0.254 / 127, 0.254 / 127", "off by half a step at most"),
        ("step, error = 0.254 / 127, 0.5", "half a step in weights"),
        ("step, error = 127 / 0.254, 64 / 0.254", "How long is one"),
        ("step, error = -0.254 / 127, 0.001", "without its sign"),
    ],
    "quantise": [
        (QUANTISE + "    return max(-128, min(127, int(x / step) + zero))", "`int` cuts off"),
        (
            QUANTISE + "    return float(max(-128, min(127, round(x / step) + zero)))",
            "not a float",
        ),
        (
            QUANTISE + "    return round(x / step) + zero",
            "Eight bits hold no integer",
        ),
        (
            QUANTISE + "    return max(-128, min(127, round(x / step))) + zero",
            "Clamp after the zero point is added",
        ),
        (
            QUANTISE + "    return max(0, min(255, round(x / step) + zero))",
            "The integers have a sign here",
        ),
        (
            QUANTISE + "    return max(-127, min(127, round(x / step) + zero))",
            "the value is -127, and -128 is needed",
        ),
    ],
    "agree": [
        (
            AGREE + "    return len(original) == len(copy) and not any(\n"
            "        abs(b - a) > absolute + relative * abs(a) for a, b in zip(original, copy)\n"
            "    )",
            "nan",
        ),
        (
            AGREE + "    return all(\n"
            "        abs(b - a) <= absolute + relative * abs(a) for a, b in zip(original, copy)\n"
            "    )",
            "A score is missing",
        ),
        (
            AGREE + "    return len(original) == len(copy) and all(\n"
            "        b - a <= absolute + relative * abs(a) for a, b in zip(original, copy)\n"
            "    )",
            "too small as well as too large",
        ),
        (
            AGREE + "    import numpy as np\n"
            "    alike = len(original) == len(copy)\n"
            "    return alike and np.allclose(original, copy, relative, absolute)",
            "not from the copy",
        ),
        # the larger part, not the sum
        (
            AGREE + "    return len(original) == len(copy) and all(\n"
            "        abs(b - a) <= max(absolute, relative * abs(a))\n"
            "        for a, b in zip(original, copy)\n"
            "    )",
            "The limit is the sum",
        ),
        # two that are not numbers taken for equal
        (
            AGREE + "    import numpy as np\n"
            "    alike = len(original) == len(copy)\n"
            "    return alike and np.allclose(copy, original, relative, absolute, equal_nan=True)",
            "not even with another",
        ),
        # one score spread over many
        (
            AGREE + "    a, b = torch.tensor(original), torch.tensor(copy)\n"
            "    return torch.allclose(b, a, rtol=relative, atol=absolute)",
            "A score is missing",
        ),
    ],
    "misfits": [
        (
            MISFITS + "    return sorted(name for name in wanted if name not in saved)",
            "Which are too many",
        ),
        (MISFITS + "    return sorted(saved.keys() ^ wanted.keys())", "only if the shapes"),
        (
            MISFITS + "    return [n for n in wanted if saved.get(n) != wanted[n]]",
            "Which are too many",
        ),
        (
            MISFITS + "    return sorted(n for n in saved if saved[n] != wanted.get(n))",
            "The class wants names the file lacks",
        ),
    ],
}
