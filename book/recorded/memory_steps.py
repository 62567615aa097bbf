"""Record how fast arrays of growing size can be read: the steps are the caches."""

import functools

import torch

from helpers import recorded, timing

TITLE = "Rate of reading an array again and again, by its size"
METHOD = (
    "The sum of float32 numbers, read often enough that 256 MB (on a GPU 4 GB) pass. On a CPU one "
    "call of torch's sum over an array that is repeated by a stride of zero, with one thread. On a "
    "GPU one launch of the CUDA C++ kernel of this script, compiled by NVRTC: every block reads "
    "tile after tile of 4 KiB, each from another place on and round again at the end of the "
    "array. Best of 5 runs after 1 of warm-up."
)
RUNS = 5
KIB = {"cpu": [2**k for k in range(3, 18)], "gpu": [2**k for k in range(5, 21)]}
PASSES_BYTES = {"cpu": 256e6, "gpu": 4e9}
TILE_BYTES, BLOCK, BLOCKS_PER_SM = 4096, 256, 8

CUDA = r"""
extern "C" __global__ void __launch_bounds__(256)
read_again(const float4* __restrict__ x, float* sums, int tiles, int steps) {
  int tile = (long long)blockIdx.x * tiles / gridDim.x;
  float total = 0;
#pragma unroll 8
  for (int step = 0; step < steps; ++step) {
    float4 four = x[(long long)tile * 256 + threadIdx.x];
    total += four.x + four.y + four.z + four.w;
    if (++tile == tiles) tile = 0;
  }
  sums[blockIdx.x * 256 + threadIdx.x] = total;
}
"""


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Read arrays of growing size on `device`; no data is needed."""
    kind = "cpu" if device.type == "cpu" else "gpu"
    sizes = KIB[kind]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rates = [read_rate(kib * 1024, device, PASSES_BYTES[kind]) for kib in sizes]
    finally:
        torch.set_num_threads(before)
    return {
        "sizes": recorded.Quantity(sizes, "KiB", "chosen", len(sizes)),
        "rates": recorded.Quantity([round(rate, 2) for rate in rates], "GB/s", "best", RUNS),
    }


def read_rate(n_bytes: int, device, passes_bytes: float) -> float:
    """Return GB/s of reading one array of `n_bytes` until `passes_bytes` have passed."""
    array = torch.rand(n_bytes // 4, device=device)
    if array.is_cuda:
        work, read_bytes = read_again(array, passes_bytes)
        return read_bytes / timing.measure(work, n=RUNS, warmup=1, device=device).best_ms / 1e6
    repeated = array.expand(max(1, int(passes_bytes / n_bytes)), -1)
    best_ms = timing.measure(repeated.sum, n=RUNS, warmup=1, device=device).best_ms
    return repeated.numel() * 4 / best_ms / 1e6


def read_again(array, passes_bytes: float):
    """Return a function that reads `array` on its GPU, and how many bytes each call reads.

    Raises:
        RuntimeError: the kernel adds up wrongly.
    """
    tiles = array.numel() * 4 // TILE_BYTES
    blocks = BLOCKS_PER_SM * torch.cuda.get_device_properties(array.device).multi_processor_count
    sums = torch.empty(blocks * BLOCK, device=array.device)

    def launch(steps):
        _kernel()(grid=(blocks, 1, 1), block=(BLOCK, 1, 1), args=[array, sums, tiles, steps])

    launch(tiles)  # every block reads the array once
    once, expected = sums.view(blocks, BLOCK).sum(1, dtype=torch.float64), array.double().sum()
    if not torch.allclose(once, expected.expand(blocks), rtol=1e-4):
        raise RuntimeError("The kernel does not read every number once.")
    steps = max(1, round(passes_bytes / blocks / TILE_BYTES))
    return functools.partial(launch, steps), blocks * steps * TILE_BYTES


@functools.cache
def _kernel():
    return torch.cuda._compile_kernel(CUDA, "read_again")
