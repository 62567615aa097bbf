"""Record what one kernel gains over five: a sum and a root-mean-square normalisation, fused."""

import functools

import torch

from helpers import recorded, timing

TITLE = "A residual sum and a normalisation, in one kernel and in several"
METHOD = (
    "y = h / rms(h) · w with h = x + r, for 16,384 rows of 4,096 float32 numbers. `eager` is "
    "written with torch's operators, `torch` is a sum and torch's own rms_norm, `compiled` is the "
    "eager form through torch.compile where that works (it needs a C compiler), `fused` the CUDA "
    "C++ kernel of this script, compiled by NVRTC. Each result is compared with float64 on the CPU "
    "at 64 rows. Median of 20 runs by device events, taken in turns. `copy` is torch's copy of x, "
    "and `fraction` the rate at which `fused` moves the three arrays, over that of the copy."
)
KINDS = ("cuda",)
ROWS, COLUMNS, EPS, RUNS = 16_384, 4096, 1e-6, 20
CHECKED_ROWS = 64
BLOCK = 256
#: What the kernel's four quadruples for each of its threads can hold.
MOST_COLUMNS = 4 * 4 * BLOCK

CUDA = r"""
extern "C" __global__ void __launch_bounds__(256)
residual_norm(const float4* __restrict__ x, const float4* __restrict__ residual,
              const float4* __restrict__ weight, float4* __restrict__ y, int fours, double eps) {
  __shared__ float sums[8];
  long long row = (long long)blockIdx.x * fours;  // a block makes a row
  float4 h[4];                                    // what a thread keeps of it
  float total = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    int k = threadIdx.x + 256 * i;
    if (k < fours) {
      float4 a = x[row + k], b = residual[row + k];
      h[i].x = a.x + b.x, h[i].y = a.y + b.y, h[i].z = a.z + b.z, h[i].w = a.w + b.w;
      total += h[i].x * h[i].x + h[i].y * h[i].y + h[i].z * h[i].z + h[i].w * h[i].w;
    }
  }
  for (int step = 16; step > 0; step /= 2) total += __shfl_xor_sync(0xffffffff, total, step);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = total;
  __syncthreads();
  total = 0;
  for (int warp = 0; warp < 8; ++warp) total += sums[warp];
  float scale = rsqrtf(total / (4 * fours) + (float)eps);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    int k = threadIdx.x + 256 * i;
    if (k < fours) {
      float4 w = weight[k];
      h[i].x *= scale * w.x, h[i].y *= scale * w.y, h[i].z *= scale * w.z, h[i].w *= scale * w.w;
      y[row + k] = h[i];
    }
  }
}
"""


def eager(x, residual, weight, eps):
    """Return the normalised sum, by torch's operators one after the other."""
    h = x + residual
    return h * torch.rsqrt((h * h).mean(-1, keepdim=True) + eps) * weight


def library(x, residual, weight, eps):
    """Return the same by torch's own normalisation."""
    return torch.nn.functional.rms_norm(x + residual, weight.shape, weight, eps)


def fused(x, residual, weight, eps):
    """Return the same in one launch: float32 on a GPU, up to 4,096 columns, a multiple of 4.

    Raises:
        ValueError: the kernel does not take such tensors.
    """
    columns = weight.numel()
    tensors = (x, residual, weight)
    if any(t.dtype != torch.float32 or not t.is_contiguous() for t in tensors):
        raise ValueError("The kernel takes float32 tensors whose rows lie together.")
    if columns % 4 or columns > MOST_COLUMNS:
        raise ValueError(f"{columns} columns: a multiple of 4 is needed, {MOST_COLUMNS} at most.")
    y = torch.empty_like(x)
    arguments = [x, residual, weight, y, columns // 4, float(eps)]
    rows = x.numel() // columns
    if rows:
        _compiled()(grid=(rows, 1, 1), block=(BLOCK, 1, 1), args=arguments)
    return y


@functools.cache
def _compiled():
    return torch.cuda._compile_kernel(CUDA, "residual_norm")


def record(device, folder) -> dict[str, recorded.Quantity]:
    """Time the ways; `folder` is not used."""
    torch.manual_seed(0)
    x, residual = (torch.randn(ROWS, COLUMNS, device=device) for _ in range(2))
    given = (x, residual, torch.rand(COLUMNS, device=device), EPS)
    target = torch.empty_like(x)
    ways = {"eager": eager, "torch": library, **_compiled_eager(given), "fused": fused}
    for name, way in ways.items():
        _check(name, way(*given), given)
    works = {name: functools.partial(way, *given) for name, way in ways.items()}
    works["copy"] = lambda: target.copy_(x)
    times = timing.compare(works, n=RUNS, device=device)
    values = {
        name: recorded.Quantity(round(time.median_ms, 4), "ms", "median", RUNS)
        for name, time in times.items()
    }
    fraction = 3 / 2 * times["copy"].median_ms / times["fused"].median_ms
    return values | {"fraction": recorded.Quantity(round(fraction, 3), "of copy", "median", RUNS)}


def _compiled_eager(given) -> dict:
    """Return `{"compiled": function}`, or nothing where this machine cannot compile it."""
    way = torch.compile(eager)
    try:
        way(*given)
    except Exception as error:  # whatever the compiler's back end lacks
        print(f"torch.compile is left out: {str(error).splitlines()[0]}")
        return {}
    return {"compiled": way}


def _check(name, found, given) -> None:
    """Compare some rows with float64: a fast wrong kernel is worth nothing."""
    x, residual, weight, eps = given
    rows = torch.linspace(0, len(x) - 1, CHECKED_ROWS).long().to(x.device)
    exact = eager(*(t.cpu().double() for t in (x[rows], residual[rows], weight)), eps)
    if not torch.allclose(found[rows].cpu().double(), exact, rtol=1e-4, atol=1e-4):
        raise RuntimeError(f"{name} is wrong.")
