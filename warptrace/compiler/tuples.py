"""Tuples, named ones too: their items, parts, and what compares them."""

import ast

import numpy as np

from ..faults import KernelError
from ..machine.lanes import is_vector
from . import types
from .expressions import Expression, known, scalar, with_type
from .terms import tuple_of
from .types import TupleType


def item_of(value: Expression, n: int) -> Expression:
    """Return the `n`-th item of a tuple."""
    if value.known:
        found, kind = known(value.const[n]), value.kind.items[n]
        return with_type(found, kind) if types.is_scalar(kind) else found
    run = value.run
    return Expression(value.kind.items[n], lambda machine: run(machine)[n])


def named_item(scope, node: ast.Attribute, value: Expression) -> Expression:
    """Return an item of a named tuple."""
    names = value.kind.named._fields
    if node.attr not in names:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the tuple has {', '.join(names)}")
    return item_of(value, names.index(node.attr))


def item(scope, node, value):
    """Return the item of a tuple that a subscript names, or a part of the tuple."""
    if isinstance(node.slice, ast.Slice):
        return _part_of_tuple(scope, node, value)
    place = scalar(scope, node.slice)
    items = value.kind.items
    if place.known:
        try:
            n = range(len(items))[int(place.const)]
        except IndexError:
            raise scope.refuse(node, f"`{ast.unparse(node)}`: no such item") from None
        return item_of(value, n)
    if not items:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the tuple is empty")
    kind = items[0]
    if any(one != kind for one in items) or not isinstance(kind, (np.dtype, TupleType)):
        raise scope.refuse(
            node,
            f"`{ast.unparse(node)}`: the items have several types, or are arrays; "
            "name the item by a constant",
        )
    return Expression(kind, _any_item(scope, node, value.run, place.run, len(items)))


def _part_of_tuple(scope, node, value):
    ends = [node.slice.lower, node.slice.upper, node.slice.step]
    found = [None if end is None else scope.expression(end) for end in ends]
    if not all(end is None or end.known for end in found):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a part of a tuple has constant ends")
    places = range(len(value.kind.items))[slice(*(end and end.const for end in found))]
    return tuple_of([item_of(value, n) for n in places])


def _any_item(scope, node, values, place, count):
    line = scope.line(node)

    def run(machine):
        items, at = values(machine), place(machine)
        at = np.where(at < 0, at + count, at)
        if (((at < 0) | (at >= count)) & machine.mask).any():
            raise KernelError(f"out of bounds: a tuple of {count} items", line)
        return items[int(at)] if not is_vector(at) else _chosen(machine, items, at)

    return run


def _chosen(machine, items, at):
    """Return for each lane the item at its place; tuples part by part."""
    if isinstance(items[0], tuple):
        return tuple(_chosen(machine, parts, at) for parts in zip(*items, strict=True))
    stacked = np.stack([machine.vector(item) for item in items])
    return stacked[np.clip(at, 0, len(items) - 1), np.arange(machine.lanes)]
