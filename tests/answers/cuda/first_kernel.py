"""Right and plausible wrong answers to the exercises of `book/cuda/first_kernel.ipynb`."""

SAXPY = "@cuda.jit\ndef saxpy(a, x, y):\n    i = cuda.grid(1)\n"
SQUARE = "@cuda.jit\ndef square(x, y):\n"
BLUR = "@cuda.jit\ndef blur(image, result):\n"
#: The body of a blur that looks at all neighbours of (row, column) between given bounds.
MEAN = """
    total, count = np.float32(0), 0
    for r in range({top}, {bottom}):
        for c in range({left}, {right}):
            total += image[r, c]
            count += 1
    result[row, column] = total / {count}
"""
WHOLE = {
    "top": "max(row - 1, 0)",
    "bottom": "min(row + 2, image.shape[0])",
    "left": "max(column - 1, 0)",
    "right": "min(column + 2, image.shape[1])",
    "count": "np.float32(count)",
}
GUARD = "    if row >= image.shape[0] or column >= image.shape[1]:\n        return\n"

WRONG = {
    "launch": [
        ("blocks, threads, idle_warps = 78, 9_984, 0", "blocks: 78 is wrong"),
        ("blocks, threads, idle_warps = 79, 10_000, 3", "threads: 10,000 is wrong"),
        ("blocks, threads, idle_warps = 79, 10_112, 112", "idle_warps: 112 is wrong"),
    ],
    "saxpy": [
        # no bounds check
        (SAXPY + "    y[i] = a * x[i] + y[i]", "With 1000 elements: line 4: out of bounds"),
        # the guard lets one thread too many pass
        (SAXPY + "    if i <= x.size:\n        y[i] = a * x[i] + y[i]", "out of bounds: "),
        # in float64, since 1.0 is
        (
            SAXPY + "    if i < x.size:\n        y[i] = a * x[i] + 1.0 * y[i]",
            "The arithmetic is in float64",
        ),
        # the index within the block only
        (
            "@cuda.jit\ndef saxpy(a, x, y):\n    i = cuda.threadIdx.x\n"
            "    if i < x.size:\n        y[i] = a * x[i] + y[i]",
            "depends on luck",
        ),
        # no kernel, but the loop of a CPU
        ("def saxpy(a, x, y):\n    y[:] = a * x + y", "`@cuda.jit` is missing"),
        ("saxpy = 3", "a kernel is a function"),
    ],
    "any-grid": [
        # one element for each thread
        (
            SQUARE + "    i = cuda.grid(1)\n    if i < x.size:\n        y[i] = x[i] * x[i]",
            "the value at (192,) is 0",
        ),
        # a contiguous chunk for each thread
        (
            SQUARE + "    chunk = (x.size + cuda.gridsize(1) - 1) // cuda.gridsize(1)\n"
            "    first = cuda.grid(1) * chunk\n"
            "    for i in range(first, min(first + chunk, x.size)):\n"
            "        y[i] = x[i] * x[i]",
            "more than 4",
        ),
        # the stride of a block
        (
            SQUARE + "    for i in range(cuda.grid(1), x.size, cuda.blockDim.x):\n"
            "        y[i] = x[i] + x[i]",
            "the value at (0,)",
        ),
        # no end
        (
            SQUARE + "    for k in range(6):\n"
            "        i = cuda.grid(1) + k * cuda.gridsize(1)\n"
            "        y[i] = x[i] * x[i]",
            "out of bounds",
        ),
    ],
    "blur": [
        # rows and columns swapped
        (
            BLUR + "    row, column = cuda.grid(2)\n" + GUARD + MEAN.format(**WHOLE),
            "the value at (0, 8) is 0",
        ),
        # -1 wraps to the other side
        (
            BLUR
            + "    column, row = cuda.grid(2)\n"
            + GUARD
            + MEAN.format(**WHOLE | {"top": "row - 1", "left": "column - 1"}),
            "the value at (0, 0)",
        ),
        # no guard at the lower and right border
        (
            BLUR
            + "    column, row = cuda.grid(2)\n"
            + GUARD
            + MEAN.format(**WHOLE | {"bottom": "row + 2", "right": "column + 2"}),
            "out of bounds",
        ),
        # a fixed number of neighbours
        (
            BLUR
            + "    column, row = cuda.grid(2)\n"
            + GUARD
            + MEAN.format(**WHOLE | {"count": "np.float32(9)"}),
            "the value at (0, 0)",
        ),
        # a wide division
        (
            BLUR
            + "    column, row = cuda.grid(2)\n"
            + GUARD
            + MEAN.format(**WHOLE | {"count": "count"}),
            "The arithmetic is in float64",
        ),
        # right, and neighbouring lanes lie in neighbouring rows
        (
            BLUR
            + "    block = cuda.blockIdx.y * cuda.gridDim.x + cuda.blockIdx.x\n"
            + "    k = block * 256 + cuda.threadIdx.y * 32 + cuda.threadIdx.x\n"
            + "    row, column = k % image.shape[0], k // image.shape[0]\n"
            + GUARD
            + MEAN.format(**WHOLE),
            "Reads need more than 5 sectors",
        ),
    ],
}
