"""Compiling without a GPU: known machine code, resources, source lines, and errors with a cure."""

import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
import torch

import warptrace
from helpers import codegen, recorded
from helpers.codegen import CompileError, ToolMissingError, assemble, triton_kernel
from warptrace import cuda as stand_in
from warptrace import samples

numba = pytest.importorskip("numba", reason="Numba compiles kernels on Linux only")
triton = pytest.importorskip("triton", reason="Triton is there on Linux only")
import triton.language as tl  # noqa: E402
from numba import cuda, float32  # noqa: E402
from numba.cuda import dispatcher  # noqa: E402

FLOATS = np.zeros(64, np.float32)

CUDA = """
template <class T> __device__ T squared(T x) { return x * x; }

template <class T> __global__ void scale(T* a, T k, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) a[i] = k * squared(a[i]);
}

extern "C" __global__ void copy4(const float4* a, float4* b) {
  b[threadIdx.x] = a[threadIdx.x];
}

extern "C" __global__ void wait() {
  __shared__ float tile[32][33];
  tile[threadIdx.y][threadIdx.x] = threadIdx.x;
  __syncthreads();
  if (tile[threadIdx.x][threadIdx.y] > 99) __trap();
}
"""


def copy(a, b, n):
    i = cuda.grid(1)
    if i < n:
        b[i] = a[i]


def through_shared(a, b):
    tile = cuda.shared.array((32, 33), float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    tile[y, x] = a[y * 32 + x]
    cuda.syncthreads()
    b[y * 32 + x] = tile[x, y]


@triton.jit
def doubled(x):
    return x * FACTOR


FACTOR = tl.constexpr(2)


@triton.jit
def add(x, y, out, n, size: tl.constexpr):
    i = tl.program_id(0) * size + tl.arange(0, size)
    inside = i < n
    total = doubled(tl.load(x + i, inside)) + tl.load(y + i, inside)
    tl.store(out + i, total, inside)


@triton.jit
def product(a, b, c, n: tl.constexpr):
    row = tl.arange(0, n)[:, None]
    column = tl.arange(0, n)[None, :]
    result = tl.dot(tl.load(a + row * n + column), tl.load(b + row * n + column))
    tl.store(c + row * n + column, result)


def sass(code):
    return "\n".join(f"{i.address:04x}  {i.text}" for i in code.instructions)


def line_of(function, text):
    """Return the number of the source line of `function` that holds `text`."""
    lines, first = inspect.getsourcelines(getattr(function, "fn", function))
    return next(first + n for n, line in enumerate(lines) if text in line)


# --- PTX of Numba, as a page compiles it --------------------------------------------------------

PAGE = recorded.chapter("appendix/tracer", "numba-code")


def compile_numba(kernel, *arguments, architecture="sm_90"):
    """Compile as the page does; for device functions, Numba asks the driver for a capability."""
    device = SimpleNamespace(compute_capability=divmod(int(architecture[3:]), 10))
    with mock.patch.object(dispatcher, "get_current_device", lambda: device):
        return PAGE.machine_code(kernel, *arguments, architecture=architecture)


def test_a_numba_kernel_loads_and_stores_at_its_own_lines():
    code = compile_numba(copy, FLOATS, FLOATS, 64)
    line = line_of(copy, "b[i] = a[i]")
    assert [i.line for i in code.find("LDG")] == [line]
    assert [i.line for i in code.find("STG")] == [line]
    grid = line_of(copy, "cuda.grid")
    assert "S2R" in {i.opcode for i in code.instructions if i.line == grid}
    assert code.language == "Numba" and code.name == "copy" and code.capability == (9, 0)
    assert ".visible .entry" in code.ptx and code.instructions[-1].opcode != "NOP"


def test_the_types_of_the_arguments_decide_the_instruction():
    wide = np.zeros(64, np.float64)
    assert compile_numba(copy, FLOATS, FLOATS, 64).find("LDG.E.64") == ()
    assert len(compile_numba(copy, wide, wide, 64).find("LDG.E.64")) == 1


def test_shared_memory_and_barriers_are_found():
    code = compile_numba(through_shared, FLOATS, FLOATS)
    assert code.shared_bytes == 32 * 33 * 4
    assert code.opcodes["BAR"] == 1
    assert code.opcodes["LDS"] == code.opcodes["STS"] == 1
    assert code.occupancy(1024) == warptrace.occupancy((9, 0), code.registers, 4224, 1024)
    more = code.occupancy(1024, dynamic_shared=200_000)
    assert more.limiter == "shared memory"


def test_a_dispatcher_compiles_like_its_function():
    plain = compile_numba(copy, FLOATS, FLOATS, 64)
    assert sass(compile_numba(cuda.jit(copy), FLOATS, FLOATS, 64)) == sass(plain)


def test_a_kernel_that_uses_the_stand_in_compiles_like_numbas():
    cuda = stand_in

    def copy(a, b, n):
        i = cuda.grid(1)
        if i < n:
            b[i] = a[i]

    code = compile_numba(copy, FLOATS, FLOATS, 64)
    assert sass(code) == sass(compile_numba(globals()["copy"], FLOATS, FLOATS, 64))
    assert code.find("LDG")[0].line == line_of(copy, "b[i] = a[i]")
    marked = stand_in.jit(copy)
    assert sass(compile_numba(marked, FLOATS, FLOATS, 64)) == sass(code)


@stand_in.jit(device=True)
def squared(v):
    return v * v


def test_a_kernel_may_call_a_device_function():
    @stand_in.jit
    def kernel(x):
        i = stand_in.grid(1)
        x[i] = squared(x[i])

    assert compile_numba(kernel, FLOATS).opcodes["FMUL"] == 1


@pytest.mark.parametrize("name", samples.cases())
def test_numba_compiles_what_the_tracer_shows_as_its_samples(name):
    kernel, _, _, arguments, _ = samples.cases()[name]
    assert compile_numba(kernel, *arguments).registers > 0


# --- CUDA C++ ---------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", assemble.ARCHITECTURES)
def test_a_float4_copy_moves_16_bytes_at_once_everywhere(architecture):
    code = codegen.compile_cuda(CUDA, "copy4", architecture=architecture)
    assert len(code.find("LDG.E.128")) == len(code.find("STG.E.128")) == 1
    assert code.architecture == architecture
    assert code.capability == tuple(
        map(int, (architecture[3:].rstrip("a")[:-1], architecture.rstrip("a")[-1]))
    )


def test_a_template_is_chosen_by_its_arguments():
    single = codegen.compile_cuda(CUDA, "scale<float>")
    double = codegen.compile_cuda(CUDA, "scale<double>")
    assert single.opcodes["FMUL"] and not single.opcodes["DMUL"]
    assert double.opcodes["DMUL"] and not double.opcodes["FMUL"]


def test_what_is_inlined_belongs_to_the_line_that_calls():
    code = codegen.compile_cuda(CUDA, "scale<float>")
    lines = CUDA.splitlines()
    call = next(n for n, line in enumerate(lines, start=1) if "squared(a[i])" in line)
    assert {i.line for i in code.find("FMUL")} == {call}


def test_registers_run_out_into_local_memory():
    sums = "\n".join(f"  float s{k} = a[{k} * n + i];" for k in range(64))
    total = " + ".join(f"s{k} * s{(7 * k) % 64}" for k in range(64))
    source = (
        f'extern "C" __global__ void many(float* a, int n) {{\n  int i = threadIdx.x;\n{sums}\n'
        f"  __syncthreads();\n  a[i] = {total};\n}}"
    )
    free = codegen.compile_cuda(source)
    tight = codegen.compile_cuda(source, max_registers=24)
    assert free.spill_store_bytes == 0 and tight.spill_store_bytes > 0
    assert tight.spill_load_bytes > 0 and tight.stack_bytes > 0
    assert tight.registers <= 24 < free.registers
    assert tight.opcodes["STL"] > 0 and free.opcodes["STL"] == 0


def test_shared_memory_of_cuda_is_counted():
    assert codegen.compile_cuda(CUDA, "wait").shared_bytes == 32 * 33 * 4


def test_cuda_refuses_at_a_line():
    with pytest.raises(CompileError, match=r'line 1: .*\nexpected a "\)"') as info:
        codegen.compile_cuda("__global__ void f(float* a { a[0] = 1; }")
    assert info.value.line == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [(CUDA, r"several kernels \(copy4, wait\): say which"), ("__device__ int x;", "has no kernel")],
)
def test_the_kernel_must_be_clear(source, message):
    with pytest.raises(CompileError, match=message):
        codegen.compile_cuda(source)


def test_half_precision_headers_are_found():
    source = (
        '#include <cuda_fp16.h>\nextern "C" __global__ void f(__half2* a) { *a = __hadd2(*a, *a); }'
    )
    assert (
        codegen.compile_cuda(source).opcodes["HADD2"]
        + codegen.compile_cuda(source).opcodes["HFMA2"]
    )


# --- Triton -----------------------------------------------------------------------------------


def test_a_triton_kernel_reads_16_bytes_at_once_when_aligned():
    x = torch.zeros(1024)
    code = codegen.compile_triton(add, x, x, x, 1024, size=1024)
    loads = code.find("LDG")
    assert loads and all(i.name.startswith("LDG.E.128") for i in loads)
    assert {i.line for i in loads} == {line_of(add, "total =")}
    shifted = torch.zeros(1025)[1:]
    apart = codegen.compile_triton(add, shifted, shifted, shifted, 1023, size=1024)
    assert not apart.find("LDG.E.128")


def test_a_kernel_compiled_before_in_another_folder_keeps_its_lines():
    ptx = '\t.file\t1 "/elsewhere/kernels.py"\n\t.file\t2 "/triton/standard.py"\n'
    assert triton_kernel._named_in(ptx, "/here/kernels.py") == "/elsewhere/kernels.py"
    assert triton_kernel._named_in(ptx, "/here/other.py") == "/here/other.py"


@pytest.mark.parametrize(("architecture", "opcode"), [("sm_80", "HMMA"), ("sm_90", "HGMMA")])
def test_a_half_precision_product_uses_tensor_cores(architecture, opcode):
    a = torch.zeros(64, 64, dtype=torch.float16)
    code = codegen.compile_triton(product, a, a, a.float(), n=64, architecture=architecture)
    assert code.opcodes[opcode] > 0
    assert code.shared_bytes > 0


def test_a_front_end_newer_than_the_assembler_is_read_all_the_same(monkeypatch):
    source = "__global__ void twice(float* x) { x[threadIdx.x] *= 2; }"
    right = codegen.compile_cuda(source)
    run, refused = assemble._run, []

    def older(command):
        text = next(Path(part).read_text() for part in command if str(part).endswith(".ptx"))
        version = re.search(r"^\.version ([\d.]+)", text, re.MULTILINE)[1]
        if version != "8.8":
            refused.append(version)
            raise CompileError(f"Unsupported .version {version}; current version is '8.8'")
        return run(command)

    monkeypatch.setattr(assemble, "_run", lambda c: older(c) if "-o" in c else run(c))
    assert sass(codegen.compile_cuda(source)) == sass(right)
    assert len(refused) == 1


def test_triton_refuses_at_a_line():
    @triton.jit
    def wrong(x, size: tl.constexpr):
        i = tl.arange(0, size)
        tl.store(x + i, not_there)  # noqa: F821

    with pytest.raises(CompileError, match="not_there") as info:
        codegen.compile_triton(wrong, FLOATS_T, size=64)
    assert info.value.line == line_of(wrong, "not_there")


FLOATS_T = torch.zeros(64)


def test_arguments_of_triton_are_checked_by_name():
    with pytest.raises(TypeError, match=r"add\(x, y, out, n, size\) is missing 'n'"):
        codegen.compile_triton(add, FLOATS_T, FLOATS_T, FLOATS_T, size=64)
    with pytest.raises(TypeError, match="was given too much"):
        codegen.compile_triton(add, FLOATS_T, FLOATS_T, FLOATS_T, 64, 65, size=64)
    with pytest.raises(TypeError, match="n is a str"):
        codegen.compile_triton(add, FLOATS_T, FLOATS_T, FLOATS_T, "64", size=64)


def test_a_process_that_interprets_triton_compiles_in_another(tmp_path):
    program = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, {tests!r})
        import torch
        import test_codegen
        from helpers import codegen, recorded
        x = torch.zeros(1024)
        print(test_codegen.sass(codegen.compile_triton(test_codegen.add, x, x, x, 1024, size=1024)))
        """
    ).format(tests=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    x = torch.zeros(1024)
    here = sass(codegen.compile_triton(add, x, x, x, 1024, size=1024))
    assert done.stdout.strip() == here.strip(), done.stderr


# --- all of them ------------------------------------------------------------------------------


def test_an_unknown_architecture_names_the_known_ones():
    for compiles in (
        lambda: codegen.compile_cuda(CUDA, "copy4", architecture="sm_70"),
        lambda: codegen.compile_cuda(CUDA, "copy4", architecture="90"),
        lambda: codegen.compile_triton(add, architecture="ampere"),
    ):
        with pytest.raises(ValueError, match=r"is not an architecture of this book: sm_75, sm_80"):
            compiles()


def test_a_missing_assembler_names_its_cure(monkeypatch):
    monkeypatch.setattr(assemble, "_find", lambda name: None)
    assemble.assembler.cache_clear()
    with pytest.raises(ToolMissingError, match=r"ptxas is not on this machine.*pip install triton"):
        assemble.assembler()
    with pytest.raises(ToolMissingError, match="nvdisasm is not"):
        assemble.tool("nvdisasm")


def test_the_assembler_says_what_it_refuses():
    with pytest.raises(CompileError, match=r"ptxas.* refused the code: .*fatal"):
        assemble.assemble(
            "no ptx", "f", language="", name="f", architecture="sm_90", lines={}, filename=""
        )
