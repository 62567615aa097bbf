"""Truth values: comparisons, `and`, `or`, `not`, and the choice between two values."""

import ast
from dataclasses import replace

import numpy as np

from . import types
from .expressions import Expression, condition, convert, known, scalar
from .operations import located
from .terms import as_tuple
from .tuples import item_of
from .types import ConstantType, TupleType

_COMPARISONS = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}


def negation(scope, node: ast.UnaryOp) -> Expression:
    """Return `not …`."""
    operand = condition(scope, node.operand)
    if operand.known:
        return known(not operand.const)
    run = operand.run
    return Expression(types.BOOL, lambda machine: np.logical_not(run(machine)))


def comparison(scope, node: ast.Compare) -> Expression:
    """Return a comparison, or a chain of them."""
    if isinstance(node.ops[0], (ast.In, ast.NotIn)) and len(node.ops) == 1:
        return _membership(scope, node)
    if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and len(node.ops) == 1:
        return _identity(scope, node)
    left, result = scope.expression(node.left), None
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right, again = _kept(scope.expression(comparator))
        test = _comparison(scope, node, left, operator, right)
        result = test if result is None else _both(result, test)
        left = again
    return result


def _kept(value):
    """Return a value that is computed, and the same for a later test of a chain, which has it."""
    held = {}

    def run(machine):
        held["value"] = value.run(machine)
        return held["value"]

    return replace(value, run=run), replace(value, run=lambda machine: held["value"])


def _comparison(scope, node, left, operator, right):
    if isinstance(left.kind, TupleType) and isinstance(right.kind, TupleType):
        return _same_items(scope, node, left, operator, right)
    ufunc = _COMPARISONS.get(type(operator))
    if ufunc is None or not (types.is_scalar(left.kind) and types.is_scalar(right.kind)):
        kinds = f"{types.name(left.kind)} and {types.name(right.kind)}"
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported: {kinds}")
    has_order = not (types.is_complex(left.kind) or types.is_complex(right.kind))
    if not has_order and ufunc not in (np.equal, np.not_equal):
        raise scope.refuse(
            node, f"`{ast.unparse(node)}`: complex numbers have no order: compare abs()"
        )
    if left.known and right.known:
        return known(bool(ufunc(left.const, right.const)))
    first, second = left.run, right.run
    mixed = {left.kind.kind, right.kind.kind} == {"i", "u"}
    if not (types.is_integer(left.kind) and types.is_integer(right.kind)) or mixed:
        kind = types.unify(left.kind, right.kind)
        first, second = convert(left, kind), convert(right, kind)
    counter = scope.counter(node)

    def run(machine):
        counter.tick(machine)
        return ufunc(first(machine), second(machine))

    return Expression(types.BOOL, run)


def _same_items(scope, node, left, operator, right):
    """Compile `==` or `!=` of two tuples."""
    counts = {len(left.kind.items), len(right.kind.items)}
    if not isinstance(operator, (ast.Eq, ast.NotEq)):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: compare the items of the tuples")
    same = isinstance(operator, ast.Eq)
    result = known(same if len(counts) == 1 else not same)
    for n in range(len(left.kind.items) if len(counts) == 1 else 0):
        test = _comparison(scope, node, item_of(left, n), operator, item_of(right, n))
        result = _both(result, test) if same else _either(result, test)
    return result


def _membership(scope, node):
    items = scope.expression(as_tuple(node.comparators[0]))
    if not isinstance(items.kind, TupleType) or not items.kind.items:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: write the values out, as in (1, 2)")
    if len(set(items.kind.items)) > 1:
        kinds = ", ".join(map(types.name, items.kind.items))
        raise scope.refuse(node, f"`{ast.unparse(node)}`: convert the items to one type ({kinds})")
    left, result = scalar(scope, node.left), None
    for n in range(len(items.kind.items)):
        test = _comparison(scope, node, left, ast.Eq(), item_of(items, n))
        result = test if result is None else _either(result, test)
    if isinstance(node.ops[0], ast.NotIn):
        run = result.run
        return Expression(types.BOOL, lambda machine: np.logical_not(run(machine)))
    return result


def _either(first, second):
    return Expression(types.BOOL, lambda m: np.logical_or(first.run(m), second.run(m)))


def _identity(scope, node):
    left, right = (scope.expression(n) for n in (node.left, node.comparators[0]))
    if not (right.known and right.const is None):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only `is None` is supported")
    same = left.known and left.const is None
    return known(same == isinstance(node.ops[0], ast.Is))


def _both(first, second):
    if first.known and second.known:
        return known(bool(first.const and second.const))
    return Expression(types.BOOL, _short_circuit(first.run, second.run, types.BOOL, True))


def boolean(scope, node: ast.BoolOp) -> Expression:
    """Return `… and …` or `… or …`: what comes second runs in the lanes that need it."""
    conjunction = isinstance(node.op, ast.And)
    result = scalar(scope, node.values[0])
    for value in node.values[1:]:
        if result.known:
            if bool(result.const) != conjunction:
                return result
            result = scalar(scope, value)
            continue
        right = scalar(scope, value)
        kind = types.unify(result.kind, right.kind)
        run = _short_circuit(convert(result, kind), convert(right, kind), kind, conjunction)
        result = Expression(kind, run)
    return result


def _short_circuit(first, second, kind, conjunction):
    """Return `first and second` (or `or`): the second runs in the lanes that need it."""

    def run(machine):
        left = first(machine)
        truth = left != 0 if kind != types.BOOL else left
        holds, fails = machine.split(truth)
        needed = holds if conjunction else fails
        if needed is None:
            return left
        before, active = machine.mask, machine.active
        machine.set_mask(needed)
        right = second(machine)
        machine.set_mask(before, active)
        if needed is before:
            return right
        return np.where(needed, right, left)

    return run


def choice(scope, node: ast.IfExp) -> Expression:
    """Return `… if … else …`: each side runs in the lanes that need it."""
    test = condition(scope, node.test)
    if test.known:
        return scope.expression(node.body if test.const else node.orelse)
    first, second = scope.expression(node.body), scope.expression(node.orelse)
    kind = types.unify(first.kind, second.kind)
    if isinstance(kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a choice between functions or modules")
    sides = [convert(side, kind) for side in (first, second)]
    if not types.is_scalar(kind):
        return Expression(kind, located(scope.line(node), _select(test.run, *sides, _places)))
    return Expression(kind, _select(test.run, *sides, _numbers))


def _select(test, first, second, join):
    """Return a choice: each side runs in its lanes, `join(machine, holds, …)` makes one of both."""

    def run(machine):
        holds, fails = machine.split(test(machine))
        if fails is None:
            return first(machine)
        if holds is None:
            return second(machine)
        before, active = machine.mask, machine.active
        machine.set_mask(holds)
        left = first(machine)
        machine.set_mask(fails)
        right = second(machine)
        result = join(machine, holds, left, right)
        machine.set_mask(before, active)
        return result

    return run


def _numbers(machine, holds, left, right):
    return np.where(holds, left, right)


def _places(machine, holds, left, right):
    """Join two arrays, records or tuples, whose places may be the same."""
    machine.set_mask(holds)
    return machine.merge(left, right)
