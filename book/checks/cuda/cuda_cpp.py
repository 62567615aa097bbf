"""What `book/cuda/cuda_cpp.ipynb` checks its exercises with."""

from helpers.check import Function, Properties, Value

prediction = Value(
    1,
    hints=[
        "Integer instructions compute indices and addresses, not elements.",
        "Multiply and add are one instruction.",
    ],
    reason="The FFMA. All others find out where the operands are.",
)


def eager_over_fused(inputs, n, size):
    eager = sum(inputs) + len(inputs)
    return eager / (sum(inputs) - (len(inputs) - 1) + 1)


bytes = Function(
    eager_over_fused,
    [([2, 1], 1000, 4), ([1, 1, 1], 10, 2), ([2, 1, 2, 2], 4096, 4), ([3], 7, 8)],
    mistakes=[
        (
            lambda inputs, n, size: (sum(inputs) + len(inputs)) / (sum(inputs) + 1),
            "The fused kernel does not read what it has made itself.",
        ),
        (
            lambda inputs, n, size: n * size * eager_over_fused(inputs, n, size),
            "The elements and their size are in both counts: they cancel.",
        ),
        (
            lambda inputs, n, size: 1 / eager_over_fused(inputs, n, size),
            "How many times fewer: the bytes of eager over those of fused.",
        ),
        (
            lambda inputs, n, size: len(inputs),
            "Those are the kernels saved. Their bytes differ: some read more than others.",
        ),
    ],
    hints=[
        "Eager: each operator moves its inputs and one output.",
        "Fused: all inputs, less those that an operator before has written, and one output.",
    ],
)


def resident():
    from warptrace import occupancy

    def fits(registers, shared=0):
        return occupancy("8.0", registers, shared, 256)

    more = max(r for r in range(1, 72) if fits(r).blocks > fits(72).blocks)
    return fits(72).warps, more, fits(72, 60_000).warps


fit = Value(
    resident,
    names=["warps", "fewer_registers", "warps_with_shared"],
    hints={
        "warps": [
            "A warp takes 32 times 72 registers, a multiple of 256: 2,304 of 65,536.",
            "Blocks are never placed in part: 28 warps would be three and a half of them.",
        ],
        "fewer_registers": "Four blocks are 32 warps: 65,536 / 32 is 2,048 registers for each.",
        "warps_with_shared": "60,000 bytes and one KiB that each block gives up, out of 164 KiB.",
    },
)


def by_autograd(gradient, a, b):
    import torch

    a, b = (t.detach().clone().requires_grad_() for t in (a, b))
    (a * torch.sigmoid(a) * b).backward(gradient)
    return a.grad, b.grad


def without_incoming(gradient, a, b):
    to_a, to_b = by_autograd(gradient, a, b)
    return to_a / gradient, to_b / gradient


def tensors():
    import torch

    generator = torch.Generator().manual_seed(0)
    return [tuple(torch.randn(3, 3, 5, dtype=torch.float64, generator=generator))]


gate = Function(
    by_autograd,
    tensors,
    results=["to_a", "to_b"],
    mistakes=[(without_incoming, "Multiply both by the gradient that arrives.")],
    hints={
        "to_a": [
            "The derivative of the logistic function s is s · (1 - s).",
            "a appears twice, so its derivative is s + a · s · (1 - s), times b.",
        ],
        "to_b": "b is a factor: its gradient is the incoming one times the other factor.",
        "else": "Return both gradients: `torch.stack([to_a, to_b])`.",
    },
)


def shape_alone(shape_of_top):
    import torch

    for size, k in [((4, 9), 2), ((2, 3, 5), 5)]:
        x = torch.empty(size, device="meta")
        try:
            found = shape_of_top(x, k)
        except Exception as error:
            yield False, f"It raised an error on tensors without data: {error}"[:140], "raised"
        yield isinstance(found, torch.Tensor), "A tensor is needed.", "type"
        wanted = (*size[:-1], k)
        text = f"The shape is not right: {tuple(found.shape)} for x of {size} and k = {k}."
        yield tuple(found.shape) == wanted, text, "shape"
        yield found.dtype == torch.int64, "Places are whole numbers.", "dtype"
        yield found.device == x.device, "It is on another device.", "device"


shape = Properties(
    shape_alone,
    hints={
        "raised": "It may look at the shape of x, never at its data.",
        "shape": "The shape is `(*x.shape[:-1], k)`.",
        "dtype": "`x.new_empty(shape, dtype=torch.int64)` makes a tensor where x is.",
        "device": "`x.new_empty(shape, dtype=...)` makes a tensor where x is.",
    },
)
