"""What `book/appendix/failures.ipynb` checks its exercises with."""

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


pieces = Function(
    gradient_at_once,
    in_pieces,
    tolerance=1e-5,
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


log_sum = Function(
    log_sum_of_doubles,
    in_half_precision,
    tolerance=5e-3,
    hints=[
        "Which exponentials overflow, and which are harmless?",
        "Take the largest number off first and add it again at the end.",
    ],
)
