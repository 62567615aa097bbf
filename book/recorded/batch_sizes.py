"""Record how long a training step takes, by the batch: what parallel hardware charges for more."""

import torch
import torch.nn.functional as F

from helpers import recorded, timing
from helpers.models import ArticleCNN

TITLE = "Time of a training step, by the size of the batch"
METHOD = (
    "Forward, backward and an SGD step with momentum of the article's network on random images "
    "that are already on the device, in float32. Median of 7 steps after 3 of warm-up for each "
    "size."
)
BATCHES = {
    "cpu": (1, 4, 16, 64, 256, 1024),
    "cuda": (1, 4, 16, 64, 256, 1024, 4096, 16384),
}
STEPS = 7


def step_ms(batch: int, device, steps: int = STEPS) -> float:
    """Return milliseconds of one training step on `batch` images."""
    model = ArticleCNN().to(device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    images = torch.rand(batch, 3, 32, 32, device=device)
    labels = torch.randint(0, 10, (batch,), device=device)

    def step():
        optimiser.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimiser.step()

    return timing.measure(step, n=steps, device=device).median_ms


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time steps of growing batches on `device`; no data is needed."""
    batches = BATCHES["cpu" if device.type == "cpu" else "cuda"]
    times = [float(f"{step_ms(batch, device):.4g}") for batch in batches]
    return {
        "batches": recorded.Quantity(list(batches), "images", "chosen", len(batches)),
        "steps": recorded.Quantity(times, "ms", "median", STEPS),
    }
