"""The functions of NumPy that Numba compiles for a GPU, on numbers.

They are typed as NumPy types its scalars: a float32 stays one beside any integer.
"""

import ast
import math

import numpy as np

from . import types
from .expressions import Expression, convert
from .operations import operation, scalars

#: Functions of one number whose result is a float; those of complex numbers too.
_SMOOTH = ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh")
_SMOOTH += ("arcsinh", "arccosh", "arctanh", "log", "log2", "log10")
_REAL = ("deg2rad", "radians", "rad2deg", "degrees", "arctan2", "hypot")
_SAME = ("maximum", "minimum", "fmax", "fmin", "conjugate", "conj")
_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift")
_TRUTHS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
_TRUTHS += ("logical_and", "logical_or", "logical_xor", "logical_not", "isnan")
#: Each of them by name.
NUMPY = {
    name: getattr(np, name)
    for name in (*_SMOOTH, *_REAL, *_SAME, *_BITS, *_TRUTHS, "divide", "true_divide")
}
_PARTS = {np.real: "real", np.imag: "imag"}
#: The functions of NumPy that a kernel may call.
CALLS = (*NUMPY, *_PARTS.values())


def numpy_function(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of a function of NumPy, None if `function` is none."""
    if function in _PARTS:
        inner = ast.Attribute(*node.args, _PARTS[function], ast.Load())
        return scope.expression(ast.copy_location(inner, node))
    name = getattr(function, "__name__", "")
    if not isinstance(function, np.ufunc):
        if getattr(function, "__module__", None) == "numpy":
            raise scope.refuse(node, _advice(node, name))
        return None
    if function not in NUMPY.values():
        raise scope.refuse(node, _advice(node, name))
    values = scalars(scope, node, function.nin)
    kind = _common(name, [value.kind for value in values])
    runs = [convert(value, kind) for value in values]
    if name in _TRUTHS:
        return operation(scope, node, function, types.BOOL, runs)
    flops = int(not types.is_integer(kind) and name not in ("conjugate", *_SAME))
    return operation(scope, node, function, kind, runs, flops=flops)


def _common(name, kinds):
    """Return the type in which a function computes."""
    floats = [kind for kind in kinds if not types.is_integer(kind)]
    whole = np.result_type(*kinds) if not floats else np.result_type(*floats)
    if name in _BITS and floats:
        raise types.MismatchError(f"bits of {types.name(floats[0])} cannot be combined")
    if types.is_complex(whole) and name in (*_REAL, *_BITS):
        raise types.MismatchError(f"np.{name} takes real numbers")
    if floats or name in _TRUTHS:
        return whole
    if name in (*_SMOOTH, *_REAL, "divide"):
        return types.FLOAT32 if whole.itemsize < 4 else types.FLOAT64
    return np.dtype(np.int8) if whole == types.BOOL and name != "invert" else whole


#: Names of NumPy → what does the same in a kernel.
_INSTEAD = {
    **{name: f"`{name}(…)`" for name in ("abs", "round", "min", "max", "sum")},
    **{"absolute": "`abs(…)`", "power": "`**`", "sign": "`math.copysign(1.0, …)`"},
    **{"add": "`+`", "subtract": "`-`", "multiply": "`*`", "square": "`x * x`", "mod": "`%`"},
    **{"where": "`… if … else …`", "clip": "`min(max(…, low), high)`", "around": "`round(…)`"},
    **{"zeros": "`cuda.local.array`", "empty": "`cuda.local.array`", "ones": "`cuda.local.array`"},
}


def _advice(node, name) -> str:
    instead = _INSTEAD.get(name) or (f"`math.{name}`" if hasattr(math, name) else "")
    way = f"write {instead}" if instead else "write it out for single numbers"
    return f"`{ast.unparse(node.func)}` is none of the functions that Numba has on a GPU: {way}"
