"""Record the operations of a network on the roofline of this device."""

import torch
from torch.nn import functional

from helpers import device as devices
from helpers import recorded, roofline, timing

TITLE = "Operations on the roofline"
METHOD = (
    "Rates are counted operations over the best time of 10 runs after 2 of warm-up; operations "
    "and bytes are counted as the chapter on the roofline counts them, each operand read once and "
    "each result written once. The peaks are the best of 5 square products and copies. Float32, "
    "TF32 off as torch has it by default; on a GPU also the 16-bit format that it multiplies fast "
    "(keys beginning with half_). Arrays are 8 times larger on a GPU, to stay outside its caches."
)
RUNS = 10
WIDTHS = {"cpu": (64, 128, 256, 512, 1024, 2048), "gpu": (128, 256, 512, 1024, 2048, 4096, 8192)}
BATCHES = (1, 4, 16, 64, 256, 1024)


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Measure the operations on `device`; no data is needed."""
    formats = {"": torch.float32}
    if device.type != "cpu":
        formats["half_"] = devices.amp_dtype(device)
    values = {}
    for prefix, dtype in formats.items():
        peaks = roofline.measure_peaks(device=device, dtype=dtype)
        values[f"{prefix}peak"] = quantity(peaks.flops_per_s / 1e9, "GFLOP/s", 5)
        values[f"{prefix}copy"] = quantity(peaks.bytes_per_s / 1e9, "GB/s", 5)
        for name, (work, flops, n_bytes) in operations(device, dtype).items():
            best_ms = timing.measure(work, n=RUNS, warmup=2, device=device).best_ms
            intensity = roofline.intensity(flops, n_bytes)
            values[f"{prefix}{name}"] = quantity(flops / best_ms / 1e6, "GFLOP/s", RUNS)
            values[f"{prefix}{name}_intensity"] = recorded.Quantity(
                float(f"{intensity:.5g}"), "FLOP/byte", "counted", 1
            )
    return values


def quantity(value: float, unit: str, n: int) -> recorded.Quantity:
    """Return the best of `n` with four significant digits."""
    return recorded.Quantity(float(f"{value:.4g}"), unit, "best", n)


def operations(device, dtype) -> dict[str, tuple]:
    """Return name to (call, operations, bytes) of each piece of work in `dtype`."""
    size = torch.empty((), dtype=dtype).element_size()
    scale = 1 if device.type == "cpu" else 8

    def random(*shape):
        return torch.rand(*shape, device=device).to(dtype)

    n = scale * 2**25
    a, b, out = (random(n) for _ in range(3))
    rows = random(scale * 2048, 4096)
    query, keys = random(1, 32, 1, 128), random(1, 32, scale * 4096, 128)
    values = torch.rand_like(keys)
    images, kernels = random(scale * 8, 64, 56, 56), random(64, 64, 3, 3)
    weights = random(4096, 4096)
    found = {
        "add": (lambda: torch.add(a, b, out=out), n, 3 * n * size),
        "relu": (lambda: torch.clamp_min(a, 0, out=out), n, 2 * n * size),
        "softmax": (
            lambda: torch.softmax(rows, 1),
            5 * rows.numel(),
            2 * rows.numel() * size,
        ),
        "layer_norm": (
            lambda: functional.layer_norm(rows, (4096,)),
            7 * rows.numel(),
            2 * rows.numel() * size,
        ),
        "attention_decode": (
            lambda: functional.scaled_dot_product_attention(query, keys, values),
            4 * keys.numel(),
            2 * keys.numel() * size,
        ),
        "convolution": (
            lambda: functional.conv2d(images, kernels, padding=1),
            2 * images.numel() * 64 * 9,
            (2 * images.numel() + kernels.numel()) * size,
        ),
    }
    for batch in BATCHES:
        found[f"linear_{batch}"] = linear(random(batch, 4096), weights, size)
    for width in WIDTHS["cpu" if device.type == "cpu" else "gpu"]:
        found[f"product_{width}"] = product(random(width, width), random(width, width), size)
    return found


def linear(rows, weights, size: int) -> tuple:
    """Return a linear layer on a batch of `rows`, with its operations and bytes."""
    outputs, inputs = weights.shape
    numbers = weights.numel() + len(rows) * (inputs + outputs)
    return (
        lambda: functional.linear(rows, weights),
        2 * len(rows) * weights.numel(),
        numbers * size,
    )


def product(a, b, size: int) -> tuple:
    """Return a product of square matrices, with its operations and bytes."""
    n = len(a)
    return lambda: a @ b, 2 * n**3, 3 * n**2 * size
