"""Record how Triton's kernels stand beside PyTorch's own and beside the card's limits."""

import functools

import torch

from helpers import recorded, timing
from helpers.triton_here import tl, triton

TITLE = "Triton kernels beside PyTorch's own"
METHOD = (
    "Row softmax of 16,384 rows of 4,096 float32 numbers, as five operators, as torch.softmax and "
    "as one Triton kernel, beside torch's copy of the array. Products of width 4096 in float16 "
    "at several tiles, from Hopper on also through descriptors, beside torch.matmul. Attention of "
    "32 heads of 64 numbers in float16 over 4,096 positions: in three operators, in one Triton "
    "kernel at several tiles, and as torch's scaled_dot_product_attention. `best` is the fastest "
    "tile. Each result is compared with float32 or float64 first. Median of 20 runs by device "
    "events, taken in turns. `add` adds 1,024 numbers, so that its time is a launch."
)
KINDS = ("cuda",)
RUNS = 20
ROWS, COLUMNS = 16_384, 4096
WIDTH = 4096
HEADS, POSITIONS, DEPTH = 32, 4096, 64

#: Rows and columns of the tile, depth of a step, warps, stages.
PRODUCT_TILES = (
    (64, 128, 32, 4, 4),
    (128, 128, 32, 4, 4),
    (128, 128, 64, 8, 3),
    (128, 256, 64, 8, 3),
    (128, 256, 64, 8, 4),
)
#: Queries and keys of a step, warps, stages.
ATTENTION_TILES = ((64, 64, 4, 3), (128, 64, 4, 3), (128, 64, 8, 3), (128, 128, 8, 2))
#: Before compute capability 8.0, Triton has no tensor cores: large tiles spill and compile long.
SMALL_PRODUCT_TILES = ((32, 64, 32, 4, 2), (64, 64, 32, 8, 2))
SMALL_ATTENTION_TILES = ((32, 32, 4, 2), (64, 32, 8, 2))


@triton.jit
def add(x, y, out, n, size: tl.constexpr):
    """Add `size` numbers in each program."""
    i = tl.program_id(0) * size + tl.arange(0, size)
    inside = i < n
    total = tl.load(x + i, mask=inside) + tl.load(y + i, mask=inside)
    tl.store(out + i, total, mask=inside)


@triton.jit
def softmax_rows(x, y, columns, size: tl.constexpr):
    """Make a row in each program; `size` is a power of two, `columns` at least."""
    start = tl.program_id(0).to(tl.int64) * columns
    k = tl.arange(0, size)
    a = tl.load(x + start + k, mask=k < columns, other=-float("inf"))
    e = tl.exp(a - tl.max(a, 0))
    tl.store(y + start + k, e / tl.sum(e, 0), mask=k < columns)


@triton.jit
def product(
    a,
    b,
    c,
    rows,
    inner,
    columns,
    M: tl.constexpr,
    N: tl.constexpr,
    K: tl.constexpr,
    group: tl.constexpr,
    mode: tl.constexpr,
):
    """Make a tile of c = a @ b; go down `group` tiles before stepping right."""
    down, across = tl.cdiv(rows, M), tl.cdiv(columns, N)
    first = tl.program_id(0) // (group * across) * group
    high = tl.minimum(down - first, group)
    within = tl.program_id(0) % (group * across)
    i = ((first + within % high) * M + tl.arange(0, M))[:, None]
    j = (within // high * N + tl.arange(0, N))[None, :]
    k = tl.arange(0, K)
    total = tl.zeros((M, N), tl.float32)
    for start in range(0, inner, K):
        left = inner - start
        x_at = a + (i % rows) * inner + start + k[None, :]
        y_at = b + (start + k[:, None]) * columns + j % columns
        x = tl.load(x_at, mask=k[None, :] < left, other=0.0)
        y = tl.load(y_at, mask=k[:, None] < left, other=0.0)
        total = tl.dot(x, y, total, input_precision=mode)
    inside = (i < rows) & (j < columns)
    tl.store(c + i * columns + j, total.to(c.dtype.element_ty), mask=inside)


@triton.jit
def attention(
    q, k, v, out, n, scale, M: tl.constexpr, N: tl.constexpr, D: tl.constexpr, mode: tl.constexpr
):
    """Make `M` rows of softmax(q kᵀ scale) v of one head, `N` keys at a time."""
    d, head = tl.arange(0, D), tl.program_id(1).to(tl.int64) * n * D
    i = tl.program_id(0) * M + tl.arange(0, M)
    rows = head + i[:, None] * D + d[None, :]
    queries = tl.load(q + rows, mask=i[:, None] < n, other=0.0)
    highest = tl.full((M,), -float("inf"), tl.float32)
    total = tl.zeros((M,), tl.float32)
    result = tl.zeros((M, D), tl.float32)
    for start in range(0, n, N):
        j = start + tl.arange(0, N)
        across, down = j[None, :] * D + d[:, None], j[:, None] * D + d[None, :]
        keys = tl.load(k + head + across, mask=j[None, :] < n, other=0.0)
        values = tl.load(v + head + down, mask=j[:, None] < n, other=0.0)
        scores = tl.dot(queries, keys, input_precision=mode) * scale
        scores = tl.where(j[None, :] < n, scores, -float("inf"))
        higher = tl.maximum(highest, tl.max(scores, 1))
        shrink = tl.exp(highest - higher)
        weights = tl.exp(scores - higher[:, None])
        total = total * shrink + tl.sum(weights, 1)
        result = result * shrink[:, None]
        weights = weights.to(values.dtype)
        result = tl.dot(weights, values, result, input_precision=mode)
        highest = higher
    result = result / total[:, None]
    tl.store(out + rows, result.to(out.dtype.element_ty), mask=i[:, None] < n)


@triton.jit
def product_described(
    a,
    b,
    c,
    rows,
    inner,
    columns,
    M: tl.constexpr,
    N: tl.constexpr,
    K: tl.constexpr,
    group: tl.constexpr,
):
    """The product again, whose tiles Hopper's copy unit fetches by their descriptors."""
    down, across = tl.cdiv(rows, M), tl.cdiv(columns, N)
    first = tl.program_id(0) // (group * across) * group
    high = tl.minimum(down - first, group)
    within = tl.program_id(0) % (group * across)
    i, j = (first + within % high) * M, within // high * N
    total = tl.zeros((M, N), tl.float32)
    for start in range(0, inner, K):
        total = tl.dot(a.load([i, start]), b.load([start, j]), total)
    c.store([i, j], total.to(tl.float16))


def naive_attention(q, k, v):
    """Return attention by three operators, which write all the scores."""
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    return torch.softmax(scores, -1) @ v


def eager_softmax(x):
    """Return the softmax of each row by five operators."""
    e = torch.exp(x - x.max(1, keepdim=True).values)
    return e / e.sum(1, keepdim=True)


def softmax(x, y=None):
    """Return the softmax of each row of a matrix, in one kernel."""
    y = torch.empty_like(x) if y is None else y
    columns = x.shape[1]
    size = triton.next_power_of_2(columns)
    softmax_rows[(len(x),)](x, y, columns, size=size, num_warps=min(16, max(4, size // 512)))
    return y


def multiply(a, b, c=None, *, tile=(64, 64, 32, 4, 3), precision="tf32"):
    """Return a @ b, summed in float32."""
    M, N, K, warps, stages = tile
    c = torch.empty(len(a), b.shape[1], dtype=a.dtype, device=a.device) if c is None else c
    sizes = (len(a), a.shape[1], b.shape[1])
    grid = (triton.cdiv(sizes[0], M) * triton.cdiv(sizes[2], N),)
    options = {"num_warps": warps, "num_stages": stages}
    product[grid](a, b, c, *sizes, M=M, N=N, K=K, group=8, mode=precision, **options)
    return c


def multiply_described(a, b, c, *, tile):
    """Return a @ b through tensor descriptors; the tiles divide the sizes."""
    from triton.tools.tensor_descriptor import TensorDescriptor

    M, N, K, warps, stages = tile
    shapes = ((a, [M, K]), (b, [K, N]), (c, [M, N]))
    described = [TensorDescriptor.from_tensor(tensor, shape) for tensor, shape in shapes]
    sizes = (len(a), a.shape[1], b.shape[1])
    grid = (triton.cdiv(sizes[0], M) * triton.cdiv(sizes[2], N),)
    options = {"num_warps": warps, "num_stages": stages}
    product_described[grid](*described, *sizes, M=M, N=N, K=K, group=8, **options)
    return c


def attend(q, k, v, *, tile=(64, 64, 4, 3), precision="tf32"):
    """Return attention for tensors of shape (heads, positions, depth), in one kernel."""
    M, N, warps, stages = tile
    heads, n, depth = q.shape
    out = torch.empty_like(q)
    options = {"num_warps": warps, "num_stages": stages, "mode": precision}
    grid = (triton.cdiv(n, M), heads)
    attention[grid](q, k, v, out, n, depth**-0.5, M=M, N=N, D=depth, **options)
    return out


def record(device, folder) -> dict[str, recorded.Quantity]:
    """Time the kernels; `folder` is not used."""
    torch.manual_seed(0)
    values = {}
    for name, make in (("softmax", softmax_works), ("product", product_works)):
        values |= _measured(name, make(device), device)
    values |= _measured("attention", attention_works(device), device)
    values |= _measured("add", add_works(device), device)
    return values | _ratios(values)


def softmax_works(device) -> dict:
    """Return `{way: work}` for the softmax of rows, and a copy."""
    x = torch.randn(ROWS, COLUMNS, device=device)
    y = torch.empty_like(x)
    _check("softmax", softmax(x[:64]), torch.softmax(x[:64].double(), 1), 1e-5)
    return {
        "triton": lambda: softmax(x, y),
        "eager": lambda: eager_softmax(x),
        "torch": lambda: torch.softmax(x, 1),
        "copy": lambda: y.copy_(x),
    }


def product_works(device) -> dict:
    """Return `{way: work}` for products in float16: the tiles that fit, and cuBLAS."""
    a, b = (torch.randn(WIDTH, WIDTH, device=device, dtype=torch.float16) for _ in range(2))
    c = torch.empty_like(a)
    ways = {"": multiply}
    if _capability(device) >= (9, 0):
        ways["described "] = multiply_described
    works = {
        f"{way}{' × '.join(map(str, tile[:3]))}, {tile[3]} warps, {tile[4]} stages": (
            functools.partial(multiplied, a, b, c, tile=tile)
        )
        for way, multiplied in ways.items()
        for tile in (PRODUCT_TILES if _capability(device) >= (8, 0) else SMALL_PRODUCT_TILES)
    }
    exact = a[:64].double() @ b.double()
    works = {name: work for name, work in works.items() if _fits(work)}
    for name, work in works.items():
        c.fill_(float("nan"))
        _check(name, work()[:64], exact, 2e-3)
    return works | {"torch": lambda: torch.matmul(a, b, out=c)}


def attention_works(device) -> dict:
    """Return `{way: work}` for attention: the tiles that fit, three operators, and torch."""
    shape = (HEADS, POSITIONS, DEPTH)
    q, k, v = (torch.randn(shape, device=device, dtype=torch.float16) for _ in range(3))
    works = {
        f"{tile[0]} × {tile[1]}, {tile[2]} warps, {tile[3]} stages": (
            functools.partial(attend, q, k, v, tile=tile)
        )
        for tile in (ATTENTION_TILES if _capability(device) >= (8, 0) else SMALL_ATTENTION_TILES)
    }
    exact = naive_attention(*(t[:2].float() for t in (q, k, v)))
    works = {name: work for name, work in works.items() if _fits(work)}
    for name, work in works.items():
        _check(name, work()[:2], exact, 5e-3)
    library = torch.nn.functional.scaled_dot_product_attention
    q4, k4, v4 = (t.unsqueeze(0) for t in (q, k, v))
    return works | {
        "naive": lambda: naive_attention(q, k, v),
        "torch": lambda: library(q4, k4, v4),
    }


def add_works(device) -> dict:
    """Return `{way: work}` for a sum so small that its launch is all there is to time."""
    x, y = torch.ones(1024, device=device), torch.ones(1024, device=device)
    out = torch.empty_like(x)
    return {
        "triton": lambda: add[(1,)](x, y, out, 1024, size=1024),
        "torch": lambda: torch.add(x, y, out=out),
    }


def _capability(device) -> tuple[int, int]:
    return torch.cuda.get_device_capability(device)


def _fits(work) -> bool:
    """Tell whether a tile can be launched: a card may have too little shared memory for it."""
    try:
        work()
    except Exception as error:
        if "out of resource" in str(error).lower():
            return False
        raise
    return True


def _measured(group, works, device) -> dict[str, recorded.Quantity]:
    times = timing.compare(works, n=RUNS, device=device)
    values = {f"{group}:{name}": time.median_ms for name, time in times.items()}
    tiles = [time.median_ms for name, time in times.items() if "warps" in name]
    if tiles:
        values[f"{group}:best"] = min(tiles)
    return {k: recorded.Quantity(round(v, 5), "ms", "median", RUNS) for k, v in values.items()}


def _ratios(values) -> dict[str, recorded.Quantity]:
    """Return what the chapter asks: times as fast, and shares of the limit."""

    def over(first, second):
        ratio = values[first].value / values[second].value
        return recorded.Quantity(round(ratio, 3), "times", "median", RUNS)

    return {
        "softmax_over_eager": over("softmax:eager", "softmax:triton"),
        "softmax_of_copy": over("softmax:copy", "softmax:triton"),
        "product_of_torch": over("product:torch", "product:best"),
        "attention_over_naive": over("attention:naive", "attention:best"),
        "attention_of_torch": over("attention:torch", "attention:best"),
    }


def _check(name, found, exact, tolerance) -> None:
    """Compare with the exact result: a fast wrong kernel is worth nothing."""
    error = ((found.double() - exact.double()).norm() / exact.double().norm()).item()
    if not error <= tolerance:
        raise RuntimeError(f"{name} is wrong: relative error {error:.2g}.")
