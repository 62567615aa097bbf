"""Atomic operations on an element of an array."""

import ast

from ..machine import memory
from ..machine.atomics import OPERATIONS, add_float32_in_global_memory
from . import types
from .elements import written_element
from .expressions import Expression, convert, scalar
from .operations import arguments


def _atomic(name):
    _, count = OPERATIONS[name]

    def rule(scope, node):
        wanted = node is not scope.discarded
        array, index, *operands = arguments(scope, node, 2 + count)
        target = ast.copy_location(ast.Subscript(array, index, ast.Load()), node)
        return _atomic_expression(scope, node, target, name, operands, wanted)

    return rule


def _compare_and_swap(scope, node):
    wanted = node is not scope.discarded
    array, old, new = arguments(scope, node, 3)
    zero = ast.copy_location(ast.Constant(0), node)
    target = ast.copy_location(ast.Subscript(array, zero, ast.Load()), node)
    return _atomic_expression(scope, node, target, "cas", [old, new], wanted)


def _check_type(scope, node, name, dtype):
    """Refuse elements that Numba has no such atomic for."""
    if name in ("and_", "or_", "xor", "exch", "cas"):
        wanted, fits = "integers", dtype.kind in "iu"
    elif name in ("inc", "dec"):
        wanted, fits = "unsigned integers", dtype.kind == "u"
    else:
        wanted, fits = "real numbers", dtype.kind in "iuf"
    if not fits or dtype.itemsize < 4:
        found = f"these are {types.name(dtype)}"
        raise scope.refuse(node, f"atomic.{name} takes {wanted} of 32 or 64 bits, and {found}")


def _atomic_expression(scope, node, target, name, operands, wanted):
    array, keys = written_element(scope, target)
    dtype, view, site = array.kind.dtype, array.run, scope.site(node)
    _check_type(scope, node, name, dtype)
    operation = OPERATIONS[name][0]
    if name == "add" and dtype == types.FLOAT32 and array.kind.space == "global":
        operation = add_float32_in_global_memory
    runs = [convert(scalar(scope, operand), dtype) for operand in operands]

    def run(machine):
        values = [value(machine) for value in runs]
        places = [key(machine) for key in keys]
        return memory.atomic(machine, view(machine), places, operation, values, site, wanted=wanted)

    return Expression(dtype, run)


#: Name in `cuda` → rule of a call.
CALLS = {
    "atomic.compare_and_swap": _compare_and_swap,
    **{f"atomic.{name}": _atomic(name) for name in OPERATIONS},
}
