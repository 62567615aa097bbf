"""Record what a call costs: each rung from Python to the kernel, and a layer of growing width."""

import torch
from torch import nn
from torch.nn import functional

from helpers import recorded, timing

TITLE = "What a call costs"
METHOD = (
    "Best of 7 runs of 1000 calls (of 20 for widths above 64, of 4 above 512) after 2 of warm-up, "
    "without gradients, divided by the calls. The rungs work on one number. On a GPU, calls are "
    "queued, and `waited` is a call of torch.add after which the program waits for the GPU. "
    "A layer of width w is nn.Linear(w, w) on 64 rows of float32."
)
RUNS, CALLS, ROWS = 7, 1000, 64
WIDTHS = (1, 4, 16, 64, 256, 1024, 4096)


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time calls on `device`; no data is needed."""
    layer = nn.Linear(1, 1).to(device)
    x, weight, bias = torch.rand(1, 1, device=device), layer.weight, layer.bias
    rungs = {
        "python": lambda: None,
        "add": lambda: torch.add(x, x),
        "addmm": lambda: torch.addmm(bias, x, weight),
        "linear": lambda: functional.linear(x, weight, bias),
        "module": lambda: layer(x),
    }
    if device.type == "cuda":
        rungs["waited"] = lambda: (torch.add(x, x), torch.cuda.synchronize(device))
    with torch.inference_mode():
        values = {name: quantity(call_us(call, CALLS, device)) for name, call in rungs.items()}
        widths = [layer_us(width, device) for width in WIDTHS]
    values["widths"] = recorded.Quantity(list(WIDTHS), "inputs and outputs", "chosen", len(WIDTHS))
    values["layers"] = recorded.Quantity(widths, "µs", "best", RUNS)
    return values


def quantity(time_us: float) -> recorded.Quantity:
    """Return a time in microseconds with its statistic."""
    return recorded.Quantity(time_us, "µs", "best", RUNS)


def layer_us(width: int, device) -> float:
    """Return microseconds for a call of a square layer on `ROWS` rows."""
    layer, x = nn.Linear(width, width).to(device), torch.rand(ROWS, width, device=device)
    calls = CALLS if width <= 64 else 20 if width <= 512 else 4
    return call_us(lambda: layer(x), calls, device)


def call_us(call, calls: int, device) -> float:
    """Return microseconds for one of `calls` calls in a row, the best of `RUNS` runs."""

    def many():
        for _ in range(calls):
            call()

    best_ms = timing.measure(many, n=RUNS, warmup=2, device=device).best_ms
    return float(f"{1e3 * best_ms / calls:.4g}")
