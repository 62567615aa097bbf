"""Conversions between types, and Python's own functions."""

import ast
import inspect
from functools import reduce

import numpy as np

from ..machine import numbers
from . import types
from .expressions import Expression, condition, convert, known, with_type
from .operations import arguments, constant_argument, operation, scalars
from .types import ArrayType, TupleType


def conversion(scope, node: ast.Call, function) -> Expression | None:
    """Return a conversion to a type, None if `function` is none."""
    kind = types.as_dtype(function)
    if kind is None:
        return None
    (value,) = scalars(scope, node, 1)
    if function is int and not types.is_float(value.kind):
        return value
    if function is float and types.is_float(value.kind):
        return value
    if kind == types.BOOL:
        return condition(scope, node.args[0])
    if value.known and kind.kind == "f":
        return Expression(kind, convert(value, kind), kind.type(value.const))
    return Expression(kind, convert(value, kind))


def builtin(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of a built-in function, None if `function` is none."""
    rule = _BUILTINS.get(function) if inspect.isbuiltin(function) else None
    return rule(scope, node) if rule else None


def _least(scope, node):
    return _extreme(scope, node, numbers.least, np.less)


def _greatest(scope, node):
    return _extreme(scope, node, numbers.greatest, np.greater)


def _extreme(scope, node, choose, better):
    """Compile `min` or `max`: one instruction for two of a type, else compared and selected."""

    def select(first, second):
        return np.where(better(second, first), second, first)[()]

    values = scalars(scope, node, 2, 32)
    kind = values[0].kind
    for value in values[1:]:
        kind = types.unify(kind, value.kind)
    if all(value.known for value in values):
        best = reduce(select, (value.const for value in values))
        return with_type(known(kind.type(best).item()), kind)
    result = values[0]
    for value in values[1:]:
        both = types.unify(result.kind, value.kind)
        rule = choose if result.kind == value.kind else select
        runs = [convert(result, both), convert(value, both)]
        result = operation(scope, node, rule, both, runs)
    return Expression(kind, convert(result, kind))


def _absolute(scope, node):
    (value,) = scalars(scope, node, 1)
    return operation(scope, node, np.abs, value.kind, [value.run])


def _round(scope, node):
    values = scalars(scope, node, 1, 2)
    if not types.is_float(values[0].kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only a float can be rounded")
    if len(values) == 1:
        run = values[0].run
        return operation(
            scope, node, lambda v: numbers.converted(np.rint(v), types.INT64), types.INT64, [run]
        )
    digits = int(constant_argument(scope, node, node.args[1]))
    return operation(scope, node, lambda v: np.round(v, digits), values[0].kind, [values[0].run])


def _length(scope, node):
    (argument,) = arguments(scope, node, 1)
    value = scope.expression(argument)
    if isinstance(value.kind, TupleType):
        return known(len(value.kind.items))
    if not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} has no length")
    run = value.run
    return Expression(types.INT64, lambda machine: np.int64(run(machine).shape[0]))


_BUILTINS = {min: _least, max: _greatest, abs: _absolute, round: _round, len: _length}
