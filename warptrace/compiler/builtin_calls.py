"""Conversions between types, and Python's own functions."""

import ast
import inspect
import operator
from functools import reduce

import numpy as np

from ..machine import numbers
from . import types
from .expressions import Expression, condition, convert, known, with_type
from .operations import arguments, operation, scalars
from .operators import binary
from .terms import tuple_of
from .tuples import item_of
from .types import ArrayType, TupleType


def conversion(scope, node: ast.Call, function) -> Expression | None:
    """Return a conversion to a type, None if `function` is none."""
    kind = types.as_dtype(function)
    if kind is None:
        return None
    if function is float and len(node.args) == 1:
        text = scope.expression(node.args[0])
        if text.known and isinstance(text.const, str):
            return _number_in(scope, node, text.const)
    if kind.names:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a record is made in an array only")
    (value,) = scalars(scope, node, 1)
    if function is int and not types.is_float(value.kind):
        return value
    if function is float and types.is_float(value.kind):
        return value
    if kind == types.BOOL:
        return condition(scope, node.args[0])
    if value.known and kind.kind == "f" and not types.is_complex(value.kind):
        return Expression(kind, convert(value, kind), kind.type(value.const))
    return Expression(kind, convert(value, kind))


def _number_in(scope, node, text):
    try:
        return known(float(text))
    except ValueError:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {text!r} is no number") from None


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

    values = _values(scope, node)
    if any(types.is_complex(value.kind) for value in values):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: complex numbers have no order")
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


def _values(scope, node):
    """Return what `min`, `max` or `sum` takes: several numbers, or a tuple of them."""
    if len(node.args) != 1:
        return scalars(scope, node, 2, 32)
    whole = scope.expression(arguments(scope, node, 1)[0])
    if not isinstance(whole.kind, TupleType) or not all(map(types.is_scalar, whole.kind.items)):
        raise scope.refuse(
            node, f"`{ast.unparse(node)}` takes numbers or a tuple of them; write a loop"
        )
    if not whole.kind.items:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the tuple is empty")
    return [item_of(whole, n) for n in range(len(whole.kind.items))]


def _total(scope, node):
    if len(node.args) != 1:
        raise scope.refuse(node, f"`{ast.unparse(node)}` takes a tuple; write a loop")
    first, *rest = _values(scope, node)
    return reduce(lambda left, right: binary(scope, node, left, ast.Add(), right), rest, first)


def _power(scope, node):
    base, exponent = scalars(scope, node, 2)
    return binary(scope, node, base, ast.Pow(), exponent)


def _quotient_and_rest(scope, node):
    first, second = scalars(scope, node, 2)
    both = [binary(scope, node, first, one, second) for one in (ast.FloorDiv(), ast.Mod())]
    return tuple_of(both)


def _absolute(scope, node):
    (value,) = scalars(scope, node, 1)
    if types.is_complex(value.kind):
        kind = types.part_of_complex(value.kind)
        return operation(scope, node, np.abs, kind, [value.run], flops=1)
    return operation(scope, node, np.abs, value.kind, [value.run])


def _round(scope, node):
    values = scalars(scope, node, 1, 2)
    if types.is_complex(values[0].kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a complex number is not rounded")
    if types.is_integer(values[0].kind):
        values[0] = Expression(types.FLOAT64, convert(values[0], types.FLOAT64))
    if len(values) == 1:
        run = values[0].run
        return operation(
            scope, node, lambda v: numbers.converted(np.rint(v), types.INT64), types.INT64, [run]
        )
    if not types.is_integer(values[1].kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the number of digits is an integer")
    runs = [values[0].run, convert(values[1], types.INT64)]
    return operation(scope, node, numbers.rounded, values[0].kind, runs)


def _length(scope, node):
    (argument,) = arguments(scope, node, 1)
    value = scope.expression(argument)
    if isinstance(value.kind, TupleType):
        return known(len(value.kind.items))
    if not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} has no length")
    run = value.run
    return Expression(types.INT64, lambda machine: np.int64(run(machine).shape[0]))


def _operator(node_type):
    """Return the rule of a function of `operator`."""

    def rule(scope, node):
        first, second = arguments(scope, node, 2)
        if issubclass(node_type, ast.cmpop):
            made = ast.Compare(first, [node_type()], [second])
        else:
            made = ast.BinOp(first, node_type(), second)
        return scope.expression(ast.copy_location(made, node))

    return rule


_BUILTINS = {
    **{operator.add: _operator(ast.Add), operator.sub: _operator(ast.Sub)},
    **{operator.mul: _operator(ast.Mult), operator.truediv: _operator(ast.Div)},
    **{operator.floordiv: _operator(ast.FloorDiv), operator.mod: _operator(ast.Mod)},
    **{operator.pow: _operator(ast.Pow), operator.and_: _operator(ast.BitAnd)},
    **{operator.or_: _operator(ast.BitOr), operator.xor: _operator(ast.BitXor)},
    **{operator.lt: _operator(ast.Lt), operator.le: _operator(ast.LtE)},
    **{operator.gt: _operator(ast.Gt), operator.ge: _operator(ast.GtE)},
    **{operator.eq: _operator(ast.Eq), operator.ne: _operator(ast.NotEq)},
    **{min: _least, max: _greatest, sum: _total, len: _length},
    **{abs: _absolute, round: _round, pow: _power, divmod: _quotient_and_rest},
}
