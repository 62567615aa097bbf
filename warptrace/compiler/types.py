"""The types that Numba gives to values of a kernel, and what its operators make of them.

Source: Numba's NBEP 1 and its CUDA typing tables, against which `tests/test_types.py`
compares this module.
"""

from dataclasses import dataclass, field

import numpy as np

BOOL = np.dtype(np.bool_)
INT32 = np.dtype(np.int32)
INT64 = np.dtype(np.int64)
UINT32 = np.dtype(np.uint32)
UINT64 = np.dtype(np.uint64)
FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)

#: The scalar types that a kernel may use, by Numba's name.
SCALARS = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64"),
        *("uint8", "uint16", "uint32", "uint64", "float32", "float64"),
    )
}
#: Numba's other names for them.
ALIASES = {
    "boolean": BOOL,
    "bool_": BOOL,
    "intp": INT64,
    "uintp": UINT64,
    "int_": INT64,
    "uint": UINT64,
    "double": FLOAT64,
    "float_": FLOAT32,
}


@dataclass(frozen=True)
class ArrayType:
    """An array: element type, number of dimensions, memory space.

    `origins` names the arrays that a variable of this type may stand for.
    """

    dtype: np.dtype
    ndim: int
    space: str
    origins: frozenset = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class TupleType:
    """A tuple: the type of each item."""

    items: tuple


@dataclass(frozen=True)
class ConstantType:
    """Something known before the kernel runs: a module, a function, a type, None."""

    value: object = field(compare=False)
    identity: int


def is_scalar(kind) -> bool:
    """Return whether `kind` is a number or a truth value."""
    return isinstance(kind, np.dtype)


def is_integer(kind) -> bool:
    """Return whether `kind` is an integer type or bool."""
    return is_scalar(kind) and kind.kind in "iub"


def is_float(kind) -> bool:
    """Return whether `kind` is float32 or float64."""
    return is_scalar(kind) and kind.kind == "f"


def unify(first, second):
    """Return the type of a variable that is `first` on one path and `second` on another.

    Raises:
        TypeError: no type holds both.
    """
    if first == second:
        if isinstance(first, ArrayType):
            both = first.origins | second.origins
            return ArrayType(first.dtype, first.ndim, first.space, both)
        return first
    if is_scalar(first) and is_scalar(second):
        return np.promote_types(first, second)
    tuples = isinstance(first, TupleType) and isinstance(second, TupleType)
    if tuples and len(first.items) == len(second.items):
        return TupleType(tuple(map(unify, first.items, second.items)))
    raise TypeError(f"it is {name(first)} on one path and {name(second)} on another")


def name(kind) -> str:
    """Return how Numba would write `kind`."""
    if isinstance(kind, ArrayType):
        return f"array({kind.dtype}, {kind.ndim}d)"
    if isinstance(kind, TupleType):
        return f"tuple({', '.join(map(name, kind.items))})"
    if isinstance(kind, ConstantType):
        return repr(kind.value)
    return str(kind)


def integer_result(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of an integer operation: 64 bits, unsigned only if both operands are."""
    return UINT64 if first.kind == second.kind == "u" else INT64


def arithmetic(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `+`, `-`, `*`, `//`, `%` on two scalars."""
    if is_integer(first) and is_integer(second):
        return integer_result(first, second)
    return np.promote_types(first, second)


def true_division(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `/` on two scalars."""
    return FLOAT64 if is_integer(first) and is_integer(second) else arithmetic(first, second)


def power(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `**`: a float32 stays one under an integer exponent."""
    return FLOAT32 if first == FLOAT32 and is_integer(second) else arithmetic(first, second)


def bitwise(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `&`, `|`, `^`.

    Raises:
        TypeError: an operand is a float.
    """
    if not (is_integer(first) and is_integer(second)):
        raise TypeError(f"bits of {name(first)} and {name(second)} cannot be combined")
    return BOOL if first == second == BOOL else integer_result(first, second)


def shift(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `<<` and `>>`: signed as the left operand is.

    Raises:
        TypeError: an operand is a float.
    """
    bitwise(first, second)
    return UINT64 if first.kind == "u" else INT64


def sign(operand: np.dtype) -> np.dtype:
    """Return the type of unary `-` and `+`."""
    return integer_result(operand, operand) if is_integer(operand) else operand


def mathematical(*operands: np.dtype) -> np.dtype:
    """Return the type of a function of `math`: float32 if every operand is, else float64."""
    return FLOAT32 if all(kind == FLOAT32 for kind in operands) else FLOAT64


def of_value(value) -> np.dtype:
    """Return the type that Numba gives to a Python or NumPy scalar.

    Raises:
        TypeError: a kernel cannot hold such a value.
    """
    if isinstance(value, (bool, np.bool_)):
        return BOOL
    if isinstance(value, int) and not isinstance(value, np.generic):
        return INT64 if -(2**63) <= value < 2**63 else UINT64
    if isinstance(value, float) and not isinstance(value, np.generic):
        return FLOAT64
    kind = getattr(value, "dtype", None)
    if kind is not None and str(kind) in SCALARS:
        return np.dtype(kind)
    raise TypeError(f"a kernel cannot hold a {type(value).__name__}")


def constant(value):
    """Return `value` as the NumPy scalar of the type that Numba gives it."""
    return of_value(value).type(value)


def as_dtype(thing) -> np.dtype | None:
    """Return the scalar type that `thing` names (NumPy's, Numba's, Python's), or None."""
    if thing in (int, float, bool):
        return {int: INT64, float: FLOAT64, bool: BOOL}[thing]
    if isinstance(thing, np.dtype):
        return thing if str(thing) in SCALARS else None
    if isinstance(thing, type) and issubclass(thing, np.generic):
        return SCALARS.get(np.dtype(thing).name)
    if type(thing).__module__.startswith("numba"):
        return SCALARS.get(str(thing)) or ALIASES.get(str(thing))
    return None
