"""Triton as this machine can run it: compiled on a GPU, interpreted on a CPU, or named and absent.

`from helpers.triton_here import tl, triton` reads like Triton's own import. Triton decides when it
is imported whether it interprets, so the decision is made here, at the first use of either name.
Source: Triton, "Debugging Triton" (the interpreter and `TRITON_INTERPRET`).
"""

import functools
import importlib.util
import inspect
import os
import sys
import tempfile
import textwrap
from pathlib import Path

from helpers import processes
from helpers.codegen import TritonMissingError


def __getattr__(name: str):
    if name in ("triton", "tl"):
        return _modules()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def mode() -> str:
    """Return how kernels run in this process: "compiled", "interpreted" or "absent".

    "elsewhere" is said of a process without a GPU that imported Triton before this module could
    choose: its kernels can be launched by `launch` alone, which starts another process.
    """
    if not _has_triton():
        return "absent"
    if _has_gpu():
        return "compiled"
    return "interpreted" if _interprets() else "elsewhere"


def launch(kernel, grid: tuple, *arguments, **constants) -> None:
    """Run `kernel[grid](*arguments, **constants)`, in another process where this one cannot.

    Args:
        kernel: a `triton.jit` function; elsewhere it may use `tl` and `triton`, nothing else.
        grid: programs along each axis.
        arguments: tensors, which are changed in place, and numbers.
        constants: the kernel's `tl.constexpr` arguments, by name.

    Raises:
        TritonMissingError: there is no Triton for this machine.
        RuntimeError: the kernel failed in the other process; the message is its last line.
    """
    if mode() == "elsewhere":
        _launch_elsewhere(kernel, grid, arguments, constants)
    else:
        kernel[grid](*arguments, **constants)


def agree(name: str, work, expected, *, tolerance: float = 1e-5) -> str:
    """Return a sentence that says how far `work()` is from `expected`, or why it cannot run.

    Args:
        name: of what is compared.
        work: called without arguments; returns a tensor.
        expected: a tensor of the same shape.
        tolerance: absolute and relative.

    Raises:
        AssertionError: the two differ by more.
    """
    import torch

    try:
        found = work()
    except TritonMissingError as error:
        return f"{name}: {error}"
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance, check_dtype=False)
    furthest = (found.double() - expected.double()).abs().max().item()
    return f"{name}: {mode()}, furthest from torch {furthest:.1e}"


class _Absent:
    """What stands for Triton's names, and for kernels, where there is no Triton."""

    def __getattr__(self, name: str):
        return self

    def jit(self, kernel=None, **options):
        return _AbsentKernel(kernel) if kernel else _AbsentKernel

    def cdiv(self, x: int, y: int) -> int:
        return -(-x // y)

    def next_power_of_2(self, n: int) -> int:
        return 1 << (n - 1).bit_length()


class _AbsentKernel:
    """A kernel that can be read and not run."""

    def __init__(self, kernel):
        self.fn = kernel
        functools.update_wrapper(self, kernel)

    def __getitem__(self, grid):
        raise TritonMissingError


@functools.cache
def _modules() -> dict:
    if not _has_triton():
        return dict.fromkeys(("triton", "tl"), _Absent())
    if not _has_gpu() and "triton" not in sys.modules:
        os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    return {"triton": triton, "tl": tl}


@functools.cache
def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


@functools.cache
def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _interprets() -> bool:
    """Tell by what Triton's own functions became when it was imported."""
    return type(_modules()["tl"].sum).__name__ == "InterpretedFunction"


_PROGRAM = """
import sys
import torch
import triton
import triton.language as tl
{source}
given = torch.load(sys.argv[1], weights_only=False)
{name}[given["grid"]](*given["arguments"], **given["constants"])
torch.save(given["arguments"], sys.argv[1])
"""


def _launch_elsewhere(kernel, grid, arguments, constants) -> None:
    import torch

    plain = getattr(kernel, "fn", kernel)
    source = textwrap.dedent(inspect.getsource(plain))
    with tempfile.TemporaryDirectory() as folder:
        program, data = Path(folder, "program.py"), Path(folder, "data.pt")
        program.write_text(_PROGRAM.format(source=source, name=plain.__name__), encoding="utf-8")
        torch.save({"grid": grid, "arguments": arguments, "constants": constants}, data)
        done = processes.python(program, data, TRITON_INTERPRET="1")
        if done.returncode:
            raise RuntimeError(processes.last_line(done))
        for old, new in zip(arguments, torch.load(data, weights_only=False), strict=True):
            if isinstance(old, torch.Tensor):
                old.copy_(new)
