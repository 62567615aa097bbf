"""Record how wrong a clock can be on a GPU, what a launch costs, and what overlaps."""

import functools
import time

import torch

from helpers import recorded, timing

TITLE = "Wrong and right times of one operation, launches, graphs and overlapped copies"
METHOD = (
    "One operation, the real Fourier transform of 2,048 rows of 4,096 float32 numbers, timed in "
    "four ways: `first`, its first call in this process, waited for; `unwaited`, 20 launches by "
    "the host's clock without waiting; `hot`, the median of 40 runs on one array, by device "
    "events; `right`, the same with the L2 cache overwritten before each run. `launch`: the host's"
    " time for one of 2,000 additions to 1,024 numbers, not waited for, and `call`, waited for at "
    "the end; medians of 9. `eager` and `graph`: 100 such additions one by one, and as one CUDA "
    "graph; median of 20, host's clock to the end of the work. Copies: 256 MiB to the device in 8 "
    "pieces, each followed by as many products as take about as long: from pageable memory, from "
    "pinned memory in one stream, and from pinned memory with a stream for the copies; median of "
    "7."
)
KINDS = ("cuda",)
ROWS, COLUMNS = 2048, 4096
UNWAITED, HOT = 20, 40
TINY, LAUNCHES, CHAIN = 1024, 2000, 100
PIECES, PIECE_BYTES = 8, 2**25
WIDTH = 2048
CLOCKED, CHAINED, COPIED = 9, 20, 7


def record(device, folder) -> dict[str, recorded.Quantity]:
    """Time everything; `folder` is not used."""
    return one_operation(device) | launches(device) | overlap(device)


def one_operation(device) -> dict[str, recorded.Quantity]:
    """Return the times, in milliseconds, that four clocks tell of one operation."""
    x = torch.randn(ROWS, COLUMNS, device=device)

    def work():
        torch.fft.rfft(x)

    first = clock_ms(work, device)
    for _ in range(3):
        work()
    _synchronise(device)
    start = time.perf_counter()
    for _ in range(UNWAITED):
        work()
    unwaited = (time.perf_counter() - start) * 1e3 / UNWAITED
    hot = timing.measure(work, n=HOT, device=device)
    right = timing.measure(work, n=HOT, device=device, flush_l2=True)
    return {
        "first": recorded.Quantity(round(first, 4), "ms", "once", 1),
        "unwaited": recorded.Quantity(round(unwaited, 5), "ms", "mean", UNWAITED),
        "hot": recorded.Quantity(round(hot.median_ms, 5), "ms", "median", HOT),
        "right": recorded.Quantity(round(right.median_ms, 5), "ms", "median", HOT),
    }


def launches(device) -> dict[str, recorded.Quantity]:
    """Return what launches cost, one by one and as a graph."""
    x = torch.zeros(TINY, device=device)

    def many(n):
        for _ in range(n):
            x.add_(1)

    many(LAUNCHES)
    returned, done = [], []
    for _ in range(CLOCKED):
        _synchronise(device)
        start = time.perf_counter()
        many(LAUNCHES)
        returned.append((time.perf_counter() - start) * 1e6 / LAUNCHES)
        _synchronise(device)
        done.append((time.perf_counter() - start) * 1e6 / LAUNCHES)
    chain = functools.partial(many, CHAIN)
    replay = captured(chain)
    ways = {"eager": chain, "graph": replay}
    times = {name: [clock_ms(work, device) for _ in range(CHAINED)] for name, work in ways.items()}
    values = {"launch": (returned, "µs", CLOCKED), "call": (done, "µs", CLOCKED)}
    values |= {name: (taken, "ms", CHAINED) for name, taken in times.items()}
    return _medians(values)


def captured(work):
    """Return a function that launches all of `work()` as one CUDA graph."""
    beside = torch.cuda.Stream()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):  # whatever a first call does must not be captured
        work()
    torch.cuda.current_stream().wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def overlap(device) -> dict[str, recorded.Quantity]:
    """Return the times of copies and products in turn, and at the same time."""
    numbers = PIECE_BYTES // 4
    pageable = [torch.ones(numbers) for _ in range(PIECES)]
    pinned = [_pinned(piece) for piece in pageable]
    targets = [torch.empty(numbers, device=device) for _ in range(PIECES)]
    a = torch.randn(WIDTH, WIDTH, device=device)
    product = torch.empty_like(a)

    def compute(times):
        for _ in range(times):
            torch.mm(a, a, out=product)

    def copy(sources):
        for source, target in zip(sources, targets, strict=True):
            target.copy_(source, non_blocking=True)

    copy(pinned), compute(3)  # warm up
    one = min(clock_ms(functools.partial(compute, 10), device) for _ in range(3)) / 10
    all_copies = min(clock_ms(functools.partial(copy, pinned), device) for _ in range(3))
    times = max(1, round(all_copies / PIECES / one))
    copying = torch.cuda.Stream()

    def in_order(sources):
        for source, target in zip(sources, targets, strict=True):
            target.copy_(source, non_blocking=True)
            compute(times)

    def overlapped():
        for source, target in zip(pinned, targets, strict=True):
            with torch.cuda.stream(copying):
                target.copy_(source, non_blocking=True)
                arrived = copying.record_event()
            torch.cuda.current_stream().wait_event(arrived)
            compute(times)

    ways = {
        "copy_pageable": lambda: copy(pageable),
        "copy_pinned": lambda: copy(pinned),
        "compute": lambda: compute(PIECES * times),
        "pageable": lambda: in_order(pageable),
        "pinned": lambda: in_order(pinned),
        "overlapped": overlapped,
    }
    taken = {name: [] for name in ways}
    for _ in range(COPIED):
        for name, way in ways.items():
            taken[name].append(clock_ms(way, device))
    return _medians({name: (times, "ms", COPIED) for name, times in taken.items()})


def clock_ms(work, device) -> float:
    """Return the host's milliseconds until `work()` is done, with nothing under way before."""
    _synchronise(device)
    start = time.perf_counter()
    work()
    _synchronise(device)
    return (time.perf_counter() - start) * 1e3


def _medians(values: dict) -> dict[str, recorded.Quantity]:
    return {
        name: recorded.Quantity(round(sorted(taken)[len(taken) // 2], 5), unit, "median", n)
        for name, (taken, unit, n) in values.items()
    }


def _pinned(tensor):
    return tensor.pin_memory()


def _synchronise(device) -> None:
    torch.cuda.synchronize(device)
