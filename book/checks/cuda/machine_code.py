"""What `book/cuda/machine_code.ipynb` checks its exercises with."""

from helpers.check import Function, Value


def beside_each_load(rows, columns, width):
    return rows * columns * width / (rows + columns)


prediction = Value(
    beside_each_load(8, 8, 4),
    mistakes={
        4: "Four numbers come with each load: 16 numbers are 4 loads.",
        8: "Count the loads of a and of b: 16 numbers, four with each load.",
        32: "A multiply-add is one instruction.",
        64: "Those are the multiply-adds of one k. Divide them by its loads.",
    },
    hints=["Each of the 8 numbers of a meets each of the 8 of b.", "16 numbers are 4 loads."],
    reason="64 multiply-adds, and 16 numbers that come with 4 loads.",
)

beside = Function(
    beside_each_load,
    [(4, 4, 1), (8, 8, 4), (4, 16, 4), (1, 1, 1), (8, 4, 2)],
    mistakes=[
        (
            lambda rows, columns, width: 2 * beside_each_load(rows, columns, width),
            "A multiply-add is one instruction, though it is two operations.",
        ),
        (
            lambda rows, columns, width: beside_each_load(rows, columns, 1),
            "A load brings `width` numbers: so many fewer loads are needed.",
        ),
        (
            lambda rows, columns, width: 1 / beside_each_load(rows, columns, width),
            "Multiply-adds beside a load, not loads beside a multiply-add.",
        ),
        (
            lambda rows, columns, width: rows * width / 2,
            "The results need not be a square: both sides count.",
        ),
    ],
    hints=[
        "For one k there are rows · columns multiply-adds.",
        "For one k, rows + columns numbers are read, `width` with each load.",
    ],
)

matrix = Value(
    (128 * 128 * 64 // (16 * 8 * 16), 128 * 128 * 64 // 32),
    names=["hmma", "ffma"],
    mistakes={
        128: "That is one step of 16 along k, and 64 are four of them.",
        256: "A piece has 16 × 8 results, not 16 × 16.",
        1_024: "Count multiply-adds, not operations: an `HMMA` makes 2,048.",
        32_768: "That many `FFMA` are needed: which number comes first?",
        65_536: "Count multiply-adds, not operations: an `FFMA` makes 32.",
        1_048_576: "Those are all multiply-adds: a warp makes 32 with one `FFMA`.",
    },
    hints={
        "hmma": [
            "One instruction makes 16 × 8 results, and takes a step of 16 along k.",
            "The tile has 8 × 16 pieces of that size, and 64 are 4 steps of 16.",
        ],
        "ffma": "A warp has 32 lanes, and each makes one multiply-add of 128 · 128 · 64.",
    },
)


def widest_tile():
    width = 1
    while 2 * 2 * (2 * width) * 16 * 4 <= 48 * 1024:
        width *= 2
    return width, width / 4


tile = Value(
    widest_tile,
    names=["widest", "intensity"],
    mistakes={
        192: "192 fits, and is no power of two.",
        256: "One pair of tiles of that width fits. Two pairs are kept.",
        1 / 32: "FLOP per byte, not bytes per FLOP.",
    },
    hints={
        "widest": "Bytes: 2 pairs of 2 tiles of 16 T floats.",
        "intensity": "The intensity is T/4, whatever the depth of the tiles.",
    },
)
