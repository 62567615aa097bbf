"""What `book/appendix/failures.ipynb` checks its exercises with."""

import contextlib

import numpy as np

from helpers.check import Choice, Function, Kernel, Launch, divided

prediction = Choice(
    "b",
    {
        "a": "Only with CUDA_LAUNCH_BLOCKING=1. A launch returns before the kernel has run.",
        "b": "Whichever call first hears of it, often the copy. After it, the context is lost.",
        "c": "It may be so: a wrong write into memory in use is silent. Do not count on it.",
    },
)


def shifted(n, grid):
    x = np.arange(n, dtype=np.float32) ** 2
    wanted = np.append(np.diff(x), 0).astype(np.float32)
    arguments = (x, np.full(n, 7, dtype=np.float32))
    work = -(-n // 32) + 1  # the last element may be written by an instruction of its own
    return Launch(grid, 64, arguments, {1: wanted}, f"With {n} elements", work)


shift = Kernel(
    [shifted(100, 2), shifted(128, 2), shifted(1, 1), shifted(65, 3)],
    [divided("store")],
    hints={
        "out of bounds": ["Two comparisons: is i inside, and is i + 1?"],
        "value": [
            "What belongs into the last element, and which thread writes it?",
            "`if i + 1 < x.size:` the difference, `elif i < x.size:` zero.",
        ],
    },
)


def gradient_at_once(rows, weight, size):
    weight = weight.clone().requires_grad_()
    (rows @ weight).square().mean().backward()
    return weight.grad


def in_pieces():
    import torch

    rows = torch.linspace(-1, 2, 30).reshape(10, 3)
    return [(rows, torch.tensor([1.0, -2.0, 0.5]), size) for size in (10, 5, 4, 1)]


@contextlib.contextmanager
def handled():
    """Collect the tensors that operators compute with, and those that they make."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    found = []

    class Collector(TorchDispatchMode):
        def __torch_dispatch__(self, operator, types, arguments=(), options=None):
            result = operator(*arguments, **(options or {}))
            if not any(part.alias_info for part in operator._schema.returns):  # not a mere view
                leaves = tree_leaves((arguments, options, result))
                found.extend(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))
            return result

    with Collector():
        yield found


def piece_by_piece(gradient_in_pieces):
    rows, weight, _ = in_pieces()[0]
    with handled() as found:
        gradient_in_pieces(rows, weight, 2)
    whole = any(len(rows) in tensor.shape for tensor in found)
    yield not whole, "With size = 2 an operator works on all ten rows at once.", "rows"


pieces = Function(
    gradient_at_once,
    in_pieces,
    tolerance=1e-5,
    mistakes=[
        (
            lambda rows, weight, size: gradient_at_once(rows, weight, size) * 10 / size,
            "Every piece counts as much as all rows here: multiply by len(piece) / len(rows).",
        ),
    ],
    also=piece_by_piece,
    hints=[
        "A piece's mean counts as much as it has rows: multiply by len(piece) / len(rows).",
        "Call backward for each piece; gradients add up in weight.grad of a fresh copy.",
    ],
)


def log_sum_of_doubles(x):
    import torch

    return torch.logsumexp(x.double(), 0)


def in_half_precision():
    import torch

    rows = [1.0, 2.0, 3.0], [12.0, 3.0, 12.0], [-200.0, -201.0], [60_000.0, 3.0]
    return [(torch.tensor(row).half(),) for row in rows]


def in_half_precision_alone(log_sum):
    import torch

    x = torch.tensor([3.0, 1.0]).half()
    with handled() as found:
        log_sum(x)
    wider = {str(t.dtype) for t in found if t.is_floating_point() and t.dtype != torch.float16}
    yield not wider, f"It computes in {', '.join(sorted(wider))} as well, not in FP16 alone."


log_sum = Function(
    log_sum_of_doubles,
    in_half_precision,
    tolerance=5e-3,
    mistakes=[
        (lambda x: log_sum_of_doubles(x - x.max()), "What you have taken off has to come back."),
        (lambda x: x.max(), "That is the largest one. The others add a little."),
    ],
    also=in_half_precision_alone,
    hints=[
        "Which exponentials overflow, and which are harmless?",
        "Take the largest number off first and add it again at the end.",
    ],
)
