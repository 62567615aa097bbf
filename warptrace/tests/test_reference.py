"""The engine and the reference give one trace: of the book's kernels, and of random ones."""

import json
import linecache
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import random_kernels

import warptrace
from warptrace import cuda, reference
from warptrace import samples as kernels

ROOT = Path(__file__).resolve().parents[2]


def outcome(trace, kernel, grid, block, args):
    """Return a trace and None, or None and what stopped the kernel."""
    try:
        return trace(kernel, grid, block, *args), None
    except warptrace.KernelError as error:
        refused = isinstance(error, warptrace.UnsupportedError)
        return None, (refused, str(error), error.line, error.thread)


def counted(lines):
    """Return the lines on which something was counted."""
    return {line: numbers for line, numbers in lines.items() if any(numbers.values())}


def compare(kernel, grid, block, make, *, exact=True):
    """Run a kernel through both on arguments of their own; the traces must be the same."""
    ours, theirs = make(), make()
    trace, stopped = outcome(warptrace.trace, kernel, grid, block, ours)
    other, other_stopped = outcome(reference.trace, kernel, grid, block, theirs)
    assert other_stopped == stopped
    if trace is None:
        return stopped
    assert other.faults == trace.faults
    assert other.counters == trace.counters
    assert counted(other.lines) == counted(trace.lines)
    assert other.samples == trace.samples
    for name in ("name", "grid", "block", "source", "shared_bytes", "printed", "unprinted"):
        assert getattr(other, name) == getattr(trace, name), name
    for one, two in zip(ours, theirs, strict=True):
        if isinstance(one, np.ndarray) and not trace.faults:
            equal = np.testing.assert_array_equal if exact else close
            equal(two, one)
    return trace


def close(one, two):
    np.testing.assert_allclose(one, two, rtol=4e-7)  # NumPy's `exp` is not the processor's


@pytest.mark.parametrize("name", kernels.cases())
def test_the_sample_kernels(name):
    kernel, grid, block, args, _ = kernels.cases()[name]

    def make():
        return [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]

    compare(kernel, grid, block, make, exact=name != "softmax")


@pytest.mark.parametrize("seed", range(40))
def test_random_kernels(seed):
    kernel, make, text = random_kernels.written(seed)
    try:
        with np.errstate(all="ignore"):
            compare(kernel, 2, random_kernels.THREADS, make)
    except AssertionError:
        print(text)
        raise


def test_the_random_kernels_hold_what_they_are_for():
    texts = [random_kernels.written(seed)[2] for seed in range(40)]
    for part in (
        "piece = x[",
        "a, b = b",
        "while ",
        "shfl_",
        "ballot",
        "atomic",
        "syncwarp",
        "if t",
    ):
        assert any(part in text for text in texts), part
    assert any("return\n" in text for text in texts)


# Faults and errors: what stops a kernel and what is only reported


def missing_barrier(a, out):
    tile = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    tile[t] = a[t]
    out[cuda.grid(1)] = tile[63 - t]


def never_written(a, out):
    tile = cuda.shared.array((8, 8), np.int32)
    own = cuda.local.array(2, np.float64)
    t = cuda.threadIdx.x
    if t < 30:
        tile[t // 8, t % 8] = t
    cuda.syncthreads()
    out[t] = tile[t // 8, t % 8] + own[t % 2]


def neighbours(a, out):
    i = cuda.grid(1)
    if i + 1 < a.size:
        a[i] = a[i + 1] * 2


def beyond(a, out):
    i = cuda.grid(1)
    b = a[2:10]
    out[i] = b[i] if i < 20 else 0


def half_a_barrier(a, out):
    t = cuda.threadIdx.x
    if t < 40:
        cuda.syncthreads()
    out[t] = a[t]


def half_a_warp(a, out):
    t = cuda.threadIdx.x
    if t % 2:
        out[t] = cuda.shfl_sync(0xFFFFFFFF, a[t], 0)


def silent_lane(a, out):
    t = cuda.threadIdx.x
    if t % 2:
        out[t] = cuda.shfl_down_sync(0xAAAAAAAA, a[t], 1)


def endless(a, out):
    while a[0] < 100:
        out[cuda.threadIdx.x] = 1


def as_a_whole(a, out):
    out[:] = 2 * a


def asserted(a, out):
    i = cuda.grid(1)
    assert a[i] < 17, "small"


def printed(a, out):
    i = cuda.grid(1)
    if a[i] > 60:
        print("thread", i, "has", a[i])


def announced(a, out):
    block = cuda.blockIdx.x
    if cuda.threadIdx.x == 0:
        a[1 + block] = block
        cuda.threadfence()
        if cuda.atomic.add(a, 0, 1) == 1:
            out[0] = a[1] + a[2]
        print("block", block)


WRONG = [missing_barrier, never_written, neighbours, beyond, half_a_barrier, half_a_warp]
WRONG += [silent_lane, endless, as_a_whole, asserted, printed, announced]


@pytest.mark.parametrize("kernel", WRONG, ids=lambda kernel: kernel.__name__)
def test_faults_and_errors(kernel):
    def make():
        return [np.arange(128, dtype=np.float32), np.zeros(128, np.float32)]

    found = compare(kernel, 2, 64, make)
    assert isinstance(found, tuple) or found.faults or found.printed


def test_threads_that_note_more_than_is_allowed_are_given_up():
    def everything(a, out):
        for k in range(a.size):
            out[k] = a[k]

    def traced(most):
        arguments = np.zeros(100), np.zeros(100)
        return reference.trace(everything, 2, 64, *arguments, most_notes=most)

    assert traced(10**6).counters["global_load_requests"] == 400
    with pytest.raises(warptrace.KernelError, match=r"more than 20,000 steps, and are given up"):
        traced(20_000)


def test_threads_of_a_warp_that_wait_for_one_another_go_on():
    def lock(mutex, total):
        while cuda.atomic.cas(mutex, 0, 0, 1) != 0:
            pass
        total[0] += 1
        cuda.threadfence()
        cuda.atomic.exch(mutex, 0, 0)

    total = np.zeros(1, np.int32)
    reference.trace(lock, 1, 40, np.zeros(1, np.int32), total)
    assert total[0] == 40


def test_what_is_refused_names_line_and_way_out():
    def listed(a):
        b = [1, 2]
        a[0] = b[0]

    with pytest.raises(warptrace.UnsupportedError, match=r"line \d+: .*the reference runs numbers"):
        reference.trace(listed, 1, 1, np.zeros(1))
    with pytest.raises(warptrace.UnsupportedError, match="pass a copy"):
        reference.trace(asserted, 1, 4, np.zeros((4, 4))[:, 1], np.zeros(4))


REFUSED = [
    *("b = {}", "f'{a[0]}'", "a[0] = (lambda v: v)(1)", "a[::2]", "a[0] = np.exp2(a[0])", "del a"),
    *(
        "a[0] = [v for v in (1, 2)][0]",
        "a.x = 1",
        "a[0] = a.sum()",
        "a[0] = undefined",
        "a[1.5] = 1",
    ),
    *("cuda.nothing()", "a[0] = cuda.shfl_sync(1, 2)", "a[0] = min(1)", "return 1", "import math"),
    *("a[0] = (1, 2)[5]", "a[0] = a is a", "cuda.grid(4)", "a[0] = 1 if a else 2", "with a: pass"),
    *("k = cuda.shared.array(a.size, np.float32)", "a[0] @ a[1]", "yield 1", "a[0] = 1 < 2 < 'x'"),
    *("for v in range(3): break\n    else: pass", "try: pass\n    finally: pass", "global g"),
]


@pytest.mark.parametrize("line", REFUSED)
def test_what_it_does_not_run_is_refused_at_its_line(line):
    name = f"<refused {line}>"
    text = f"def kernel(a):\n    {line}\n"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names = {"cuda": cuda, "np": np}
    exec(compile(text, name, "exec"), names)
    a = np.arange(4.0)
    with pytest.raises(warptrace.UnsupportedError, match="line 2: "):
        reference.trace(names["kernel"], 1, 1, a)
    assert a.tolist() == [0, 1, 2, 3]


# Without NumPy

ALONE = """
import array, json, linecache, sys
sys.modules["numpy"] = None  # an import of it fails
import warptrace.reference as reference
from warptrace import cuda

def kernel_of(text, name):
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), globals())
    return globals()[name]

product = kernel_of('''
def product(a, b, c):
    tile_a = cuda.shared.array((8, 8), reference.float32)
    tile_b = cuda.shared.array((8, 8), "float32")
    column, row = cuda.grid(2)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    total = reference.float32(0)
    for start in range(0, a.shape[1], 8):
        tile_a[ty, tx] = a[row, start + tx]
        tile_b[ty, tx] = b[start + ty, column]
        cuda.syncthreads()
        for k in range(8):
            total += tile_a[ty, k] * tile_b[k, tx]
        cuda.syncthreads()
    c[row, column] = total
'''.lstrip(), "product")
double = kernel_of('''
def double(held):
    held[cuda.grid(1)] *= 2
'''.lstrip(), "double")

a, b = list(range(256)), [n % 3 for n in range(256)]
c = reference.Array([0] * 256, "float32", (16, 16))
given = [reference.Array(values, "float32", (16, 16)) for values in (a, b)]
trace = reference.trace(product, (2, 2), (8, 8), *given, c)
wanted = [sum(a[16 * (n // 16) + k] * b[16 * k + n % 16] for k in range(16)) for n in range(256)]
held = array.array("i", range(40))
reference.trace(double, 1, 40, held)
shown = trace.show()._repr_html_()
print(json.dumps({
    "right": c.tolist() == wanted,
    "sectors": trace.counters["global_load_sectors"],
    "faults": len(trace.faults),
    "shown": "tile_a[ty, k]" in shown and "tile_a[ty, k]" in trace.table(),
    "held": list(held) == [2 * n for n in range(40)],
}))
"""


def test_it_runs_without_numpy():
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # Two tiles of 8 rows, each a sector, for each of two matrices, four blocks and two steps.
    wanted = {"right": True, "sectors": 2 * 8 * 4 * 2, "faults": 0, "shown": True, "held": True}
    assert found == wanted
