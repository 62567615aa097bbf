"""Record how fast arrays of growing size can be read: the steps are the caches."""

import torch

from helpers import recorded, timing

TITLE = "Rate of reading an array again and again, by its size"
METHOD = (
    "The sum of float32 numbers, read often enough that 256 MB (on a GPU 4 GB) pass: one call of "
    "torch's sum over an array that is repeated by a stride of zero. Best of 5 runs after 1 of "
    "warm-up; on a CPU with one thread."
)
RUNS = 5
KIB = {"cpu": [2**k for k in range(3, 18)], "gpu": [2**k for k in range(5, 21)]}
PASSES_BYTES = {"cpu": 256e6, "gpu": 4e9}


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
    repeated = array.expand(max(1, int(passes_bytes / n_bytes)), -1)
    best_ms = timing.measure(repeated.sum, n=RUNS, warmup=1, device=device).best_ms
    return repeated.numel() * 4 / best_ms / 1e6
