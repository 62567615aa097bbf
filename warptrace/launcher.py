"""Start a kernel on the GPU if there is one that works with Numba, else in the tracer."""

import functools
import inspect
import subprocess
import sys
import types as python_types
from dataclasses import dataclass

from . import stand_in
from .source import plain_function
from .tracer import Trace, trace

#: Adds 1 to a number on the GPU and prints the GPU's name; run in a process of its own, since a
#: driver that refuses may take the process with it.
PROBE = """
import numpy as np
from numba import config, cuda
if config.ENABLE_CUDASIM:
    raise SystemExit("NUMBA_ENABLE_CUDASIM is set: this is Numba's simulator, not a GPU")
@cuda.jit
def add(a):
    a[0] += 1
a = np.ones(1, np.float32)
add[1, 1](a)
assert a[0] == 2, "the GPU computed 1 + 1 = %s" % a[0]
name = cuda.get_current_device().name
print(name.decode() if isinstance(name, bytes) else name)
"""
PROBE_SECONDS = 120

#: A piece of an error → what to say about it, and what to do.
CURES = {
    "No module named 'numba'": "Numba is not installed: pip install 'numba-cuda[cu13]'",
    "No module named 'numba_cuda'": "numba-cuda is not installed: pip install 'numba-cuda[cu13]'",
    "NUMBA_ENABLE_CUDASIM": "NUMBA_ENABLE_CUDASIM is set: unset it to use the GPU",
    "UNSUPPORTED_PTX_VERSION": (
        "the driver refuses Numba's PTX, which is newer than the driver: install the numba-cuda "
        "that matches it, pip install 'numba-cuda[cu12]', or update the driver (580 or later "
        "for CUDA 13)"
    ),
    "Unsupported .version": (
        "the driver refuses Numba's PTX, which is newer than the driver: install the numba-cuda "
        "that matches it, pip install 'numba-cuda[cu12]', or update the driver (580 or later "
        "for CUDA 13)"
    ),
    "driver library cannot be found": "there is no NVIDIA driver on this machine",
    "CUDA_ERROR_NO_DEVICE": "there is no NVIDIA GPU on this machine",
    "no CUDA-capable device": "there is no NVIDIA GPU on this machine",
    "libnvvm": "NVVM is missing: pip install 'numba-cuda[cu13]'",
    "NVVM": "NVVM is missing: pip install 'numba-cuda[cu13]'",
}


@dataclass(frozen=True)
class Hardware:
    """Whether Numba can run kernels here.

    Attributes:
        name: the GPU's name, empty if none can be used.
        reason: why none can be used and what to do about it, empty if one can.
    """

    name: str
    reason: str

    @property
    def works(self) -> bool:
        """Whether kernels can run on a GPU."""
        return bool(self.name)


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
    compiled[grid, block, 0, dynamic_shared](*args)
    cuda.synchronize()
    return Launched(found.name)


@functools.cache
def hardware() -> Hardware:
    """Return whether Numba can run kernels here. It is tried once, in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Hardware("", f"the GPU could not be tried ({error})")
    if done.returncode == 0:
        return Hardware(done.stdout.strip().splitlines()[-1], "")
    return Hardware("", explain(done.stderr))


def explain(stderr: str) -> str:
    """Return why a probe failed, and the cure where one is known."""
    for piece, cure in CURES.items():
        if piece in stderr:
            return cure
    lines = [line for line in stderr.splitlines() if line.strip()]
    return f"Numba failed on this GPU ({lines[-1] if lines else 'without a message'})"


def _for_numba(kernel):
    """Return a Numba dispatcher of `kernel`, whichever way it was written."""
    if not inspect.isfunction(kernel) and not isinstance(kernel, stand_in.Kernel):
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
        if value is stand_in.cuda:
            return cuda
        if isinstance(value, stand_in.Intrinsic):
            return functools.reduce(getattr, value.name.split("."), cuda)
        if isinstance(value, stand_in.Kernel) or inspect.isfunction(value):
            return cuda.jit(device=True)(with_numba_names(plain_function(value)))
        return value

    used = set(function.__code__.co_names) & set(function.__globals__)
    names = function.__globals__ | {name: real(function.__globals__[name]) for name in used}
    cells = tuple(
        python_types.CellType(real(cell.cell_contents)) for cell in function.__closure__ or ()
    )
    copy = python_types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, cells or None
    )
    copy.__module__ = function.__module__
    return copy
