"""The names of `numba.cuda`, for kernels to be traced where Numba is not installed.

`from warptrace import cuda` then reads like `from numba import cuda`. Outside a kernel only
`cuda.jit` does something: what it returns can be traced, and started as `kernel[grid, block]`.
"""

from collections.abc import Callable

AXES = ("x", "y", "z")
INDICES = ("threadIdx", "blockIdx", "blockDim", "gridDim")
#: Namespaces of `cuda` and the names in them.
SPACES = {
    "shared": ("array",),
    "local": ("array",),
    "const": ("array_like",),
    "atomic": (
        *("add", "sub", "max", "min", "nanmax", "nanmin", "and_", "or_", "xor"),
        *("exch", "inc", "dec", "cas", "compare_and_swap"),
    ),
}
FUNCTIONS = (
    *("grid", "gridsize", "laneid", "warpsize", "syncthreads", "syncwarp"),
    *("syncthreads_count", "syncthreads_and", "syncthreads_or"),
    *("threadfence", "threadfence_block", "threadfence_system", "nanosleep"),
    *("shfl_sync", "shfl_up_sync", "shfl_down_sync", "shfl_xor_sync"),
    *("all_sync", "any_sync", "eq_sync", "ballot_sync", "match_any_sync", "match_all_sync"),
    *("activemask", "lanemask_lt", "popc", "clz", "ffs", "brev", "fma", "selp", "cbrt"),
)


class Intrinsic:
    """A name that means something inside a kernel only."""

    def __init__(self, name: str, members: tuple = ()):
        """Know the names that follow it after a dot."""
        self.name = name
        for member in members:
            setattr(self, member, Intrinsic(f"{name}.{member}"))

    def __call__(self, *args, **kwargs):
        """Raise, since no kernel is running.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            f"cuda.{self.name} works inside a kernel: start it with "
            "warptrace.trace or warptrace.launch"
        )

    def __repr__(self) -> str:
        return f"cuda.{self.name}"


class Kernel:
    """A function that `cuda.jit` has marked; `kernel[grid, block](*args)` starts it."""

    def __init__(self, function: Callable, device: bool = False):
        """Keep the plain function as `py_func`, as Numba does."""
        self.py_func, self.device = function, device
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, *args):
        """Raise, since a kernel needs a grid.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"give {self.__name__} a grid: {self.__name__}[blocks, threads](…)")

    def __getitem__(self, configuration):
        """Return a function that launches the kernel on `(grid, block[, stream[, shared]])`."""
        from .launcher import launch

        grid, block, *rest = configuration
        shared = rest[1] if len(rest) > 1 else 0
        return lambda *args: launch(self, grid, block, *args, dynamic_shared=shared)


class Cuda:
    """The namespace `cuda`."""

    def __init__(self):
        """Define every name."""
        for name in INDICES:
            setattr(self, name, Intrinsic(name, AXES))
        for name, members in SPACES.items():
            setattr(self, name, Intrinsic(name, members))
        for name in FUNCTIONS:
            setattr(self, name, Intrinsic(name))

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
