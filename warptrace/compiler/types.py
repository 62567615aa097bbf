"""The types that Numba gives to values of a kernel, and what its operators make of them.

Source: Numba's NBEP 1 and its CUDA typing tables, against which `tests/test_types.py`
compares this module.
"""

import re
from dataclasses import dataclass, field

import numpy as np

BOOL = np.dtype(np.bool_)
INT32 = np.dtype(np.int32)
INT64 = np.dtype(np.int64)
UINT32 = np.dtype(np.uint32)
UINT64 = np.dtype(np.uint64)
FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)
COMPLEX64 = np.dtype(np.complex64)
COMPLEX128 = np.dtype(np.complex128)

#: The scalar types that a kernel may use, by Numba's name.
SCALARS = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64"),
        *("uint8", "uint16", "uint32", "uint64", "float32", "float64"),
        *("complex64", "complex128"),
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


class MismatchError(TypeError):
    """Types that do not go together; a rule that meets it is refused with its text."""


@dataclass(frozen=True)
class ArrayType:
    """An array: element type, number of dimensions, memory space.

    One without dimensions is a record, or a number inside one.

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
    #: The class of a named tuple.
    named: type | None = field(default=None, compare=False)


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


def is_complex(kind) -> bool:
    """Return whether `kind` is complex64 or complex128."""
    return is_scalar(kind) and kind.kind == "c"


def is_record(kind) -> bool:
    """Return whether `kind` is one record: of an array, or inside another record."""
    return isinstance(kind, ArrayType) and kind.ndim == 0 and kind.dtype.names is not None


def part_of_complex(kind: np.dtype) -> np.dtype:
    """Return the type of the real and the imaginary part."""
    return FLOAT32 if kind == COMPLEX64 else FLOAT64


def flops_counter(kind: np.dtype) -> str:
    """Return the counter of operations on `kind`, "" where they are no flops."""
    if is_complex(kind):
        kind = part_of_complex(kind)
    return f"flops_fp{kind.itemsize * 8}" if is_float(kind) else ""


def is_element(dtype: np.dtype) -> bool:
    """Return whether an array of a kernel may hold `dtype`: a scalar, or a record of such."""
    if dtype.base.names:
        return all(is_element(dtype.base[field]) for field in dtype.base.names)
    return str(dtype.base) in SCALARS


def not_held(dtype: np.dtype) -> str:
    """Return why no array of a kernel holds `dtype`, and what to do."""
    text = f"arrays of {dtype} are not supported in a kernel"
    if dtype.base == np.float16:
        return f"{text}: convert to float32, and back after it"
    if dtype.hasobject:
        return f"{text}: an object has no place on a GPU; pass one array of numbers for each field"
    return f"{text}: convert to numbers first"


def unify(first, second):
    """Return the type of a variable that is `first` on one path and `second` on another.

    Raises:
        MismatchError: no type holds both.
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
        named = first.named if first.named is second.named else None
        return TupleType(tuple(map(unify, first.items, second.items)), named)
    raise MismatchError(f"it is {name(first)} on one path and {name(second)} on another")


def name(kind) -> str:
    """Return how Numba would write `kind`."""
    if isinstance(kind, ArrayType):
        return f"array({kind.dtype}, {kind.ndim}d)"
    if isinstance(kind, TupleType):
        return f"tuple({', '.join(map(name, kind.items))})"
    if isinstance(kind, ConstantType):
        return repr(kind.value)
    return str(kind)


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
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return COMPLEX128
    kind = getattr(value, "dtype", None)
    if kind is not None and str(kind) in SCALARS:
        return np.dtype(kind)
    raise TypeError(f"a kernel cannot hold a {type(value).__name__}")


def constant(value):
    """Return `value` as the NumPy scalar of the type that Numba gives it."""
    return of_value(value).type(value)


def named(name: str) -> np.dtype | None:
    """Return the scalar type of a name in a signature ("int32", "intp", "f4"), or None."""
    if name in SCALARS or name in ALIASES:
        return SCALARS.get(name) or ALIASES[name]
    short = re.fullmatch(r"[iufc]\d+", name)
    return SCALARS.get(np.dtype(name).name) if short else None


def as_dtype(thing) -> np.dtype | None:
    """Return the element type that `thing` names (NumPy's, Numba's, Python's), or None."""
    if isinstance(thing, np.dtype):
        return thing if is_element(thing) else None
    if isinstance(thing, type) and thing in (int, float, bool):
        return {int: INT64, float: FLOAT64, bool: BOOL}[thing]
    if isinstance(thing, type) and issubclass(thing, np.generic):
        return SCALARS.get(np.dtype(thing).name)
    if type(thing).__module__.startswith("numba"):
        return SCALARS.get(str(thing)) or ALIASES.get(str(thing)) or _numba_record(thing)
    return None


def _numba_record(thing) -> np.dtype | None:
    if type(thing).__name__ != "Record":
        return None
    from numba.np.numpy_support import as_dtype as of_numba

    found = of_numba(thing)
    return found if is_element(found) else None
