"""Record what it costs when neighbouring threads take different sides of a branch."""

import numpy as np
import torch

import warptrace
from helpers import recorded, timing
from warptrace.either import cuda

TITLE = "Time of a kernel whose threads disagree, by the width of the groups that agree"
METHOD = (
    "The kernel `split` of the chapter on divergence on 2^26 float32 numbers in blocks of 256: "
    "groups of `width` threads take the two sides of a branch in turn. Median of 15 runs of 10 "
    "launches each."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
NUMBERS, BLOCK, LAUNCHES, RUNS = 2**26, 256, 10, 15


@cuda.jit
def split(x, y, width):
    """Iterate one of two maps 64 times, the same for `width` neighbouring threads."""
    i = cuda.grid(1)
    value = x[i]
    if (i // width) % 2 == 0:
        for _ in range(64):
            value = value * np.float32(0.5) + np.float32(1)
    else:
        for _ in range(64):
            value = value * np.float32(0.25) + np.float32(2)
    y[i] = value


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the kernel on `device`, a CUDA GPU that Numba can use.

    Raises:
        RuntimeError: Numba cannot use the GPU (the message names the cure), or the kernel's
            result is wrong.
    """
    warptrace.hardware().need()
    x = torch.ones(NUMBERS, device=device)
    y = torch.empty_like(x)
    arrays = cuda.as_cuda_array(x), cuda.as_cuda_array(y)
    i = torch.arange(NUMBERS, device=device)
    values = {}
    for width in WIDTHS:
        launch = split[NUMBERS // BLOCK, BLOCK]
        y.zero_()

        def run(launch=launch, width=width):
            for _ in range(LAUNCHES):
                launch(*arrays, width)

        time_ms = timing.measure(run, n=RUNS, device=device).median_ms / LAUNCHES
        # The maps end at their fixed points: 1 / (1 - 0.5) and 2 / (1 - 0.25).
        expected = torch.where((i // width) % 2 == 0, 2.0, 2 / 0.75)
        if not torch.allclose(y, expected):
            raise RuntimeError(f"The kernel is wrong with a width of {width}.")
        values[f"width_{width}"] = recorded.Quantity(round(time_ms, 5), "ms", "median", RUNS)
    return values
