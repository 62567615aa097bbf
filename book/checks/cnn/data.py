"""What `book/cnn/data.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import Function, Value


def by_torchvision(pixels):
    from torchvision import transforms

    return transforms.ToTensor()(pixels)


def images():
    generator = np.random.default_rng(0)
    shapes = (2, 3, 3), (5, 4, 1)
    return [(generator.integers(0, 256, shape, dtype=np.uint8),) for shape in shapes]


def a_float32_tensor(to_tensor):
    import torch

    kind = getattr(to_tensor(np.zeros((2, 2, 3), np.uint8)), "dtype", None)
    yield kind == torch.float32, f"A float32 tensor is needed, and this one is {kind}.", "dtype"


to_tensor = Function(
    by_torchvision,
    images,
    also=a_float32_tensor,
    mistakes=[
        (lambda pixels: by_torchvision(pixels) * 255, "The largest byte, 255, becomes exactly 1."),
        (lambda pixels: by_torchvision(pixels) * 255 / 256, "The largest byte is 255, not 256."),
    ],
    hints={
        "shape": "The channels come first: `permute` or `transpose` moves axes.",
        "dtype": "`torch.from_numpy` makes a tensor, and `.float()` its numbers float32.",
        "else": [
            "Axes are moved by `permute` or `transpose`. A `reshape` would mix the pixels up.",
            "The largest byte, 255, becomes exactly 1.",
        ],
    },
)


def mean_and_deviation(batch):
    return batch.mean((0, 2, 3)), batch.std((0, 2, 3), correction=0)


def batches():
    import torch

    generator = torch.Generator().manual_seed(0)
    first, second = (torch.rand(s, generator=generator) for s in [(4, 3, 2, 2), (2, 1, 3, 5)])
    return [(first,), (second * 9,)]


statistics = Function(
    mean_and_deviation,
    batches,
    tolerance=1e-5,
    results=["the mean", "the deviation"],
    mistakes=[
        (
            lambda batch: (batch.mean((0, 2, 3)), batch.std((0, 2, 3))),
            "`std` divides by one less unless you say `correction=0`.",
        ),
        (
            lambda batch: (batch.mean((0, 2, 3)), batch.var((0, 2, 3), correction=0)),
            "That is the variance: the deviation is its root.",
        ),
    ],
    hints=[
        "Give `mean` the axes to average over. Only the channel axis stays.",
        "`std` divides by one less unless you say `correction=0`.",
    ],
)

step = Function(
    lambda load_ms, compute_ms: (load_ms + compute_ms) / max(load_ms, compute_ms),
    [(1.0, 9.0), (9.0, 1.0), (4.0, 4.0)],
    mistakes=[
        (
            lambda load_ms, compute_ms: max(load_ms, compute_ms) / (load_ms + compute_ms),
            "The speed-up is the old time over the new one.",
        ),
        (
            lambda load_ms, compute_ms: (load_ms + compute_ms) / min(load_ms, compute_ms),
            "The longer of the two sets the pace.",
        ),
    ],
    hints=[
        "Without workers the two follow each other. With them the longer one hides the shorter.",
        "The speed-up is never below 1 and never above 2.",
    ],
)

bytes = Value(
    (50_000 * 3_072, 50_000 * 3_072 * 4),
    names=["as_bytes", "as_float32"],
    mistakes={
        50_000 * 1_024: "An image has three channels.",
        153.6: "Those are megabytes. Count bytes.",
        50_000 * 3_072 * 8: "float32 has 32 bits: how many bytes are they?",
    },
    hints=["One image has 32 · 32 · 3 values.", "A float32 value takes four bytes."],
)
