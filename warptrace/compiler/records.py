"""Records: their fields, by attribute or by name, and copies of whole ones."""

import ast

from ..machine import fields, memory
from . import types
from .expressions import Expression
from .types import ArrayType


def has_field(value: Expression, name: str) -> bool:
    """Return whether `value` is a record, or an array of them, with a field of that name."""
    return isinstance(value.kind, ArrayType) and name in (value.kind.dtype.names or ())


def field(scope, node, value: Expression, name) -> Expression:
    """Return a field of a record as a place in memory; of an array of records, all of them.

    Args:
        scope: where it stands.
        node: the expression, for a message.
        value: the record or array.
        name: the field's name, or its number.
    """
    names = value.kind.dtype.names
    if not isinstance(name, str):
        name = names[name] if name in range(len(names)) else str(name)
    if name not in names:
        found = ", ".join(names)
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the record has the fields {found}")
    inner, run, kind = value.kind.dtype[name], value.run, value.kind
    ndim = kind.ndim + len(inner.shape)
    place = ArrayType(inner.base, ndim, kind.space, kind.origins)
    return Expression(place, lambda machine: fields.field(run(machine), name))


def loaded(scope, node, place: Expression) -> Expression:
    """Return what is read at a place: a number, while arrays and records stay where they are."""
    if place.kind.ndim or types.is_record(place.kind):
        return place
    site, run = scope.site(node), place.run
    return Expression(
        place.kind.dtype, lambda machine: memory.load(machine, run(machine), [], site)
    )


def copied(scope, target, place: Expression, value: Expression):
    """Return the assignment of one record to another: byte by byte, as Numba compiles it."""
    if not types.is_record(value.kind) or value.kind.dtype != place.kind.dtype:
        found = types.name(value.kind)
        raise scope.refuse(target, f"`{ast.unparse(target)}` takes a record, and this is {found}")
    site, source, there = scope.site(target), value.run, place.run
    count = place.kind.dtype.itemsize

    def step(machine):
        old, new = source(machine), there(machine)
        for number in range(count):
            byte = memory.load(machine, fields.one_byte(old, number), [], site)
            memory.store(machine, fields.one_byte(new, number), [], byte, site)

    return step
