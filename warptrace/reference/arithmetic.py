"""Arithmetic on single numbers as a GPU does it, where Python does it otherwise."""

import math
import operator
from array import array
from fractions import Fraction

from .kinds import SIZES, is_float, limits

_CELL = array("f", [0.0])


def rounded(value) -> float:
    """Return a number as the nearest float32."""
    if isinstance(value, int) and abs(value) > 2**53:
        value = _sticky(value)
    _CELL[0] = value
    return _CELL[0]


def _sticky(value: int) -> float:
    """Return a large integer as a float of 53 bits that rounds to float32 as the integer does."""
    cut = abs(value).bit_length() - 53
    kept = abs(value) >> cut
    kept |= (kept << cut) != abs(value)
    return math.copysign(math.ldexp(kept, cut), value)


def wrapped(value: int, kind: str) -> int:
    """Return an integer cut to the bits of `kind`."""
    low, high = limits(kind)
    return value if low <= value <= high else (value - low) % (high - low + 1) + low


def converted(value, source: str, kind: str):
    """Return a number of type `source` as `kind`, as a GPU converts it."""
    if kind == "bool":
        return value != 0
    if kind == "float32":
        return rounded(value)
    if kind == "float64":
        return float(value)
    return saturated(value, source, kind) if is_float(source) else wrapped(int(value), kind)


def saturated(value: float, source: str, kind: str) -> int:
    """Return a float as an integer: no fraction, stopped at the ends of 16, 32 or 64 bits.

    Eight bits are the lower half of sixteen; NaN is 0 or the lowest number, by the widths.
    """
    bits = max(16, 8 * SIZES[kind])
    wide = f"{'u' if kind[0] == 'u' else ''}int{bits}"
    low, high = limits(wide)
    if value != value:
        found = 0 if source == "float32" and bits <= 32 else 1 << (bits - 1)
    elif value in (math.inf, -math.inf):
        found = high if value > 0 else low
    else:
        found = min(max(int(value), low), high)
    return wrapped(found, kind)


def true_division(first, second) -> float:
    """Return `first / second` of floats."""
    if second:
        return first / second
    if first == 0 or first != first:
        return math.nan
    return math.copysign(math.inf, first) * math.copysign(1.0, second)


def _rest(first: float, second: float, kind: str) -> float:
    """Return what is left of `first` after whole times `second`, with the sign of `first`."""
    size, part = abs(first), abs(second)
    times = _finish(true_division(size, part), kind)
    times = float(math.floor(times)) if math.isfinite(times) else times
    rest = -_finish(fused(times, part, -size), kind)
    return -rest if first < 0 else rest


def remainder(first, second, kind: str):
    """Return `first % second`, with the sign of `second`."""
    if not is_float(kind):
        return first % second if second else 0
    rest = _rest(first, second, kind)
    if second == 0:
        return rest
    if rest == 0:
        return math.copysign(0.0, -1.0 if second < 0 else 1.0)
    return _finish(rest + second, kind) if (second < 0) != (rest < 0) else rest


def floor_division(first, second, kind: str):
    """Return `first // second`; the one quotient that is too large comes out as nothing."""
    if not is_float(kind):
        found = first // second if second else 0
        return 0 if kind[0] != "u" and found > limits(kind)[1] else found
    if second == 0:
        return _finish(true_division(first, second), kind)
    rest = _rest(first, second, kind)
    quotient = _finish(true_division(_finish(first - rest, kind), second), kind)
    if rest != 0 and (second < 0) != (rest < 0):
        quotient = _finish(quotient - 1.0, kind)
    if not abs(quotient) > 0:  # zero or NaN
        return _finish(true_division(quotient * quotient * first, second), kind)
    if math.isinf(quotient):
        return quotient
    floor = float(math.floor(quotient))
    return floor + 1.0 if quotient - floor > 0.5 else floor


def _finish(value: float, kind: str) -> float:
    return rounded(value) if kind == "float32" else value


def powered(first, second, kind: str):
    """Return `first ** second`; an integer exponent is not negative."""
    if not is_float(kind):
        return wrapped(pow(first, second, 2 * limits("uint64")[1] + 2), kind)
    return safely(math.pow, first, second)


def shifted_left(first: int, second: int) -> int:
    """Return `first << second`, nothing where that is 64 places or more."""
    return first << second if 0 <= second < 64 else 0


def shifted_right(first: int, second: int) -> int:
    """Return `first >> second`, the sign alone where that is 64 places or more."""
    return first >> second if 0 <= second < 64 else -(first < 0)


def least(first, second):
    """Return the smaller of two of one type: of floats the one that is a number."""
    if first == second:
        return first if math.copysign(1, first) < 0 else second
    return first if first < second or second != second else second


def greatest(first, second):
    """Return the larger of two of one type: of floats the one that is a number."""
    if first == second:
        return second if math.copysign(1, first) < 0 else first
    return first if first > second or second != second else second


def fused(a: float, b: float, c: float) -> float:
    """Return `a * b + c`, rounded once to a double."""
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if not exact:
        return a * b + c  # the sign of a zero
    try:
        return float(exact)
    except OverflowError:
        return math.copysign(math.inf, exact)


def reversed_bits(value: int, bits: int) -> int:
    """Return the bits of an unsigned integer in the other order."""
    return int(f"{value:0{bits}b}"[::-1], 2)


def safely(function, *values) -> float:
    """Return what `function` of `math` gives, or a GPU where Python raises an error."""
    try:
        return function(*values)
    except OverflowError:
        return _overflow(function, *values)
    except ValueError:
        return _OUTSIDE.get(function, lambda *_: math.nan)(*values)


def _overflow(function, *values):
    odd = function is math.pow and values[1] % 2 == 1
    negative = values[0] < 0 and (odd or function is math.sinh)
    return -math.inf if negative else math.inf


def _pole_of_power(base, exponent):
    if base != 0:
        return math.nan
    return math.copysign(math.inf, base) if exponent % 2 == 1 else math.inf


#: What a GPU answers outside the range of a function.
_OUTSIDE = {
    **{f: lambda x: -math.inf if x == 0 else math.nan for f in (math.log, math.log2, math.log10)},
    math.log1p: lambda x: -math.inf if x == -1 else math.nan,
    math.atanh: lambda x: math.copysign(math.inf, x) if abs(x) == 1 else math.nan,
    math.gamma: lambda x: math.copysign(math.inf, x) if x == 0 else math.nan,
    math.lgamma: lambda x: math.inf,
    math.pow: _pole_of_power,
}


def _to_whole(function):
    """Return `floor`, `ceil` or `trunc` as floats, the sign of a zero kept."""

    def compute(x: float) -> float:
        return math.copysign(float(function(x)), x) if math.isfinite(x) else x

    return compute


#: Functions of `math` that round, which Python gives as integers.
ROUNDING = {name: _to_whole(getattr(math, name)) for name in ("floor", "ceil", "trunc")}


def cube_root(x: float) -> float:
    """Return the third root."""
    return math.cbrt(x)


def to_even(x: float) -> float:
    """Return the nearest whole number as a float."""
    return math.copysign(float(round(x)), x) if math.isfinite(x) else x


def _flushed(value: float) -> float:
    return math.copysign(0.0, value) if abs(value) < 2.0**-126 else value


def _added(old, new, kind, space):
    if kind == "float32" and space == "global":  # where a GPU takes denormal numbers as zeros
        return _flushed(rounded(_flushed(old) + _flushed(new)))
    return old + new


def _better(better, nan):
    def rule(old, new, kind, space):
        return new if better(new, old) or (nan and old != old) else old

    return rule


#: Name in `cuda.atomic` → the new element, from the old one, operands, type and memory space.
ATOMICS = {
    "add": _added,
    "sub": lambda old, new, kind, space: old - new,
    "max": _better(operator.gt, nan=False),
    "min": _better(operator.lt, nan=False),
    "nanmax": _better(operator.gt, nan=True),
    "nanmin": _better(operator.lt, nan=True),
    "and_": lambda old, new, kind, space: old & new,
    "or_": lambda old, new, kind, space: old | new,
    "xor": lambda old, new, kind, space: old ^ new,
    "exch": lambda old, new, kind, space: new,
    "inc": lambda old, top, kind, space: 0 if old >= top else old + 1,
    "dec": lambda old, top, kind, space: top if old == 0 or old > top else old - 1,
    "cas": lambda old, want, new, kind, space: new if old == want else old,
}


def changed(name: str, old, operands, kind: str, space: str):
    """Return what an atomic operation leaves in memory."""
    return converted(ATOMICS[name](old, *operands, kind, space), kind, kind)
