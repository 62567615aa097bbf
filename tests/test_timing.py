"""Timing: against a clock of known speed on a CPU, and against faked device events."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import timing

pytestmark = pytest.mark.alone


def test_a_known_wait_is_measured():
    result = timing.measure(lambda: time.sleep(0.005), n=5, warmup=0, device="cpu")
    assert 5 <= result.best_ms <= result.median_ms < 50
    assert result.n == 5 and result.device == "cpu"


def test_warm_up_runs_are_not_counted():
    calls = []

    def slow_at_first():
        calls.append(1)
        if len(calls) <= 2:
            time.sleep(0.05)

    result = timing.measure(slow_at_first, n=4, warmup=2, device="cpu")
    assert len(calls) == 6 and result.p90_ms < 40


def test_summary_equals_numpy_percentiles():
    times = [5.0, 1.0, 9.0, 3.0, 7.0]
    result = timing.summarise(times, device="cpu")
    assert (result.p10_ms, result.median_ms, result.p90_ms) == tuple(
        np.percentile(times, (10, 50, 90))
    )
    assert result.best_ms == 1.0 and result.n == 5


@pytest.mark.parametrize("options", [{"n": 0}, {"n": -1}, {"warmup": -1}])
def test_nonsense_counts_are_refused(options):
    with pytest.raises(ValueError, match="at least"):
        timing.measure(lambda: None, device="cpu", **options)


def test_a_result_instead_of_a_function_is_refused():
    with pytest.raises(TypeError, match="function to call"):
        timing.measure(torch.ones(2) @ torch.ones(2), device="cpu")


def test_compare_takes_turns():
    order = []
    works = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    result = timing.compare(works, n=3, warmup=0, device="cpu")
    assert "".join(order) == "ababab"
    assert result["a"].n == result["b"].n == 3
    with pytest.raises(ValueError, match="at least 1"):
        timing.compare(works, n=0)


def test_ratio_is_of_medians():
    slow = timing.summarise([4.0], device="cpu")
    fast = timing.summarise([2.0], device="cpu")
    assert slow.over(fast) == 2.0


def fake_gpu(monkeypatch, log):
    """A GPU whose events tick with each recorded piece of work, whatever the clock says."""
    state = {"ms": 0.0}

    class Event:
        def __init__(self, enable_timing):
            assert enable_timing

        def record(self):
            log.append("event")
            self.at = state["ms"]

        def elapsed_time(self, other):
            assert log[-1] == "synchronise", "elapsed_time before the device has finished"
            return other.at - self.at

    class NoContext:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "device", NoContext)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *_: log.append("synchronise"))
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda *_: SimpleNamespace(L2_cache_size=1024)
    )
    return state


def test_a_gpu_is_timed_by_its_own_events(monkeypatch):
    log = []
    state = fake_gpu(monkeypatch, log)

    def launch():
        log.append("work")
        state["ms"] += 2.5

    result = timing.measure(launch, n=3, warmup=1, device="cuda")
    assert result.median_ms == result.best_ms == 2.5 and result.device == "cuda"
    assert log == ["work", "synchronise", *["event", "work", "event"] * 3, "synchronise"]


def test_the_l2_cache_is_swept_outside_the_events(monkeypatch):
    log = []
    fake_gpu(monkeypatch, log)
    made = []

    def empty(size, dtype, device):
        made.append(size)
        return SimpleNamespace(zero_=lambda: log.append("sweep"))

    monkeypatch.setattr(torch, "empty", empty)
    timing.measure(lambda: log.append("work"), n=2, warmup=0, device="cuda", flush_l2=True)
    assert made == [2048]
    assert log == ["synchronise", *["sweep", "event", "work", "event"] * 2, "synchronise"]
