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

RIGHT = {
    "sectors": [
        "sectors = [8, 12, 4, 1, 1]",
        "lane = np.arange(32)\n"
        "places = 8 * lane, 12 * lane, 4 * (31 - lane), 0 * lane, lane\n"
        "sectors = [len(set(place // 32)) for place in places]",
    ],
    "ways": [
        "def wavefronts(width):\n"
        "    words = [row * width for row in range(32)]\n"
        "    return max(sum(w % 32 == bank for w in words) for bank in range(32))",
        # the lowest bit that is set
        "def wavefronts(width):\n    return min(width & -width, 32)",
    ],
    "scale-rows": [
        SCALE + "    row = cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y\n"
        "    column = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x\n"
        "    rows, columns = source.shape\n"
        "    if row >= rows or column >= columns:\n        return\n"
        "    target[row, column] = source[row, column] * factors[row]",
        SCALE + "    column, row = cuda.grid(2)\n"
        "    if row < source.shape[0]:\n"
        "        factor = factors[row]\n"
        "        if column < source.shape[1]:\n"
        "            target[row, column] = factor * source[row, column]",
    ],
    "transpose": [
        # turns while storing
        TURN
        + TILED.format(**PIECES)
        .replace("tile[y, x] =", "tile[x, y] =")
        .replace("= tile[x, y]\n", "= tile[y, x]\n"),
        # a swizzle in place of padding
        TURN
        + TILED.format(**PIECES | {"width": 32})
        .replace("tile[y, x] =", "tile[y, x ^ y] =")
        .replace("= tile[x, y]\n", "= tile[x, x ^ y]\n"),
    ],
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
        # counts the banks
        (
            "def wavefronts(width):\n    return len({row * width % 32 for row in range(32)})",
            "how full is each",
        ),
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
            "target[0, 24] is 0",
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
            "target[0, 1] is",
        ),
        # every thread scales all rows
        (
            SCALE + "    for row in range(source.shape[0]):\n"
            "        for column in range(source.shape[1]):\n"
            "            target[row, column] = factors[row] * source[row, column]",
            "requests for writes where 40 are enough",
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
        # one thread for each row of a tile: no tile, and few sectors for each request
        (
            TURN + "    left, row = cuda.blockIdx.x * 32, cuda.blockIdx.y * 32 + cuda.threadIdx.y\n"
            "    if cuda.threadIdx.x == 0 and row < source.shape[0]:\n"
            "        for column in range(left, min(left + 32, source.shape[1])):\n"
            "            target[column, row] = source[row, column]",
            "requests for writes where",
        ),
        # no tile, and every block does all
        (
            TURN + "    for row in range(source.shape[0]):\n"
            "        for column in range(source.shape[1]):\n"
            "            target[column, row] = source[row, column]",
            "requests for writes where",
        ),
    ],
}
