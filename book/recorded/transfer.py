"""Record what it costs to send matrices to a GPU and back, and from which size it pays."""

import torch

from helpers import recorded, timing

TITLE = "Sending two matrices to the GPU, multiplying, sending the product back"
METHOD = (
    "Square float32 matrices; median of 20 runs after 3 of warm-up. `cpu` multiplies with torch on "
    "all cores; `gpu` copies both operands from pinned memory, multiplies, and copies the product "
    "back into pinned memory; `gpu_resident` multiplies matrices that already lie there. The two "
    "copy rates are of 256 MiB to the GPU; the launch is an addition of one number, timed until "
    "the GPU is done."
)
KINDS = ("cuda",)
SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048)
RUNS, COPY_BYTES = 20, 2**28


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the product with and without its way to `device`; no data is needed."""
    host = torch.empty(COPY_BYTES, dtype=torch.uint8)
    curves = {name: [] for name in ("cpu", "gpu", "gpu_resident")}
    for n in SIZES:
        for name, work in works(n, device).items():
            where = "cpu" if name == "cpu" else device
            median_ms = timing.measure(work, n=RUNS, device=where).median_ms
            curves[name].append(round(median_ms, 5))
    one = torch.zeros(1, device=device)
    launch_ms = timing.measure(lambda: done(one.add_(1)), n=RUNS, device="cpu").median_ms
    return {
        "sizes": recorded.Quantity(list(SIZES), "rows", "chosen", len(SIZES)),
        **{name: recorded.Quantity(ms, "ms", "median", RUNS) for name, ms in curves.items()},
        "copy": recorded.Quantity(copy_rate(host, device), "GB/s", "best", RUNS),
        "copy_pinned": recorded.Quantity(
            copy_rate(host.pin_memory(), device), "GB/s", "best", RUNS
        ),
        "launch": recorded.Quantity(round(1e3 * launch_ms, 3), "µs", "median", RUNS),
    }


def works(n: int, device) -> dict:
    """Return the three pieces of work of n-by-n matrices, by name."""
    a, b = torch.rand(n, n), torch.rand(n, n)
    pinned_a, pinned_b = a.pin_memory(), b.pin_memory()
    back = torch.empty(n, n).pin_memory()
    there_a, there_b = a.to(device), b.to(device)

    def there_and_back():
        x = pinned_a.to(device, non_blocking=True)
        y = pinned_b.to(device, non_blocking=True)
        back.copy_(x @ y, non_blocking=True)

    return {
        "cpu": lambda: a @ b,
        "gpu": there_and_back,
        "gpu_resident": lambda: there_a @ there_b,
    }


def copy_rate(host, device) -> float:
    """Return GB/s of the best copy of `host` to `device`."""
    best_ms = timing.measure(
        lambda: host.to(device, non_blocking=True), n=RUNS, device=device
    ).best_ms
    return round(COPY_BYTES / best_ms / 1e6, 2)


def done(tensor) -> None:
    """Wait until `tensor` has been computed."""
    torch.cuda.synchronize(tensor.device)
