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

RIGHT = {
    "launch": [
        "blocks, threads, idle_warps = 79, 10_112, 3",
        "import math\n"
        "blocks = math.ceil(10_000 / 128)\n"
        "threads = np.int64(blocks * 128)\n"
        "idle_warps = (threads - 10_000) // 32",
    ],
    "saxpy": [
        "@cuda.jit\ndef saxpy(a, x, y):\n"
        "    i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x\n"
        "    if i >= y.shape[0]:\n        return\n"
        "    y[i] += a * x[i]",
        "@cuda.jit\ndef saxpy(a, x, y):\n"
        "    for i in range(cuda.grid(1), len(x), cuda.gridsize(1)):\n"
        "        product = a * x[i]\n"
        "        y[i] = product + y[i]",
    ],
    "any-grid": [
        SQUARE + "    i = cuda.grid(1)\n"
        "    while i < x.size:\n"
        "        y[i] = x[i] ** 2\n"
        "        i += cuda.gridsize(1)",
        # from the end to the beginning
        SQUARE + "    for i in range(x.size - 1 - cuda.grid(1), -1, -cuda.gridsize(1)):\n"
        "        y[i] = x[i] * x[i]",
        SQUARE + "    all_of_us = cuda.blockDim.x * cuda.gridDim.x\n"
        "    me = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x\n"
        "    for k in range((x.size + all_of_us - 1) // all_of_us):\n"
        "        i = me + k * all_of_us\n"
        "        if i < x.size:\n"
        "            value = x[i]\n"
        "            y[i] = value * value",
    ],
    "blur": [
        BLUR
        + """
    column, row = cuda.grid(2)
    height, width = image.shape
    if row < height and column < width:
        total, count = np.float32(0), np.float32(0)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                r, c = row + down, column + right
                if 0 <= r and r < height and 0 <= c and c < width:
                    total += image[r, c]
                    count += np.float32(1)
        result[row, column] = total / count
""",
        # through a tile with its halo in shared memory
        BLUR
        + """
    tile = cuda.shared.array((10, 34), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    left, top = cuda.blockIdx.x * 32 - 1, cuda.blockIdx.y * 8 - 1
    height, width = image.shape
    for i in range(y, 10, 8):
        for j in range(x, 34, 32):
            r, c = top + i, left + j
            inside = 0 <= r and r < height and 0 <= c and c < width
            tile[i, j] = image[r, c] if inside else np.float32(0)
    cuda.syncthreads()
    column, row = cuda.grid(2)
    if row < height and column < width:
        total = np.float32(0)
        for i in range(3):
            for j in range(3):
                total += tile[y + i, x + j]
        rows = min(row + 1, height - 1) - max(row - 1, 0) + 1
        columns = min(column + 1, width - 1) - max(column - 1, 0) + 1
        result[row, column] = total / np.float32(rows * columns)
""",
        # the number of neighbours from the bounds
        BLUR
        + """
    column, row = cuda.grid(2)
    if row >= image.shape[0] or column >= image.shape[1]:
        return
    top, bottom = max(row - 1, 0), min(row + 1, image.shape[0] - 1)
    left, right = max(column - 1, 0), min(column + 1, image.shape[1] - 1)
    total = np.float32(0)
    for r in range(top, bottom + 1):
        for c in range(left, right + 1):
            total += image[r, c]
    result[row, column] = total / np.float32((bottom - top + 1) * (right - left + 1))
""",
    ],
}

WRONG = {
    "launch": [
        ("blocks, threads, idle_warps = 78, 9_984, 0", "blocks: 78 is wrong"),
        ("blocks, threads, idle_warps = 79, 10_000, 3", "threads: 10,000 is wrong"),
        ("blocks, threads, idle_warps = 79, 10_112, 112", "idle_warps: 112 is wrong"),
        # all of the last block
        (
            "blocks, threads, idle_warps = 79, 10_112, 4",
            "idle_warps: 4 is wrong",
        ),
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
        # right, but for the decorator
        (
            SAXPY.replace("@cuda.jit\n", "") + "    if i < x.size:\n        y[i] = a * x[i] + y[i]",
            "`@cuda.jit` is missing",
        ),
        # a line of NumPy
        ("@cuda.jit\ndef saxpy(a, x, y):\n    y[:] = a * x + y", "A thread works on one number"),
        # one thread does it all
        (
            SAXPY + "    if i == 0:\n"
            "        for k in range(x.size):\n"
            "            y[k] = a * x[k] + y[k]",
            "256 requests for writes where 8 are enough",
        ),
    ],
    "any-grid": [
        # one element for each thread
        (
            SQUARE + "    i = cuda.grid(1)\n    if i < x.size:\n        y[i] = x[i] * x[i]",
            "y[192] is 0",
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
            "y[0] is -4.0624",
        ),
        # no end
        (
            SQUARE + "    for k in range(6):\n"
            "        i = cuda.grid(1) + k * cuda.gridsize(1)\n"
            "        y[i] = x[i] * x[i]",
            "out of bounds",
        ),
        # right numbers, and several threads make each
        (
            SQUARE + "    for i in range(cuda.grid(1), x.size, cuda.blockDim.x):\n"
            "        y[i] = x[i] * x[i]",
            "requests for writes where",
        ),
        (
            SQUARE + "    for i in range(x.size):\n        y[i] = x[i] * x[i]",
            "requests for writes where",
        ),
        (
            SQUARE + "    if cuda.grid(1) == 0:\n"
            "        for i in range(x.size):\n"
            "            y[i] = x[i] * x[i]",
            "requests for writes where",
        ),
        (
            SQUARE + "    for i in range(cuda.threadIdx.x, x.size, cuda.blockDim.x):\n"
            "        y[i] = x[i] * x[i]",
            "requests for writes where",
        ),
    ],
    "blur": [
        # rows and columns swapped
        (
            BLUR + "    row, column = cuda.grid(2)\n" + GUARD + MEAN.format(**WHOLE),
            "result[0, 8] is 0",
        ),
        # -1 wraps to the other side
        (
            BLUR
            + "    column, row = cuda.grid(2)\n"
            + GUARD
            + MEAN.format(**WHOLE | {"top": "row - 1", "left": "column - 1"}),
            "result[0, 0] is",
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
            "result[0, 0] is",
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
        # every thread blurs the whole image
        (
            BLUR
            + "    for row in range(image.shape[0]):\n"
            + "        for column in range(image.shape[1]):\n"
            + MEAN.format(**WHOLE).replace("\n    ", "\n            "),
            "requests for writes where 10 are enough",
        ),
    ],
}
