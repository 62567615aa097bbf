"""Record one softmax written on four levels: lines are counted, time and energy are measured."""

import functools
import math

import numpy as np
import torch

from helpers import energy, recorded, timing
from warptrace.either import cuda

TITLE = "One softmax on four levels of programming"
METHOD = (
    "Softmax of the rows of 8,192 × 4,096 float32 numbers: torch's operator (`framework`), a "
    "Triton kernel (`triton`), a Numba kernel (`numba`) and a CUDA C++ kernel compiled by NVRTC "
    "(`cuda`). Each result is compared with float64 on the CPU at 64 rows. Median of 20 runs by "
    "device events, taken in turns. Energy: the card's NVML counter over 5 s of calls, idle power "
    "included, divided by the calls."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
ROWS, COLUMNS, RUNS, CHECKED_ROWS, SECONDS = 8192, 4096, 20, 64, 5.0


def framework_softmax(x):
    """Make rows that add up to 1, with torch."""
    return torch.softmax(x, 1)


@cuda.jit
def numba_softmax(x, y):
    """Make a row with 256 threads: its maximum, its sum, its quotients."""
    part = cuda.shared.array(256, np.float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    highest = np.float32(-np.inf)
    for k in range(t, x.shape[1], 256):
        highest = max(highest, x[row, k])
    part[t] = highest
    cuda.syncthreads()
    step = 128
    while step > 0:
        if t < step:
            part[t] = max(part[t], part[t + step])
        cuda.syncthreads()
        step //= 2
    highest = part[0]
    cuda.syncthreads()
    total = np.float32(0)
    for k in range(t, x.shape[1], 256):
        total += math.exp(x[row, k] - highest)
    part[t] = total
    cuda.syncthreads()
    step = 128
    while step > 0:
        if t < step:
            part[t] += part[t + step]
        cuda.syncthreads()
        step //= 2
    for k in range(t, x.shape[1], 256):
        y[row, k] = math.exp(x[row, k] - highest) / part[0]


CUDA = r"""
__device__ float of_block(float value, bool largest) {
  __shared__ float part[8];
  for (int step = 16; step > 0; step /= 2) {
    float other = __shfl_xor_sync(0xffffffff, value, step);
    value = largest ? fmaxf(value, other) : value + other;
  }
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = value;
  __syncthreads();
  value = part[0];
  for (int warp = 1; warp < 8; ++warp)
    value = largest ? fmaxf(value, part[warp]) : value + part[warp];
  __syncthreads();
  return value;
}

extern "C" __global__ void softmax(const float* x, float* y, int columns) {
  const float* row = x + (long long)blockIdx.x * columns;
  float* out = y + (long long)blockIdx.x * columns;
  float highest = -3.4e38f, total = 0;
  for (int k = threadIdx.x; k < columns; k += 256) highest = fmaxf(highest, row[k]);
  highest = of_block(highest, true);
  for (int k = threadIdx.x; k < columns; k += 256) total += expf(row[k] - highest);
  total = of_block(total, false);
  for (int k = threadIdx.x; k < columns; k += 256) out[k] = expf(row[k] - highest) / total;
}
"""


@functools.cache
def _compiled():
    return torch.cuda._compile_kernel(CUDA, "softmax")


def ways() -> dict:
    """Return {level: function that writes the softmax of x into y} of the levels that run."""

    def by_cuda(x, y):
        _compiled()(grid=(len(x), 1, 1), block=(256, 1, 1), args=[x, y, x.shape[1]])

    found = {
        "framework": lambda x, y: torch.softmax(x, 1, out=y),
        "triton": recorded.script("triton_kernels").softmax,
        "cuda": by_cuda,
    }
    if cuda.is_available():  # Numba may be missing, or not fit the driver
        found["numba"] = lambda x, y: numba_softmax[len(x), 256](x, y)
    return found


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the four levels, and read the energy of each where the card tells it."""
    torch.manual_seed(0)
    x = torch.randn(ROWS, COLUMNS, device=device)
    y = torch.empty_like(x)
    works = {}
    for name, way in ways().items():
        y.zero_()
        way(x, y)
        _check(name, x, y)
        works[name] = functools.partial(way, x, y)
    values = {
        name: recorded.Quantity(float(f"{one.median_ms:.4g}"), "ms", "median", RUNS)
        for name, one in timing.compare(works, n=RUNS, device=device).items()
    }
    for name, work in works.items():
        used = energy.measure(work, device=device, seconds=SECONDS)
        if used:
            millijoules = float(f"{1e3 * used.joules:.4g}")
            values[f"{name}_energy"] = recorded.Quantity(millijoules, "mJ", "mean", 1)
    return values


def _check(name, x, y) -> None:
    rows = torch.linspace(0, len(x) - 1, min(CHECKED_ROWS, len(x))).long().to(x.device)
    exact = torch.softmax(x[rows].cpu().double(), 1)
    if not torch.allclose(y[rows].cpu().double(), exact, rtol=1e-4, atol=1e-7):
        raise RuntimeError(f"{name} is wrong.")
