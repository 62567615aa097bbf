"""`numba.cuda` for kernels to be traced where Numba is not installed.

`from warptrace import cuda` then reads like `from numba import cuda`. Outside a kernel only
`cuda.jit` does something: what it returns can be traced, and started as `kernel[grid, block]`.
"""

from .launcher import launch
from .names import DeviceNames, Marked


class Kernel(Marked):
    """A function that `cuda.jit` has marked; `kernel[grid, block](*args)` starts it."""

    def __call__(self, *args):
        """Raise, since a kernel needs a grid.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"give {self.__name__} a grid: {self.__name__}[blocks, threads](…)")

    def __getitem__(self, configuration):
        """Return a function that launches the kernel on `(grid, block[, stream[, shared]])`."""
        grid, block, *rest = configuration
        shared = rest[1] if len(rest) > 1 else 0
        return lambda *args: launch(self, grid, block, *args, dynamic_shared=shared)


class Cuda(DeviceNames):
    """The namespace `cuda`: the names of a kernel, and what starts one."""

    def is_available(self) -> bool:
        """Return False: the stand-in reaches no GPU. `warptrace.hardware()` knows of Numba's."""
        return False

    def synchronize(self) -> None:
        """Do nothing: the tracer has finished when it returns."""

    def jit(self, function=None, *, device: bool = False, **options):
        """Mark `function` as a kernel, or as a function for kernels (`device=True`)."""
        if callable(function):
            return Kernel(function, device)
        return lambda marked: Kernel(marked, device)


cuda = Cuda()
