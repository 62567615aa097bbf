"""Right and plausible wrong answers to the exercises of `book/background/stack.ipynb`."""

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
    ],
}
