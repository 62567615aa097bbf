"""Attributes, elements and parts of arrays, items of tuples."""

import ast
import math

import numpy as np

from ..faults import KernelError
from ..machine import memory
from ..machine.arrays import View
from ..machine.lanes import is_vector
from ..names import DeviceNames, Intrinsic
from ..source import as_known
from . import types
from .expressions import Expression, known, scalar
from .position import VALUES
from .terms import outside
from .types import ArrayType, ConstantType, TupleType


def attribute(scope, node: ast.Attribute) -> Expression:
    """Return an attribute: of an array, of a module, of `cuda`."""
    value = scope.expression(node.value)
    if isinstance(value.kind, ArrayType):
        return _array_attribute(scope, node, value)
    if not isinstance(value.kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    try:
        found = getattr(value.const, node.attr)
    except AttributeError:
        ours = isinstance(value.const, DeviceNames)
        problem = "is not supported in a kernel" if ours else "does not exist"
        raise scope.refuse(node, f"`{ast.unparse(node)}` {problem}") from None
    found = as_known(found)
    rule = VALUES.get(found.name) if isinstance(found, Intrinsic) else None
    return rule(scope, node) if rule else outside(scope, node, found)


def _array_attribute(scope, node, value):
    ndim, run = value.kind.ndim, value.run
    extents = TupleType((types.INT64,) * ndim)
    if node.attr == "shape":
        return Expression(extents, lambda m: tuple(map(np.int64, run(m).shape)))
    if node.attr == "strides":
        return Expression(extents, lambda m: _byte_strides(run(m)))
    if node.attr == "size":
        return Expression(types.INT64, lambda m: np.int64(math.prod(run(m).shape)))
    if node.attr == "ndim":
        return known(ndim)
    if node.attr == "dtype":
        return known(value.kind.dtype)
    if node.attr == "T":
        return Expression(value.kind, lambda m: _transposed(run(m)))
    raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")


def _byte_strides(view):
    return tuple(np.int64(stride * view.storage.unit) for stride in view.strides)


def _transposed(view):
    return View(view.storage, view.offset, view.shape[::-1], view.strides[::-1])


def subscript(scope, node: ast.Subscript) -> Expression:
    """Return an element or a part of an array, or an item of a tuple."""
    value = scope.expression(node.value)
    if isinstance(value.kind, TupleType):
        return _item(scope, node, value)
    if not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} has no elements")
    keys, dropped = index(scope, node, value.kind)
    site, array = scope.site(node), value.run
    if dropped == value.kind.ndim:
        return Expression(
            value.kind.dtype, lambda m: memory.load(m, array(m), [key(m) for key in keys], site)
        )
    kind = value.kind
    part = ArrayType(kind.dtype, kind.ndim - dropped, kind.space, kind.origins)
    line = site.line
    return Expression(part, lambda m: array(m).part(m, [key(m) for key in keys], line))


def index(scope, node: ast.Subscript, kind: ArrayType) -> tuple[list, int]:
    """Return a function per index of `node`, and how many of them are integers."""
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    keys, integers = [], 0
    for one in nodes:
        if isinstance(one, ast.Slice):
            keys.append(_slice(scope, one))
            continue
        for expression in _flattened(scope.expression(one)):
            if not types.is_integer(expression.kind):
                found = types.name(expression.kind)
                raise scope.refuse(node, f"`{ast.unparse(node)}`: an index of type {found}")
            keys.append(expression.run)
            integers += 1
    if len(keys) > kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the array has {kind.ndim} dimensions")
    return keys, integers


def _flattened(expression):
    if not isinstance(expression.kind, TupleType):
        return [expression]
    return [_picked(expression, n) for n in range(len(expression.kind.items))]


def _picked(expression, n):
    run = expression.run
    return Expression(expression.kind.items[n], lambda machine: run(machine)[n])


def _slice(scope, node):
    if node.step is not None:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a slice with a step is not supported")
    ends = [None if end is None else scalar(scope, end).run for end in (node.lower, node.upper)]
    return lambda machine: slice(*(end and end(machine) for end in ends))


def _item(scope, node, value):
    place = scalar(scope, node.slice)
    items = value.kind.items
    if place.known:
        try:
            n = range(len(items))[int(place.const)]
        except IndexError:
            raise scope.refuse(node, f"`{ast.unparse(node)}`: no such item") from None
        if value.known:
            return known(value.const[n])
        return _picked(value, n)
    kind = items[0]
    if any(item != kind for item in items) or not isinstance(kind, (np.dtype, TupleType)):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the items have several types")
    return Expression(kind, _any_item(scope, node, value.run, place.run, len(items)))


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


def written_element(scope, node: ast.Subscript) -> tuple[Expression, list]:
    """Return the array of an element that is written, and its index functions."""
    array = scope.expression(node.value)
    if not isinstance(array.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(array.kind)} is no array")
    if array.kind.space == "constant":
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a global array cannot be written")
    keys, integers = index(scope, node, array.kind)
    if integers != array.kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only single elements can be written")
    scope.program.written |= array.kind.origins
    return array, keys
