"""Record what the way back costs: time against the way there, with and without checkpoints."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint_sequential

from helpers import recorded, timing
from helpers.models import ArticleCNN

TITLE = "Forward and backward, and backward with checkpoints"
METHOD = (
    "In float32: the article's network on 64 images, and 64 layers of 256 tanh neurons on 1024 "
    "rows, the latter also with 8 checkpointed segments. Forward alone keeps what backward "
    "needs. Pieces take turns; median of 10 rounds after 3 of warm-up."
)
LAYERS, WIDTH, ROWS, SEGMENTS, ROUNDS = 64, 256, 1024, 8, 10


def deep_network(layers=LAYERS, width=WIDTH) -> nn.Sequential:
    """Return `layers` layers of `width` tanh neurons each."""
    return nn.Sequential(
        *[nn.Sequential(nn.Linear(width, width), nn.Tanh()) for _ in range(layers)]
    )


def passes(network, x, segments=None) -> dict:
    """Return two functions: the way there, and the way there and back."""

    def there():
        if segments:
            return checkpoint_sequential(network, segments, x, use_reentrant=False)
        return network(x)

    return {"forward": there, "both": lambda: there().square().mean().backward()}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time both ways on `device`; no data is needed."""
    deep, rows = deep_network().to(device), torch.rand(ROWS, WIDTH, device=device)
    cnn, images = ArticleCNN().to(device), torch.rand(64, 3, 32, 32, device=device)
    works = {f"cnn_{name}": work for name, work in passes(cnn, images).items()}
    works |= {f"deep_{name}": work for name, work in passes(deep, rows).items()}
    works["checkpointed_both"] = passes(deep, rows, SEGMENTS)["both"]
    times = timing.compare(works, n=ROUNDS, device=device)
    return {
        name: recorded.Quantity(float(f"{one.median_ms:.4g}"), "ms", "median", ROUNDS)
        for name, one in times.items()
    }
