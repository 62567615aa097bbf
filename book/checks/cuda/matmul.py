"""What `book/cuda/matmul.ipynb` checks its exercises with."""

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
    4,
    mistakes={8: "8 bytes are read for two operations: a multiply and an add."},
    hints=[
        "In one turn of the loop a thread reads one number of a and one of b.",
        "One turn is 8 bytes read, and a multiply and an add.",
    ],
    reason="8 bytes for a multiply and an add.",
)


def bytes_per_flop(tile_rows, tile_columns, size):
    return size * (tile_rows + tile_columns) / (2 * tile_rows * tile_columns)


intensity = Function(
    bytes_per_flop,
    [(16, 16, 4), (128, 64, 4), (128, 256, 1), (1, 1, 4)],
    mistakes=[
        (lambda *case: 2 * bytes_per_flop(*case), "A multiply-add counts as two operations."),
        (lambda *case: 1 / bytes_per_flop(*case), "Bytes per FLOP, not FLOP per byte."),
        (
            lambda rows, columns, size: bytes_per_flop(rows, columns, 4),
            "A number has `size` bytes, not always four.",
        ),
        (
            lambda rows, columns, size: bytes_per_flop(rows, rows, size),
            "A tile may be wider than high: both sides count.",
        ),
    ],
    hints=[
        "For one step of k the block fetches a column of T_r numbers and a row of T_c numbers.",
        "In that step it makes 2 · T_r · T_c FLOP.",
    ],
)


def rows_by_rows(rows, inner, columns):
    rng = np.random.default_rng(1)
    a, d = (rng.standard_normal((n, inner)).astype(np.float32) for n in (rows, columns))
    c = np.full((rows, columns), np.nan, np.float32)
    grid, name = (
        (-(-columns // 32), -(-rows // 32)),
        f"For {rows} × {inner} and {columns} × {inner}",
    )
    return Launch(grid, (32, 32), (a, d, c), {2: a @ d.T}, name, rows * -(-columns // 32))


transposed = Kernel(
    [rows_by_rows(32, 32, 32), rows_by_rows(50, 37, 40)],
    [
        Limit("shared_load_requests", "Nothing is read from shared memory.", least=1),
        divided("store"),
        coalesced("load"),
        without_conflict("load"),
        without_conflict("store"),
    ],
    tolerance=1e-4,
    hints={
        "race": "A tile may be filled again only when all have used it.",
        "global_load_sectors": "Fetch d exactly as you fetch a: threadIdx.x runs along a row.",
        "shared_load_conflicts": "A tile of 32 × 33 puts the rows into different banks.",
        "value": [
            "Fetch d exactly as you fetch a: threadIdx.x runs along a row. Only the row differs.",
            "The product then needs tile_d[tx, k]: neighbours in a warp read down a column.",
        ],
    },
)

conflict = Value(
    (0, 0, 80),
    names=["bank_of_first", "bank_of_second", "floats_per_row"],
    hints={
        "bank_of_first": "There are 32 banks, each one float wide.",
        "bank_of_second": "The bank is the place in the tile modulo 32: where does row 1 begin?",
        "floats_per_row": "Row 0 takes 16 neighbouring banks, and row 1 must find the other 16.",
    },
)
