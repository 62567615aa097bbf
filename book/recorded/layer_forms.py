"""Record one layer computed in three ways: neuron by neuron, example by example, as a product."""

import torch

from helpers import recorded, timing

TITLE = "One layer, computed in three ways"
METHOD = (
    "A layer of 1024 inputs and 1024 outputs with bias on 256 examples, in float32, without "
    "gradients: a loop over the outputs, a loop over the examples, and one matrix product. They "
    "take turns; median of 10 rounds after 3 of warm-up."
)
EXAMPLES, INPUTS, OUTPUTS, ROUNDS = 256, 1024, 1024, 10


def forms(X, W, b) -> dict:
    """Return three functions that compute Z = X Wᵀ + b and differ only in how."""

    def neuron_by_neuron():
        return torch.stack([X @ W[i] + b[i] for i in range(len(W))], 1)

    def example_by_example():
        return torch.stack([W @ x + b for x in X])

    def whole_batch():
        return X @ W.T + b

    return {"neurons": neuron_by_neuron, "examples": example_by_example, "product": whole_batch}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the three forms on `device`; no data is needed."""
    X, W = (torch.rand(EXAMPLES, INPUTS, device=device), torch.rand(OUTPUTS, INPUTS, device=device))
    with torch.inference_mode():
        works = forms(X, W, torch.rand(OUTPUTS, device=device))
        times = timing.compare(works, n=ROUNDS, device=device)
    return {
        name: recorded.Quantity(float(f"{one.median_ms:.4g}"), "ms", "median", ROUNDS)
        for name, one in times.items()
    }
