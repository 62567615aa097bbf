"""The terms of an expression: literals, variables, globals, tuples."""

import ast

import numpy as np

from ..machine import block_memory
from . import types
from .expressions import UNKNOWN, Expression, known, with_type
from .types import ArrayType, ConstantType, TupleType


def constant(scope, node: ast.Constant) -> Expression:
    """Return a literal."""
    if node.value is None or isinstance(node.value, (bool, int, float, complex, str)):
        return known(node.value)
    raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")


def named(scope, node: ast.Name) -> Expression:
    """Return what a name stands for: a variable, else what it is outside the kernel."""
    variable = scope.env.get(node.id)
    if variable is None:
        if node.id in scope.assigned:
            raise scope.refuse(node, f"{node.id} is read before it is assigned")
        if scope.outer is not None:
            return named(scope.outer, node)
        try:
            return outside(scope, node, scope.source.resolve(node.id))
        except KeyError:
            raise scope.refuse(node, f"{node.id} is not defined") from None
    if variable.problem:
        raise scope.refuse(node, f"{node.id} has no one type: {variable.problem}")
    kind = variable.kind
    if variable.const is not UNKNOWN and variable.sure:
        value = known(variable.const)
        return value if value.kind == kind or not types.is_scalar(kind) else with_type(value, kind)
    if isinstance(kind, ConstantType):
        return known(kind.value)
    slot, name, line = scope.slot(node.id, kind), node.id, scope.line(node)
    if variable.sure:
        return Expression(kind, lambda machine: machine.slots[slot][0])
    return Expression(kind, lambda machine: machine.read(slot, name, line), slot=slot)


def outside(scope, node, value) -> Expression:
    """Return what a global or a name of the enclosing function stands for in a kernel."""
    if isinstance(value, tuple):
        named = type(value) if hasattr(value, "_fields") else None
        return tuple_of([outside(scope, node, item) for item in value], named)
    if isinstance(value, np.ndarray):
        return _constant_array(scope, node, value)
    return known(value)


def _constant_array(scope, node, array: np.ndarray) -> Expression:
    if not types.is_element(array.dtype):
        raise scope.refuse(node, types.not_held(array.dtype))
    view = block_memory.make_constant(ast.unparse(node), array)
    return Expression(ArrayType(array.dtype, array.ndim, "constant"), lambda machine: view)


def group(scope, node: ast.Tuple) -> Expression:
    """Return a tuple."""
    return tuple_of([scope.expression(item) for item in node.elts])


def as_tuple(node: ast.expr) -> ast.expr:
    """Return a list that is written out as a tuple, where Numba takes it for one."""
    if not isinstance(node, ast.List):
        return node
    return ast.copy_location(ast.Tuple(node.elts, ast.Load()), node)


def tuple_of(items: list[Expression], named: type | None = None) -> Expression:
    """Return a tuple of expressions; `named` is the class of a named one."""
    kind = TupleType(tuple(item.kind for item in items), named)
    const = UNKNOWN
    if all(item.known for item in items):
        const = tuple(item.const for item in items)
        const = named(*const) if named else const
    runs = [item.run for item in items]
    return Expression(kind, lambda machine: tuple(run(machine) for run in runs), const)
