"""`while`, `for`, `break` and `continue`.

Types are found as Numba finds them: a variable has one type wherever control flow joins, so
that a loop is compiled again until the types at its head no longer change.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ..faults import KernelError
from ..machine.counting import branch
from ..machine.turns import EndlessLoop, Turns
from . import types
from .expressions import cast, condition, convert, scalar
from .iteration import is_range, plain_loop
from .joins import casts, join
from .scope import Loop, Variable
from .terms import as_tuple
from .types import ConstantType, TupleType

#: Where a running loop keeps the lanes that said `continue`, and those that said `break`.
CONTINUES, BREAKS = 0, 1


def _loop(scope, node, make):
    """Compile a loop again until the types at its head stay the same.

    `make()` compiles head and body once in `scope.env`, and returns what `run` needs together
    with the variables that hold where the loop ends by itself. Lanes that leave it so run `else`.
    """
    entry = dict(scope.env)
    head = entry
    while True:
        scope.env, loop = dict(head), Loop()
        scope.loops.append(loop)
        parts, leaving = make()
        scope.loops.pop()
        ends = [scope.env, *(env for env, _ in loop.continues)]
        following = join([head, *ends])
        if all(name in head and head[name].same(following[name]) for name in following):
            break
        head = following
    ending = scope.env
    scope.env = leaving
    otherwise = scope.block(node.orelse) if node.orelse else None
    leaving = scope.env
    after = join([leaving, *(env for env, _ in loop.breaks)])
    for env, steps in loop.continues:
        steps.extend(casts(scope, env, head))
    for env, steps in loop.breaks:
        steps.extend(casts(scope, env, after))
    begin = casts(scope, entry, head)
    repeat = casts(scope, ending, head)
    finish = casts(scope, leaving, after)
    scope.env = after
    return parts, begin, repeat, (otherwise, finish)


def while_loop(scope, node: ast.While) -> Callable:
    """Compile `while`."""

    def make():
        test = condition(scope, node.test)
        leaving = None if test.known and test.const else dict(scope.env)
        return (test.run, scope.block(node.body)), leaving

    (test, body), begin, repeat, finish = _loop(scope, node, make)
    counter, line = scope.counter(node), scope.line(node)
    scope.program.may_wait = True

    def run(machine):
        turns = Turns(machine, begin, repeat, finish)
        watch = EndlessLoop(line)
        while machine.active:
            holds, fails = branch(machine, test(machine), counter)
            turns.leave(fails)
            if holds is None:
                break
            machine.set_mask(holds)
            watch.turn(machine)
            body(machine)
            turns.again()
        turns.end()

    return run


def for_loop(scope, node: ast.For) -> Callable:
    """Compile `for`, over a `range`, a tuple, an array, or some of these together."""
    before, node = plain_loop(scope, node)
    first = [scope.statement(statement) for statement in before]
    loop = _plain_for(scope, node)

    def run(machine):
        for step in first:
            if step is not None:
                step(machine)
        loop(machine)

    return run if first else loop


def _plain_for(scope, node: ast.For) -> Callable:
    target, body_nodes = _target(node)
    kind, values = (_counted if is_range(node.iter) else _items)(scope, node)

    def make():
        leaving = dict(scope.env)
        scope.env[target] = Variable(kind)
        return scope.block(body_nodes), leaving

    body, begin, repeat, finish = _loop(scope, node, make)
    slot, counter = scope.slot(target, kind), scope.counter(node)

    def run(machine):
        sequence = values(machine)
        turns = Turns(machine, begin, repeat, finish)
        take = _turns_apart if isinstance(sequence, _LaneRange) else _turns_together
        take(machine, sequence, slot, body, turns, counter)
        turns.end()

    return run


def _target(node: ast.For) -> tuple[str, list]:
    """Return the name of the loop's variable, and its body.

    Where the loop takes items apart, the variable is one that no kernel can name.
    """
    if isinstance(node.target, ast.Name):
        return node.target.id, node.body
    item = f"item of line {node.lineno}"
    taken = ast.Assign([node.target], ast.Name(item, ast.Load()))
    return item, [ast.fix_missing_locations(ast.copy_location(taken, node)), *node.body]


def _items(scope, node):
    """Return the common type of a tuple's items, and what gives them at run time."""
    items = scope.expression(as_tuple(node.iter))
    if not isinstance(items.kind, TupleType) or not items.kind.items:
        raise scope.refuse(node, "a `for` loop runs over a `range`, a tuple or an array")
    if len(set(items.kind.items)) > 1:
        kinds = ", ".join(map(types.name, items.kind.items))
        raise scope.refuse(node.iter, f"convert the items of a loop to one type ({kinds})")
    kind = reduce(types.unify, items.kind.items)
    if isinstance(kind, ConstantType):
        raise scope.refuse(node, "a `for` loop runs over numbers, arrays or tuples of them")
    return kind, lambda machine: [cast(value, kind) for value in items.run(machine)]


@dataclass(frozen=True)
class _LaneRange:
    """A range that differs from lane to lane: each bound a scalar or one value per lane."""

    start: object
    stop: object
    step: object


def _counted(scope, node):
    """Return the type of a range's numbers, and what gives them at run time."""
    bounds = [scalar(scope, argument) for argument in node.iter.args]
    if not 1 <= len(bounds) <= 3 or node.iter.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}` is not supported in a kernel")
    kind = _range_kind(bounds)
    runs = [convert(bound, kind) for bound in bounds]
    if len(runs) == 1:
        runs = [lambda machine: kind.type(0), *runs]
    if len(runs) == 2:
        runs = [*runs, lambda machine: kind.type(1)]
    line = scope.line(node)

    def values(machine):
        start, stop, step = (bound(machine) for bound in runs)
        if np.any((step == 0) & machine.mask):
            raise KernelError("range() with a step of zero", line)
        if start.ndim == stop.ndim == step.ndim == 0:
            return map(kind.type, range(int(start), int(stop), int(step)))
        return _LaneRange(start, stop, step)

    return kind, values


def _range_kind(bounds):
    kinds = [bound.kind for bound in bounds]
    if not all(map(types.is_integer, kinds)):
        return types.INT64  # a float is cut off
    if any(kind.kind == "u" for kind in kinds):
        return types.UINT64 if all(kind.kind == "u" for kind in kinds) else types.INT64
    return types.INT32 if all(kind.itemsize <= 4 for kind in kinds) else types.INT64


def _turns_together(machine, sequence, slot, body, turns, counter):
    """Take the same values in all lanes."""
    for value in sequence:
        branch(machine, True, counter)
        machine.assign(slot, value)
        body(machine)
        turns.again()
        if not machine.active:
            return
    branch(machine, False, counter)
    turns.leave(machine.mask)


def _turns_apart(machine, lane_range, slot, body, turns, counter):
    """Let each lane count for itself, and leave when it is through."""
    value, stop, step = lane_range.start, lane_range.stop, lane_range.step
    while machine.active:
        inside = np.where(step > 0, value < stop, value > stop)[()]
        holds, fails = branch(machine, inside, counter)
        turns.leave(fails)
        if holds is None:
            return
        machine.set_mask(holds)
        machine.assign(slot, value)
        value = value + step
        body(machine)
        turns.again()


def _jump(which: int):
    def rule(scope, node):
        loop = scope.loops[-1]
        steps: list = []
        (loop.breaks if which == BREAKS else loop.continues).append((scope.env, steps))
        scope.env = None

        def run(machine):
            for step in steps:
                step(machine)
            jumps = machine.loops[-1]
            waiting = jumps[which]
            jumps[which] = machine.mask if waiting is None else waiting | machine.mask
            machine.nobody()

        return run

    return rule


break_ = _jump(BREAKS)
continue_ = _jump(CONTINUES)
