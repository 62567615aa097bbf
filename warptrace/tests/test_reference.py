"""The engine and the reference give one trace: of the book's kernels, and of random ones."""

from pathlib import Path

import numpy as np
import pytest
import random_kernels

import warptrace
from warptrace import reference
from warptrace import samples as kernels

ROOT = Path(__file__).resolve().parents[2]


def outcome(trace, kernel, grid, block, args):
    """Return a trace and None, or None and what stopped the kernel."""
    try:
        return trace(kernel, grid, block, *args), None
    except warptrace.KernelError as error:
        return None, (type(error), str(error), error.line, error.thread)


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
