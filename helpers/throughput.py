"""How many inputs a network answers per second, by batch, with its operations and bytes counted."""

from dataclasses import dataclass

from helpers import roofline, timing, traffic


@dataclass(frozen=True)
class Batch:
    """One forward pass of a batch: what it asks for and how long it took (median)."""

    size: int  # inputs in the batch
    flops: int  # a multiplication and an addition are two
    moved: int  # bytes that the operators read and write
    seconds: float

    @property
    def rate(self) -> float:
        """Inputs per second."""
        return self.size / self.seconds

    @property
    def point(self) -> tuple[float, float]:
        """Where it lies in a roofline: FLOP per byte, FLOP/s."""
        return roofline.intensity(self.flops, self.moved), self.flops / self.seconds


def counted(model, inputs) -> tuple[int, int]:
    """Return the operations of `model(inputs)` and the bytes that its operators move."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        model(inputs)
    with torch.no_grad():
        moved = traffic.count(model, inputs).moved
    return flops.get_total_flops(), moved


def by_batch(model, one, sizes, *, device=None, n: int = 3) -> dict[int, Batch]:
    """Count and time `model` on `device` with batches of `sizes`, each the input `one` repeated.

    `one` is a batch of a single input, (1, ...); each batch is timed `n` times, default as
    `timing.measure`.
    """
    import torch

    found = {}
    for size in sizes:
        inputs = one.expand(size, *one.shape[1:]).contiguous().to(device)
        flops, moved = counted(model, inputs)
        with torch.no_grad():
            spent = timing.measure(lambda x=inputs: model(x), n=n, device=device)
        found[size] = Batch(size, flops, moved, spent.median_ms / 1e3)
    return found
