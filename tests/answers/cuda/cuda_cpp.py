"""Right and plausible wrong answers to the exercises of `book/cuda/cuda_cpp.ipynb`."""

RIGHT = {
    "bytes": [
        "def times_fewer(inputs, n, size):\n"
        "    outside = inputs[0] + sum(k - 1 for k in inputs[1:])\n"
        "    return sum(k + 1 for k in inputs) / (outside + 1)",
        "def times_fewer(inputs, n, size):\n"
        "    array = n * size\n"
        "    eager = sum(k * array + array for k in inputs)\n"
        "    saved = 2 * (len(inputs) - 1) * array\n"
        "    return eager / (eager - saved)",
    ],
    "fit": [
        "warps, fewer_registers, warps_with_shared = 24, 64, 16",
        "from warptrace import occupancy\n"
        "here = [occupancy('8.0', r, 0, 256).blocks for r in range(256)]\n"
        "warps = 8 * here[72]\n"
        "fewer_registers = max(r for r, blocks in enumerate(here) if blocks == here[72] + 1)\n"
        "warps_with_shared = 8 * (164 * 1024 // (60_000 + 1024))",
    ],
    "gate": [
        "def gate_backward(gradient, a, b):\n"
        "    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()\n"
        "    y = a * torch.sigmoid(a) * b\n"
        "    return torch.autograd.grad(y, (a, b), gradient)",
        "def gate_backward(gradient, a, b):\n"
        "    s = 1 / (1 + torch.exp(-a))\n"
        "    gated = a * s\n"
        "    return torch.stack([gradient * b * (gated + s * (1 - gated)), gradient * gated])",
    ],
    "shape": [
        "def shape_of_top(x, k):\n    return torch.topk(x, k).indices",
        "def shape_of_top(x, k):\n"
        "    shape = list(x.shape)\n"
        "    shape[-1] = k\n"
        "    return torch.zeros(shape, dtype=torch.long, device=x.device)",
    ],
}

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
        # upside down
        (
            "def times_fewer(inputs, n, size):\n"
            "    return (sum(inputs) - len(inputs) + 2) / (sum(inputs) + len(inputs))",
            "bytes of eager over",
        ),
    ],
    "fit": [
        ("warps, fewer_registers, warps_with_shared = 28, 64, 16", "warps: 28 is wrong"),
        ("warps, fewer_registers, warps_with_shared = 24, 71, 16", "fewer_registers: 71 is wrong"),
        (
            "warps, fewer_registers, warps_with_shared = 24, 64, 24",
            "warps_with_shared: 24 is wrong",
        ),
        # fits, and is not the most
        (
            "warps, fewer_registers, warps_with_shared = 24, 56, 16",
            "fewer_registers: 56 is wrong",
        ),
    ],
    "gate": [
        (
            "def gate_backward(gradient, a, b):\n"
            "    s = torch.sigmoid(a)\n"
            "    return torch.stack([gradient * b * s, gradient * a * s])",
            "to_a[0, 0]",
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
            "to_b[0, 0]",
        ),
        # half of the product rule
        (
            "def gate_backward(gradient, a, b):\n"
            "    s = torch.sigmoid(a)\n"
            "    return gradient * b * a * s * (1 - s), gradient * a * s",
            "to_a[0, 0]",
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
