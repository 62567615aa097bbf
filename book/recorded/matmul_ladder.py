"""Record how fast each rung of the matrix-product ladder is, beside cuBLAS."""

import functools

import torch

from helpers import recorded, timing

TITLE = "Rungs of the matrix product, beside cuBLAS"
METHOD = (
    "Square products of width 4096. float32: the CUDA C++ kernels of this script, compiled by "
    "NVRTC, beside torch.matmul with TF32 off; float16: the Triton kernel of this script at "
    "growing tiles, beside torch.matmul. Random normal operands; each result is compared with "
    "float64 on the CPU at 64 rows. Median of 20 runs by device events, taken in turns."
)
NEEDS = ("numba",)
KINDS = ("cuda",)
WIDTH = 4096
RUNS = 20
CHECKED_ROWS = 64
TOLERANCE = {torch.float32: 1e-5, torch.float16: 2e-3}
#: Tile rows that blocks of the Triton kernel go down together.
GROUP = 8

#: The float32 rungs. Each multiplies n × n matrices; the last two need n to divide by 128.
CUDA = r"""
// Neighbouring threads take neighbouring rows: their reads of a lie n elements apart.
extern "C" __global__ void naive(const float* a, const float* b, float* c, int n) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  int column = blockIdx.y * blockDim.y + threadIdx.y;
  if (row >= n || column >= n) return;
  float total = 0;
  for (int k = 0; k < n; ++k) total += a[row * n + k] * b[k * n + column];
  c[row * n + column] = total;
}

// Neighbouring threads take neighbouring columns: their reads of b follow each other.
extern "C" __global__ void coalesced(const float* a, const float* b, float* c, int n) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  int row = blockIdx.y * blockDim.y + threadIdx.y;
  if (row >= n || column >= n) return;
  float total = 0;
  for (int k = 0; k < n; ++k) total += a[row * n + k] * b[k * n + column];
  c[row * n + column] = total;
}

// A block fetches a tile of a and one of b, which all of its threads then use.
extern "C" __global__ void tiled(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[32][32], tile_b[32][32];
  int tx = threadIdx.x, ty = threadIdx.y;
  int column = blockIdx.x * 32 + tx, row = blockIdx.y * 32 + ty;
  float total = 0;
  for (int start = 0; start < n; start += 32) {
    tile_a[ty][tx] = row < n && start + tx < n ? a[row * n + start + tx] : 0;
    tile_b[ty][tx] = start + ty < n && column < n ? b[(start + ty) * n + column] : 0;
    __syncthreads();
    for (int k = 0; k < 32; ++k) total += tile_a[ty][k] * tile_b[k][tx];
    __syncthreads();
  }
  if (row < n && column < n) c[row * n + column] = total;
}

// Each thread keeps 4 × 4 results in registers: 8 reads of shared memory feed 16 products.
extern "C" __global__ void registers(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[64][16], tile_b[16][64];
  int tx = threadIdx.x, ty = threadIdx.y, t = ty * 16 + tx;
  int left = blockIdx.x * 64, top = blockIdx.y * 64;
  float totals[4][4] = {};
  for (int start = 0; start < n; start += 16) {
    for (int i = t; i < 64 * 16; i += 256) {
      int row = top + i / 16, k = start + i % 16;
      tile_a[i / 16][i % 16] = row < n && k < n ? a[row * n + k] : 0;
      int down = start + i / 64, column = left + i % 64;
      tile_b[i / 64][i % 64] = down < n && column < n ? b[down * n + column] : 0;
    }
    __syncthreads();
    for (int k = 0; k < 16; ++k) {
      float x[4], y[4];
      for (int i = 0; i < 4; ++i) x[i] = tile_a[ty + 16 * i][k], y[i] = tile_b[k][tx + 16 * i];
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) totals[i][j] += x[i] * y[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      int row = top + ty + 16 * i, column = left + tx + 16 * j;
      if (row < n && column < n) c[row * n + column] = totals[i][j];
    }
}

// 8 × 8 results for each thread, and four floats to each read and write.
extern "C" __global__ void __launch_bounds__(256)
vectorised(const float* a, const float* b, float* c, int n) {
  __shared__ __align__(16) float tile_a[8][128], tile_b[8][128];  // a's tile is turned
  int t = threadIdx.x, tx = t % 16, ty = t / 16;
  a += blockIdx.y * 128 * n, b += blockIdx.x * 128, c += blockIdx.y * 128 * n + blockIdx.x * 128;
  float totals[8][8] = {}, x[8], y[8];
  for (int start = 0; start < n; start += 8) {
    int row = t / 2, k4 = t % 2 * 4;
    float4 four = *(const float4*)&a[row * n + start + k4];
    tile_a[k4][row] = four.x, tile_a[k4 + 1][row] = four.y;
    tile_a[k4 + 2][row] = four.z, tile_a[k4 + 3][row] = four.w;
    *(float4*)&tile_b[t / 32][t % 32 * 4] = *(const float4*)&b[(start + t / 32) * n + t % 32 * 4];
    __syncthreads();
    for (int k = 0; k < 8; ++k) {
      for (int h = 0; h < 2; ++h) {
        *(float4*)&x[4 * h] = *(float4*)&tile_a[k][64 * h + 4 * ty];
        *(float4*)&y[4 * h] = *(float4*)&tile_b[k][64 * h + 4 * tx];
      }
      for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j) totals[i][j] += x[i] * y[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; ++i)
    for (int h = 0; h < 2; ++h)
      *(float4*)&c[(i / 4 * 64 + 4 * ty + i % 4) * n + 64 * h + 4 * tx] =
          *(float4*)&totals[i][4 * h];
}

// As before, and the next tiles are on their way while the present ones are multiplied. The
// lanes of a warp stand 8 × 4, so that they share more of what they read.
extern "C" __global__ void __launch_bounds__(256, 2)
pipelined(const float* a, const float* b, float* c, int n) {
  __shared__ __align__(16) float tile_a[2][16][132], tile_b[2][16][128];
  int t = threadIdx.x, lane = t % 32, warp = t / 32;
  int tx = warp % 2 * 8 + lane % 8, ty = warp / 2 * 4 + lane / 8;
  a += blockIdx.y * 128 * n, b += blockIdx.x * 128, c += blockIdx.y * 128 * n + blockIdx.x * 128;
  float totals[8][8] = {}, x[8], y[8];
  float4 next_a[2], next_b[2];
  auto fetch = [&](int start) {
    for (int h = 0; h < 2; ++h) {
      next_a[h] = *(const float4*)&a[(t / 4 + 64 * h) * n + start + t % 4 * 4];
      next_b[h] = *(const float4*)&b[(start + t / 32 + 8 * h) * n + t % 32 * 4];
    }
  };
  auto put = [&](int into) {
    for (int h = 0; h < 2; ++h) {
      int row = t / 4 + 64 * h, k4 = t % 4 * 4;
      tile_a[into][k4][row] = next_a[h].x, tile_a[into][k4 + 1][row] = next_a[h].y;
      tile_a[into][k4 + 2][row] = next_a[h].z, tile_a[into][k4 + 3][row] = next_a[h].w;
      *(float4*)&tile_b[into][t / 32 + 8 * h][t % 32 * 4] = next_b[h];
    }
  };
  fetch(0), put(0);
  __syncthreads();
  for (int start = 0, present = 0; start < n; start += 16, present ^= 1) {
    bool more = start + 16 < n;
    if (more) fetch(start + 16);
#pragma unroll
    for (int k = 0; k < 16; ++k) {
      for (int h = 0; h < 2; ++h) {
        *(float4*)&x[4 * h] = *(float4*)&tile_a[present][k][64 * h + 4 * ty];
        *(float4*)&y[4 * h] = *(float4*)&tile_b[present][k][64 * h + 4 * tx];
      }
      for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j) totals[i][j] += x[i] * y[j];
    }
    if (more) put(present ^ 1);
    __syncthreads();
  }
  for (int i = 0; i < 8; ++i)
    for (int h = 0; h < 2; ++h)
      *(float4*)&c[(i / 4 * 64 + 4 * ty + i % 4) * n + 64 * h + 4 * tx] =
          *(float4*)&totals[i][4 * h];
}
"""

#: Rung → columns and rows of the result that a block makes, and the block.
FLOAT32 = {
    "naive": ((16, 16), (16, 16)),
    "coalesced": ((32, 8), (32, 8)),
    "tiled": ((32, 32), (32, 32)),
    "registers": ((64, 64), (16, 16)),
    "vectorised": ((128, 128), (256, 1)),
    "pipelined": ((128, 128), (256, 1)),
}

#: Rung → tile of the result, depth of a step, warps, stages.
FLOAT16 = {
    "tile 32": (32, 32, 32, 4, 2),
    "tile 64": (64, 64, 32, 4, 3),
    "tile 128": (128, 128, 64, 8, 3),
    "tile 128 × 256": (128, 256, 64, 8, 3),
}


def record(device, folder) -> dict[str, recorded.Quantity]:
    """Time every rung; `folder` is not used."""
    torch.backends.cuda.matmul.allow_tf32 = False
    values = {}
    for kind, dtype, works_of in (
        ("float32", torch.float32, float32_works),
        ("float16", torch.float16, float16_works),
    ):
        torch.manual_seed(0)
        a, b = (torch.randn(WIDTH, WIDTH, device=device).to(dtype) for _ in range(2))
        c = torch.empty_like(a)
        works = works_of(a, b, c)
        for name, work in works.items():
            _check(name, work, a, b, c)
        for name, time in timing.compare(works, n=RUNS, device=device).items():
            gflops = round(2 * WIDTH**3 / time.median_ms / 1e6, 1)
            values[f"{kind}:{name}"] = recorded.Quantity(gflops, "GFLOP/s", "median", RUNS)
    return values


def float32_works(a, b, c) -> dict:
    """Return `{rung: function that computes c = a @ b}` in CUDA C++, and cuBLAS."""
    works = {"cuBLAS": lambda: torch.matmul(a, b, out=c)}
    for name, ((columns, rows), block) in FLOAT32.items():
        kernel = torch.cuda._compile_kernel(CUDA, name)
        grid = (-(-WIDTH // columns), -(-WIDTH // rows), 1)
        works[name] = _launcher(kernel, grid, (*block, 1), [a, b, c, WIDTH])
    return works


def _launcher(kernel, grid, block, arguments):
    return lambda: kernel(grid=grid, block=block, args=arguments)


def float16_works(a, b, c) -> dict:
    """Return `{rung: function that computes c = a @ b}` in Triton, and cuBLAS."""
    works = {"cuBLAS": lambda: torch.matmul(a, b, out=c)}
    for name, (columns, rows, depth, warps, stages) in FLOAT16.items():
        works[name] = _triton_launcher(a, b, c, columns, rows, depth, warps, stages)
    return works


def _triton_launcher(a, b, c, columns, rows, depth, warps, stages):
    sizes = {"rows": rows, "columns": columns, "depth": depth, "group": GROUP}
    grid = (-(-WIDTH // rows) * -(-WIDTH // columns),)
    options = {"num_warps": warps, "num_stages": stages}
    return lambda: half_product()[grid](a, b, c, WIDTH, **sizes, **options)


@functools.cache
def half_product():
    """Return the float16 kernel, which is defined only where Triton is."""
    import triton
    import triton.language as tl

    @triton.jit
    def product(
        a,
        b,
        c,
        n,
        rows: tl.constexpr,
        columns: tl.constexpr,
        depth: tl.constexpr,
        group: tl.constexpr,
    ):
        # Blocks go down a group of tile rows before they step right: their tiles stay in L2.
        block = tl.program_id(0)
        tiles_down, tiles_across = tl.cdiv(n, rows), tl.cdiv(n, columns)
        first = block // (group * tiles_across) * group
        high = tl.minimum(tiles_down - first, group)
        within = block % (group * tiles_across)
        i = (first + within % high) * rows + tl.arange(0, rows)[:, None]
        j = within // high * columns + tl.arange(0, columns)[None, :]
        k = tl.arange(0, depth)
        total = tl.zeros((rows, columns), tl.float32)
        for start in range(0, n, depth):
            x = tl.load(a + i * n + start + k[None, :])
            y = tl.load(b + (start + k[:, None]) * n + j)
            total = tl.dot(x, y, total)
        tl.store(c + i * n + j, total.to(tl.float16))

    return product


def _check(name, work, a, b, c) -> None:
    """Compare some rows with float64: a fast wrong kernel is no rung."""
    c.fill_(float("nan"))
    work()
    rows = torch.linspace(0, WIDTH - 1, CHECKED_ROWS).long()
    exact = a[rows].cpu().double() @ b.cpu().double()
    error = (c[rows].cpu().double() - exact).norm() / exact.norm()
    if not error < TOLERANCE[a.dtype]:
        raise RuntimeError(f"{name} is wrong: relative error {error:.2g}")
