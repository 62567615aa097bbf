"""Record how fast each rung of the reduction ladder adds up an array."""

import functools

import numpy as np
import torch

import warptrace
from helpers import recorded, timing
from warptrace.either import cuda

TITLE = "Bandwidth of the reduction ladder"
METHOD = (
    "The kernels of the chapter on divergence add 2^28 float32 numbers, in as many launches as it "
    "takes to get one sum; `sum_stride` and `sum_atomic` in 8 blocks for each multiprocessor. "
    "Bytes of the array, over the median of 15 runs of 5 sums each. `copy` counts the bytes that "
    "torch's copy of the array reads and writes, `torch_sum` is torch's own sum, and `fraction` "
    "is the rate over that of the copy."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
NUMBERS, BLOCK, SUMS, RUNS = 2**28, 256, 5, 15
BLOCKS_PER_SM = 8


@cuda.jit
def sum_modulo(x, sums):
    """Add in pairs; the threads that add lie ever further apart."""
    shared = cuda.shared.array(BLOCK, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else np.float32(0)
    cuda.syncthreads()
    step = 1
    while step < BLOCK:
        if t % (2 * step) == 0:
            shared[t] += shared[t + step]
        cuda.syncthreads()
        step *= 2
    if t == 0:
        sums[cuda.blockIdx.x] = shared[0]


@cuda.jit
def sum_packed(x, sums):
    """Add the same pairs by neighbouring threads, with bank conflicts."""
    shared = cuda.shared.array(BLOCK, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else np.float32(0)
    cuda.syncthreads()
    step = 1
    while step < BLOCK:
        k = 2 * step * t
        if k < BLOCK:
            shared[k] += shared[k + step]
        cuda.syncthreads()
        step *= 2
    if t == 0:
        sums[cuda.blockIdx.x] = shared[0]


@cuda.jit(device=True)
def halve(shared, t):
    """Add the upper half of a block's numbers to the lower one until one is left."""
    step = BLOCK // 2
    while step > 0:
        if t < step:
            shared[t] += shared[t + step]
        cuda.syncthreads()
        step //= 2


@cuda.jit
def sum_halves(x, sums):
    """Add numbers half a block apart: no divergence but at the end, no bank conflict."""
    shared = cuda.shared.array(BLOCK, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else np.float32(0)
    cuda.syncthreads()
    halve(shared, t)
    if t == 0:
        sums[cuda.blockIdx.x] = shared[0]


@cuda.jit
def sum_stride(x, sums):
    """Let each thread add many numbers first, then halve."""
    shared = cuda.shared.array(BLOCK, np.float32)
    t = cuda.threadIdx.x
    total = np.float32(0)
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        total += x[i]
    shared[t] = total
    cuda.syncthreads()
    halve(shared, t)
    if t == 0:
        sums[cuda.blockIdx.x] = shared[0]


@cuda.jit(device=True)
def warp_sum(value):
    """Return in lane 0 the sum over the warp."""
    for step in (16, 8, 4, 2, 1):
        value += cuda.shfl_down_sync(0xFFFFFFFF, value, step)
    return value  # complete in lane 0


@cuda.jit
def sum_atomic(x, sums):
    """Let each thread add many numbers, each warp shuffle, and one lane of it add atomically."""
    total = np.float32(0)
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        total += x[i]
    total = warp_sum(total)
    if cuda.laneid == 0:
        cuda.atomic.add(sums, 0, total)


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the kernels on `device`, a CUDA GPU that Numba can use.

    Raises:
        RuntimeError: Numba cannot use the GPU (the message names the cure), or a sum is wrong.
    """
    warptrace.hardware().need()
    rate = functools.partial(
        timing.rate_gbs, n_bytes=4 * NUMBERS, times=SUMS, n=RUNS, device=device
    )
    x = torch.rand(NUMBERS, device=device)
    other = torch.empty_like(x)
    few = BLOCKS_PER_SM * torch.cuda.get_device_properties(device).multi_processor_count
    copy = 2 * rate(lambda: other.copy_(x))
    works = {"torch_sum": lambda: x.sum(), "sum_atomic": _atomic(x, few)}
    for kernel, blocks in [(sum_modulo, None), (sum_packed, None), (sum_halves, None),
                           (sum_stride, few)]:  # fmt: skip
        works[kernel.py_func.__name__] = _passes(kernel, x, blocks)
    values = {"copy": recorded.Quantity(round(copy, 1), "GB/s", "median", RUNS)}
    exact = x.sum(dtype=torch.float64).item()
    for name, work in works.items():
        reached, found = rate(work), work().item()
        if abs(found - exact) > 1e-4 * exact:
            raise RuntimeError(f"{name} is wrong: {found}, not {exact}.")
        values[name] = recorded.Quantity(round(reached, 1), "GB/s", "median", RUNS)
        values[f"{name}_fraction"] = recorded.Quantity(
            round(reached / copy, 4), "of the copy", "ratio of medians", RUNS
        )
    return values


def _passes(kernel, x, blocks: int | None):
    """Return a function that runs `kernel` until one sum is left, and returns it.

    Args:
        kernel: writes one sum for each block.
        x: the array.
        blocks: of the first pass; default one thread for each number, in every pass.
    """
    launches, source = [], x
    while source.numel() > 1:
        wanted = -(-source.numel() // BLOCK)
        target = torch.zeros(min(wanted, blocks) if blocks else wanted, device=x.device)
        if blocks and source is not x:
            target = target[:1]
        arrays = cuda.as_cuda_array(source), cuda.as_cuda_array(target)
        launches.append((kernel[target.numel(), BLOCK], arrays))
        source = target

    def run():
        for launch, arrays in launches:
            launch(*arrays)
        return source

    return run


def _atomic(x, blocks: int):
    total = torch.zeros(1, device=x.device)
    launch, arrays = sum_atomic[blocks, BLOCK], (cuda.as_cuda_array(x), cuda.as_cuda_array(total))

    def run():
        total.zero_()
        launch(*arrays)
        return total

    return run
