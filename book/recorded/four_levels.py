"""Record one softmax written on four levels: lines are counted, time and energy are measured."""

import ctypes
import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from helpers import device as devices
from helpers import recorded, timing
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
#: Where Linux shows the energy counter of the first processor package, in microjoules.
RAPL = Path("/sys/class/powercap/intel-rapl:0/energy_uj")


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


@dataclass(frozen=True)
class Energy:
    """Energy of one call of the work (joules), its time (seconds), and which counter told."""

    joules: float
    seconds: float
    counter: str

    @property
    def watts(self) -> float:
        """Return the mean power during the work."""
        return self.joules / self.seconds


def energy_of(work: Callable[[], object], *, device=None, seconds: float = 2.0) -> Energy | None:
    """Call `work()` again and again for `seconds` and return the energy of one call.

    On a CUDA GPU the counter is NVML's total energy of the card (Volta or later), on a CPU RAPL's
    energy of the processor package. Both count all that runs there meanwhile, idle power included.
    Returns None where there is no counter that may be read: not measured. `device` takes any of
    the spellings of `device.resolve`.
    Source: NVML's `nvmlDeviceGetTotalEnergyConsumption`; Linux, "Power Capping Framework".
    """
    device = devices.resolve(device)
    counter = _nvml(device) if device.type == "cuda" else _rapl() if device.type == "cpu" else None
    if counter is None:
        return None
    name, read = counter
    work()
    devices.synchronise(device)
    begin, start, calls = read(), time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds or calls == 0:
        work()
        devices.synchronise(device)
        calls += 1
    used = read() - begin
    if used <= 0:  # the counter has begun again from zero, or stands still
        return None
    return Energy(used / calls, passed / calls, name)


def _rapl():
    try:
        int(RAPL.read_text())
    except (OSError, ValueError):  # no such counter, or only for the administrator
        return None
    return "RAPL", lambda: int(RAPL.read_text()) / 1e6


def _nvml(device):
    """Return a reader of the card's energy counter in joules, or None."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    handle, millijoules = ctypes.c_void_p(), ctypes.c_ulonglong()
    identity = devices.uuid(device).encode()
    if library.nvmlInit_v2() or library.nvmlDeviceGetHandleByUUID(identity, ctypes.byref(handle)):
        return None

    def failed() -> int:
        return library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules))

    if failed():  # older than Volta
        return None

    def joules() -> float:
        failed()  # fills `millijoules`; it has just worked
        return millijoules.value / 1e3

    return "NVML", joules


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
        used = energy_of(work, device=device, seconds=SECONDS)
        if used:
            millijoules = float(f"{1e3 * used.joules:.4g}")
            values[f"{name}_energy"] = recorded.Quantity(millijoules, "mJ", "mean", 1)
    return values


def _check(name, x, y) -> None:
    rows = torch.linspace(0, len(x) - 1, min(CHECKED_ROWS, len(x))).long().to(x.device)
    exact = torch.softmax(x[rows].cpu().double(), 1)
    if not torch.allclose(y[rows].cpu().double(), exact, rtol=1e-4, atol=1e-7):
        raise RuntimeError(f"{name} is wrong.")
