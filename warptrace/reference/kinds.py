"""The types of a kernel's values, and what Numba's operators make of them.

A scalar type is its name, a tuple type a Python tuple of types, an array type an `ArrayKind`;
what is known only while a kernel is translated (a module, a function, a text) has the type OBJECT.
"""

from dataclasses import dataclass

#: Scalar type → bytes of one value.
SIZES = {
    "bool": 1,
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": 4,
    "float64": 8,
}
#: Other names of Python, NumPy and Numba for them.
ALIASES = {
    **{"int": "int64", "intp": "int64", "int_": "int64", "uintp": "uint64", "uint": "uint64"},
    **{"float": "float64", "double": "float64", "float_": "float32"},
    **{"bool_": "bool", "boolean": "bool"},
}
#: Scalar type → its letter in `array.array` and `memoryview`.
CODES = dict(zip(SIZES, "?bhiqBHIQfd", strict=True))
OBJECT = "object"


class Type:
    """A scalar type where there is no NumPy: in a kernel it converts, as NumPy's do."""

    def __init__(self, name: str):
        """Know its name."""
        self.name = name

    def __repr__(self) -> str:
        return self.name


bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64 = map(Type, SIZES)


@dataclass(frozen=True)
class ArrayKind:
    """An array: type of its elements, number of dimensions, memory space."""

    dtype: str
    ndim: int
    space: str


def is_scalar(kind) -> bool:
    """Return whether `kind` is a number or a truth value."""
    return isinstance(kind, str) and kind in SIZES


def is_float(kind) -> bool:
    """Return whether `kind` is float32 or float64."""
    return kind in ("float32", "float64")


def is_integer(kind) -> bool:
    """Return whether `kind` is an integer or bool."""
    return is_scalar(kind) and not is_float(kind)


def is_unsigned(kind) -> bool:
    """Return whether `kind` is an integer without a sign."""
    return is_scalar(kind) and kind[0] == "u"


def limits(kind: str) -> tuple[int, int]:
    """Return the least and the greatest integer of a type."""
    bits = 8 * SIZES[kind]
    return (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def name_of(kind) -> str:
    """Return how a type is written in a message."""
    if isinstance(kind, ArrayKind):
        return f"array({kind.dtype}, {kind.ndim}d)"
    if isinstance(kind, tuple):
        return f"tuple({', '.join(map(name_of, kind))})"
    return str(kind)


def promoted(first: str, second: str) -> str:
    """Return the smallest type that holds the values of both."""
    if first == second or second == "bool":
        return first
    if first == "bool":
        return second
    if is_float(first) and is_float(second):
        return "float64"
    if is_float(first) or is_float(second):
        number, whole = (first, second) if is_float(first) else (second, first)
        return number if SIZES[whole] < 4 else "float64"
    if is_unsigned(first) == is_unsigned(second):
        return max(first, second, key=SIZES.get)
    signed, unsigned = (second, first) if is_unsigned(first) else (first, second)
    if SIZES[signed] > SIZES[unsigned]:
        return signed
    return "float64" if unsigned == "uint64" else f"int{16 * SIZES[unsigned]}"


def unified(first, second):
    """Return the type of a variable that is `first` on one path and `second` on another.

    Raises:
        TypeError: no type holds both.
    """
    if first == second:
        return first
    if is_scalar(first) and is_scalar(second):
        return promoted(first, second)
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        return tuple(map(unified, first, second))
    raise TypeError(f"it is {name_of(first)} on one path and {name_of(second)} on another")


def whole(first: str, second: str) -> str:
    """Return the type of an integer operation: 64 bits, unsigned only if both operands are."""
    return "uint64" if is_unsigned(first) and is_unsigned(second) else "int64"


def arithmetic(first: str, second: str) -> str:
    """Return the type of `+`, `-`, `*`, `//`, `%`."""
    both = is_integer(first) and is_integer(second)
    return whole(first, second) if both else promoted(first, second)


def division(first: str, second: str) -> str:
    """Return the type of `/`."""
    both = is_integer(first) and is_integer(second)
    return "float64" if both else promoted(first, second)


def power(first: str, second: str) -> str:
    """Return the type of `**`: a float32 stays one under an integer exponent."""
    kept = first == "float32" and is_integer(second)
    return first if kept else arithmetic(first, second)


def bitwise(first: str, second: str) -> str:
    """Return the type of `&`, `|`, `^`.

    Raises:
        TypeError: an operand is a float.
    """
    if not (is_integer(first) and is_integer(second)):
        raise TypeError(f"bits of {first} and {second} cannot be combined")
    return "bool" if first == second == "bool" else whole(first, second)


def shift(first: str, second: str) -> str:
    """Return the type of `<<` and `>>`: signed as the left operand is."""
    bitwise(first, second)
    return "uint64" if is_unsigned(first) else "int64"


def of_math(*operands: str) -> str:
    """Return the type of a function of `math`: float32 if every operand is, else float64."""
    return "float32" if all(kind == "float32" for kind in operands) else "float64"


def of_constant(value) -> str:
    """Return the type that Numba gives to a value known beforehand, OBJECT if it is no number."""
    if isinstance(value, bool):
        return "bool"
    held = str(getattr(value, "dtype", "")) if getattr(value, "shape", None) == () else ""
    if held in SIZES:
        return held
    if isinstance(value, int):
        return "int64" if -(2**63) <= value < 2**63 else "uint64"
    return "float64" if isinstance(value, float) else OBJECT


def named(thing) -> str | None:
    """Return the scalar type that a type of Python, NumPy or Numba, or a name stands for."""
    if isinstance(thing, type):
        name = thing.__name__
    else:
        name = thing if isinstance(thing, str) else getattr(thing, "name", None)
    name = ALIASES.get(name, name)
    return name if name in SIZES else None
