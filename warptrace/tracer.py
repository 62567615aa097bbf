"""Run a kernel without a GPU and count what a profiler would."""

import contextlib
from dataclasses import dataclass

import numpy as np

from . import memory, types
from .compile import compile_kernel
from .faults import KernelError, UnsupportedError
from .machine import Launch, Machine
from .types import ArrayType, TupleType

#: Lanes that run at a time: a vector of them fits into a processor's cache.
CHUNK_LANES = 1 << 16
#: Bytes of local and shared arrays that one chunk may need.
CHUNK_BYTES = 1 << 28
#: The limits of a launch on every NVIDIA GPU of compute capability 7.5 to 10.0.
MAX_THREADS = 1024
MAX_BLOCK = (1024, 1024, 64)
MAX_GRID = (2**31 - 1, 65535, 65535)
MAX_DYNAMIC_SHARED = 227 * 1024


@dataclass(frozen=True)
class Trace:
    """What a launch did.

    Attributes:
        name: the kernel's name.
        grid, block: blocks and threads per block, `(x, y, z)`.
        counters: counter → number; `counters.METRICS` says what each counts.
        lines: source line → the same counters for that line, without DRAM bytes, which are known
            for the whole only. Lines are numbered as in the file or notebook cell of the kernel;
            a line of a function from elsewhere is `(function, number)`.
        faults: races and uninitialised reads, each a `Fault`.
        source: line → its text.
        samples: what one warp touched at each access, each a `memory.Sample`.
        shared_bytes: static and dynamic shared memory per block.
    """

    name: str
    grid: tuple
    block: tuple
    counters: dict
    lines: dict
    faults: list
    source: dict
    samples: list
    shared_bytes: int

    def show(self):
        """Return the annotated source and the maps as HTML for a notebook."""
        from .views import View

        return View(self)

    def table(self) -> str:
        """Return the counters and the annotated source as text."""
        from .views import table

        return table(self)

    def __repr__(self) -> str:
        return self.table()


def trace(kernel, grid, block, *args, dynamic_shared: int = 0) -> Trace:
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

    Raises:
        UnsupportedError: the kernel holds something that is not supported; nothing has run.
        KernelError: the kernel did what hardware would not survive: an index out of bounds, a
            barrier in divergent code, a deadlock, a launch that no GPU accepts.
    """
    launch = Launch(
        extent(grid, MAX_GRID, "grid"), extent(block, MAX_BLOCK, "block"), int(dynamic_shared)
    )
    _check_launch(launch)
    values = [_argument(value) for value in args]
    kinds = [_kind_of(value) for value in values]
    program, source, slots, body = compile_kernel(kernel, kinds, launch.counters)
    views, bound = _bind(slots, values, program.written, launch.lanes)
    with np.errstate(all="ignore"):
        for first, count in _chunks(launch, program):
            machine = Machine(launch, first, count)
            machine.shared_with_others = [view.storage for view in views.values()]
            for slot, value in bound:
                machine.assign(slot, value)
            body(machine)
    return _finished(launch, program, source, views)


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


def _check_launch(launch):
    if launch.threads > MAX_THREADS:
        raise KernelError(f"{launch.threads} threads in a block, {MAX_THREADS} at most")
    if not 0 <= launch.dynamic_shared <= MAX_DYNAMIC_SHARED:
        raise KernelError(
            f"{launch.dynamic_shared} bytes of dynamic shared memory, "
            f"0 to {MAX_DYNAMIC_SHARED} per block are possible"
        )


def _argument(value):
    """Return an argument as an array, a NumPy scalar, or a tuple of those."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_argument, value))
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        return np.asarray(value)
    try:
        return types.constant(value)
    except TypeError as error:
        raise UnsupportedError(str(error)) from None


def _kind_of(value):
    """Return a function that gives the type of an argument, by the parameter's name."""
    if isinstance(value, tuple):
        kinds = [_kind_of(item) for item in value]
        return lambda name: TupleType(tuple(kind(name) for kind in kinds))
    if isinstance(value, np.ndarray):
        if str(value.dtype) not in types.SCALARS:
            raise UnsupportedError(f"arrays of {value.dtype} are not supported in a kernel")
        return lambda name: ArrayType(value.dtype, value.ndim, "global", frozenset([name]))
    return lambda name: value.dtype


def _bind(slots, values, written, lanes):
    """Return the views of the arrays by name, and what each parameter starts with."""
    arrays = {}
    for (name, _), value in zip(slots, values, strict=True):
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
            raise UnsupportedError("a tuple of arrays is not supported as an argument")
    views = memory.make_global_arrays(arrays, written, lanes)
    bound = [
        (slot, views.get(name, value)) for (name, slot), value in zip(slots, values, strict=True)
    ]
    return views, bound


def _chunks(launch, program):
    """Yield (first block, number of blocks), each as many as may run at a time."""
    lanes = max(1, CHUNK_LANES // launch.lanes_per_block)
    per_block = (
        program.shared_bytes + launch.dynamic_shared + program.lane_bytes * launch.lanes_per_block
    )
    count = min(lanes, max(1, CHUNK_BYTES // max(1, per_block)))
    for first in range(0, launch.blocks, count):
        yield first, min(count, launch.blocks - first)


def _finished(launch, program, source, views) -> Trace:
    totals = launch.counters.total()
    totals["dram_bytes_touched"] = memory.dram_bytes(views)
    lines = {}
    for other in program.sources.values():
        same = other.filename == program.home
        for number, text in other.lines.items():
            lines[number if same else (other.name, number)] = text
    return Trace(
        source.name,
        launch.grid,
        launch.block,
        totals,
        launch.counters.by_line(),
        launch.faults.all(),
        lines,
        list(launch.samples.values()),
        program.shared_bytes + launch.dynamic_shared,
    )
