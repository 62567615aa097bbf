"""The record of clocks and queues: its script runs here with a queue of the test in CUDA's place.

The stand-in keeps what is launched in streams, and a virtual clock advances when work is done.
"""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from helpers import recorded, timing

LAUNCH_S, ADD_S, PRODUCT_S, COPY_S, FFT_S, PLAN_S = 5e-6, 2e-6, 1e-3, 4e-3, 3e-4, 0.2


class Gpu:
    """A GPU of two streams with a virtual clock, in seconds."""

    def __init__(self):
        self.now, self.ends, self.stream, self.planned = 0.0, {}, "main", False
        self.log, self.capturing = [], None

    def launch(self, name, seconds, host=LAUNCH_S):
        if self.capturing is not None:
            self.capturing.append(seconds)
            return
        self.now += host
        start = max(self.now, self.ends.get(self.stream, 0))
        self.ends[self.stream] = start + seconds
        self.log.append((self.stream, name, start, start + seconds))

    def synchronise(self, device=None):
        self.now = max(self.now, *self.ends.values(), 0) if self.ends else self.now

    def wait(self, time):
        self.ends[self.stream] = max(self.ends.get(self.stream, 0), time)


class Tensor:
    def __init__(self, gpu, kind="device"):
        self.gpu, self.kind = gpu, kind

    def add_(self, number):
        self.gpu.launch("add", ADD_S)

    def copy_(self, source, non_blocking):
        assert non_blocking
        self.gpu.launch("copy", COPY_S)
        if source.kind == "pageable":  # the host waits
            self.gpu.now = self.gpu.ends[self.gpu.stream]

    def pin_memory(self):
        return Tensor(self.gpu, "pinned")


class Stream:
    def __init__(self, gpu, name):
        self.gpu, self.name = gpu, name

    def wait_stream(self, other):
        pass

    def record_event(self):
        return self.gpu.ends[self.name]

    def wait_event(self, time):
        self.gpu.wait(time)


@pytest.fixture
def gpu(monkeypatch):
    """Return the script with a stand-in in the place of torch and of the clock."""
    script, gpu = recorded.script("asynchrony"), Gpu()

    @contextmanager
    def stream(chosen):
        before, gpu.stream = gpu.stream, chosen.name
        yield
        gpu.stream = before

    @contextmanager
    def graph(made):
        gpu.capturing = []
        yield
        made.work, gpu.capturing = sum(gpu.capturing), None

    class Graph:
        def replay(self):
            gpu.launch("graph", self.work, host=2 * LAUNCH_S)

    def rfft(x):
        gpu.launch("fft", FFT_S, host=LAUNCH_S if gpu.planned else PLAN_S)
        gpu.planned = True

    def made(*shape, device=None):
        return Tensor(gpu, "device" if device else "pageable")

    cuda = SimpleNamespace(
        Stream=lambda: Stream(gpu, "beside"),
        CUDAGraph=Graph,
        current_stream=lambda: Stream(gpu, "main"),
        graph=graph,
        stream=stream,
        synchronize=gpu.synchronise,
    )
    names = dict.fromkeys(("randn", "zeros", "ones", "empty"), made)
    fake = SimpleNamespace(
        **names,
        cuda=cuda,
        fft=SimpleNamespace(rfft=rfft),
        empty_like=lambda x: x,
        mm=lambda a, b, out: gpu.launch("product", PRODUCT_S),
    )
    monkeypatch.setattr(script, "torch", fake)
    monkeypatch.setattr(script, "time", SimpleNamespace(perf_counter=lambda: gpu.now))

    def measure(work, *, n, device, flush_l2=False):
        work()
        return timing.summarise([FFT_S * 1e3 * (1 + flush_l2)] * n, device="cuda")

    monkeypatch.setattr(script.timing, "measure", measure)
    gpu.script = script
    return gpu


def test_the_four_clocks_tell_four_times(gpu):
    values = {k: q.value for k, q in gpu.script.one_operation("cuda").items()}
    assert values["first"] == pytest.approx(1e3 * (PLAN_S + FFT_S))
    assert values["unwaited"] == pytest.approx(1e3 * LAUNCH_S)
    assert values["hot"] == pytest.approx(1e3 * FFT_S)
    assert values["right"] == 2 * values["hot"]


def test_launches_are_told_apart_from_work(gpu):
    values = {k: (q.value, q.unit) for k, q in gpu.script.launches("cuda").items()}
    assert values["launch"] == (pytest.approx(1e6 * LAUNCH_S), "µs")
    assert values["call"][0] == pytest.approx(1e6 * LAUNCH_S, rel=0.01)  # the host is the slower
    chain = gpu.script.CHAIN
    assert values["eager"] == (pytest.approx(1e3 * (chain * LAUNCH_S + ADD_S), rel=0.01), "ms")
    assert values["graph"][0] == pytest.approx(1e3 * (2 * LAUNCH_S + chain * ADD_S), rel=0.01)


def test_copies_overlap_only_from_pinned_memory_in_a_stream_of_their_own(gpu):
    values = {k: q.value for k, q in gpu.script.overlap("cuda").items()}
    pieces = gpu.script.PIECES
    copies, both = pieces * COPY_S * 1e3, 2 * pieces * COPY_S * 1e3
    assert values["copy_pinned"] == pytest.approx(copies, rel=0.01)
    assert values["compute"] == pytest.approx(copies, rel=0.01)  # products to match the copies
    assert values["pageable"] == pytest.approx(both, rel=0.02)
    assert values["pinned"] == pytest.approx(both, rel=0.02)
    assert values["overlapped"] == pytest.approx(copies + COPY_S * 1e3, rel=0.02)


def test_no_product_starts_before_its_piece_has_arrived(gpu):
    gpu.script.overlap("cuda")
    beside = [entry for entry in gpu.log if entry[0] == "beside"][-gpu.script.PIECES :]
    products = [entry for entry in gpu.log if entry[1] == "product"]
    times = round(COPY_S / PRODUCT_S)
    for piece, (*_, arrived) in enumerate(beside):
        first = products[len(products) - (gpu.script.PIECES - piece) * times]
        assert first[2] >= arrived


def test_the_record_holds_all_of_it(gpu):
    values = gpu.script.record("cuda", None)
    assert {"first", "unwaited", "hot", "right", "launch", "call", "eager", "graph"} <= set(values)
    assert {"copy_pageable", "copy_pinned", "compute", "pageable", "pinned", "overlapped"} <= set(
        values
    )
    assert all(quantity.n >= 1 and quantity.value > 0 for quantity in values.values())


def test_pinning_is_torchs():
    tensor = SimpleNamespace(pin_memory=lambda: "pinned")
    assert recorded.script("asynchrony")._pinned(tensor) == "pinned"
    assert torch.Tensor.pin_memory
