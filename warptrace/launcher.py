"""Start a kernel on the GPU if there is one that works with Numba, else in the tracer."""

import functools
import importlib
import inspect
import types
from dataclasses import dataclass

from .host import DeviceArray
from .names import DeviceNames, Intrinsic, Marked
from .probe import hardware
from .results import Trace
from .source import plain_function
from .tracer import trace


@dataclass(frozen=True)
class Launched:
    """Where a kernel ran.

    Attributes:
        device: the GPU's name, or "tracer".
        reason: why it was the tracer, empty on a GPU.
        trace: what the tracer counted, None on a GPU.
    """

    device: str
    reason: str = ""
    trace: Trace | None = None

    def __str__(self) -> str:
        if self.trace is None:
            return f"ran on {self.device}"
        return f"ran in the tracer: {self.reason}"

    __repr__ = __str__


def launch(kernel, grid, block, *args, dynamic_shared: int = 0) -> Launched:
    """Run `kernel` on the GPU if there is one that works, else in the tracer; say which.

    Arrays are changed in place either way; on a GPU they are copied there and back, unless they
    are device arrays.

    Args:
        kernel: a function written for `numba.cuda`, or a `cuda.jit` dispatcher.
        grid: number of blocks, an integer or a tuple of up to three.
        block: threads per block, likewise.
        args: NumPy arrays and numbers.
        dynamic_shared: bytes of dynamic shared memory per block.

    Raises:
        KernelError: the tracer found what the hardware would not survive.
    """
    found = hardware()
    if not found.works:
        traced = trace(kernel, grid, block, *args, dynamic_shared=dynamic_shared)
        return Launched("tracer", found.reason, traced)
    from numba import cuda

    compiled = _for_numba(kernel)
    args = [arg.__array__() if isinstance(arg, DeviceArray) else arg for arg in args]
    compiled[grid, block, 0, dynamic_shared](*args)
    cuda.synchronize()
    return Launched(found.name)


def _for_numba(kernel):
    """Return a Numba dispatcher of `kernel`, whichever way it was written."""
    if not inspect.isfunction(kernel) and not isinstance(kernel, Marked):
        return kernel
    return _compiled(plain_function(kernel))


@functools.cache
def _compiled(function):
    from numba import cuda

    return cuda.jit(with_numba_names(function))


def with_numba_names(function):
    """Return `function` with `numba.cuda` and Numba's device functions for the stand-ins."""
    from numba import cuda

    def real(value):
        if getattr(value, "__module__", None) == f"{__package__}.random":
            return getattr(importlib.import_module("numba.cuda.random"), value.__name__)
        if isinstance(value, DeviceNames):
            return cuda
        if isinstance(value, Intrinsic):
            return functools.reduce(getattr, value.name.split("."), cuda)
        if isinstance(value, Marked) or inspect.isfunction(value):
            return cuda.jit(device=True)(with_numba_names(plain_function(value)))
        return value

    named = _names_in(function.__code__)
    if "random" in named:
        importlib.import_module("numba.cuda.random")  # which makes it known as `cuda.random`
    used = named & set(function.__globals__)
    names = function.__globals__ | {name: real(function.__globals__[name]) for name in used}
    cells = tuple(types.CellType(real(cell.cell_contents)) for cell in function.__closure__ or ())
    copy = types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, cells or None
    )
    copy.__module__ = function.__module__
    return copy


def _names_in(code) -> set:
    """Return the names that a function and the functions inside it look up."""
    inner = [_names_in(part) for part in code.co_consts if isinstance(part, types.CodeType)]
    return set(code.co_names).union(*inner)
