"""Record how fast the first kernel of the book doubles an array, by the size of its blocks."""

import functools

import numpy as np
import torch

import warptrace
from helpers import recorded, timing
from warptrace.either import cuda

TITLE = "Bandwidth of the doubling kernel by block size"
METHOD = (
    "The kernel `double` of the chapter on the first kernel, one thread for each of 2^28 float32 "
    "numbers. Bytes read and written, over the median of 15 runs of 10 launches each. `copy` is "
    "torch's copy of the same array, and `fraction` the rate of the kernel over that of the copy."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
SIZES = (32, 64, 128, 256, 512, 1024)
NUMBERS, LAUNCHES, RUNS = 2**28, 10, 15


@cuda.jit
def double(x, y):
    """Write twice each number of `x` into `y`."""
    i = cuda.grid(1)
    if i < x.size:
        y[i] = np.float32(2) * x[i]


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the kernel on `device`, a CUDA GPU that Numba can use.

    Raises:
        RuntimeError: Numba cannot use the GPU (the message names the cure), or the kernel's
            result is wrong.
    """
    warptrace.hardware().need()
    rate = functools.partial(
        timing.rate_gbs, n_bytes=8 * NUMBERS, times=LAUNCHES, n=RUNS, device=device
    )
    x = torch.rand(NUMBERS, device=device)
    y = torch.empty_like(x)
    arrays = cuda.as_cuda_array(x), cuda.as_cuda_array(y)
    copy = rate(lambda: y.copy_(x))
    values = {"copy": recorded.Quantity(round(copy, 1), "GB/s", "median", RUNS)}
    for size in SIZES:
        launch = double[-(-NUMBERS // size), size]
        y.zero_()
        reached = rate(lambda launch=launch: launch(*arrays))
        if not torch.equal(y, 2 * x):
            raise RuntimeError(f"The kernel is wrong in blocks of {size}.")
        values[f"block_{size}"] = recorded.Quantity(round(reached, 1), "GB/s", "median", RUNS)
        values[f"block_{size}_fraction"] = recorded.Quantity(
            round(reached / copy, 4), "of the copy", "ratio of medians", RUNS
        )
    return values
