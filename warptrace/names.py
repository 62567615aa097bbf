"""The names of `numba.cuda` that mean something inside a kernel."""

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
    "cg": ("this_grid",),
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


class DeviceNames:
    """The namespace `cuda` as a kernel sees it."""

    def __init__(self):
        """Define every name."""
        for name in INDICES:
            setattr(self, name, Intrinsic(name, AXES))
        for name, members in SPACES.items():
            setattr(self, name, Intrinsic(name, members))
        for name in FUNCTIONS:
            setattr(self, name, Intrinsic(name))

    @property
    def random(self):
        """The random numbers of `numba.cuda.random`."""
        from . import random  # only now, since it brings NumPy

        return random


class Marked:
    """A function that `cuda.jit` has marked: a kernel, or a function for kernels."""

    def __init__(self, function: Callable, device: bool = False, argument_types: tuple = ()):
        """Keep the plain function as `py_func`, as Numba does, and what a signature says."""
        self.py_func, self.device, self.argument_types = function, device, argument_types
        self.__name__, self.__doc__ = function.__name__, function.__doc__


#: What the module `numba.cuda` stands for inside a kernel.
DEVICE_NAMES = DeviceNames()
