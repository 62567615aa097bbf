"""Measure how long a piece of work takes, rightly, on a CPU and on a GPU."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from helpers import device as devices


@dataclass(frozen=True)
class Timing:
    """How long a call took. Times in milliseconds; p10 and p90 say how far it spreads."""

    median_ms: float
    p10_ms: float
    p90_ms: float
    best_ms: float
    n: int
    device: str

    def over(self, other: "Timing") -> float:
        """Return how many times longer this took than `other`, by the medians."""
        return self.median_ms / other.median_ms

    def __str__(self) -> str:
        return (
            f"{self.median_ms:.3g} ms (p10 {self.p10_ms:.3g}, p90 {self.p90_ms:.3g}, "
            f"n = {self.n}, {self.device})"
        )


def measure(
    work: Callable[[], object], *, n: int = 20, warmup: int = 3, device=None, flush_l2: bool = False
) -> Timing:
    """Run `work()` `n` times and return the median time and its spread.

    A GPU runs behind Python's back: a launch returns before the work is done. So on a GPU each
    run stands between two device events; elsewhere the device is synchronised before each look
    at the clock. The first calls, slower because they compile and allocate, are not counted.

    Args:
        work: called without arguments; what it returns is thrown away.
        n: measured runs, at least 1.
        warmup: runs before the first measured one.
        device: where `work` runs; in any of the spellings of `device.resolve`.
        flush_l2: on a CUDA GPU, overwrite the L2 cache before each run, so that `work` finds
            its data in device memory as it would the first time.

    Raises:
        ValueError: `n` is below 1 or `warmup` below 0.
        TypeError: `work` cannot be called.
    """
    return compare({"": work}, n=n, warmup=warmup, device=device, flush_l2=flush_l2)[""]


def compare(
    works: dict[str, Callable[[], object]],
    *,
    n: int = 20,
    warmup: int = 3,
    device=None,
    flush_l2: bool = False,
) -> dict[str, Timing]:
    """Measure several pieces of work in turn, `n` rounds, and return `{name: Timing}`.

    Taking turns keeps a ratio fair: whatever else the machine does meanwhile slows all of them.
    A GPU is given all rounds without a pause: where it waits for a launch, the wait counts as
    work. The other arguments and the errors are those of `measure`.
    """
    if n < 1 or warmup < 0:
        raise ValueError(f"n must be at least 1 and warmup at least 0, not {n} and {warmup}.")
    if not all(callable(work) for work in works.values()):
        raise TypeError("measure needs a function to call, such as `lambda: a @ b`.")
    device = devices.resolve(device)
    for work in works.values():
        for _ in range(warmup):
            work()
    devices.synchronise(device)
    if device.type == "cuda":
        times_ms = _with_events(works, n, device, flush_l2)
    else:
        rounds = [{k: _with_clock(work, device) for k, work in works.items()} for _ in range(n)]
        times_ms = {name: [times[name] for times in rounds] for name in works}
    return {name: summarise(times, device=device.type) for name, times in times_ms.items()}


def rate_gbs(work: Callable[[], object], *, n_bytes: int, times: int = 1, **options) -> float:
    """Return at how many GB/s `work` moves `n_bytes`, from the median of its times.

    Args:
        work: what to time.
        n_bytes: that it reads and writes.
        times: how often it is called in one measurement, so that short work can be timed.
        options: those of `measure`.
    """
    median_ms = measure(lambda: [work() for _ in range(times)], **options).median_ms
    return times * n_bytes / (median_ms / 1e3) / 1e9


def summarise(times_ms: list[float], *, device: str) -> Timing:
    """Return median, 10th and 90th percentile and best of `times_ms` (milliseconds)."""
    import numpy as np

    found = map(float, (*np.percentile(times_ms, (50, 10, 90)), min(times_ms)))
    return Timing(*found, len(times_ms), device)


def _with_clock(work, device) -> float:
    start_ns = time.perf_counter_ns()
    work()
    devices.synchronise(device)
    return (time.perf_counter_ns() - start_ns) / 1e6


def _with_events(works, n, device, flush_l2) -> dict[str, list[float]]:
    import torch

    pairs = {name: [] for name in works}
    with torch.cuda.device(device):
        sweep = _l2_sweep(device) if flush_l2 else None
        for _ in range(n):
            for name, work in works.items():
                if sweep is not None:
                    sweep.zero_()
                start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                start.record()
                work()
                end.record()
                pairs[name].append((start, end))
        torch.cuda.synchronize(device)
    return {name: [a.elapsed_time(b) for a, b in timed] for name, timed in pairs.items()}


def _l2_sweep(device):
    """A buffer of twice the L2 cache: writing it leaves nothing of the work's data there."""
    import torch

    l2_bytes = getattr(torch.cuda.get_device_properties(device), "L2_cache_size", 0) or 2**26
    return torch.empty(2 * l2_bytes, dtype=torch.int8, device=device)
