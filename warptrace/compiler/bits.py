"""Bits, and the arithmetic that `cuda` itself offers."""

import ast

import numpy as np

from ..machine.numbers import fused
from . import operator_types, types
from .expressions import convert
from .operations import operation, scalars


def _unsigned(value):
    return value.astype(np.dtype(f"u{value.dtype.itemsize}"))


def _bit_function(compute, taken=lambda kind: kind, result=lambda kind: kind, narrow=True):
    """Return the rule of a function: the type in which it takes its operand, and gives its result.

    Without `narrow` the operand has 32 bits at least, or is refused, as Numba refuses it.
    """

    def rule(scope, node):
        (value,) = scalars(scope, node, 1)
        if not types.is_integer(value.kind):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: an integer is needed")
        if value.kind.itemsize < 4 and not narrow:
            raise scope.refuse(node, f"`{ast.unparse(node)}`: convert to np.int32 or np.int64")
        kind = taken(value.kind)
        out = result(kind)
        return operation(
            scope, node, lambda v: compute(_unsigned(v)).astype(out), out, [convert(value, kind)]
        )

    return rule


def _leading_zeros(value):
    bits = value.dtype.itemsize * 8
    count = np.full(np.shape(value), bits, dtype=np.int64)
    for place in range(bits):
        count = np.where(value >> value.dtype.type(place) != 0, bits - 1 - place, count)
    return count[()] if count.ndim else np.int64(count)


def _first_set(value):
    lowest = value & (~value + value.dtype.type(1))
    zeros = _leading_zeros(lowest)
    return np.where(value == 0, 0, value.dtype.itemsize * 8 - zeros)[()]


def _reversed_bits(value):
    result = np.zeros_like(value)
    one = value.dtype.type(1)
    for _ in range(value.dtype.itemsize * 8):
        result = (result << one) | (value & one)
        value = value >> one
    return result


def _fused(scope, node):
    values = scalars(scope, node, 3)
    kind = operator_types.mathematical(*(value.kind for value in values))
    runs = [convert(value, kind) for value in values]
    return operation(scope, node, fused, kind, runs, flops=2)


def _cube_root(scope, node):
    (value,) = scalars(scope, node, 1)
    kind = operator_types.mathematical(value.kind)
    return operation(scope, node, np.cbrt, kind, [convert(value, kind)], flops=1)


def _selected(scope, node):
    test, first, second = scalars(scope, node, 3)
    kind = types.unify(first.kind, second.kind)
    runs = [test.run, convert(first, kind), convert(second, kind)]
    return operation(scope, node, lambda t, a, b: np.where(t != 0, a, b)[()], kind, runs)


#: Name in `cuda` → rule of a call.
CALLS = {
    "popc": _bit_function(np.bitwise_count),
    "clz": _bit_function(_leading_zeros),
    "ffs": _bit_function(_first_set, result=lambda kind: types.UINT32, narrow=False),
    # Numba has it for unsigned numbers, and gives a signed one of 64 bits to that of 32.
    "brev": _bit_function(_reversed_bits, lambda k: k if k == types.UINT64 else types.UINT32),
    "fma": _fused,
    "cbrt": _cube_root,
    "selp": _selected,
}
