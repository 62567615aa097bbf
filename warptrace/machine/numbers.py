"""Arithmetic as a GPU does it where NumPy does it otherwise.

`tests/arithmetic.json` holds what a GPU answered; `tests/test_arithmetic.py` compares.
"""

import numpy as np


def converted(value, kind: np.dtype):
    """Return a number or vector as `kind`.

    A float becomes an integer by cutting off its fraction and stopping at the ends of 16, 32 or
    64 bits; 8 bits are the lower half of 16. NaN becomes 0 or the lowest number, by the widths.
    """
    if value.dtype.kind != "f" or kind.kind not in "iu":
        return value.astype(kind)
    bits = max(16, 8 * kind.itemsize)
    info = np.iinfo(f"{kind.kind}{bits // 8}")
    # The largest integer is no float of 32 or 64 bits: compare, do not clip.
    inside = (value > float(info.min) - 1) & (value < float(info.max) + 1)
    whole = np.where(inside, value, 0).astype(f"{kind.kind}{bits // 8}")
    low, high = whole.dtype.type(info.min), whole.dtype.type(info.max)
    whole = np.where(inside, whole, np.where(value > 0, high, low))
    nan = 0 if value.dtype.itemsize == 4 and bits <= 32 else 1 << (bits - 1)
    nan = np.array(nan, dtype=f"u{bits // 8}").view(whole.dtype)[()]
    return np.where(np.isnan(value), nan, whole).astype(kind)[()]


def rounded(value, digits):
    """Return a float rounded to so many digits after the point, as Numba's library does."""
    up = 10.0 ** np.clip(digits, 0, 22)
    far = 10.0 ** np.clip(digits - 22, 0, None)
    down = 10.0 ** np.clip(-digits, 0, None)
    large = value * far * up / down
    found = np.rint(large) / up / far * down
    return np.where(np.isfinite(large), found, value).astype(value.dtype)[()]


def least(first, second):
    """Return the smaller of two: of floats of one type, the one that is a number."""
    if first.dtype.kind == "f":
        lower = np.where(np.signbit(first), first, second)  # of two zeros
        return np.where(first == second, lower, np.fmin(first, second))[()]
    return np.minimum(first, second)


def greatest(first, second):
    """Return the larger of two: of floats of one type, the one that is a number."""
    if first.dtype.kind == "f":
        upper = np.where(np.signbit(first), second, first)
        return np.where(first == second, upper, np.fmax(first, second))[()]
    return np.maximum(first, second)


def remainder(first, second):
    """Return `first % second`, with the sign of `second`."""
    if first.dtype.kind != "f":
        return np.remainder(first, second)
    rest = _rest(first, second)
    other_side = (second < 0) != (rest < 0)
    zero = np.where(second < 0, first.dtype.type(-0.0), first.dtype.type(0.0))
    found = np.where(rest == 0, zero, np.where(other_side, rest + second, rest))
    return np.where(second == 0, rest, found)[()]


def floor_divide(first, second):
    """Return `first // second`."""
    if first.dtype.kind != "f":
        return _integer_floor_divide(first, second)
    rest = _rest(first, second)
    quotient = (first - rest) / second
    other_side = (second < 0) != (rest < 0)
    quotient = np.where((rest != 0) & other_side, quotient - first.dtype.type(1), quotient)
    floor = np.floor(quotient)
    floor = np.where(quotient - floor > 0.5, floor + first.dtype.type(1), floor)
    none = ~(np.abs(quotient) > 0)  # zero or NaN
    found = np.where(none, quotient * quotient * first / second, floor)
    return np.where(second == 0, first / second, found)[()]


def _rest(first, second):
    """Return what is left of `first` after whole times `second`, with the sign of `first`."""
    size, part = np.abs(first), np.abs(second)
    rest = -fused(np.floor(size / part), part, -size)
    return np.where(first < 0, -rest, rest)


def fused(a, b, c):
    """Return `a * b + c`, rounded once, as a fused multiply-add."""
    if a.dtype.itemsize == 4:
        return (a.astype(np.float64) * b + c).astype(a.dtype)
    # Near the largest numbers the halves would overflow: take all of it smaller, exactly.
    small = np.where(np.maximum(np.abs(a), np.abs(c)) > 1e290, 2.0**-64, 1.0)
    a, c = a * small, c * small
    product = a * b
    total = product + c
    # What rounding took off the product and off the sum, each exact in another double.
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    lost = a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2)
    back = total - product
    lost += (product - (total - back)) + (c - back)
    return (np.where(np.isfinite(lost), total + lost, total) / small)[()]


def _halves(value):
    """Return a double as a sum of two of 26 bits each."""
    large = value * np.float64(2**27 + 1)
    high = large - (large - value)
    return high, value - high


def _integer_floor_divide(first, second):
    found = np.floor_divide(first, second)
    if first.dtype.kind == "u":
        return found
    # The one quotient that is too large comes out as nothing.
    beyond = (second == -1) & (first == np.iinfo(first.dtype).min)
    return np.where(beyond, first.dtype.type(0), found)[()]
