"""Right and plausible wrong answers to the exercises of `book/cuda/memory.ipynb`."""

SCALE = "@cuda.jit\ndef scale_rows(source, factors, target):\n"
TURN = "@cuda.jit\ndef transpose(source, target):\n"
#: A transpose through shared memory; `{...}` are the places where it can go wrong.
TILED = """
    tile = cuda.shared.array((32, {width}), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    left, top = cuda.blockIdx.x * 32, cuda.blockIdx.y * 32
    if {inside}:
        tile[y, x] = source[top + y, left + x]
    {barrier}
    if left + y < target.shape[0] and top + x < target.shape[1]:
        target[left + y, top + x] = tile[x, y]
"""
PIECES = {
    "width": 33,
    "inside": "top + y < source.shape[0] and left + x < source.shape[1]",
    "barrier": "cuda.syncthreads()",
}

WRONG = {
    "sectors": [
        ("sectors = (4, 12, 4, 1, 1)", "(a): 4 is wrong"),
        ("sectors = (8, 4, 4, 1, 1)", "(b): 4 is wrong"),
        ("sectors = (8, 12, 32, 1, 1)", "(c): 32 is wrong"),
        ("sectors = (8, 12, 4, 32, 1)", "(d): 32 is wrong"),
        ("sectors = (8, 12, 4, 1)", "values are needed here"),
    ],
    "ways": [
        ("def wavefronts(width):\n    return 32 if width % 32 == 0 else 1", "width = 34"),
        ("def wavefronts(width):\n    return width % 32", "width = 32"),
        ("def wavefronts(width):\n    return 32", "width = 33"),
    ],
    "scale-rows": [
        # right, with lanes walking down the rows: blocks of 8 × 32 elements, turned
        (
            SCALE + "    t = cuda.threadIdx.y * 32 + cuda.threadIdx.x\n"
            "    row = cuda.blockIdx.y * 8 + t % 8\n"
            "    column = cuda.blockIdx.x * 32 + t // 8\n"
            "    if row < source.shape[0] and column < source.shape[1]:\n"
            "        target[row, column] = factors[row] * source[row, column]",
            "Writes need more than 4 sectors per request",
        ),
        # x and y swapped
        (
            SCALE + "    row, column = cuda.grid(2)\n"
            "    if row < source.shape[0] and column < source.shape[1]:\n"
            "        target[row, column] = factors[row] * source[row, column]",
            "the value at (0, 24) is 0",
        ),
        # no bounds check
        (
            SCALE + "    column, row = cuda.grid(2)\n"
            "    target[row, column] = factors[row] * source[row, column]",
            "out of bounds",
        ),
        # the factor of the column
        (
            SCALE + "    column, row = cuda.grid(2)\n"
            "    if row < source.shape[0] and column < source.shape[1]:\n"
            "        target[row, column] = factors[column % 20] * source[row, column]",
            "the value at (0, 1)",
        ),
    ],
    "transpose": [
        # the naive one: right, and its writes are scattered
        (
            TURN + "    column, row = cuda.grid(2)\n"
            "    if row < source.shape[0] and column < source.shape[1]:\n"
            "        target[column, row] = source[row, column]",
            "Writes need more than 4 sectors",
        ),
        # no padding
        (TURN + TILED.format(**PIECES | {"width": 32}), "Reads of shared memory collide"),
        # a race: no barrier
        (TURN + TILED.format(**PIECES | {"barrier": "pass"}), "read-after-write tile["),
        # no bounds check
        (TURN + TILED.format(**PIECES | {"inside": "True"}), "out of bounds"),
        # the barrier within the guard
        (
            TURN
            + TILED.format(**PIECES | {"barrier": "pass"}).replace(
                "left + x]\n", "left + x]\n        cuda.syncthreads()\n"
            ),
            "barrier in divergent code",
        ),
        # the copy that forgot to turn
        (
            TURN
            + TILED.format(**PIECES)
            .replace("target[left + y, top + x]", "target[left + x, top + y]")
            .replace("left + y < t", "left + x < t")
            .replace("top + x < t", "top + y < t"),
            "uninitialised read tile",
        ),
    ],
}
