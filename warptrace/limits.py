"""What sizes a launch may have."""

import contextlib
import math

from .faults import KernelError

#: The limits of a launch on every NVIDIA GPU of compute capability 7.5 to 10.0.
MAX_THREADS = 1024
MAX_BLOCK = (1024, 1024, 64)
MAX_GRID = (2**31 - 1, 65535, 65535)
MAX_DYNAMIC_SHARED = 227 * 1024


def checked(grid, block, dynamic_shared: int) -> tuple[tuple, tuple]:
    """Return grid and block size as `(x, y, z)`.

    Raises:
        KernelError: no GPU accepts such a launch.
    """
    grid, block = extent(grid, MAX_GRID, "grid"), extent(block, MAX_BLOCK, "block")
    _check_launch(block, dynamic_shared)
    return grid, block


def extent(size, limits: tuple, what: str) -> tuple:
    """Return a grid or block size as `(x, y, z)`.

    Raises:
        KernelError: it is no size, or more than a GPU takes.
    """
    parts = tuple(size) if isinstance(size, (tuple, list)) else (size,)
    with contextlib.suppress(TypeError, ValueError):
        whole = tuple(int(part) for part in parts)
        if 1 <= len(whole) <= 3 and all(a == b for a, b in zip(whole, parts, strict=True)):
            whole += (1,) * (3 - len(whole))
            if all(1 <= n <= limit for n, limit in zip(whole, limits, strict=True)):
                return whole
    raise KernelError(f"{size!r} is no {what}: one to three whole numbers, at most {limits}")


def _check_launch(block, dynamic_shared):
    threads = math.prod(block)
    if threads > MAX_THREADS:
        raise KernelError(f"{threads} threads in a block, {MAX_THREADS} at most")
    if not 0 <= dynamic_shared <= MAX_DYNAMIC_SHARED:
        raise KernelError(
            f"{dynamic_shared} bytes of dynamic shared memory, "
            f"0 to {MAX_DYNAMIC_SHARED} per block are possible"
        )
