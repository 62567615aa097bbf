"""Record how long each layer of the article's CNN takes, forward, on this device."""

import torch

from helpers import recorded, timing
from helpers.models import ArticleCNN

TITLE = "Forward time of each layer of the article's CNN"
METHOD = (
    "Batch of 64 images of 3 x 32 x 32, float32, random values. Each layer alone on the input that "
    "it has in the network, without gradients: median of 50 runs after 5 of warm-up."
)
BATCH, RUNS = 64, 50


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the layers on `device`; no data is needed."""
    torch.manual_seed(0)
    model = ArticleCNN().to(device)
    times = layer_times_ms(model, torch.rand(BATCH, 3, 32, 32, device=device), device)
    return {
        name: recorded.Quantity(round(time_ms, 5), "ms", "median", RUNS)
        for name, time_ms in times.items()
    }


def layer_times_ms(model, images, device) -> dict[str, float]:
    """Return the median forward time of each convolution and linear layer, in milliseconds."""
    inputs = {}

    def keep(name):
        return lambda layer, args: inputs.setdefault(name, args[0])

    layers = {name: getattr(model, name) for name in ("conv1", "conv2", "fc1", "fc2")}
    hooks = [layer.register_forward_pre_hook(keep(name)) for name, layer in layers.items()]
    with torch.no_grad():
        model(images)
        for hook in hooks:
            hook.remove()
        return {
            name: timing.measure(
                lambda layer=layer, name=name: layer(inputs[name]), n=RUNS, warmup=5, device=device
            ).median_ms
            for name, layer in layers.items()
        }
