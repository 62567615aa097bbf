"""Right and plausible wrong answers to the exercises of `book/cuda/matmul.ipynb`."""

#: A right product by a transpose, of which each wrong answer changes one thing.
TRANSPOSED = """
@cuda.jit
def times_transposed(a, d, c):
    tile_a = cuda.shared.array((32, 32), np.float32)
    tile_d = cuda.shared.array((32, 33), np.float32)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    fetched = 32 * cuda.blockIdx.x + ty
    total = np.float32(0)
    for start in range(0, a.shape[1], 32):
        k = start + tx
        inside = row < a.shape[0] and k < a.shape[1]
        tile_a[ty, tx] = a[row, k] if inside else np.float32(0)
        inside = fetched < d.shape[0] and k < d.shape[1]
        tile_d[ty, tx] = d[fetched, k] if inside else np.float32(0)
        cuda.syncthreads()
        for k in range(32):
            total += tile_a[ty, k] * tile_d[tx, k]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total
"""


def changed(old: str, new: str) -> str:
    """Return the right kernel with one thing changed."""
    assert old in TRANSPOSED
    return TRANSPOSED.replace(old, new)


RIGHT = {
    "intensity": [
        "def bytes_per_flop_of(tile_rows, tile_columns, size):\n"
        "    return size / 2 * (1 / tile_rows + 1 / tile_columns)",
        # over a whole k of 64
        "def bytes_per_flop_of(tile_rows, tile_columns, size, k=64):\n"
        "    fetched = k * (tile_rows + tile_columns) * size\n"
        "    return fetched / (2 * tile_rows * tile_columns * k)",
    ],
    "transposed": [
        # turns d while storing
        changed("tile_d[ty, tx] =", "tile_d[tx, ty] =").replace("tile_d[tx, k]", "tile_d[k, tx]"),
        # a swizzle in place of padding
        changed("(32, 33)", "(32, 32)")
        .replace("tile_d[ty, tx] =", "tile_d[ty, tx ^ ty] =")
        .replace("tile_d[tx, k]", "tile_d[tx, k ^ tx]"),
        # both tiles padded, the product two steps at a time
        changed(
            "tile_a = cuda.shared.array((32, 32)", "tile_a = cuda.shared.array((32, 33)"
        ).replace(
            "        for k in range(32):\n            total += tile_a[ty, k] * tile_d[tx, k]\n",
            "        for k in range(0, 32, 2):\n"
            "            total += tile_a[ty, k] * tile_d[tx, k]\n"
            "            total += tile_a[ty, k + 1] * tile_d[tx, k + 1]\n",
        ),
    ],
    "conflict": [
        "bank_of_first, bank_of_second, floats_per_row = 0 % 32, 64 % 32, 64 + 16",
        "bank_of_first, bank_of_second = np.array([0, 64]) % 32\n"
        "floats_per_row = next(n for n in range(64, 128) if n % 32 == 16)",
    ],
}

WRONG = {
    "intensity": [
        (
            "def bytes_per_flop_of(tile_rows, tile_columns, size):\n"
            "    return size * (tile_rows + tile_columns) / (tile_rows * tile_columns)",
            "and 0.25 is needed",
        ),
        (
            "def bytes_per_flop_of(tile_rows, tile_columns, size):\n    return 4 / tile_rows",
            "tile_columns = 64",
        ),
        (
            "def bytes_per_flop_of(tile_rows, tile_columns, size):\n"
            "    return 4 * (tile_rows + tile_columns) / (2 * tile_rows * tile_columns)",
            "A number has `size` bytes",
        ),
        # upside down
        (
            "def bytes_per_flop_of(tile_rows, tile_columns, size):\n"
            "    return 2 * tile_rows * tile_columns / (size * (tile_rows + tile_columns))",
            "not FLOP per byte",
        ),
    ],
    "transposed": [
        (
            "@cuda.jit\n"
            "def times_transposed(a, d, c):\n"
            "    column, row = cuda.grid(2)\n"
            "    if row < c.shape[0] and column < c.shape[1]:\n"
            "        total = np.float32(0)\n"
            "        for k in range(a.shape[1]):\n"
            "            total += a[row, k] * d[column, k]\n"
            "        c[row, column] = total",
            "Nothing is read from shared memory",
        ),
        (changed("(32, 33)", "(32, 32)"), "Reads of shared memory collide"),
        (changed("        cuda.syncthreads()\n    if", "    if"), "depends on luck"),
        (changed("    if row < c.shape[0] and column < c.shape[1]:\n    ", ""), "out of bounds"),
        (
            changed(
                "tile_d[ty, tx] = d[fetched, k]", "tile_d[tx, ty] = d[column, start + ty]"
            ).replace(
                "inside = fetched < d.shape[0] and k", "inside = column < d.shape[0] and start + ty"
            ),
            "Reads need more than 4 sectors",
        ),
        (changed("tile_d[tx, k]", "tile_d[k, tx]"), "is needed"),
        # one lane of each warp does the work of all
        (
            "@cuda.jit\n"
            "def times_transposed(a, d, c):\n"
            "    shared = cuda.shared.array(32, np.float32)\n"
            "    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y\n"
            "    left, row = 32 * cuda.blockIdx.x, 32 * cuda.blockIdx.y + ty\n"
            "    if tx == 0 and row < c.shape[0]:\n"
            "        for column in range(left, min(left + 32, c.shape[1])):\n"
            "            shared[ty] = 0\n"
            "            for k in range(a.shape[1]):\n"
            "                shared[ty] += a[row, k] * d[column, k]\n"
            "            c[row, column] = shared[ty]",
            "1,024 requests for writes where 32 are enough",
        ),
    ],
    "conflict": [
        (
            "bank_of_first, bank_of_second, floats_per_row = 0, 16, 80",
            "bank_of_second: 16 is wrong",
        ),
        ("bank_of_first, bank_of_second, floats_per_row = 0, 0, 65", "floats_per_row: 65 is wrong"),
        ("bank_of_first, bank_of_second, floats_per_row = 0, 0, 64", "floats_per_row: 64 is wrong"),
        # starts at bank 0 again
        (
            "bank_of_first, bank_of_second, floats_per_row = 0, 0, 96",
            "floats_per_row: 96 is wrong",
        ),
    ],
}
