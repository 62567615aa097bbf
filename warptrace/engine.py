"""Run a kernel for all its lanes at once, as NumPy vectors, block by block."""

import numpy as np

from .compiler import types, warp_calls
from .compiler.kernel import compile_kernel
from .compiler.types import ArrayType, TupleType
from .faults import StuckError, UnsupportedError
from .machine import buffers
from .machine.lanes import Machine
from .machine.launch import Launch
from .machine.numbers import converted
from .machine.strands import SIZES, Schedule
from .results import Trace

#: Lanes that run at a time: a vector of them fits into a processor's cache.
CHUNK_LANES = 1 << 16
#: Bytes of local and shared arrays that one chunk may need.
CHUNK_BYTES = 1 << 28


def run(
    kernel, grid: tuple, block: tuple, args: tuple, dynamic_shared: int, max_turns: int
) -> Trace:
    """Run `kernel` and count; see `tracer.trace`, which has checked the sizes.

    All lanes run in lockstep. Where that leaves threads waiting for ever, the launch is repeated
    with blocks that progress by themselves, then warps, then threads.

    Raises:
        UnsupportedError: the kernel holds something that is not supported; nothing has run.
        KernelError: the kernel did what hardware would not survive.
    """
    values, stuck = _declared(kernel, [_argument(value) for value in args]), None
    try:
        for part in ("", *SIZES):
            launch = Launch(grid, block, dynamic_shared, max_turns)
            try:
                return _attempt(kernel, launch, values, part)
            except StuckError as error:
                stuck = stuck or error
        raise stuck
    finally:
        _give_back(args, values)


def _attempt(kernel, launch, values: list, part: str = "") -> Trace:
    """Run a kernel in lockstep, or with every `part` of the grid progressing by itself.

    Raises:
        StuckError: threads wait for ever; the arrays are as they were before.
    """
    kinds = [_kind_of(value) for value in values]
    program, source, slots, body = compile_kernel(kernel, kinds, launch.counters)
    if part not in ("", *_possible_parts(program)):
        raise StuckError("lanes that exchange values do not progress by themselves")
    views, bound, arrays = _bind(slots, values, program.written, launch.lanes)
    saved = [(arrays[name], arrays[name].copy()) for name in program.written if program.may_wait]

    def machine_of(first, count=1):
        machine = Machine(launch, first, count)
        machine.shared_with_others = [view.storage for view in views.values()]
        for slot, value in bound:
            machine.assign(slot, value)
        return machine

    try:
        if part:
            Schedule(launch, machine_of, body, SIZES[part]).run()
        else:
            _in_lockstep(launch, program, machine_of, body)
    except StuckError:
        for array, before in saved:
            array[...] = before
        raise
    return _finished(launch, program, source, views, part)


def _in_lockstep(launch, program, machine_of, body):
    with np.errstate(all="ignore"):
        for first, count in _chunks(launch, program):
            body(machine_of(first, count))


#: Calls in which the threads of a block, and those of a warp, give one another values.
_BLOCK_CALLS = {"syncthreads_count", "syncthreads_and", "syncthreads_or"}
_WARP_CALLS = {"syncwarp", *warp_calls.CALLS} - {"lanemask_lt"}


def _possible_parts(program) -> list:
    """Return the parts of a grid that can progress by themselves in this kernel."""
    if program.cooperative:
        return []
    if program.used & _BLOCK_CALLS:
        return ["block"]
    return ["block", "warp"] if program.used & _WARP_CALLS else list(SIZES)


def _give_back(args, values) -> None:
    """Write the single records among the arguments, which were copied, as a launch does."""
    for record, copy in zip(args, values, strict=True):
        if isinstance(record, np.void) and record.dtype.names:
            for name in record.dtype.names:
                record[name] = copy[name]


def _declared(kernel, values: list) -> list:
    """Return the arguments, numbers in the types of the kernel's signature if it has one."""
    names = getattr(kernel, "argument_types", ())
    if len(names) != len(values):
        return values
    kinds = [types.named(name) for name in names]
    return [
        value if kind is None or not isinstance(value, np.generic) else converted(value, kind)
        for kind, value in zip(kinds, values, strict=True)
    ]


def _argument(value):
    """Return an argument as an array, a NumPy scalar, or a tuple of those."""
    if isinstance(value, (tuple, list)):
        items = tuple(map(_argument, value))
        return type(value)(*items) if hasattr(value, "_fields") else items
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.void) and value.dtype.names:
        return np.array(value)
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
        named = type(value) if hasattr(value, "_fields") else None
        return lambda name: TupleType(
            tuple(kind(f"{name}[{n}]") for n, kind in enumerate(kinds)), named
        )
    if isinstance(value, np.ndarray):
        if not types.is_element(value.dtype):
            raise UnsupportedError(types.not_held(value.dtype))
        return lambda name: ArrayType(value.dtype, value.ndim, "global", frozenset([name]))
    return lambda name: value.dtype


def _bind(slots, values, written, lanes):
    """Return views of the arrays by name, what each parameter starts with, and the arrays."""
    named = [(name, value) for (name, _), value in zip(slots, values, strict=True)]
    arrays = dict(each for name, value in named for each in _arrays_in(name, value))
    views = buffers.make_global_arrays(arrays, written, lanes)
    bound = [
        (slot, _with_views(name, value, views))
        for (name, slot), value in zip(slots, values, strict=True)
    ]
    return views, bound, arrays


def _arrays_in(name, value):
    """Yield name and array of an argument, of each item if it is a tuple."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _arrays_in(f"{name}[{n}]", item)


def _with_views(name, value, views):
    """Return an argument with views in place of its arrays."""
    if isinstance(value, tuple):
        return tuple(_with_views(f"{name}[{n}]", item, views) for n, item in enumerate(value))
    return views.get(name, value)


def _chunks(launch, program):
    """Yield (first block, number of blocks), each as many as may run at a time."""
    if program.cooperative:  # all blocks meet: none can wait for another chunk
        yield 0, launch.blocks
        return
    lanes = max(1, CHUNK_LANES // launch.lanes_per_block)
    per_block = (
        program.shared_bytes + launch.dynamic_shared + program.lane_bytes * launch.lanes_per_block
    )
    count = min(lanes, max(1, CHUNK_BYTES // max(1, per_block)))
    for first in range(0, launch.blocks, count):
        yield first, min(count, launch.blocks - first)


def _finished(launch, program, source, views, part) -> Trace:
    totals = launch.counters.total()
    totals["dram_bytes_touched"] = buffers.dram_bytes(views)
    lines = {}
    for label, other in program.sources.items():
        same = other.filename == program.home
        for number, text in other.lines.items():
            lines[number if same else (label, number)] = text
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
        launch.prints.lines,
        launch.prints.more,
        part,
    )
