"""The functions of `math`."""

import ast
import math

import numpy as np

from . import operator_types, types
from .expressions import Expression, convert
from .operations import operation, scalars
from .types import TupleType


def _each(function):
    """Return `function` of `math` for arrays."""

    def compute(values):
        flat = np.ravel(values)
        results = np.fromiter((_attempt(function, float(v)) for v in flat), float, flat.size)
        return results.reshape(np.shape(values)).astype(values.dtype)[()]

    return compute


def _attempt(function, value):
    try:
        return function(value)
    except (ValueError, OverflowError):
        return _AT_POLES[function](value)


def _nearest_rest(first, second):
    """Return `first` less the nearest multiple of `second`, exactly."""
    rest = np.fmod(first, second)
    size, whole = np.abs(rest), np.abs(second)
    odd = np.fmod(np.abs(first), 2 * whole) >= whole
    over = (size > whole - size) | ((size == whole - size) & odd)
    return np.where(over, rest - np.copysign(whole, rest), rest)[()]


#: What a GPU answers where Python's functions raise an error.
_AT_POLES = {
    math.gamma: lambda x: math.copysign(math.inf, x) if x == 0 or x > 0 else math.nan,
    math.lgamma: lambda x: math.inf,
}
#: Functions of `math` → (NumPy's, number of arguments).
MATH = {
    **{name: (getattr(np, name), 1) for name in ("sqrt", "exp", "expm1", "log", "log2", "log10")},
    **{name: (getattr(np, name), 1) for name in ("log1p", "sin", "cos", "tan", "sinh", "cosh")},
    **{name: (getattr(np, name), 1) for name in ("tanh", "floor", "ceil", "trunc", "fabs")},
    **{name: (getattr(np, name), 1) for name in ("degrees", "radians")},
    **{name: (getattr(np, f"arc{name[1:]}"), 1) for name in ("asin", "acos", "atan")},
    **{name: (getattr(np, f"arc{name[1:]}"), 1) for name in ("asinh", "acosh", "atanh")},
    **{name: (_each(getattr(math, name)), 1) for name in ("erf", "erfc", "gamma", "lgamma")},
    "exp2": (np.exp2, 1),
    "nextafter": (np.nextafter, 2),
    "remainder": (_nearest_rest, 2),
    "pow": (np.power, 2),
    "fmod": (np.fmod, 2),
    "hypot": (np.hypot, 2),
    "atan2": (np.arctan2, 2),
    "copysign": (np.copysign, 2),
}
#: Functions of one number that give two → NumPy's, and the type of the second.
_PAIRS = {"modf": (np.modf, None), "frexp": (np.frexp, types.INT32)}
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}
#: The functions of `math` that a kernel may call.
CALLS = (*MATH, *_PAIRS, *_TESTS, "ldexp")


def mathematical(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of a function of `math`, None if `function` is none."""
    name = getattr(function, "__name__", "")
    if getattr(function, "__module__", None) != "math":
        return None
    if name in _TESTS:
        (value,) = scalars(scope, node, 1)
        return operation(scope, node, _TESTS[name], types.BOOL, [value.run])
    if name in _PAIRS:
        return _pair(scope, node, name)
    if name == "ldexp":
        return _scaled(scope, node)
    if name not in MATH:
        return None
    ufunc, count = MATH[name]
    values = scalars(scope, node, count)
    kind = operator_types.mathematical(*(value.kind for value in values))
    runs = [convert(value, kind) for value in values]
    return operation(scope, node, ufunc, kind, runs, flops=1)


def _pair(scope, node, name):
    (value,) = scalars(scope, node, 1)
    ufunc, second = _PAIRS[name]
    kind = operator_types.mathematical(value.kind)
    both = TupleType((kind, second or kind))
    return Expression(both, operation(scope, node, ufunc, kind, [convert(value, kind)], 1).run)


def _scaled(scope, node):
    value, exponent = scalars(scope, node, 2)
    kind = operator_types.mathematical(value.kind)
    runs = [convert(value, kind), convert(exponent, types.INT32)]
    return operation(scope, node, np.ldexp, kind, runs, flops=1)
