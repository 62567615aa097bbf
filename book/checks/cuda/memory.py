"""What `book/cuda/memory.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import (
    Function,
    Kernel,
    Launch,
    Limit,
    Value,
    coalesced,
    divided,
    without_conflict,
)

prediction = Value(
    hints=["Each lane fetches a whole sector of 32 bytes, and uses 4 bytes of it."],
    reason="{expected:g} times: a sector of 32 bytes for each lane, which uses 4 of them.",
)


def sectors_touched():
    lanes = range(32)
    addresses = [
        [8 * lane for lane in lanes],
        [4 * 3 * lane for lane in lanes],
        [4 * (31 - lane) for lane in lanes],
        [0] * 32,
        list(lanes),
    ]
    return tuple(len({place // 32 for place in touched}) for touched in addresses)


sectors = Value(
    sectors_touched,
    names=["(a)", "(b)", "(c)", "(d)", "(e)"],
    hints={
        "(a)": "A float64 takes 8 bytes: 32 of them take 256.",
        "(b)": "From one lane to the next it is 12 bytes: no sector is jumped over.",
        "(c)": "The order of the lanes does not matter.",
        "(d)": "Equal addresses are fetched once.",
        "(e)": "32 lanes, one byte each.",
        "else": "One number for each of (a) to (e).",
    },
)


def fullest_bank(width):
    banks = [row * width % 32 for row in range(32)]
    return max(banks.count(bank) for bank in banks)


ways = Function(
    fullest_bank,
    [(w,) for w in (32, 33, 34, 36, 40, 48, 64)],
    mistakes=[
        (lambda width: 1 if width % 32 else 32, "With an even width some banks are never used."),
        (lambda width: width % 32, "So far apart are two rows' banks. How many lanes share one?"),
        (lambda width: 32, "Where do the rows begin? That depends on the width."),
        (lambda width: 32 // fullest_bank(width), "So many banks are used: how full is each?"),
    ],
    hints=[
        "Lane `row` reads word `row * width`, whose bank is that modulo 32.",
        "The fullest bank decides. There is a short way through the greatest common divisor.",
    ],
)


def scaled(rows, columns):
    random = np.random.default_rng(3)
    source = random.random((rows, columns), dtype=np.float32)
    factors = random.random(rows, dtype=np.float32)
    grid, name = (-(-columns // 32), -(-rows // 8)), f"For {rows} rows of {columns}"
    arguments, expected = (source, factors, np.zeros_like(source)), factors[:, None] * source
    return Launch(grid, (32, 8), arguments, {2: expected}, name, rows * -(-columns // 32))


scale_rows = Kernel(
    [scaled(20, 40), scaled(64, 96)],
    [divided("store"), coalesced("load"), coalesced("store")],
    hints={
        "out of bounds": "Both indices need a guard: the grid covers more than the matrix.",
        "global_store_sectors": "Lanes should differ in the column: a row lies in one piece.",
        "global_load_sectors": "Lanes should differ in the column: a row lies in one piece.",
        "value": [
            "`cuda.grid(2)` returns the index that varies from lane to lane first.",
            "Lanes should differ in the column, since a row lies in memory in one piece.",
        ],
    },
)


def turned(rows, columns):
    source = np.random.default_rng(4).random((rows, columns), dtype=np.float32)
    target = np.zeros((columns, rows), dtype=np.float32)
    grid, name = (-(-columns // 32), -(-rows // 32)), f"For {rows} rows of {columns}"
    work = columns * -(-rows // 32)
    return Launch(grid, (32, 32), (source, target), {1: source.T}, name, work)


transpose = Kernel(
    [turned(40, 72), turned(64, 96), turned(1, 8)],
    [
        divided("store"),
        coalesced("load"),
        coalesced("store"),
        Limit("shared_load_requests", "Nothing goes through a tile in shared memory.", least=1),
        without_conflict("load"),
        without_conflict("store"),
    ],
    hints={
        "out of bounds": "Guard the read and the write apart: each with its own array's shape.",
        "race": "A barrier stands between writing the tile and reading it.",
        "barrier": "The barrier stands between the guards, where every thread comes by.",
        "uninitialised": "Which thread wrote the place of the tile that is read here?",
        "global_store_sectors": "Neighbouring lanes should write neighbours: turn in the tile.",
        "shared_load_conflicts": "A row of 33 puts a column into different banks.",
        "value": [
            "Start from `transpose_padded`, and guard the read and the write apart.",
            "The guard of the write compares with the shape of the target.",
        ],
    },
)
