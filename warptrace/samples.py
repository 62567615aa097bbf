"""Kernels as the book writes them, to compare the tracer with: NumPy, Numba's simulator, hardware.

Importing this module decorates the kernels, so it needs Numba where there is one.
"""

import math

import numpy as np

from .either import cuda

TILE = 16
PADDED = TILE + 1
BLOCK = 128
REGISTERS = 4
TALL = TILE * REGISTERS  # Numba wants the sides of an array as constants, not as products of them


@cuda.jit
def copy(source, target):
    """Copy, a thread for each element."""
    i = cuda.grid(1)
    if i < source.size:
        target[i] = source[i]


@cuda.jit
def copy_strided(source, target, stride, offset):
    """Copy every `stride`-th element, from `offset` on."""
    i = cuda.grid(1)
    if i < target.size:
        target[i] = source[i * stride + offset]


@cuda.jit
def saxpy(a, x, y):
    """Compute y = a·x + y in a grid-stride loop."""
    start = cuda.grid(1)
    step = cuda.gridsize(1)
    for i in range(start, x.shape[0], step):
        y[i] = a * x[i] + y[i]


@cuda.jit
def blur(image, result):
    """Average each pixel with its neighbours inside the image."""
    x, y = cuda.grid(2)
    height, width = image.shape
    if x >= width or y >= height:
        return
    total = np.float32(0)
    count = 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            row = y + dy
            column = x + dx
            if row < 0 or row >= height or column < 0 or column >= width:
                continue
            total += image[row, column]
            count += 1
    result[y, x] = total / np.float32(count)


@cuda.jit
def transpose_naive(source, target):
    """Transpose: reads follow each other in memory, writes do not."""
    x, y = cuda.grid(2)
    if x < source.shape[1] and y < source.shape[0]:
        target[x, y] = source[y, x]


@cuda.jit
def transpose_padded(source, target):
    """Transpose through a shared tile whose rows are one element longer."""
    tile = cuda.shared.array((TILE, PADDED), np.float32)
    tx = cuda.threadIdx.x
    ty = cuda.threadIdx.y
    left = cuda.blockIdx.x * TILE
    top = cuda.blockIdx.y * TILE
    if top + ty < source.shape[0] and left + tx < source.shape[1]:
        tile[ty, tx] = source[top + ty, left + tx]
    cuda.syncthreads()
    if left + ty < target.shape[0] and top + tx < target.shape[1]:
        target[left + ty, top + tx] = tile[tx, ty]


@cuda.jit
def reduce_shared(values, sums):
    """Sum each block's elements in shared memory."""
    shared = cuda.shared.array(BLOCK, np.float32)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    shared[t] = values[i] if i < values.size else np.float32(0)
    cuda.syncthreads()
    half = cuda.blockDim.x // 2
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        sums[cuda.blockIdx.x] = shared[0]


@cuda.jit
def histogram(values, counts):
    """Count into bins with atomic additions in global memory."""
    i = cuda.grid(1)
    if i < values.size:
        cuda.atomic.add(counts, values[i], 1)


@cuda.jit
def matmul_naive(a, b, c):
    """Multiply matrices, a thread for each element, from global memory."""
    column, row = cuda.grid(2)
    if row < c.shape[0] and column < c.shape[1]:
        total = np.float32(0)
        for k in range(a.shape[1]):
            total += a[row, k] * b[k, column]
        c[row, column] = total


@cuda.jit
def matmul_tiled(a, b, c):
    """Multiply matrices through two shared tiles."""
    tile_a = cuda.shared.array((TILE, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    column, row = cuda.grid(2)
    tx = cuda.threadIdx.x
    ty = cuda.threadIdx.y
    total = np.float32(0)
    for start in range(0, a.shape[1], TILE):
        tile_a[ty, tx] = 0
        tile_b[ty, tx] = 0
        if row < a.shape[0] and start + tx < a.shape[1]:
            tile_a[ty, tx] = a[row, start + tx]
        if start + ty < b.shape[0] and column < b.shape[1]:
            tile_b[ty, tx] = b[start + ty, column]
        cuda.syncthreads()
        for k in range(TILE):
            total += tile_a[ty, k] * tile_b[k, tx]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@cuda.jit
def matmul_registers(a, b, c):
    """Multiply matrices, four elements to a thread in registers."""
    tile_a = cuda.shared.array((TALL, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    totals = cuda.local.array(REGISTERS, np.float32)
    tx = cuda.threadIdx.x
    ty = cuda.threadIdx.y
    column = cuda.blockIdx.x * TILE + tx
    top = cuda.blockIdx.y * TALL
    for r in range(REGISTERS):
        totals[r] = 0
    for start in range(0, a.shape[1], TILE):
        for r in range(REGISTERS):
            row = r * TILE + ty
            inside = top + row < a.shape[0] and start + tx < a.shape[1]
            tile_a[row, tx] = a[top + row, start + tx] if inside else np.float32(0)
        inside = start + ty < b.shape[0] and column < b.shape[1]
        tile_b[ty, tx] = b[start + ty, column] if inside else np.float32(0)
        cuda.syncthreads()
        for k in range(TILE):
            shared_by_all = tile_b[k, tx]
            for r in range(REGISTERS):
                totals[r] += tile_a[r * TILE + ty, k] * shared_by_all
        cuda.syncthreads()
    for r in range(REGISTERS):
        row = top + r * TILE + ty
        if row < c.shape[0] and column < c.shape[1]:
            c[row, column] = totals[r]


@cuda.jit(device=True)
def escape(x, y, most):
    """Return the step at which z² + c leaves the circle of radius 2."""
    real = x
    imaginary = y
    for step in range(most):
        if real * real + imaginary * imaginary > 4.0:
            return step
        real, imaginary = real * real - imaginary * imaginary + x, 2.0 * real * imaginary + y
    return most


@cuda.jit
def mandelbrot(result, most):
    """Draw the Mandelbrot set: threads of a warp leave their loops at different steps."""
    column, row = cuda.grid(2)
    if row < result.shape[0] and column < result.shape[1]:
        x = -2.0 + 3.0 * column / result.shape[1]
        y = -1.0 + 2.0 * row / result.shape[0]
        result[row, column] = escape(x, y, most)


@cuda.jit
def softmax(rows, result):
    """Compute the softmax of each row, a block for each, with shared reductions."""
    row = cuda.blockIdx.x
    t = cuda.threadIdx.x
    shared = cuda.shared.array(BLOCK, np.float32)
    best = np.float32(-math.inf)
    for column in range(t, rows.shape[1], cuda.blockDim.x):
        best = max(best, rows[row, column])
    shared[t] = best
    cuda.syncthreads()
    for step in (64, 32, 16, 8, 4, 2, 1):
        if t < step:
            shared[t] = max(shared[t], shared[t + step])
        cuda.syncthreads()
    best = shared[0]
    cuda.syncthreads()
    total = np.float32(0)
    for column in range(t, rows.shape[1], cuda.blockDim.x):
        total += math.exp(rows[row, column] - best)
    shared[t] = total
    cuda.syncthreads()
    for step in (64, 32, 16, 8, 4, 2, 1):
        if t < step:
            shared[t] += shared[t + step]
        cuda.syncthreads()
    for column in range(t, rows.shape[1], cuda.blockDim.x):
        result[row, column] = math.exp(rows[row, column] - best) / shared[0]


def _random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def cases(scale: int = 1) -> dict:
    """Return name → (kernel, grid, block, arguments, expected), at ragged sizes.

    `expected` maps the position of an argument to what must stand there afterwards.
    """
    n, rows, columns, inner = 997 * scale, 37 * scale, 45, 29
    values, x = _random(n), _random(n, seed=1)
    image = _random(rows, columns)
    a, b = _random(rows, inner), _random(inner, columns, seed=1)
    product = (rows, columns)
    bins = np.random.default_rng(2).integers(0, 10, n).astype(np.int32)
    blocks = -(-n // BLOCK)
    padded = np.zeros(blocks * BLOCK, np.float32)
    padded[:n] = values
    few = image[: 4 * scale]
    shifted = np.exp(few - few.max(axis=1, keepdims=True))
    empty = np.zeros(product, np.float32)
    tiles = ((columns + TILE - 1) // TILE, (rows + TILE - 1) // TILE)
    tall = (tiles[0], -(-rows // TALL))
    square = (TILE, TILE)
    return {
        "copy": (copy, blocks, BLOCK, [values, np.zeros_like(values)], {1: values}),
        "copy_strided": (
            copy_strided,
            blocks,
            BLOCK,
            [values, np.zeros(n // 3, np.float32), 3, 1],
            {1: values[1::3][: n // 3]},
        ),
        "saxpy": (saxpy, 3, BLOCK, [np.float32(2), x, values.copy()], {2: 2 * x + values}),
        "blur": (blur, tiles, square, [image, empty.copy()], {1: _blurred(image)}),
        "transpose_naive": (
            transpose_naive,
            tiles,
            square,
            [image, np.zeros((columns, rows), np.float32)],
            {1: image.T},
        ),
        "transpose_padded": (
            transpose_padded,
            tiles,
            square,
            [image, np.zeros((columns, rows), np.float32)],
            {1: image.T},
        ),
        "reduce_shared": (
            reduce_shared,
            blocks,
            BLOCK,
            [values, np.zeros(blocks, np.float32)],
            {1: padded.reshape(blocks, BLOCK).sum(axis=1)},
        ),
        "histogram": (
            histogram,
            blocks,
            BLOCK,
            [bins, np.zeros(10, np.int32)],
            {1: np.bincount(bins, minlength=10)},
        ),
        "matmul_naive": (matmul_naive, tiles, square, [a, b, empty.copy()], {2: a @ b}),
        "matmul_tiled": (matmul_tiled, tiles, square, [a, b, empty.copy()], {2: a @ b}),
        "matmul_registers": (matmul_registers, tall, square, [a, b, empty.copy()], {2: a @ b}),
        "mandelbrot": (
            mandelbrot,
            tiles,
            square,
            [np.zeros(product, np.int32), 20],
            {0: _escapes(rows, columns, 20)},
        ),
        "softmax": (
            softmax,
            len(few),
            BLOCK,
            [few, np.zeros_like(few)],
            {1: shifted / shifted.sum(axis=1, keepdims=True)},
        ),
    }


def _blurred(image):
    total, count = np.zeros(image.shape), np.zeros(image.shape)
    height, width = image.shape
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            to = (slice(max(0, -dy), height - max(0, dy)), slice(max(0, -dx), width - max(0, dx)))
            of = (slice(max(0, dy), height + min(0, dy)), slice(max(0, dx), width + min(0, dx)))
            total[to] += image[of]
            count[to] += 1
    return total / count


def _escapes(rows, columns, most):
    result = np.empty((rows, columns), np.int32)
    for row in range(rows):
        for column in range(columns):
            c = complex(-2.0 + 3.0 * column / columns, -1.0 + 2.0 * row / rows)
            z, step = c, 0
            while step < most and z.real * z.real + z.imag * z.imag <= 4.0:
                z, step = z * z + c, step + 1
            result[row, column] = step
    return result
