"""Where there is no Triton, Numba or CUDA package, as on macOS: each helper says so and goes on.

Read also as: what a Mac shows, tried on a machine that has them all.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Python's own finder leads everywhere, so it is told not to know these.
WITHOUT = """
import importlib.machinery

ABSENT = {"triton", "numba", "numba_cuda", "cuda", "nvidia"}
find = importlib.machinery.PathFinder.find_spec.__func__
importlib.machinery.PathFinder.find_spec = classmethod(
    lambda cls, name, *place: None if name.partition(".")[0] in ABSENT else find(cls, name, *place)
)
"""
PROGRAM = (
    WITHOUT
    + """
import contextlib
import io
import json

import numpy as np
import torch
import warptrace
from helpers import codegen, environment, recorded, triton_here
from helpers.triton_here import tl, triton
from warptrace import cuda


@cuda.jit
def copy(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = x[i]


@triton.jit
def double(x, n: tl.constexpr):
    tl.store(x, 2 * tl.load(x))


def refusal(work):
    try:
        return f"it ran: {work()}"
    except codegen.ToolMissingError as error:
        return str(error)


def printed_by_a_page():
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        recorded.chapter("appendix/tracer", "setup numba-code compiler")
    return printed.getvalue()


x, y = np.arange(40.0), np.zeros(40)
warptrace.trace(copy, 2, 32, x, y)
CUDA = "__global__ void f(float* x) { x[0] = 1; }"
print(json.dumps({
    "traced": bool((x == y).all()),
    "mode": triton_here.mode(),
    "launch": refusal(lambda: triton_here.launch(double, (1,), torch.ones(1), n=1)),
    "agree": triton_here.agree("double", lambda: double[(1,)](x), torch.ones(1)),
    "triton": refusal(lambda: codegen.compile_triton(double, torch.ones(1), n=1)),
    "numba": printed_by_a_page(),
    "cuda": refusal(lambda: codegen.compile_cuda(CUDA)),
    "report": str(environment.check()),
}))
"""
)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("absent")
    (folder / "program.py").write_text(PROGRAM)
    path = os.pathsep.join([str(ROOT), *sys.path])
    done = subprocess.run(
        [sys.executable, folder / "program.py"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_tracer_and_the_report_do_their_work(printed):
    assert printed["traced"] and "torch" in printed["report"]


@pytest.mark.parametrize("what", ["launch", "agree", "triton"])
def test_triton_is_named_with_where_it_can_be_had(printed, what):
    assert printed["mode"] == "absent"
    assert "Triton is not on this machine" in printed[what] and "Colab or in WSL" in printed[what]


def test_numba_and_cuda_are_named_with_what_installs_them(printed):
    assert "pip install 'numba-cuda[cu13]'" in printed["numba"]
    assert "pip install 'cuda-bindings'" in printed["cuda"] and "Linux" in printed["cuda"]
