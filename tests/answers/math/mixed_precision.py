"""Right and plausible wrong answers to the exercises of `book/math/mixed_precision.ipynb`."""

RULE = "def scale_after(scale, overflows, wait):\n"
BYTES = "def training_bytes(n, bits, master):\n"

RIGHT = {
    "scale": [
        "def loss_scale(g):\n"
        "    scale, largest = 1.0, g.abs().max().item()\n"
        "    while largest * scale > 65504:\n"
        "        scale /= 2\n"
        "    while largest * scale * 2 <= 65504:\n"
        "        scale *= 2\n"
        "    return scale",
        "import math\n"
        "def loss_scale(g):\n"
        "    _, exponent = math.frexp(65504 / g.double().abs().max().item())\n"
        "    return 2.0 ** (exponent - 1)",
    ],
    "scaler": [
        # by powers of two, and steps still to wait for
        RULE + "    power, left = 0, wait\n"
        "    for overflow in overflows:\n"
        "        left -= 1\n"
        "        if overflow:\n"
        "            power, left = power - 1, wait\n"
        "        if left == 0:\n"
        "            power, left = power + 1, wait\n"
        "    return scale * 2.0**power",
        # splits the steps at each overflow
        RULE + "    steps = ''.join('x' if overflow else '.' for overflow in overflows)\n"
        "    up = sum(len(row) // wait for row in steps.split('x'))\n"
        "    return scale * 2.0 ** (up - steps.count('x'))",
    ],
    "bytes": [
        BYTES + "    return n * (bits // 4 + 8 + 4 * master)",
        # with tensors' own sizes
        "import torch\n"
        + BYTES
        + "    few = {8: torch.uint8, 16: torch.bfloat16, 32: torch.float32}[bits]\n"
        "    types = [few, few] + [torch.float32] * (3 if master else 2)\n"
        "    return sum(dtype.itemsize for dtype in types) * n",
    ],
}

WRONG = {
    "scale": [
        ("def loss_scale(g):\n    return 65504 / g.abs().max().item()", "is needed"),
        (
            "def loss_scale(g):\n    return 2.0 ** np.ceil(np.log2(65504 / g.abs().max().item()))",
            "is needed",
        ),
        ("def loss_scale(g):\n    return 2.0 ** np.floor(np.log2(65504 / g.max().item()))", "is"),
        # rounds up the logarithm of the largest: right unless that is a power of two
        (
            "def loss_scale(g):\n    return 2.0 ** (16 - np.ceil(np.log2(g.abs().max().item())))",
            "65536, and 32768 is needed",
        ),
        (
            "def loss_scale(g):\n    return 2.0 ** np.floor(np.log2(65504 / g.abs().min().item()))",
            "The largest of them overflows first",
        ),
        (
            "def loss_scale(g):\n    return 2.0 ** (65504 / g.abs().mean()).log2().floor()",
            "not the mean",
        ),
        (
            "def loss_scale(g):\n    return np.floor(np.log2(65504 / g.abs().max().item()))",
            "Return 2 to its power",
        ),
        # only ever doubles
        (
            "def loss_scale(g):\n"
            "    scale = 1.0\n"
            "    while (g.abs() * scale * 2).max() <= 65504:\n"
            "        scale *= 2\n"
            "    return scale",
            "may be smaller than 1",
        ),
    ],
    "scaler": [
        # an overflow does not end the row
        (
            RULE + "    good = 0\n"
            "    for overflow in overflows:\n"
            "        if overflow:\n"
            "            scale /= 2\n"
            "        else:\n"
            "            good += 1\n"
            "            if good == wait:\n"
            "                scale, good = 2 * scale, 0\n"
            "    return scale",
            "An overflow ends the row",
        ),
        # not counted anew after doubling
        (
            RULE + "    good = 0\n"
            "    for overflow in overflows:\n"
            "        good = 0 if overflow else good + 1\n"
            "        scale *= 0.5 if overflow else 2 if good >= wait else 1\n"
            "    return scale",
            "Count anew after doubling",
        ),
        # never grows
        (RULE + "    return scale / 2 ** sum(overflows)", "it doubles"),
        # a step late
        (
            RULE + "    good = 0\n"
            "    for overflow in overflows:\n"
            "        good = 0 if overflow else good + 1\n"
            "        if overflow:\n"
            "            scale /= 2\n"
            "        elif good > wait:\n"
            "            scale, good = 2 * scale, 0\n"
            "    return scale",
            "is needed",
        ),
        # stops at the first overflow
        (
            RULE + "    for overflow in overflows:\n"
            "        if overflow:\n"
            "            return scale / 2\n"
            "    return scale * 2 ** (len(overflows) // wait)",
            "is needed",
        ),
    ],
    "bytes": [
        (BYTES + "    return n * (2 * bits + 64 + 32 * master)", "eight bits each"),
        (BYTES + "    return n * (bits / 8 + 8 + 4 * master)", "Each weight has a gradient"),
        (BYTES + "    return n * (2 * bits / 8 + 4 + 4 * master)", "two means"),
        # all in few bits: right for 32
        (BYTES + "    return n * (4 + master) * bits / 8", "stay in FP32"),
        # the copy counted always: right with master
        (BYTES + "    return n * (2 * bits / 8 + 12)", "100 is needed"),
        (BYTES + "    return n * (2 * bits / 8 + 8)", "The master copy is FP32"),
        (BYTES + "    return n * ((4 if master else bits / 8) + bits / 8 + 8)", "comes on top"),
        (BYTES + "    return n * (bits / 8 + 12 + 4 * master)", "both have `bits` bits"),
    ],
}
