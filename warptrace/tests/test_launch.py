"""Where a kernel runs: on the hardware if there is some that works, else in the tracer."""

import subprocess

import numpy as np
import pytest

import warptrace
from warptrace import cuda, launcher, probe


@cuda.jit
def double(a):
    i = cuda.grid(1)
    if i < a.size:
        a[i] *= 2


@pytest.fixture
def fresh():
    probe.hardware.cache_clear()
    yield
    probe.hardware.cache_clear()


def probed(monkeypatch, returncode, stdout="", stderr=""):
    calls = []

    def answer(command, **options):
        calls.append(command)
        return subprocess.CompletedProcess(command, returncode, stdout, stderr)

    monkeypatch.setattr(probe.subprocess, "run", answer)
    return calls


def test_without_a_gpu_the_tracer_runs_and_says_so(fresh, monkeypatch):
    calls = probed(monkeypatch, 1, stderr="ModuleNotFoundError: No module named 'numba'")
    a = np.arange(5.0)
    launched = warptrace.launch(double, 1, 32, a)
    again = warptrace.launch(double, 1, 32, a)
    np.testing.assert_array_equal(a, 4 * np.arange(5.0))
    assert launched.device == "tracer"
    assert launched.trace.counters["global_load_requests"] == 1
    assert "ran in the tracer: Numba is not installed: pip install" in str(launched)
    assert again.reason == launched.reason
    assert len(calls) == 1  # tried once


def test_a_kernel_can_be_started_as_numba_starts_one(fresh, monkeypatch):
    probed(monkeypatch, 1, stderr="ModuleNotFoundError: No module named 'numba'")
    a = np.arange(5.0)
    launched = double[1, 32](a)
    np.testing.assert_array_equal(a, 2 * np.arange(5.0))
    assert launched.trace.block == (32, 1, 1)
    double[(1, 1), (8, 1), 0, 64](a)


@pytest.mark.parametrize(
    "stderr, cure",
    [
        ("numba.cuda... [222] CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "update the driver"),
        ("ptxas fatal: Unsupported .version 9.0; current version is '8.4'", "numba-cuda[cu12]"),
        ("CUDA driver library cannot be found.", "no NVIDIA driver"),
        ("AttributeError: module 'numpy' has no attribute 'row_stack'", "numpy<2.5"),
        ("Call to cuInit results in CUDA_ERROR_NO_DEVICE", "no NVIDIA GPU"),
        ("NUMBA_ENABLE_CUDASIM is set: this", "unset it"),
        ("Traceback\nOSError: something new", "Numba failed on this GPU (OSError: something new)"),
        ("", "without a message"),
    ],
)
def test_each_failure_is_named_with_its_cure(fresh, monkeypatch, stderr, cure):
    probed(monkeypatch, 1, stderr=stderr)
    found = warptrace.hardware()
    assert not found.works
    assert cure in found.reason


def test_a_probe_that_hangs_does_not_hang_the_notebook(fresh, monkeypatch):
    def hang(command, timeout, **options):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(probe.subprocess, "run", hang)
    assert "could not be tried" in warptrace.hardware().reason


def test_with_a_gpu_the_kernel_goes_there(fresh, monkeypatch):
    probed(monkeypatch, 0, stdout="warning\nTesla T4\n")
    started = []

    class Dispatcher:
        def __getitem__(self, configuration):
            return lambda *args: started.append((configuration, args))

    class Driver:
        @staticmethod
        def synchronize():
            started.append("synchronised")

    numba = type(warptrace)("numba")
    numba.cuda = Driver
    monkeypatch.setitem(__import__("sys").modules, "numba", numba)
    launched = warptrace.launch(Dispatcher(), 2, 64, 1.5, dynamic_shared=128)
    assert str(launched) == "ran on Tesla T4"
    assert launched.trace is None
    assert started == [((2, 64, 0, 128), (1.5,)), "synchronised"]


def test_the_real_probe_gives_an_answer(fresh):
    found = warptrace.hardware()
    assert found.works != bool(found.reason)


@cuda.jit(device=True)
def triple(x):
    return 3 * x


def plain(x):
    return triple(x) + 1


def uses_both(a):
    i = cuda.grid(1)
    a[i] = plain(a[i])


def test_a_kernel_written_with_the_stand_in_is_handed_to_numba_with_its_names(monkeypatch):
    class Theirs:
        @staticmethod
        def jit(function=None, device=False):
            def mark(marked):
                return ("device" if device else "kernel", marked)

            return mark(function) if function else mark

    numba = type(warptrace)("numba")
    numba.cuda = Theirs
    monkeypatch.setitem(__import__("sys").modules, "numba", numba)
    kind, copy = launcher._compiled.__wrapped__(uses_both)
    assert kind == "kernel"
    assert copy.__globals__["cuda"] is Theirs
    kind, inner = copy.__globals__["plain"]
    assert kind == "device"
    assert inner.__globals__["triple"][0] == "device"
    assert uses_both.__globals__["cuda"] is cuda  # the original is as it was
