"""What `book/cuda/divergence.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import (
    Choice,
    Kernel,
    Launch,
    Limit,
    Value,
    coalesced,
    divided,
    without_conflict,
)

prediction = Choice(
    "b",
    {
        "a": "Half of the lanes are idle on each side, so the work takes twice as long.",
        "b": "Every warp walks both sides. In version B, each warp walks one.",
        "c": "The threads do the same work, but warps issue the instructions.",
    },
)


def diverging():
    i = np.arange(128).reshape(4, 32)
    tests = i % 2 == 0, i < 64, i < 40, (i // 32) % 2 == 0, i % 32 == 0
    return tuple(int((t.any(axis=1) & ~t.all(axis=1)).sum()) for t in tests)


which = Value(
    diverging,
    names=["(a)", "(b)", "(c)", "(d)", "(e)"],
    hints={
        "(b)": "64 is where warp 1 ends and warp 2 begins.",
        "(c)": "Warp 0 has the threads 0 to 31, warp 1 those from 32 to 63.",
        "(d)": "i // 32 is the number of the warp: the same for all of its lanes.",
        "(e)": "A single lane that goes its own way is enough.",
        "else": "A warp diverges if some of its lanes go one way and some the other.",
    },
)


together = Limit(
    "shared_load_requests",
    "Warps read shared memory {found} times: does one thread go through it alone?",
    most=64,
    per="blocks",
)


def negative(n, hint=""):
    x = -1 - np.random.default_rng(5).random(n, dtype=np.float32)
    largest = np.array([part.max() for part in np.split(x, range(256, n, 256))])
    arguments = (x, np.zeros(4, np.float32))
    return Launch(4, 256, arguments, {1: largest}, f"With {n} numbers", -(-n // 32), hint)


block_max = Kernel(
    [
        negative(1024),
        negative(1000, "What may stand beyond the end? Zero is larger than a negative number."),
    ],
    [
        divided("load", 2),
        Limit("barriers", "A warp waits at more than 9 barriers.", most=9, per="warps"),
        Limit(
            "divergent_branches",
            "More than 20 branches of a block diverge.",
            most=20,
            per="blocks",
        ),
        without_conflict("load"),
        without_conflict("store"),
        together,
    ],
    hints={
        "out of bounds": "`np.float32(-np.inf)` is smaller than every number.",
        "divergent_branches": "Which threads work in a round: neighbours, or every second one?",
        "shared_load_conflicts": "Which words do neighbouring lanes use in a round?",
        "value": [
            "Start from `sum_halves`: what takes the place of the sum?",
            "What may stand beyond the end of the array? Zero is larger than a negative number.",
        ],
    },
)


def above(n, limit):
    x = np.random.default_rng(6).random(n, dtype=np.float32)
    limit = x[7] = np.float32(limit)  # one number equals the limit, and is not above it
    total = np.array([5], np.int32)
    expected = {2: total + (x > limit).sum()}
    name = f"With {n} numbers above {limit:g}, added to 5"
    return Launch(4, 256, (x, limit, total), expected, name, -(-n // 32))


count = Kernel(
    [above(1024, 0.5), above(1000, 0.2)],
    [
        Limit(
            "global_atomic_requests",
            "More than one atomic request for a block.",
            most=1,
            per="blocks",
        ),
        divided("load", 2),
        coalesced("load"),
        together,
    ],
    hints={
        "race": "Only an atomic may change `total` while other threads do the same.",
        "out of bounds": "All threads of the block must vote, also those beyond the end: no.",
        "global_atomic_requests": [
            "`cuda.syncthreads_count(np.int32(yes))` returns the number of threads that say yes.",
            "One thread of the block then adds the count.",
        ],
        "value": [
            "Larger than the limit, and added to what `total` holds already.",
            "`cuda.syncthreads_count(np.int32(yes))` returns the number of threads that say yes.",
            "One thread of the block then adds the count.",
        ],
    },
)


def by_warps(n):
    x, padded = np.random.default_rng(7).random(n, dtype=np.float32), np.zeros(512, np.float32)
    padded[:n] = x
    expected = {1: padded.reshape(16, 32).sum(axis=1)}
    return Launch(4, 128, (x, np.zeros(16, np.float32)), expected, f"With {n} numbers", 16)


warp_sums = Kernel(
    [by_warps(512), by_warps(450)],
    [
        Limit("shared_store_requests", "It uses shared memory: shuffle instead.", most=0),
        Limit("barriers", "It waits at a barrier.", most=0),
        Limit("global_atomic_requests", "It uses atomics: shuffle instead.", most=0),
        divided("load", 2),
    ],
    hints={
        "out of bounds": "All 32 lanes shuffle, so a lane beyond the end brings a zero.",
        "refused": "All 32 lanes shuffle, so a lane beyond the end brings a zero.",
        "race": "The number of the warp in the grid is the global index divided by 32.",
        "global_load_requests": "Each lane reads its own number; the sum goes through shuffles.",
        "value": [
            "`warp_sum` above shows the shuffles; copy its loop into your kernel.",
            "The number of the warp in the grid is the global index divided by 32.",
        ],
    },
)
