"""The record of the fused normalisation: its CUDA kernel runs here on threads of the CPU."""

import ctypes
import functools
import shutil
import subprocess

import pytest
import torch

from helpers import codegen, recorded, timing

SCRIPT = recorded.script("residual_norm")

#: Enough of CUDA for this kernel: a block is a set of threads with one barrier, blocks take
#: turns, shared memory is static, and a shuffle goes through an array.
EMULATION = """
#include <barrier>
#include <cmath>
#include <thread>
#include <vector>
#define __global__
#define __shared__ static
#define __launch_bounds__(...)
struct Index { int x; };
struct alignas(16) float4 { float x, y, z, w; };
static thread_local Index threadIdx;
static Index blockIdx;
static std::barrier<>* meeting;
static float swapped[256];
static void __syncthreads() { meeting->arrive_and_wait(); }
static float rsqrtf(float x) { return 1 / std::sqrt(x); }
static float __shfl_xor_sync(unsigned, float value, int step) {
  swapped[threadIdx.x] = value;
  __syncthreads();
  float other = swapped[threadIdx.x ^ step];
  __syncthreads();
  return other;
}
"""
LAUNCH = """
extern "C" void launch(const float* x, const float* r, const float* w, float* y, int fours,
                       double eps, int blocks) {
  for (int b = 0; b < blocks; ++b) {
    blockIdx = {b};
    std::barrier<> here(256);
    meeting = &here;
    std::vector<std::thread> threads;
    for (int t = 0; t < 256; ++t)
      threads.emplace_back([=] {
        threadIdx = {t};
        residual_norm((const float4*)x, (const float4*)r, (const float4*)w, (float4*)y, fours, eps);
      });
    for (auto& thread : threads) thread.join();
  }
}
"""


@pytest.fixture(scope="module")
def emulated(tmp_path_factory):
    """Return a stand-in for the kernel that torch compiles, which runs on the CPU."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is missing: the recorded CUDA kernel is not run (apt install g++)")
    folder = tmp_path_factory.mktemp("norm")
    source, library = folder / "norm.cpp", folder / "norm.so"
    source.write_text(EMULATION + SCRIPT.CUDA + LAUNCH)
    options = ["-std=c++20", "-O1", "-shared", "-fPIC", "-pthread", "-fno-strict-aliasing"]
    subprocess.run([compiler, *options, source, "-o", library], check=True)
    launch = ctypes.CDLL(str(library)).launch

    def kernel(*, grid, block, args):
        assert block == (256, 1, 1)
        *tensors, fours, eps = args
        pointers = [ctypes.c_void_p(t.data_ptr()) for t in tensors]
        launch(*pointers, fours, ctypes.c_double(eps), grid[0])

    return kernel


@pytest.mark.parametrize("shape", [(3, 4096), (5, 1024), (2, 2, 100), (4, 4), (0, 64)])
def test_the_kernel_normalises(emulated, monkeypatch, shape):
    monkeypatch.setattr(SCRIPT, "_compiled", lambda: emulated)
    torch.manual_seed(0)
    x, residual, weight = torch.randn(shape), torch.randn(shape), torch.rand(shape[-1])
    found = SCRIPT.fused(x, residual, weight, 1e-3)
    exact = SCRIPT.eager(x.double(), residual.double(), weight.double(), 1e-3)
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(SCRIPT.library(x, residual, weight, 1e-3), found)


def test_the_kernel_refuses_what_it_cannot_hold():
    x = torch.zeros(2, 8192)
    with pytest.raises(ValueError, match="8192 columns: a multiple of 4 is needed, 4096 at most"):
        SCRIPT.fused(x, x, x[0], 1e-6)
    with pytest.raises(ValueError, match="6 columns"):
        SCRIPT.fused(x[:, :6].contiguous(), x[:, :6].contiguous(), x[0, :6], 1e-6)
    with pytest.raises(ValueError, match="float32"):
        SCRIPT.fused(x[:, :64].half(), x[:, :64].half(), x[0, :64].half(), 1e-6)
    with pytest.raises(ValueError, match="lie together"):
        SCRIPT.fused(x[:, :64], x[:, :64], x[0, :64], 1e-6)


@pytest.mark.parametrize("architecture", ["sm_75", "sm_90"])
def test_the_kernel_keeps_its_row_in_registers(architecture):
    pytest.importorskip("triton", reason="the assembler comes with Triton, on Linux")
    code = codegen.compile_cuda(SCRIPT.CUDA, architecture=architecture)
    assert {i.name.split(".CONSTANT")[0] for i in code.find("LDG")} <= {
        "LDG.E.128",
        "LDG.E.128.SYS",
    }
    assert (code.opcodes["LDG"], code.opcodes["STG"]) == (12, 4)
    assert code.opcodes["LDL"] == code.spill_store_bytes == 0


def test_the_script_runs_and_refuses_a_wrong_kernel(emulated, monkeypatch):
    monkeypatch.setattr(SCRIPT, "ROWS", 6)
    monkeypatch.setattr(SCRIPT, "COLUMNS", 64)
    monkeypatch.setattr(SCRIPT, "RUNS", 2)
    monkeypatch.setattr(SCRIPT, "_compiled", lambda: emulated)
    monkeypatch.setattr(torch, "compile", lambda function: function)
    values = SCRIPT.record(torch.device("cpu"), None)
    assert set(values) == {"eager", "torch", "compiled", "fused", "copy", "fraction"}
    assert values["fused"].value > values["copy"].value  # threads of a CPU are slow threads

    def wrong(*, grid, block, args):
        emulated(grid=grid, block=block, args=args)
        args[3][2, 5] += 0.1

    monkeypatch.setattr(SCRIPT, "_compiled", lambda: wrong)
    with pytest.raises(RuntimeError, match="fused is wrong"):
        SCRIPT.record(torch.device("cpu"), None)


def test_a_machine_that_cannot_compile_records_the_rest(emulated, monkeypatch, capsys):
    def refused(*given):
        raise RuntimeError("Failed to find C compiler.")

    monkeypatch.setattr(SCRIPT, "ROWS", 6)
    monkeypatch.setattr(SCRIPT, "COLUMNS", 64)
    monkeypatch.setattr(SCRIPT, "RUNS", 1)
    monkeypatch.setattr(SCRIPT, "_compiled", lambda: emulated)
    monkeypatch.setattr(torch, "compile", lambda function: refused)
    values = SCRIPT.record(torch.device("cpu"), None)
    assert set(values) == {"eager", "torch", "fused", "copy", "fraction"}
    assert "left out: Failed to find C compiler." in capsys.readouterr().out


def test_the_times_are_those_of_the_ways(monkeypatch):
    asked = {}

    def compare(works, *, n, device):
        asked.update(works)
        return {
            name: timing.summarise([float(i + 1)], device="cuda") for i, name in enumerate(works)
        }

    monkeypatch.setattr(timing, "compare", compare)
    monkeypatch.setattr(SCRIPT, "ROWS", 2)
    monkeypatch.setattr(SCRIPT, "COLUMNS", 8)
    monkeypatch.setattr(SCRIPT, "fused", functools.partial(SCRIPT.eager))
    monkeypatch.setattr(torch, "compile", lambda function: function)
    values = SCRIPT.record(torch.device("cpu"), None)
    assert [values[name].value for name in asked] == [1, 2, 3, 4, 5]
    assert values["fraction"].value == round(1.5 * 5 / 4, 3)
