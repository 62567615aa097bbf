"""The hardware's counters are read off what Nsight Compute prints, kernel by kernel."""

import csv
import io

import pytest

from helpers import recorded


@pytest.fixture(scope="module")
def script():
    return recorded.script("hardware_counters")


def printed(script, *, names=None):
    """Return what ncu prints, with every metric of the n-th launch at 1,000 + n."""
    names = names or list(script.samples.cases(script.SCALE))
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow(["ID", "Kernel Name", *script.metrics()])
    table.writerow(["", "", *["inst"] * len(script.metrics())])
    for n, name in enumerate(names):
        table.writerow([n, f"_ZN7samples{name}B1", *[f"{1000 + n:,}"] * len(script.metrics())])
    return "==PROF== Connected to process\n" + text.getvalue()


def test_every_counter_of_every_kernel_is_read(script):
    values = script.read(printed(script))
    assert len(values) == len(script.samples.cases()) * len(script.METRICS)
    assert values["copy:global_load_sectors"].value == 1000
    assert values["copy_strided:global_load_sectors"].value == 1001
    assert values["copy:flops_fp32"].value == (1 + 1 + 2) * 1000, "a fused pair is two"
    assert values["copy:global_atomic_requests"].value == 2 * 1000, "red and atom are added"


def test_a_launch_that_is_missing_or_another_is_noticed(script):
    names = list(script.samples.cases())
    with pytest.raises(RuntimeError, match="saw 12 launches, and 13 were made"):
        script.read(printed(script, names=names[1:]))
    with pytest.raises(RuntimeError, match="where copy was launched"):
        script.read(printed(script, names=[names[-1], *names[1:]]))


def test_without_the_profiler_the_cure_is_named(script, monkeypatch):
    monkeypatch.setattr(script.shutil, "which", lambda name: None)
    monkeypatch.setattr(script, "USUAL_PLACES", "nowhere/ncu")
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: True)
    with pytest.raises(RuntimeError, match=r"ncu\) is not here: it comes with the CUDA toolkit"):
        script._profiler()
