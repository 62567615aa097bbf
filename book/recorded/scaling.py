"""Record what the ways of dividing a training cost: the very code of the chapter, launched here."""

import importlib.util
import math
import tempfile
from pathlib import Path

import numpy as np
import torch

from helpers import launch, recorded

TITLE = "One training divided over processes"
METHOD = (
    "The functions of the chapter, read from its cells, in processes that torchrun starts: two "
    "on a CPU, over Gloo; one on each GPU, at most two, over NCCL. A step is the middle one of "
    "6, bytes are those that Linux saw a process write (none with NCCL), and a sum is the best "
    "of 7. alpha and beta are fitted to every second size of the ring. With one GPU there is "
    "one process and no link: then no sum is timed, and a step says what a way costs when there "
    "is nothing to divide."
)
CHAPTER = "cuda/scaling_out"
CELLS = """
    setup talk ring meet sent parts network digits whole by-data by-shard by-tensor by-layers
    by-layers-cut train sums mistake together
"""
WAYS = ("alone", "data_parallel", "sharded", "tensor_parallel", "pipeline")


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Launch every way on `device`; no data is needed."""
    return measure(2 if device.type == "cpu" else min(2, torch.cuda.device_count()))


def measure(processes: int, **constants) -> dict[str, recorded.Quantity]:
    """Return the quantities of a launch; `constants` take the place of the chapter's own."""
    with tempfile.TemporaryDirectory() as folder:
        code = chapter(Path(folder), **constants)
        ranks = launch.torchrun(code.every_way, processes=processes).results
    steps = code.STEPS
    values = {"processes": recorded.Quantity(processes, "processes", "chosen", 1)}
    for way in WAYS:
        said = [rank[way] for rank in ranks if way in rank]
        losses = [one["loss"] for one in said if one["loss"] is not None]
        n_bytes = max(one["bytes"] for one in said)
        values[way] = quantity(max(one["ms"] for one in said), "ms", "median", steps)
        values[f"{way}_loss"] = recorded.Quantity(
            sum(losses) / len(losses), "nats", "mean over ranks", len(losses)
        )
        if math.isfinite(n_bytes):
            values[f"{way}_bytes"] = quantity(n_bytes, "bytes", "mean", steps - 1)
    return values | (sums(code.SIZES, ranks[0]["sums"]) if processes > 1 else {})


def sums(sizes: list[int], found: dict) -> dict[str, recorded.Quantity]:
    """Return the times of the sums, and alpha and beta fitted to every second of the ring's."""
    n_bytes, ring_s = 4.0 * np.array(sizes), np.array(found["ring"])
    lines = np.stack([np.full(len(sizes), 2.0), n_bytes], 1) / ring_s[:, None]
    alpha, beta = np.linalg.lstsq(lines[::2], np.ones(len(lines[::2])), rcond=None)[0]
    values = {
        "alpha": quantity(1e6 * alpha, "µs", "fitted", len(lines[::2])),
        "beta": quantity(1e9 * beta, "ns per byte", "fitted", len(lines[::2])),
        "sizes": recorded.Quantity([int(size) for size in n_bytes], "bytes", "chosen", 1),
    }
    for name, seconds in found.items():
        rounded = [float(f"{1e6 * each:.4g}") for each in seconds]
        values[f"{name}_sums"] = recorded.Quantity(rounded, "µs", "best", 7)
    return values


def quantity(value: float, unit: str, statistic: str, n: int) -> recorded.Quantity:
    """Return a number with four digits and what it means."""
    return recorded.Quantity(float(f"{value:.4g}"), unit, statistic, n)


def chapter(folder: Path, **constants):
    """Return the chapter's cells as a module, written into `folder` so that it can be launched."""
    path = folder / "scaling_chapter.py"
    sources = recorded.chapter_cells(CHAPTER, CELLS).values()
    path.write_text("\n\n".join(sources), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("scaling_chapter", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in constants.items():
        setattr(module, name, value)
    return module
