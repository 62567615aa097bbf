"""Operators in C++: compiled once, loaded once, and refused with a cure or a line."""

import os
import subprocess
import sys

import pytest
import torch

from helpers import extension

ADD_ONE = """
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
using torch::stable::Tensor;
Tensor plus_one(Tensor x) {
  Tensor y = torch::stable::empty_like(x);
  const float* from = static_cast<float*>(x.data_ptr());
  float* to = static_cast<float*>(y.data_ptr());
  for (int64_t i = 0; i < x.numel(); ++i) to[i] = from[i] + 1;
  return y;
}
STABLE_TORCH_LIBRARY(NAME, m) { m.def("plus_one(Tensor x) -> Tensor"); }
STABLE_TORCH_LIBRARY_IMPL(NAME, CPU, m) { m.impl("plus_one", TORCH_BOX(&plus_one)); }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Build into a folder of the test's own, and forget what it loads."""
    monkeypatch.setattr(extension, "_folder", lambda: tmp_path)
    monkeypatch.setattr(extension, "_loaded", {})
    return tmp_path


@pytest.fixture
def compiler():
    try:
        return extension.compiler()
    except extension.CompilerMissingError as error:
        pytest.skip(str(error))


def test_an_operator_is_compiled_loaded_and_right(folder, compiler):
    source = ADD_ONE.replace("NAME", "tested_once")
    path = extension.load(source, "tested")
    assert path.parent == folder
    assert torch.equal(torch.ops.tested_once.plus_one(torch.zeros(3)), torch.ones(3))
    assert extension.load(source, "tested") == path
    with pytest.raises(RuntimeError, match=r"tested is loaded already.*restart the kernel"):
        extension.load(source + "// changed", "tested")
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_the_same_source_is_compiled_once(folder, compiler, monkeypatch):
    path = extension.build("int one() { return 1; }", "once")
    monkeypatch.setattr(subprocess, "run", None)  # a second compilation would fail
    assert extension.build("int one() { return 1; }", "once") == path


def test_an_error_names_its_line_and_can_be_repaired(folder, compiler):
    with pytest.raises(extension.BuildError, match=r"^line 2:.*error: .*undeclared"):
        extension.load("int two() {\n  return undeclared;\n}", "wrong")
    assert list(folder.iterdir()) == []
    assert extension.load("int two() {\n  return 2;\n}", "wrong").exists()


def test_a_missing_compiler_names_the_cure(folder, monkeypatch):
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(extension.CompilerMissingError, match=r"apt install g\+\+.*Colab has one"):
        extension.load("", "nothing")
    assert extension._loaded == {}


def test_the_variable_chooses_the_compiler(monkeypatch):
    monkeypatch.setenv("CXX", sys.executable)
    assert extension.compiler() == sys.executable
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(extension.CompilerMissingError):
        extension.compiler()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no users here")
def test_libraries_lie_in_a_folder_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(extension.tempfile, "gettempdir", lambda: str(tmp_path))
    extension._folder.cache_clear()
    mine = extension._folder()
    assert mine.parent == tmp_path
    assert mine.stat().st_mode & 0o777 == 0o700
    extension._folder.cache_clear()
    me = os.getuid()
    taken = tmp_path / mine.name.replace(str(me), str(me + 1))
    mine.rename(taken)
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    assert extension._folder() != taken
    extension._folder.cache_clear()
