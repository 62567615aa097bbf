"""Arithmetic on scalars, typed as Numba types it."""

import ast

import numpy as np

from ..faults import KernelError
from ..machine import numbers
from . import operator_types, types
from .conditions import negation
from .expressions import Expression, cast, convert, known, scalar, with_type
from .types import TupleType

_OPERATORS = {
    ast.Add: (np.add, operator_types.arithmetic),
    ast.Sub: (np.subtract, operator_types.arithmetic),
    ast.Mult: (np.multiply, operator_types.arithmetic),
    ast.Div: (np.true_divide, operator_types.true_division),
    ast.FloorDiv: (numbers.floor_divide, operator_types.whole_division),
    ast.Mod: (numbers.remainder, operator_types.whole_division),
    ast.Pow: (None, operator_types.power),
    ast.BitAnd: (np.bitwise_and, operator_types.bitwise),
    ast.BitOr: (np.bitwise_or, operator_types.bitwise),
    ast.BitXor: (np.bitwise_xor, operator_types.bitwise),
    ast.LShift: (np.left_shift, operator_types.shift),
    ast.RShift: (np.right_shift, operator_types.shift),
}
_FOLDED = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.LShift, ast.Div)


def operation(scope, node: ast.BinOp) -> Expression:
    """Return an operator on two operands."""
    left, right = (scope.expression(side) for side in (node.left, node.right))
    return binary(scope, node, left, node.op, right)


def binary(scope, node, left: Expression, operator: ast.operator, right: Expression):
    """Return `left operator right`, typed as Numba types it."""
    tuples = isinstance(left.kind, TupleType) and isinstance(right.kind, TupleType)
    if tuples and isinstance(operator, ast.Add):
        return _joined(left, right)
    ufunc, typing = _OPERATORS.get(type(operator), (None, None))
    if typing is None or not (types.is_scalar(left.kind) and types.is_scalar(right.kind)):
        kinds = f"{types.name(left.kind)} and {types.name(right.kind)}"
        way = "; write a loop over the elements" if "array" in kinds else ""
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported: {kinds}{way}")
    try:
        kind = typing(left.kind, right.kind)
    except TypeError as error:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {error}") from None
    folded = _fold(left, right, operator, kind)
    if folded is not None:
        return folded
    if ufunc is None:
        return _power(scope, node, left, right, kind)
    first, second = convert(left, kind), convert(right, kind)
    return Expression(kind, _counted(scope, node, ufunc, first, second, kind))


#: What an operation on two complex numbers is in operations on their parts.
_COMPLEX_FLOPS = {np.add: 2, np.subtract: 2, np.multiply: 6, np.true_divide: 9}


def _counted(scope, node, ufunc, first, second, kind):
    counter, flops = scope.counter(node), types.flops_counter(kind)
    if flops:
        count = _COMPLEX_FLOPS.get(ufunc, 1) if types.is_complex(kind) else 1

        def run(machine):
            counter.tick(machine)
            setattr(counter, flops, getattr(counter, flops) + count * machine.active)
            return ufunc(first(machine), second(machine))

    else:

        def run(machine):
            counter.tick(machine)
            return ufunc(first(machine), second(machine))

    return run


def _joined(left, right):
    kind = TupleType(left.kind.items + right.kind.items)
    return Expression(kind, lambda machine: left.run(machine) + right.run(machine))


def _fold(left, right, operator, kind):
    """Compute what the compiler computes: integers and floats known in advance."""
    if not (left.known and right.known and isinstance(operator, _FOLDED)):
        return None
    ufunc = _OPERATORS[type(operator)][0]
    with np.errstate(all="ignore"):
        value = ufunc(kind.type(left.const), kind.type(right.const))
    return with_type(known(value.item()), kind)


def _power(scope, node, left, right, kind):
    if types.is_integer(kind):
        return _integer_power(scope, node, left, right, kind)
    first, second = convert(left, kind), convert(right, kind)
    if right.known and right.const == 2:
        # The base is computed once, whatever it costs.
        return Expression(
            kind, _counted(scope, node, lambda base, _: base * base, first, second, kind)
        )
    return Expression(kind, _counted(scope, node, np.power, first, second, kind))


def _integer_power(scope, node, left, right, kind):
    line = scope.line(node)

    def power(base, exponent):
        if np.any(exponent < 0):
            raise KernelError("an integer to a negative power", line)
        return np.power(base, exponent)

    first, second = convert(left, kind), convert(right, kind)
    return Expression(kind, _counted(scope, node, power, first, second, kind))


def unary(scope, node: ast.UnaryOp) -> Expression:
    """Return an operator on one operand."""
    if isinstance(node.op, ast.Not):
        return negation(scope, node)
    operand = scalar(scope, node.operand)
    if isinstance(node.op, ast.Invert):
        if not types.is_integer(operand.kind):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: a float has no bits to invert")
        kind = operand.kind if operand.kind == types.BOOL else operator_types.sign(operand.kind)
        ufunc = np.invert
    else:
        kind = operator_types.sign(operand.kind)
        ufunc = np.negative if isinstance(node.op, ast.USub) else np.positive
    if operand.known and operand.kind != types.BOOL:
        return with_type(known(ufunc(kind.type(operand.const)).item()), kind)
    # Computed in the operand's own type, and widened then.
    own = kind if operand.kind == types.BOOL else operand.kind
    run, counter = convert(operand, own), scope.counter(node)

    def compute(machine):
        counter.tick(machine)
        return cast(ufunc(run(machine)), kind)

    return Expression(kind, compute)
