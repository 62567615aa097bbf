"""Triton here: interpreted where there is no GPU, started elsewhere, or missing with a cure."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from helpers import triton_here

ROOT = Path(__file__).resolve().parents[1]

PROGRAM = """
import sys, torch
{before}
from helpers import triton_here
from helpers.triton_here import tl, triton

@triton.jit
def double(x, n, size: tl.constexpr):
    i = tl.program_id(0) * size + tl.arange(0, size)
    tl.store(x + i, 2 * tl.load(x + i, mask=i < n), mask=i < n)

x = torch.arange(100.0)
{after}
"""


def run(tmp_path, before="", after=""):
    """Run a program with a kernel in a process of its own and return its last line."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(before=before, after=textwrap.dedent(after)))
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, path],
        capture_output=True,
        text=True,
        env=environment | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
    )
    return (done.stdout + done.stderr).splitlines()[-1]


@pytest.fixture
def triton():
    pytest.importorskip("triton", reason="Triton is there on Linux only")


def test_a_kernel_is_interpreted_without_a_gpu(tmp_path, triton):
    output = run(
        tmp_path, after="double[(4,)](x, 90, size=32); print(triton_here.mode(), x[89:92])"
    )
    assert output == "interpreted tensor([178.,  90.,  91.])"


def test_a_process_that_imported_triton_first_launches_elsewhere(tmp_path, triton):
    after = "triton_here.launch(double, (4,), x, 90, size=32); print(triton_here.mode(), x[89:92])"
    assert run(tmp_path, "import triton", after) == "elsewhere tensor([178.,  90.,  91.])"


def test_a_kernel_that_fails_elsewhere_says_why(tmp_path, triton):
    after = "triton_here.launch(double, (4,), x, 90, size=33)"
    output = run(tmp_path, "import triton", after)
    assert "arange's range must be a power of 2" in output


MISSING = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "triton" else find(name, *rest)
"""


def test_without_triton_a_kernel_can_be_read_and_names_the_cure(tmp_path):
    after = """
    assert double.__name__ == "double" and triton.cdiv(5, 2) == 3
    assert triton.next_power_of_2(5) == 8 and triton.next_power_of_2(8) == 8
    @triton.jit(do_not_specialize=["n"])
    def other(x, n):
        pass
    print(triton_here.mode(), triton_here.agree("sum", lambda: double[(1,)](x), x))
    """
    output = run(tmp_path, MISSING, after)
    assert output.startswith("absent sum: Triton is not on this machine.")
    assert "Colab" in output


def test_agreement_is_told_and_its_want_refused(monkeypatch):
    monkeypatch.setattr(triton_here, "mode", lambda: "compiled")
    one = torch.ones(3)
    assert triton_here.agree("one", lambda: one, one.double()) == (
        "one: compiled, furthest from torch 0.0e+00"
    )
    with pytest.raises(AssertionError):
        triton_here.agree("one", lambda: one + 1e-3, one)
    triton_here.agree("one", lambda: one + 1e-3, one, tolerance=1e-2)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'triton_language'"):
        triton_here.triton_language  # noqa: B018
