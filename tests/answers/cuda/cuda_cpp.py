"""Right and plausible wrong answers to the exercises of `book/cuda/cuda_cpp.ipynb`."""

WRONG = {
    "bytes": [
        (
            "def times_fewer(inputs, n, size):\n"
            "    return (sum(inputs) + len(inputs)) / (sum(inputs) + 1)",
            "is needed",
        ),
        ("def times_fewer(inputs, n, size):\n    return len(inputs)", "and 1.66667 is needed"),
        (
            "def times_fewer(inputs, n, size):\n"
            "    return n * size * (sum(inputs) + len(inputs)) / (sum(inputs) - len(inputs) + 2)",
            "is needed",
        ),
    ],
    "fit": [
        ("warps, fewer_registers, warps_with_shared = 28, 64, 16", "warps: 28 is wrong"),
        ("warps, fewer_registers, warps_with_shared = 24, 71, 16", "fewer_registers: 71 is wrong"),
        (
            "warps, fewer_registers, warps_with_shared = 24, 64, 24",
            "warps_with_shared: 24 is wrong",
        ),
    ],
    "gate": [
        (
            "def gate_backward(gradient, a, b):\n"
            "    s = torch.sigmoid(a)\n"
            "    return torch.stack([gradient * b * s, gradient * a * s])",
            "to_a at (0, 0)",
        ),
        (
            "def gate_backward(gradient, a, b):\n"
            "    s = torch.sigmoid(a)\n"
            "    to_a = b * (s + a * s * (1 - s))\n"
            "    return torch.stack([to_a, a * s])",
            "is needed",
        ),
        (
            "def gate_backward(gradient, a, b):\n"
            "    s = torch.sigmoid(a)\n"
            "    to_a = gradient * b * (s + a * s * (1 - s))\n"
            "    return to_a, gradient * s",
            "to_b at (0, 0)",
        ),
    ],
    "shape": [
        ("def shape_of_top(x, k):\n    return torch.topk(x, k).values", "whole numbers"),
        (
            "def shape_of_top(x, k):\n    return torch.empty(*x.shape[:-1], k, dtype=torch.int64)",
            "another device",
        ),
        (
            "def shape_of_top(x, k):\n    return x.new_empty((x.shape[0], k), dtype=torch.int64)",
            "shape is not right",
        ),
        (
            "def shape_of_top(x, k):\n    return torch.tensor([r.tolist() for r in x])",
            "raised an error",
        ),
    ],
}
