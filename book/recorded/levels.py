"""Record one product of square matrices on every level: Python, NumPy, torch, and the GPU."""

import numpy as np
import torch

from helpers import recorded, timing

TITLE = "The same matrix product on every level"
METHOD = (
    "Square float32 matrices with random entries, 2n³ operations in each product; the best of 5 "
    "runs after 2 of warm-up (Python loops: of 2 runs after 1). The Python loops compute with "
    "lists of floats. On a GPU the matrices already lie in its memory, TF32 is off as torch has "
    "it by default, and a second curve has float16 matrices."
)
RUNS, PYTHON_RUNS = 5, 2
SIZES = {
    "python": (16, 32, 64, 128, 192),
    "numpy": (16, 64, 256, 1024, 2048),
    "one_core": (16, 64, 256, 1024, 2048),
    "all_cores": (16, 64, 256, 1024, 2048),
    "gpu": (16, 64, 256, 1024, 4096, 8192),
    "gpu_float16": (16, 64, 256, 1024, 4096, 8192),
}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Measure the levels that `device` has; no data is needed."""
    if device.type == "cpu":
        levels = {
            "python": (python_rate, PYTHON_RUNS),
            "numpy": (numpy_rate, RUNS),
            "one_core": (lambda n: torch_rate(n, torch.float32, device, threads=1), RUNS),
            "all_cores": (lambda n: torch_rate(n, torch.float32, device), RUNS),
        }
    else:
        levels = {
            "gpu": (lambda n: torch_rate(n, torch.float32, device), RUNS),
            "gpu_float16": (lambda n: torch_rate(n, torch.float16, device), RUNS),
        }
    values = {}
    for name, (rate, runs) in levels.items():
        sizes = list(SIZES[name])
        gflops = [float(f"{rate(n):.4g}") for n in sizes]
        values[f"{name}_sizes"] = recorded.Quantity(sizes, "rows", "chosen", len(sizes))
        values[name] = recorded.Quantity(gflops, "GFLOP/s", "best", runs)
    return values


def product(a: list, b: list) -> list:
    """Multiply two matrices that are lists of rows, with Python alone."""
    columns = list(zip(*b, strict=True))
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a
    ]


def python_rate(n: int) -> float:
    """Return GFLOP/s of the product in Python loops."""
    a, b = (np.random.default_rng(0).random((n, n)).tolist() for _ in range(2))
    return rate(lambda: product(a, b), n, "cpu", PYTHON_RUNS, warmup=1)


def numpy_rate(n: int) -> float:
    """Return GFLOP/s of NumPy's product."""
    a, b = (np.random.default_rng(0).random((n, n), dtype=np.float32) for _ in range(2))
    return rate(lambda: a @ b, n, "cpu", RUNS)


def torch_rate(n: int, dtype, device, threads: int | None = None) -> float:
    """Return GFLOP/s of torch's product on `device`, with `threads` CPU threads or all."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        a, b = (torch.rand(n, n, device=device).to(dtype) for _ in range(2))
        return rate(lambda: a @ b, n, device, RUNS)
    finally:
        torch.set_num_threads(before)


def rate(work, n: int, device, runs: int, warmup: int = 2) -> float:
    """Return GFLOP/s of the best run of `work`, a product of n-by-n matrices."""
    best_ms = timing.measure(work, n=runs, warmup=warmup, device=device).best_ms
    return 2 * n**3 / best_ms / 1e6
