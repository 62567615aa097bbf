"""The rungs of the recorded ladder are right: each CUDA kernel runs here on threads of the CPU."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
import torch

from helpers import codegen, recorded

#: Enough of CUDA for these kernels: a block is a set of threads with one barrier, blocks take
#: turns, and shared memory is what is static.
EMULATION = """
#include <barrier>
#include <thread>
#include <vector>
#define __global__
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
struct Index { int x, y; };
struct alignas(16) float4 { float x, y, z, w; };
static thread_local Index threadIdx;
static Index blockIdx, blockDim;
static std::barrier<>* meeting;
static void __syncthreads() { meeting->arrive_and_wait(); }
"""
LAUNCH = """
extern "C" void launch(void (*kernel)(const float*, const float*, float*, int), const float* a,
                       const float* b, float* c, int n, int gx, int gy, int bx, int by) {
  blockDim = {bx, by};
  for (int y = 0; y < gy; ++y) for (int x = 0; x < gx; ++x) {
    blockIdx = {x, y};
    std::barrier<> here(bx * by);
    meeting = &here;
    std::vector<std::thread> threads;
    for (int t = 0; t < bx * by; ++t)
      threads.emplace_back([=] {
        threadIdx = {t % bx, t / bx};
        kernel(a, b, c, n);
        meeting->arrive_and_drop();
      });
    for (auto& thread : threads) thread.join();
  }
}
"""


LADDER = recorded.script("matmul_ladder")


@pytest.fixture(scope="module")
def emulated(tmp_path_factory):
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is missing: the recorded CUDA kernels are not run (apt install g++)")
    folder = tmp_path_factory.mktemp("ladder")
    source, library = folder / "ladder.cpp", folder / "ladder.so"
    source.write_text(EMULATION + LADDER.CUDA + LAUNCH)
    options = ["-std=c++20", "-O1", "-shared", "-fPIC", "-pthread", "-fno-strict-aliasing"]
    subprocess.run([compiler, *options, source, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def multiply(library, name, n):
    rng = np.random.default_rng(n)
    a, b = (rng.standard_normal((n, n)).astype(np.float32) for _ in range(2))
    c = np.full((n, n), np.nan, np.float32)
    (columns, rows), block = LADDER.FLOAT32[name]
    grid = (-(-n // columns), -(-n // rows))
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (a, b, c)]
    kernel = ctypes.cast(getattr(library, name), ctypes.c_void_p)
    library.launch(kernel, *pointers, n, *grid, *block)
    return c, a.astype(np.float64) @ b


@pytest.mark.parametrize("name", LADDER.FLOAT32)
def test_a_rung_multiplies(emulated, name):
    c, exact = multiply(emulated, name, 256 if name in ("vectorised", "pipelined") else 64)
    np.testing.assert_allclose(c, exact, atol=2e-4)


@pytest.mark.parametrize("name", ["naive", "coalesced", "tiled", "registers"])
def test_the_first_rungs_take_ragged_sizes(emulated, name):
    c, exact = multiply(emulated, name, 71)
    np.testing.assert_allclose(c, exact, atol=2e-4)


def test_each_rung_compiles_without_spilling():
    pytest.importorskip("triton", reason="the assembler comes with Triton, on Linux")
    codes = {name: codegen.compile_cuda(LADDER.CUDA, name) for name in LADDER.FLOAT32}
    assert [code.spill_store_bytes for code in codes.values()] == [0] * len(codes)
    wide = codes["vectorised"]
    assert {i.name for i in wide.find("LDS")} == {"LDS.128"}
    assert {i.name for i in wide.find("LDG")} == {"LDG.E.128"}


def test_the_half_precision_kernel_uses_tensor_cores_at_every_tile():
    pytest.importorskip("triton", reason="Triton is there on Linux only")
    x = torch.zeros(LADDER.WIDTH, LADDER.WIDTH, dtype=torch.float16)
    for columns, rows, depth, warps, stages in LADDER.FLOAT16.values():
        sizes = {"rows": rows, "columns": columns, "depth": depth, "group": LADDER.GROUP}
        options = {"warps": warps, "stages": stages, "architecture": "sm_80"}
        code = codegen.compile_triton(
            LADDER.half_product(), x, x, x, LADDER.WIDTH, **sizes, **options
        )
        assert code.opcodes["HMMA"] >= rows * columns * depth // warps // 2**13
        assert code.spill_store_bytes == 0
