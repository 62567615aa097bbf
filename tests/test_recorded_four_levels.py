"""The record of one softmax on four levels: right in the tracer, compiled, run to its end."""

import numpy as np
import pytest
import torch

import warptrace
from helpers import codegen, recorded

SCRIPT = recorded.script("four_levels")


@pytest.mark.parametrize("columns", [1, 255, 256, 700])
def test_the_numba_kernel(columns):
    x = np.random.default_rng(0).normal(size=(3, columns)).astype(np.float32)
    y = np.zeros_like(x)
    traced = warptrace.trace(SCRIPT.numba_softmax, 3, 256, x, y)
    np.testing.assert_allclose(y, torch.softmax(torch.tensor(x), 1), rtol=1e-5, atol=1e-7)
    assert traced.faults == []


@pytest.mark.parametrize("architecture", ["sm_75", "sm_90"])
def test_the_cuda_kernel_compiles_and_spills_nothing(architecture):
    code = codegen.compile_cuda(SCRIPT.CUDA, "softmax", architecture=architecture)
    assert code.spill_store_bytes == 0
    assert code.opcodes["SHFL"] == 10  # five for the maximum, five for the sum


@pytest.fixture
def small(monkeypatch):
    """Shrink the script to a few rows, and let torch's operator stand for every level."""
    monkeypatch.setattr(SCRIPT, "ROWS", 8)
    monkeypatch.setattr(SCRIPT, "COLUMNS", 16)
    monkeypatch.setattr(SCRIPT, "RUNS", 2)
    right = {name: lambda x, y: torch.softmax(x, 1, out=y) for name in ("framework", "cuda")}
    monkeypatch.setattr(SCRIPT, "ways", lambda: right)
    return right


def test_the_script_records_time_and_energy(small, monkeypatch):
    used = SCRIPT.Energy(0.25, 0.001, "NVML")
    monkeypatch.setattr(SCRIPT, "energy_of", lambda work, **_: used)
    values = SCRIPT.record(torch.device("cpu"), None)
    assert set(values) == {"framework", "framework_energy", "cuda", "cuda_energy"}
    assert values["cuda_energy"].value == 250 and values["cuda_energy"].unit == "mJ"


def test_energy_that_cannot_be_measured_is_left_out(small, monkeypatch):
    monkeypatch.setattr(SCRIPT, "energy_of", lambda work, **_: None)
    assert set(SCRIPT.record(torch.device("cpu"), None)) == {"framework", "cuda"}


def test_a_level_that_is_wrong_is_not_recorded(small):
    small["cuda"] = lambda x, y: y.copy_(x)
    with pytest.raises(RuntimeError, match="cuda is wrong"):
        SCRIPT.record(torch.device("cpu"), None)
