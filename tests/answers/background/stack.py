"""Right and plausible wrong answers to the exercises of `book/background/stack.ipynb`."""

RIGHT = {
    "rungs": [
        'order = ["f.linear", "operator", "dispatcher", "library", "kernel"]',
        'order = "F.linear operator dispatcher library kernel".split()',
    ],
    "floor": [
        # the line through both points, at no work
        "def fixed_us(small, small_us, large, large_us):\n"
        "    return (large * small_us - small * large_us) / (large - small)",
        "def fixed_us(small, small_us, large, large_us):\n"
        "    import numpy as np\n"
        "    return np.linalg.solve([[1, small], [1, large]], [small_us, large_us])[0]",
    ],
    "rows": [
        "def layer_for_all(rows, weight, bias):\n    return rows @ weight.T + bias",
        "def layer_for_all(rows, weight, bias):\n    return (weight @ rows.T).T + bias",
        "def layer_for_all(rows, weight, bias):\n"
        "    return torch.einsum('ni,mi->nm', rows, weight).add_(bias)",
        "def layer_for_all(rows, weight, bias):\n    return torch.addmm(bias, rows, weight.T)",
    ],
    "count": [
        "def operators_of(work):\n"
        "    seen = []\n"
        "    class Listener(TorchDispatchMode):\n"
        "        def __torch_dispatch__(self, operator, types, arguments=(), options=None):\n"
        "            seen.append(str(operator))\n"
        "            return operator(*arguments, **(options or {}))\n"
        "    with Listener():\n"
        "        work()\n"
        "    return len(seen)",
        "from collections import Counter\n"
        "class Tally(TorchDispatchMode):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.calls = Counter()\n"
        "    def __torch_dispatch__(self, operator, types, arguments=(), options=None):\n"
        "        self.calls[operator] += 1\n"
        "        return operator(*arguments, **(options or {}))\n"
        "def operators_of(work):\n"
        "    with Tally() as tally:\n"
        "        work()\n"
        "    return sum(tally.calls.values())",
    ],
}

WRONG = {
    "rungs": [
        (
            'order = ("operator", "F.linear", "dispatcher", "library", "kernel")',
            "first: 'operator' is not the answer",
        ),
        (
            'order = ("F.linear", "dispatcher", "operator", "library", "kernel")',
            "second: 'dispatcher' is not the answer",
        ),
        (
            'order = ("F.linear", "operator", "dispatcher", "kernel", "library")',
            "fourth: 'kernel' is not the answer",
        ),
        (
            'order = ("F.linear", "operator", "library", "dispatcher", "kernel")',
            "third: 'library' is not the answer",
        ),
    ],
    "floor": [
        (
            "def fixed_us(small, small_us, large, large_us):\n    return small_us",
            "12, and 10 is needed",
        ),
        (
            "def fixed_us(small, small_us, large, large_us):\n    return large_us - small_us",
            "2, and 10 is needed",
        ),
        (
            "def fixed_us(small, small_us, large, large_us):\n"
            "    return small_us - small * large_us / large",
            "5, and 10 is needed",
        ),
        # the slope
        (
            "def fixed_us(small, small_us, large, large_us):\n"
            "    return (large_us - small_us) / (large - small)",
            "the cost of one operation",
        ),
    ],
    "rows": [
        (
            "def layer_for_all(rows, weight, bias):\n"
            "    return torch.stack([F.linear(row, weight, bias) for row in rows])",
            "operators ran, more than three",
        ),
        (
            "def layer_for_all(rows, weight, bias):\n    return rows @ weight.T",
            "the value at (0, 0)",
        ),
        (
            "def layer_for_all(rows, weight, bias):\n    return rows @ weight + bias",
            "raised RuntimeError",
        ),
        (
            "def layer_for_all(rows, weight, bias):\n    return weight @ rows.T",
            "the shape is (3, 40)",
        ),
    ],
    "count": [
        (
            "def operators_of(work):\n    work()\n    return 1",
            "is needed",
        ),
        (
            "def operators_of(work):\n"
            "    from torch.utils.flop_counter import FlopCounterMode\n"
            "    with FlopCounterMode(display=False) as counter:\n"
            "        work()\n"
            "    return counter.get_total_flops()",
            "is needed",
        ),
        (
            "def operators_of(work):\n"
            "    names = set()\n"
            "    class Names(TorchDispatchMode):\n"
            "        def __torch_dispatch__(self, operator, types, arguments=(), options=None):\n"
            "            names.add(operator)\n"
            "            return operator(*arguments, **(options or {}))\n"
            "    with Names():\n"
            "        work()\n"
            "    return len(names)",
            "is needed",
        ),
        # prints and does not return
        (
            "def operators_of(work):\n"
            "    calls = []\n"
            "    class Listener(TorchDispatchMode):\n"
            "        def __torch_dispatch__(self, operator, types, arguments=(), options=None):\n"
            "            calls.append(operator)\n"
            "            return operator(*arguments, **(options or {}))\n"
            "    with Listener():\n"
            "        work()\n"
            "    print(len(calls))",
            "returned nothing",
        ),
    ],
}
