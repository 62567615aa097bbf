"""Run a kernel thread by thread and count what a profiler would."""

import math
from dataclasses import dataclass, field

from ..counters import WARP
from ..faults import FaultLog, Prints, Thread, UnsupportedError
from ..limits import checked
from ..results import Trace
from ..source import read
from . import arithmetic, arrays, kinds
from .accounts import Accounts
from .calls import finish
from .expressions import RUNTIME, whole
from .scope import Program, Scope, Variable, grouped, grow, known, node_of
from .statements import RULES
from .threads import Threads, unravel

#: Lanes that run at a time.
LOT = 1 << 16


@dataclass
class Launch:
    """What stays the same during a launch: geometry, faults, prints."""

    grid: tuple
    block: tuple
    dynamic_shared: int
    max_turns: int
    most_notes: float = math.inf
    faults: FaultLog = field(default_factory=FaultLog)
    prints: Prints = field(default_factory=Prints)

    def __post_init__(self):
        self.threads, self.blocks = math.prod(self.block), math.prod(self.grid)
        self.lanes_per_block = -(-self.threads // WARP) * WARP
        self.turns = range(self.max_turns + 1)

    def thread(self, lane: int) -> Thread:
        """Return who runs in `lane`, counted over the whole grid."""
        block, thread = divmod(lane, self.lanes_per_block)
        return Thread(unravel(block, self.grid), unravel(thread, self.block))


def trace(
    kernel,
    grid,
    block,
    *args,
    dynamic_shared: int = 0,
    max_turns: int = 1_000_000,
    most_notes: float = math.inf,
) -> Trace:
    """Run `kernel` as `warptrace.trace` does, in plain Python.

    Args:
        kernel: a function written for `numba.cuda`, or a `cuda.jit` dispatcher.
        grid: number of blocks, an integer or a tuple of up to three.
        block: threads per block, likewise.
        args: arrays (`Array`, `array.array`, memoryviews, NumPy's), numbers, tuples of numbers.
            Arrays are changed in place.
        dynamic_shared: bytes of dynamic shared memory per block.
        max_turns: turns after which a `while` loop is taken to be endless.
        most_notes: what threads may note before it is given up, which takes memory: each access,
            test and meeting of a thread is a note.

    Raises:
        UnsupportedError: the kernel holds something that is not supported; nothing has run.
        KernelError: the kernel did what hardware would not survive, or noted too much.
    """
    grid, block = checked(grid, block, int(dynamic_shared))
    launch = Launch(grid, block, int(dynamic_shared), int(max_turns), most_notes)
    program, source, root, run, given = _translated(kernel, launch, args)
    placed = [store for store in program.stores if store.space == "global"]
    arrays.place_on_device(placed)
    accounts = Accounts(launch, program.counters)
    count = max(1, LOT // launch.lanes_per_block)
    for first in range(0, launch.blocks, count):
        node = node_of(root, ())
        lot = min(count, launch.blocks - first)
        threads = Threads(
            launch, program.stores, first, lot, node, lambda n, me: run(n, me, *given)
        )
        threads.go()
        accounts.enter(root, node, threads)
    for store in placed:
        store.write_back()
    return _finished(launch, program, source, accounts)


def _translated(kernel, launch, args):
    """Return program, source, the tree's first region, the kernel's text run, its arguments."""
    source = read(kernel)
    program = Program(RULES, launch, source.filename)
    scope = Scope(program, source, (), ())
    tree = source.tree.args
    if tree.vararg or tree.kwarg or tree.kwonlyargs:
        raise scope.refuse(source.tree, "`*` and `**` parameters are not supported")
    names = [parameter.arg for parameter in tree.posonlyargs + tree.args]
    if len(names) != len(args):
        raise UnsupportedError(f"{source.name} takes {len(names)} arguments, {len(args)} given")
    texts, given = [], []
    for name, value in zip(names, args, strict=True):
        _bind(scope, name, value, texts, given)
    kernel_name, _ = finish(scope, texts, source.tree)
    names = _runtime(program, launch)
    exec(compile("\n".join(program.functions), f"<{source.name}>", "exec"), names)
    return program, source, scope.root, names[kernel_name], given


def _bind(scope, name, value, texts, given):
    """Give a parameter the type of its argument, and its text the argument's place."""
    program = scope.program
    if arrays.is_array(value):
        store = arrays.store_of(value, len(program.stores), name, "global")
        program.stores.append(store)
        array = whole(scope, store)
        scope.env[name] = Variable(array.kind, array.const)
        if name in scope.assigned:
            scope.put(f"{scope.local(name, array.kind)} = {array.text}")
        return
    one = _number(value)
    scope.env[name] = Variable(one.kind)
    texts.append(scope.local(name, one.kind))
    given.append(one.const)


def _number(value):
    """Return an argument that is no array.

    Raises:
        UnsupportedError: a kernel cannot hold it.
    """
    if isinstance(value, (tuple, list)):
        if any(map(arrays.is_array, value)):
            raise UnsupportedError("a tuple of arrays is not supported as an argument")
        return grouped([_number(item) for item in value])
    if kinds.of_constant(value) == kinds.OBJECT:
        raise UnsupportedError(f"a kernel cannot hold a {type(value).__name__}")
    return known(value)


def _runtime(program, launch) -> dict:
    """Return what the text of a program finds under its names."""
    found = ("converted", "rounded", "wrapped", "saturated", "least", "greatest", "fused", "safely")
    found += ("reversed_bits", "cube_root", "to_even", "changed")
    too_long = (
        f"a loop did not end within {launch.max_turns:,} turns; if it is to go on longer, trace "
        "the kernel with a larger `max_turns`"
    )
    return {
        **program.names,
        **RUNTIME,
        **{name: getattr(arithmetic, name) for name in found},
        **{f.__name__: f for f in (arrays.back, arrays.place_of, arrays.part_of)},
        **{f.__name__: f for f in (arrays.transposed, arrays.View, arrays.StopError, grow)},
        **{"S": program.stores, "inf": math.inf, "nan": math.nan, "too_long": too_long},
    }


def _finished(launch, program, source, accounts) -> Trace:
    totals = program.counters.total()
    totals["dram_bytes_touched"] = accounts.dram_bytes
    lines = {}
    for label, other in program.sources.items():
        same = other.filename == program.home
        for number, text in other.lines.items():
            lines[number if same else (label, number)] = text
    shared = [s for s in program.stores if s.space == "shared" and not s.dynamic]
    static = sum(store.size * store.itemsize for store in shared)
    return Trace(
        source.name,
        launch.grid,
        launch.block,
        totals,
        program.counters.by_line(),
        launch.faults.all(),
        lines,
        list(accounts.samples.values()),
        static + launch.dynamic_shared,
        launch.prints.lines,
        launch.prints.more,
    )
