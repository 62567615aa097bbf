"""Record the best matrix product and the best copy of this device."""

import torch

from helpers import recorded, roofline

TITLE = "Best product and best copy"
METHOD = (
    "helpers.roofline.measure_peaks: the fastest of 5 runs of a square float32 matrix product, "
    "over its default widths, and of a copy of its default size, each byte counted once read "
    "and once written. TF32 is off on a GPU, as torch has it by default."
)
RUNS = 5


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Measure the peaks of `device`; no data is needed."""
    peaks = roofline.measure_peaks(device=device, n=RUNS)
    gflops = round(peaks.flops_per_s / 1e9, 1)
    gigabytes_per_s = round(peaks.bytes_per_s / 1e9, 2)
    return {
        "product": recorded.Quantity(gflops, "GFLOP/s", "best", RUNS),
        "copy": recorded.Quantity(gigabytes_per_s, "GB/s", "best", RUNS),
    }
