"""What `book/cuda/first_kernel.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import Kernel, Launch, Limit, Value, coalesced, divided

prediction = Value(
    (1024, 32),
    names=["threads_started", "read_instructions"],
    hints={
        "threads_started": "Blocks are never started in part.",
        "read_instructions": "A warp of 32 threads issues one instruction.",
    },
    reason="Four whole blocks start 1,024 threads, and they read warp by warp: 1,024 / 32.",
)

launch = Value(
    (79, 79 * 128, 79 * 4 - 313),
    names=["blocks", "threads", "idle_warps"],
    hints={
        "blocks": "Divide and round up.",
        "threads": "Blocks are never started in part.",
        "idle_warps": "A block is 4 warps. 10,000 elements keep 313 warps busy, the last in part.",
    },
)

in_float32 = Limit(
    "flops_fp64", "The arithmetic is in float64: which number in it is not a float32?", most=0
)


def scaled(n):
    x, y = np.random.default_rng(7).standard_normal((2, n), dtype=np.float32)
    a = np.float32(3)
    arguments, blocks = (a, x, y), -(-n // 128)
    return Launch(blocks, 128, arguments, {2: a * x + y}, f"With {n} elements", -(-n // 32))


saxpy = Kernel(
    [scaled(n) for n in (256, 1000, 1)],
    [divided("store"), in_float32],
    hints={
        "out of bounds": "The last block has more threads than there are elements left.",
        "race": "`cuda.grid(1)` is the index in the grid, `cuda.threadIdx.x` that in the block.",
        "flops_fp64": "A whole number such as 1, or a float such as 0.5, makes a product wider.",
        "value": [
            "The first line is `i = cuda.grid(1)`, and a guard follows it.",
            "`y[i] = a * x[i] + y[i]`",
        ],
    },
)


def squared(n, blocks):
    x = np.random.default_rng(8).standard_normal(n, dtype=np.float32)
    name = f"With {n} elements and {blocks} blocks of 64 threads"
    return Launch(blocks, 64, (x, np.zeros_like(x)), {1: x * x}, name, -(-n // 32))


any_grid = Kernel(
    [squared(1000, 3), squared(10, 3), squared(9984, 3), squared(1000, 40)],
    [divided("store", 1.25), coalesced("load"), in_float32],
    hints={
        "out of bounds": "A round may reach beyond the end: the loop must stop there.",
        "global_load_sectors": "In each round, neighbouring threads should take neighbours.",
        "global_store_requests": "A thread strides by all threads of the grid: `cuda.gridsize(1)`.",
        "value": [
            "Fewer threads than elements: each thread needs a loop.",
            "A loop over `range(start, stop, step)` with `cuda.grid(1)` and `cuda.gridsize(1)`.",
        ],
    },
)


def blurred(height, width):
    image = np.random.default_rng(9).random((height, width), dtype=np.float32)
    wide = np.pad(image, 1, constant_values=np.nan)
    places = [(i, j) for i in range(3) for j in range(3)]
    mean = np.nanmean([wide[i : i + height, j : j + width] for i, j in places], axis=0)
    grid, name = (-(-width // 32), -(-height // 8)), f"For {height} rows of {width} pixels"
    work = height * -(-width // 32)
    return Launch(grid, (32, 8), (image, np.zeros_like(image)), {1: mean}, name, work)


blur = Kernel(
    [blurred(5, 40), blurred(37, 72), blurred(64, 64)],
    [divided("store"), coalesced("load", 5), in_float32],
    hints={
        "out of bounds": "A pixel of the last row or column has no neighbour behind it.",
        "flops_fp64": "A float32 divided by a whole number is a float64: use `np.float32(count)`.",
        "value": [
            "Two nested loops over -1, 0, 1, and a test on each side of both axes.",
            "An index of -1 is the last row or column, and raises no error.",
        ],
    },
)
