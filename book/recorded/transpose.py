"""Record how fast each rung of the transpose ladder turns a matrix."""

import functools

import numpy as np
import torch

import warptrace
from helpers import recorded, timing
from warptrace.either import cuda

TITLE = "Bandwidth of the transpose ladder"
METHOD = (
    "The kernels of the chapter on memory, and one more: `transpose_rows`, the padded tile with "
    "four elements for each thread. A float32 matrix of 16384 x 16384. Bytes read and written, "
    "over the median of 15 runs of 5 launches each. `copy` is torch's copy of the same matrix, "
    "and `fraction` the rate of the kernel over that of the copy."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
SIDE, LAUNCHES, RUNS = 16384, 5, 15


@cuda.jit
def transpose_naive(source, target):
    """Read along rows, write along columns."""
    column, row = cuda.grid(2)
    target[column, row] = source[row, column]


@cuda.jit
def transpose_tiled(source, target):
    """Read and write along rows, turn in shared memory, with bank conflicts."""
    tile = cuda.shared.array((32, 32), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    left, top = cuda.blockIdx.x * 32, cuda.blockIdx.y * 32
    tile[y, x] = source[top + y, left + x]
    cuda.syncthreads()
    target[left + y, top + x] = tile[x, y]


@cuda.jit
def transpose_padded(source, target):
    """Read and write along rows, turn in a padded tile, without bank conflicts."""
    tile = cuda.shared.array((32, 33), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    left, top = cuda.blockIdx.x * 32, cuda.blockIdx.y * 32
    tile[y, x] = source[top + y, left + x]
    cuda.syncthreads()
    target[left + y, top + x] = tile[x, y]


@cuda.jit
def transpose_rows(source, target):
    """Do the same with blocks of (32, 8), each thread taking four elements of a column."""
    tile = cuda.shared.array((32, 33), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    left, top = cuda.blockIdx.x * 32, cuda.blockIdx.y * 32
    for row in range(y, 32, 8):
        tile[row, x] = source[top + row, left + x]
    cuda.syncthreads()
    for row in range(y, 32, 8):
        target[left + row, top + x] = tile[x, row]


#: Each kernel with its block.
LADDER = {
    "transpose_naive": (transpose_naive, (32, 32)),
    "transpose_tiled": (transpose_tiled, (32, 32)),
    "transpose_padded": (transpose_padded, (32, 32)),
    "transpose_rows": (transpose_rows, (32, 8)),
}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the kernels on `device`, a CUDA GPU that Numba can use.

    Raises:
        RuntimeError: Numba cannot use the GPU (the message names the cure), or a kernel's result
            is wrong.
    """
    warptrace.hardware().need()
    rate = functools.partial(
        timing.rate_gbs, n_bytes=8 * SIDE**2, times=LAUNCHES, n=RUNS, device=device
    )
    source = torch.rand(SIDE, SIDE, device=device)
    target = torch.empty_like(source)
    arrays = cuda.as_cuda_array(source), cuda.as_cuda_array(target)
    copy = rate(lambda: target.copy_(source))
    values = {"copy": recorded.Quantity(round(copy, 1), "GB/s", "median", RUNS)}
    for name, (kernel, block) in LADDER.items():
        launch = kernel[(SIDE // 32, SIDE // 32), block]
        target.zero_()
        reached = rate(lambda launch=launch: launch(*arrays))
        if not torch.equal(target, source.t()):
            raise RuntimeError(f"{name} is wrong.")
        values[name] = recorded.Quantity(round(reached, 1), "GB/s", "median", RUNS)
        values[f"{name}_fraction"] = recorded.Quantity(
            round(reached / copy, 4), "of the copy", "ratio of medians", RUNS
        )
    return values
