"""Attributes, elements and parts of arrays, items of tuples."""

import ast
import math
import re
from dataclasses import replace

import numpy as np

from ..machine import fields, memory
from ..machine.arrays import View
from ..names import DeviceNames, Intrinsic
from ..source import as_known
from . import types
from .expressions import Expression, known, with_type
from .position import VALUES
from .records import field, has_field, loaded
from .terms import outside
from .tuples import item, item_of, named_item
from .types import ArrayType, ConstantType, TupleType


def attribute(scope, node: ast.Attribute) -> Expression:
    """Return an attribute: of an array, a record, a number, a tuple, a module, of `cuda`."""
    value = scope.expression(node.value)
    if has_field(value, node.attr):
        return loaded(scope, node, field(scope, node, value, node.attr))
    if isinstance(value.kind, ArrayType):
        return _array_attribute(scope, node, value)
    if types.is_scalar(value.kind):
        return _part_of_number(scope, node, value)
    if isinstance(value.kind, TupleType) and value.kind.named:
        return named_item(scope, node, value)
    if not isinstance(value.kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    ours = isinstance(value.const, DeviceNames)
    if ours and node.attr in types.SCALARS:
        return known(types.SCALARS[node.attr])
    try:
        found = getattr(value.const, node.attr)
    except AttributeError:
        problem = "is not supported in a kernel" if ours else "does not exist"
        problem += _way_out(node.attr) if ours else ""
        raise scope.refuse(node, f"`{ast.unparse(node)}` {problem}") from None
    found = as_known(found)
    rule = VALUES.get(found.name) if isinstance(found, Intrinsic) else None
    return rule(scope, node) if rule else outside(scope, node, found)


def _way_out(name: str) -> str:
    """Return what to write in place of a name of `cuda` that is not traced."""
    if name == "fp16":
        return ": compute in float32"
    if name == "libdevice":
        return ": write the function of `math`"
    if re.fullmatch(r"u?(float|int)\d+x\d", name):
        return ": use a tuple, or a number for each part"
    return ": write what it does in arithmetic of your own"


def _part_of_number(scope, node, value):
    """Return `.real` or `.imag`; a real number has them too."""
    if node.attr not in ("real", "imag"):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a number has `real` and `imag` only")
    kind, run = value.kind, value.run
    if types.is_complex(kind):
        return Expression(
            types.part_of_complex(kind), lambda machine: getattr(run(machine), node.attr)
        )
    return value if node.attr == "real" else with_type(known(0), kind)


def _array_attribute(scope, node, value):
    ndim, run, dtype = value.kind.ndim, value.run, value.kind.dtype
    extents = TupleType((types.INT64,) * ndim)
    if node.attr == "shape":
        return Expression(extents, lambda m: tuple(map(np.int64, run(m).shape)))
    if node.attr == "strides":
        return Expression(extents, lambda m: _byte_strides(run(m)))
    if node.attr in ("size", "nbytes"):
        each = 1 if node.attr == "size" else dtype.itemsize
        return Expression(types.INT64, lambda m: np.int64(math.prod(run(m).shape) * each))
    known_before = {"ndim": ndim, "dtype": dtype, "itemsize": dtype.itemsize}
    if node.attr in known_before:
        return known(known_before[node.attr])
    if types.is_complex(dtype) and node.attr in ("real", "imag"):
        parts = replace(value.kind, dtype=types.part_of_complex(dtype))
        return Expression(parts, lambda m: fields.half(run(m), node.attr))
    if node.attr == "T":
        return Expression(value.kind, lambda m: _transposed(run(m)))
    raise scope.refuse(
        node,
        f"`{ast.unparse(node)}` is not supported in a kernel: write a loop over the elements",
    )


def _byte_strides(view):
    return tuple(np.int64(stride * view.storage.unit) for stride in view.strides)


def _transposed(view):
    return View(view.storage, view.offset, view.shape[::-1], view.strides[::-1])


def subscript(scope, node: ast.Subscript) -> Expression:
    """Return an element or a part of an array, a field of a record, or an item of a tuple."""
    value = scope.expression(node.value)
    if isinstance(value.kind, TupleType):
        return item(scope, node, value)
    if not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} has no elements")
    name = _field_name(scope, node, value)
    if name is not None:
        return loaded(scope, node, field(scope, node, value, name))
    keys, ndim = index(scope, node, value.kind)
    part = part_at(scope, node, value, keys, ndim)
    if ndim or types.is_record(part.kind):
        return part
    site, array = scope.site(node), value.run
    return Expression(
        value.kind.dtype, lambda m: memory.load(m, array(m), [key(m) for key in keys], site)
    )


def _field_name(scope, node, value):
    """Return the name or number by which a field is meant, None if an element is."""
    if not value.kind.dtype.names or isinstance(node.slice, (ast.Slice, ast.Tuple)):
        return None
    if isinstance(node.slice, ast.Constant) and node.slice.value is Ellipsis:
        return None
    key = scope.expression(node.slice)
    if key.known and isinstance(key.const, str):
        return key.const
    if value.kind.ndim:
        return None
    if not key.known:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a field is named by a constant")
    return int(key.const)


def part_at(scope, node, value: Expression, keys: list, ndim: int) -> Expression:
    """Return the part of an array that `keys` choose, of `ndim` dimensions."""
    kind, array, line = value.kind, value.run, scope.line(node)
    part = ArrayType(kind.dtype, ndim, kind.space, kind.origins)
    return Expression(part, lambda m: array(m).part(m, [key(m) for key in keys], line))


def index(scope, node: ast.Subscript, kind: ArrayType) -> tuple[list, int]:
    """Return a function per index of `node`, and how many dimensions are left."""
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    keys: list = []
    for one in nodes:
        if isinstance(one, ast.Slice):
            keys.append(("slice", _slice(scope, one)))
        elif isinstance(one, ast.Constant) and one.value is Ellipsis:
            keys.append(("...", None))
        else:
            keys += [_key(scope, node, each) for each in _flattened(scope.expression(one))]
    taken = sum(what in ("slice", "integer") for what, _ in keys)
    if taken > kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the array has {kind.ndim} dimensions")
    ndim = kind.ndim + sum((what == "new") - (what == "integer") for what, _ in keys)
    return _without_ellipsis(keys, kind.ndim - taken), ndim


def _key(scope, node, expression):
    if expression.known and expression.const is None:
        return "new", lambda machine: None
    if not types.is_integer(expression.kind):
        found = types.name(expression.kind)
        raise scope.refuse(node, f"`{ast.unparse(node)}`: an index of type {found}")
    return "integer", expression.run


def _without_ellipsis(keys, missing):
    whole, found = (lambda machine: slice(None)), []
    for what, run in keys:
        found += [whole] * missing if what == "..." else [run]
    return found


def _flattened(expression):
    if not isinstance(expression.kind, TupleType):
        return [expression]
    return [item_of(expression, n) for n in range(len(expression.kind.items))]


def _slice(scope, node):
    """Return a function that gives the bounds of a slice."""
    ends = [
        None if end is None else _bound(scope, node, end)
        for end in (node.lower, node.upper, node.step)
    ]
    return lambda machine: slice(*(end and end(machine) for end in ends))


def _bound(scope, node, end):
    bound = scope.expression(end)
    if bound.known and bound.const is None:
        return None
    if not types.is_integer(bound.kind):
        found = types.name(bound.kind)
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a bound of type {found}")
    return bound.run


def written_place(scope, node: ast.expr) -> tuple[Expression, list, int]:
    """Return the array that is written, its index functions, and how many dimensions they leave.

    A field of a record is an array without dimensions, and needs no index.
    """
    value = scope.expression(node.value)
    if isinstance(node, ast.Attribute):
        if not has_field(value, node.attr):
            raise scope.refuse(node, f"`{ast.unparse(node)}` cannot be assigned in a kernel")
        name = node.attr
    elif not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} is no array")
    else:
        name = _field_name(scope, node, value)
    if value.kind.space == "constant":
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a global array cannot be written")
    scope.program.written |= value.kind.origins
    if name is not None:
        place = field(scope, node, value, name)
        return place, [], place.kind.ndim
    return value, *index(scope, node, value.kind)


def written_element(scope, node: ast.expr) -> tuple[Expression, list]:
    """Return the array of an element that is changed, and its index functions."""
    array, keys, ndim = written_place(scope, node)
    if ndim or array.kind.dtype.names:
        raise scope.refuse(
            node,
            f"`{ast.unparse(node)}`: Numba changes only single elements; write a loop",
        )
    return array, keys
