"""The types that Numba gives to the results of operators and functions.

Source: Numba's NBEP 1 and its CUDA typing tables, against which `tests/test_types.py`
compares this module.
"""

import numpy as np

from .types import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT64,
    UINT64,
    MismatchError,
    is_complex,
    is_integer,
    name,
)


def integer_result(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of an integer operation: 64 bits, unsigned only if both operands are."""
    return UINT64 if first.kind == second.kind == "u" else INT64


def arithmetic(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `+`, `-`, `*` on two scalars."""
    if is_integer(first) and is_integer(second):
        return integer_result(first, second)
    return np.promote_types(first, second)


def whole_division(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `//` and `%` on two scalars.

    Raises:
        MismatchError: one is complex.
    """
    kind = arithmetic(first, second)
    if is_complex(kind):
        raise MismatchError("complex numbers have no remainder")
    return kind


def true_division(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `/` on two scalars."""
    return FLOAT64 if is_integer(first) and is_integer(second) else arithmetic(first, second)


def power(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `**`: a float32 stays one under an integer exponent."""
    return FLOAT32 if first == FLOAT32 and is_integer(second) else arithmetic(first, second)


def bitwise(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `&`, `|`, `^`.

    Raises:
        MismatchError: an operand is a float.
    """
    if not (is_integer(first) and is_integer(second)):
        raise MismatchError(f"bits of {name(first)} and {name(second)} cannot be combined")
    return BOOL if first == second == BOOL else integer_result(first, second)


def shift(first: np.dtype, second: np.dtype) -> np.dtype:
    """Return the type of `<<` and `>>`: signed as the left operand is.

    Raises:
        MismatchError: an operand is a float.
    """
    bitwise(first, second)
    return UINT64 if first.kind == "u" else INT64


def sign(operand: np.dtype) -> np.dtype:
    """Return the type of unary `-` and `+`."""
    return integer_result(operand, operand) if is_integer(operand) else operand


def mathematical(*operands: np.dtype) -> np.dtype:
    """Return the type of a function of `math`: float32 if every operand is, else float64.

    Raises:
        MismatchError: an operand is complex.
    """
    if any(map(is_complex, operands)):
        raise MismatchError("complex numbers have the functions of `cmath`")
    return FLOAT32 if all(kind == FLOAT32 for kind in operands) else FLOAT64
