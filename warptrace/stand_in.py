"""`numba.cuda` for kernels to be traced where Numba is not installed.

`from warptrace import cuda` then reads like `from numba import cuda`. What `cuda.jit` returns can
be traced, and started as `kernel[grid, block]`; around it, arrays go to the device and back.
"""

import inspect
import re

from .faults import KernelError
from .host import HostCalls
from .launcher import launch
from .names import DeviceNames, Marked
from .source import plain_function

#: Threads of a block where `forall` is not told; Numba asks the GPU.
FORALL_THREADS = 256


class Kernel(Marked):
    """A function that `cuda.jit` has marked; `kernel[grid, block](*args)` starts it."""

    def __call__(self, *args):
        """Raise, since a kernel needs a grid.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"give {self.__name__} a grid: {self.__name__}[blocks, threads](…)")

    def __getitem__(self, configuration):
        """Return a function that launches the kernel on `(grid, block[, stream[, shared]])`.

        Raises:
            KernelError: it is not told grid and block.
        """
        given = configuration if isinstance(configuration, tuple) else (configuration,)
        if not 2 <= len(given) <= 4:
            raise KernelError(
                f"{self.__name__}[…] is given {len(given)} of grid, block, stream and bytes of "
                f"shared memory: write {self.__name__}[blocks, threads](…)"
            )
        grid, block, *rest = given
        shared = rest[1] if len(rest) > 1 else 0
        return lambda *args: launch(self, grid, block, *args, dynamic_shared=shared)

    def forall(self, ntasks: int, tpb: int = 0, stream=0, sharedmem: int = 0):
        """Return a function that launches the kernel on `ntasks` threads or a few more.

        Raises:
            ValueError: there are fewer than none.
        """
        if ntasks < 0:
            raise ValueError(f"{ntasks} tasks")
        threads = tpb or FORALL_THREADS
        return self[max(1, -(-ntasks // threads)), threads, stream, sharedmem]


class Cuda(DeviceNames, HostCalls):
    """The namespace `cuda`: the names of a kernel, and what a program calls around it."""

    def jit(self, function=None, signature=None, *, device: bool = False, **options):
        """Mark `function` as a kernel, or as a function for kernels (`device=True`).

        In place of the function there may be a signature, as a text or of Numba's: numbers are
        then passed in its types. Arrays have types of their own.
        """
        if inspect.isfunction(function) or isinstance(function, Marked):
            return Kernel(plain_function(function), device)
        named = argument_types(function if function is not None else signature)
        return lambda marked: Kernel(plain_function(marked), device, named)


def argument_types(signature) -> tuple:
    """Return the names of the types of a signature's arguments, none if it is not one signature."""
    if isinstance(signature, str):
        inside = re.sub(r"\[[^]]*\]", "[]", signature).partition("(")[2].rpartition(")")[0]
        return tuple(name.strip() for name in inside.split(",")) if inside else ()
    given = getattr(signature, "args", signature)
    if not isinstance(given, tuple) or any(isinstance(one, str) for one in given):
        return ()
    return tuple(map(str, given))


cuda = Cuda()
