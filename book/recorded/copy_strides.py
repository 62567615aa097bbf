"""Record how fast a kernel copies numbers that lie a stride apart."""

import functools

import torch

import warptrace
from helpers import recorded, timing
from warptrace.either import cuda

TITLE = "Bandwidth of a copy by stride"
METHOD = (
    "The kernel `copy` of the chapter on memory: each thread copies one float32 number, and "
    "neighbouring threads read numbers `stride` places apart, or `offset` places further on. Bytes "
    "used (8 for each number), over the median of 15 runs of 10 launches each. `copy` is torch's "
    "copy of as many numbers in order, and `fraction` the rate of the kernel over that of the copy."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
STRIDES = (1, 2, 4, 8, 16, 32)
BLOCK, LAUNCHES, RUNS = 256, 10, 15
#: Numbers copied at most; fewer on a card that cannot hold 33 times as many.
MOST_NUMBERS = 2**26


@cuda.jit
def copy(source, target, stride, offset):
    """Copy every `stride`-th number of `source`, from `offset` on."""
    i = cuda.grid(1)
    if i < target.size:
        target[i] = source[i * stride + offset]


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the kernel on `device`, a CUDA GPU that Numba can use.

    Raises:
        RuntimeError: Numba cannot use the GPU (the message names the cure), or the kernel's
            result is wrong.
    """
    warptrace.hardware().need()
    n = _numbers(device)
    rate = functools.partial(timing.rate_gbs, n_bytes=8 * n, times=LAUNCHES, n=RUNS, device=device)
    source = torch.rand(33 * n, device=device)
    target = torch.empty(n, device=device)
    arrays = cuda.as_cuda_array(source), cuda.as_cuda_array(target)
    best = rate(lambda: target.copy_(source[:n]))
    values = {"copy": recorded.Quantity(round(best, 1), "GB/s", "median", RUNS)}
    cases = {f"stride_{stride}": (stride, 0) for stride in STRIDES} | {"offset_1": (1, 1)}
    for name, (stride, offset) in cases.items():
        launch = copy[n // BLOCK, BLOCK]
        target.zero_()
        reached = rate(lambda x=launch, s=stride, o=offset: x(*arrays, s, o))
        if not torch.equal(target, source[offset : offset + n * stride : stride]):
            raise RuntimeError(f"The kernel is wrong with {name}.")
        values[name] = recorded.Quantity(round(reached, 1), "GB/s", "median", RUNS)
        values[f"{name}_fraction"] = recorded.Quantity(
            round(reached / best, 4), "of the copy", "ratio of medians", RUNS
        )
    return values


def _numbers(device) -> int:
    """Return how many numbers to copy: a power of two, so that all arrays fit on the card."""
    free_bytes, _ = torch.cuda.mem_get_info(device)
    n = MOST_NUMBERS
    while 4 * (33 + 1) * n > 0.9 * free_bytes:
        n //= 2
    return n
