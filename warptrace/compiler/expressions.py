"""What an expression of a kernel becomes: its type, and a function that computes it."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from ..machine.numbers import converted
from . import types
from .types import ConstantType, TupleType

#: Stands where an expression's value is not known before the kernel runs.
UNKNOWN = object()


@dataclass(frozen=True)
class Expression:
    """A compiled expression.

    Attributes:
        kind: its type.
        run: computes it; takes the machine, returns a scalar or one value per lane.
        const: its value where that is known in advance, else `UNKNOWN`.
        slot: the variable that it is, where some lanes may have given it no value.
    """

    kind: object
    run: Callable
    const: object = UNKNOWN
    slot: tuple | None = None

    @property
    def known(self) -> bool:
        """Whether the value is known in advance."""
        return self.const is not UNKNOWN


@dataclass(frozen=True)
class Site:
    """A place of the source: its line, its counters, and a key of its own."""

    line: object
    counter: object
    key: tuple


def passing(expression: Expression) -> Callable:
    """Return a function that gives the value to a variable, in the lanes that have one.

    A lane that never assigned a variable may pass it on; only using it is an error.
    """
    source, run = expression.slot, expression.run
    if source is None:
        return lambda machine, slot: machine.assign(slot, run(machine))
    return lambda machine, slot: machine.pass_on(source, slot)


def known(value) -> Expression:
    """Return the expression of a value known in advance."""
    if isinstance(value, tuple):
        items = [known(item) for item in value]
        named = type(value) if hasattr(value, "_fields") else None
        kind = TupleType(tuple(item.kind for item in items), named)
        return Expression(kind, lambda m: tuple(item.run(m) for item in items), value)
    try:
        number = types.constant(value)
    except TypeError:
        return Expression(ConstantType(value, id(value)), lambda machine: value, value)
    return Expression(number.dtype, lambda machine: number, value)


def cast(value, kind):
    """Return a scalar or vector as `kind`, as a GPU converts it."""
    if isinstance(kind, TupleType):
        return tuple(map(cast, value, kind.items))
    if not types.is_scalar(kind) or value.dtype == kind:
        return value
    return converted(value, kind)


def convert(expression: Expression, kind) -> Callable:
    """Return a function that computes `expression` as `kind`.

    Raises:
        MismatchError: it cannot be one.
    """
    if expression.kind == kind:
        return expression.run
    if types.is_complex(expression.kind) and types.is_scalar(kind) and not types.is_complex(kind):
        raise types.MismatchError("a complex number is no real one: take its .real, .imag or abs()")
    if expression.known and types.is_scalar(kind):
        number = cast(types.constant(expression.const), kind)
        return lambda machine: number
    run = expression.run
    return lambda machine: cast(run(machine), kind)


def scalar(scope, node: ast.expr) -> Expression:
    """Return `node` compiled, which must be a number or a truth value."""
    expression = scope.expression(node)
    if not types.is_scalar(expression.kind):
        raise scope.refuse(
            node, f"`{ast.unparse(node)}` is {types.name(expression.kind)}, a number is needed"
        )
    return expression


def condition(scope, node: ast.expr) -> Expression:
    """Return the truth of `node`, bool."""
    expression = scalar(scope, node)
    if expression.known:
        return known(bool(expression.const))
    if expression.kind == types.BOOL:
        return expression
    run = expression.run
    return Expression(types.BOOL, lambda machine: run(machine) != 0)


def with_type(value: Expression, kind) -> Expression:
    """Return a value known in advance as `kind`."""
    return Expression(kind, convert(value, kind), kind.type(value.const))
