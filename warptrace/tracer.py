"""Run a kernel without a GPU and count what a profiler would."""

from dataclasses import replace

from .launches import Launch, kept
from .limits import checked
from .results import Trace


def trace(kernel, grid, block, *args, dynamic_shared: int = 0, max_turns: int = 1_000_000) -> Trace:
    """Run `kernel` on NumPy arrays as a GPU would, and count.

    Arrays are changed in place. All threads run in lockstep, 32 to a warp, with the types that
    Numba would give their values; blocks run in chunks, so that memory does not grow with the
    grid.

    Args:
        kernel: a function written for `numba.cuda`, or a `cuda.jit` dispatcher.
        grid: number of blocks, an integer or a tuple of up to three.
        block: threads per block, likewise.
        args: NumPy arrays, CPU tensors, numbers, tuples of numbers.
        dynamic_shared: bytes of dynamic shared memory per block.
        max_turns: turns after which a `while` loop is taken to be endless.

    Raises:
        UnsupportedError: the kernel holds something that is not supported; nothing has run.
        KernelError: the kernel did what hardware would not survive: an index out of bounds, a
            barrier in divergent code, a deadlock, a launch that no GPU accepts.
    """
    dynamic_shared = int(dynamic_shared)
    grid, block = checked(grid, block, dynamic_shared)
    from .engine import run  # only now, since it brings NumPy

    launch = Launch(kernel, grid, block, dynamic_shared, kept(args))
    return replace(run(kernel, grid, block, args, dynamic_shared, int(max_turns)), launch=launch)
