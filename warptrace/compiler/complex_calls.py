"""Complex numbers: how they are made, and the functions of `cmath`."""

import ast

import numpy as np

from . import types
from .expressions import Expression, convert
from .operations import operation, scalars
from .types import TupleType

#: Functions of `cmath` → NumPy's.
CMATH = {
    **{name: getattr(np, name) for name in ("exp", "log", "log10", "sqrt", "sin", "cos", "tan")},
    **{name: getattr(np, name) for name in ("sinh", "cosh", "tanh")},
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan")},
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asinh", "acosh", "atanh")},
}
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}
#: The functions of `cmath` that a kernel may call.
CALLS = (*CMATH, *_TESTS, "phase", "polar", "rect")


def complex_kind(*kinds: np.dtype) -> np.dtype:
    """Return the type that complex numbers have beside `kinds`: 64 bits if all are float32."""
    small = all(kind in (types.FLOAT32, types.COMPLEX64) for kind in kinds)
    return types.COMPLEX64 if small else types.COMPLEX128


def made(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of `complex`, None if `function` is another."""
    if function is not complex:
        return None
    values = scalars(scope, node, 1, 2)
    if any(types.is_complex(value.kind) for value in values):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: made of real numbers")
    kind = complex_kind(*(value.kind for value in values))
    runs = [convert(value, types.part_of_complex(kind)) for value in values]
    return operation(scope, node, lambda *parts: _joined(kind, *parts), kind, runs)


def _joined(kind, real, imaginary=None):
    imaginary = real.dtype.type(0) if imaginary is None else imaginary
    number = np.zeros(np.broadcast_shapes(np.shape(real), np.shape(imaginary)), kind)
    number.real, number.imag = real, imaginary
    return number[()]


def complex_function(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of a function of `cmath`, None if `function` is none."""
    if getattr(function, "__module__", None) != "cmath":
        return None
    name = function.__name__
    if name == "rect":
        return _rectangular(scope, node)
    value, *base = scalars(scope, node, 1, 2 if name == "log" else 1)
    kind = complex_kind(value.kind)
    if base:
        kind = complex_kind(value.kind, base[0].kind)
        runs = [convert(one, kind) for one in (value, *base)]
        return operation(scope, node, lambda z, b: np.log(z) / np.log(b), kind, runs, flops=3)
    part, runs = types.part_of_complex(kind), [convert(value, kind)]
    if name in _TESTS:
        return operation(scope, node, _TESTS[name], types.BOOL, runs)
    if name == "phase":
        return operation(scope, node, np.angle, part, runs, flops=1)
    if name == "polar":
        both = TupleType((part, part))
        return Expression(both, operation(scope, node, _polar, part, runs, flops=2).run)
    if name not in CMATH:
        return None
    return operation(scope, node, CMATH[name], kind, runs, flops=1)


def _polar(number):
    return np.abs(number), np.angle(number)


def _rectangular(scope, node):
    values = scalars(scope, node, 2)
    kind = complex_kind(*(value.kind for value in values))
    runs = [convert(value, types.part_of_complex(kind)) for value in values]

    def compute(size, angle):
        angle = np.where((size == 0) & ~np.isfinite(angle), size, angle)[()]  # nothing is turned
        return _joined(kind, size * np.cos(angle), size * np.sin(angle))

    return operation(scope, node, compute, kind, runs, flops=4)
