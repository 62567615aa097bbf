"""Methods: of arrays, of complex numbers, and named tuples that are made by calling their class."""

import ast
import math

import numpy as np

from ..faults import KernelError
from ..machine.arrays import View
from ..machine.lanes import is_vector
from . import types
from .expressions import Expression, scalar
from .operations import arguments, constant_argument, located, operation
from .slices import filled
from .terms import tuple_of
from .tuples import item_of
from .types import ArrayType, ConstantType, TupleType


def method(scope, node: ast.Call) -> Expression | None:
    """Return a call of a method of an array or a number, None if it is something else."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in METHODS:
        return None
    value = scope.expression(node.func.value)
    fits, rule = METHODS[node.func.attr]
    return rule(scope, node, value) if fits(value.kind) else None


def _is_array(kind):
    return isinstance(kind, ArrayType)


def _reshaped(scope, node, value):
    nodes = arguments(scope, node, 1, 32)
    first = scope.expression(nodes[0])
    if isinstance(first.kind, TupleType) and len(nodes) == 1:
        extents = [item_of(first, n) for n in range(len(first.kind.items))]
    else:
        extents = [scalar(scope, one) for one in nodes]
    if not all(types.is_integer(extent.kind) for extent in extents):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a shape of integers is needed")
    kind, array, line = value.kind, value.run, scope.line(node)
    result = ArrayType(kind.dtype, len(extents), kind.space, kind.origins)
    runs = [extent.run for extent in extents]
    return Expression(
        result,
        located(line, lambda m: _in_shape(m, array(m), [extent(m) for extent in runs])),
    )


def _in_shape(machine, view, wanted):
    """Return a view whose elements lie one after another in another shape."""
    if any(is_vector(n) for n in (*view.shape, *view.strides, *wanted)):
        raise KernelError("a shape that differs from thread to thread; use one for all")
    size, step = math.prod(int(n) for n in view.shape), 1
    for length, stride in zip(reversed(view.shape), reversed(view.strides), strict=True):
        if size and length != 1 and stride != step * _unit(view):
            raise KernelError("reshape takes an array whose elements lie one after another")
        step *= int(length)
    wanted = [int(n) for n in wanted]
    if wanted.count(-1) == 1:
        rest = math.prod(n for n in wanted if n != -1)
        wanted[wanted.index(-1)] = size // rest if rest else 0
    if math.prod(wanted) != size or min(wanted, default=0) < 0:
        raise KernelError(f"{size} elements do not fit the shape {tuple(wanted)}")
    strides = [math.prod(wanted[axis + 1 :]) * _unit(view) for axis in range(len(wanted))]
    return View(view.storage, view.offset, tuple(map(np.int64, wanted)), tuple(strides))


def _unit(view):
    """Return how many steps of the storage one element is."""
    return view.storage.itemsize // view.storage.unit


def _transposed(scope, node, value):
    axes = [int(constant_argument(scope, node, one)) for one in arguments(scope, node, 0, 32)]
    axes = axes or list(range(value.kind.ndim))[::-1]
    if sorted(axes) != list(range(value.kind.ndim)):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: name each dimension once")
    run = value.run

    def turned(machine):
        view = run(machine)
        shape, strides = ([whole[axis] for axis in axes] for whole in (view.shape, view.strides))
        return View(view.storage, view.offset, tuple(shape), tuple(strides))

    return Expression(value.kind, turned)


def _filled(scope, node, value):
    (number,) = arguments(scope, node, 1)
    if value.kind.space == "constant":
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a global array cannot be written")
    scope.program.written |= value.kind.origins
    step = filled(scope, node, value, scalar(scope, number))
    return Expression(ConstantType(None, id(None)), step)


def _conjugate(scope, node, value):
    arguments(scope, node, 0)
    return operation(scope, node, np.conjugate, value.kind, [value.run])


#: Name of a method → (whether it belongs to a type, rule of a call).
METHODS = {
    "reshape": (_is_array, _reshaped),
    "transpose": (_is_array, _transposed),
    "fill": (_is_array, _filled),
    "conjugate": (types.is_scalar, _conjugate),
}


def named_tuple(scope, node: ast.Call, function) -> Expression | None:
    """Return a named tuple made by a call of its class, None if `function` is none."""
    if not (isinstance(function, type) and issubclass(function, tuple)):
        return None
    names = getattr(function, "_fields", ())
    given = dict(zip(names, node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords}
    if set(given) != set(names) or len(node.args) + len(node.keywords) != len(names):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: it has {', '.join(names)}")
    return tuple_of([scope.expression(given[name]) for name in names], function)
