"""Record how fast the first kernel of the book doubles an array, by the size of its blocks."""

import numpy as np
import torch

import warptrace
from helpers import recorded, timing

try:
    from numba import cuda
except ImportError:  # without Numba the kernel can be traced, not recorded
    from warptrace import cuda

TITLE = "Bandwidth of the doubling kernel by block size"
METHOD = (
    "The kernel `double` of the chapter on the first kernel, one thread for each of 2^28 float32 "
    "numbers. Bytes read and written, over the median of 15 runs of 10 launches each. `copy` is "
    "torch's copy of the same array, and `fraction` the rate of the kernel over that of the copy."
)
NEEDS_DATA = False
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
    if not warptrace.hardware().works:
        raise RuntimeError(f"This record needs Numba on a GPU: {warptrace.hardware().reason}.")
    x = torch.rand(NUMBERS, device=device)
    y = torch.empty_like(x)
    arrays = cuda.as_cuda_array(x), cuda.as_cuda_array(y)
    copy = _rate(lambda: y.copy_(x), device)
    values = {"copy": recorded.Quantity(round(copy, 1), "GB/s", "median", RUNS)}
    for size in SIZES:
        launch = double[-(-NUMBERS // size), size]
        y.zero_()
        rate = _rate(lambda launch=launch: launch(*arrays), device)
        if not torch.equal(y, 2 * x):
            raise RuntimeError(f"The kernel is wrong in blocks of {size}.")
        values[f"block_{size}"] = recorded.Quantity(round(rate, 1), "GB/s", "median", RUNS)
        values[f"block_{size}_fraction"] = recorded.Quantity(
            round(rate / copy, 4), "of the copy", "ratio of medians", RUNS
        )
    return values


def _rate(launch, device) -> float:
    """Return the GB/s of `launch`, which reads and writes an array of `NUMBERS` float32 each."""
    time = timing.measure(lambda: [launch() for _ in range(LAUNCHES)], n=RUNS, device=device)
    return LAUNCHES * 8 * NUMBERS / (time.median_ms / 1e3) / 1e9
