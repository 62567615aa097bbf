"""Compare what an answer gave with what is needed. Nothing here raises, whatever was given."""

import itertools
import numbers
import sys
from collections.abc import Iterable
from functools import singledispatch

from .verdict import Problem

#: More items than this are not looked at: a generator may have no end.
MOST_ITEMS = 1_000_000


def to_numpy(thing):
    """Return the numbers of `thing` as a NumPy array, or None if it is not made of numbers.

    Takes numbers of any kind, NumPy arrays and torch tensors of any type and layout, and what can
    be iterated over and holds these, if it is not ragged.
    """
    try:
        return _numbers(thing)
    except Exception:
        return None


def _numbers(thing):
    import numpy as np

    if thing is None or isinstance(thing, (str, bytes, dict, set, frozenset)):
        return None
    torch = sys.modules.get("torch")  # who has a tensor has imported it
    if torch and isinstance(thing, torch.Tensor):
        return _numbers(_plain_tensor(thing.detach()).numpy())
    if isinstance(thing, (np.ndarray, np.generic)):
        if thing.dtype != object:
            return np.asarray(thing) if thing.dtype.kind in "biufc" else None
        thing = thing.tolist()
    if isinstance(thing, (int, float, complex)):
        found = np.asarray(thing)
        return found if found.dtype != object else np.asarray(float(thing))
    if isinstance(thing, numbers.Number) or not isinstance(thing, Iterable):
        return np.asarray(float(thing))
    parts = [_numbers(part) for part in itertools.islice(thing, MOST_ITEMS + 1)]
    if len(parts) > MOST_ITEMS or any(part is None for part in parts):
        return None
    return np.stack(parts) if parts else np.zeros(0)


def _plain_tensor(tensor):
    """Return a tensor that NumPy can hold: on the CPU, dense, of a type that NumPy has."""
    if str(tensor.layout) != "torch.strided":
        tensor = tensor.to_dense()
    if tensor.is_floating_point():
        tensor = tensor.double()
    return tensor.cpu().resolve_conj().resolve_neg()


def to_number(thing) -> int | float | None:
    """Return the one number that `thing` is or holds, or None."""
    found = to_numpy(thing)
    if found is None or found.size != 1 or found.dtype.kind == "c":
        return None
    return found.item()


def to_parts(thing, count: int) -> list | None:
    """Return the parts of `thing` if it has `count` of them, else None."""
    try:
        if isinstance(thing, (str, bytes)) or not isinstance(thing, Iterable):
            return None
        parts = list(itertools.islice(thing, count + 1))
    except Exception:
        return None
    return parts if len(parts) == count else None


def difference(got, expected, tolerance: float, names=()) -> Problem | None:
    """Compare a result with what is needed: a tuple part by part, the rest as an array."""
    if got is None or got is ...:
        text = "your function returned nothing. Does every path end in a `return`?"
        return Problem(text, ("nothing",))
    if isinstance(expected, str):
        text = f"the result is {described(got)}, and {expected!r} is needed."
        return None if is_word(got, expected) else Problem(text, ("value",))
    if not isinstance(expected, tuple):
        return difference_of_arrays(got, expected, tolerance, *names[:1])
    parts = to_parts(got, len(expected))
    if parts is None:
        letters = ", ".join("abcdefgh"[: len(expected)])
        text = f"{len(expected)} results are needed, in order, as `return {letters}`."
        return Problem(text, ("count",))
    names = names or [f"result {number}" for number, _ in enumerate(parts, 1)]
    compared = map(difference_of_arrays, parts, expected, [tolerance] * len(parts), names)
    return next(filter(None, compared), None)


@singledispatch
def difference_of_arrays(got, expected, tolerance, name="") -> Problem | None:
    """Compare numbers of any kind; what holds them otherwise than NumPy registers its own way."""
    import numpy as np

    found, needed = to_numpy(got), to_numpy(expected)
    of_name, kinds = (f" of {name}", (name,)) if name else ("", ())
    if found is None:
        what = name or "your function returned something that"
        return Problem(f"{what} is not made of numbers: it is {described(got)}.", (*kinds, "type"))
    if needed.shape == () and found.size == 1:
        found = found.reshape(())
    if found.shape != needed.shape:
        text = f"the shape{of_name} is {found.shape}, and {needed.shape} is needed."
        return Problem(text, (*kinds, "shape"))
    close = np.isclose(found, needed, rtol=tolerance, atol=tolerance, equal_nan=False)
    if close.all():
        return None
    place = tuple(np.argwhere(~close)[0].tolist())
    return apart(name, place, found[place].item(), needed[place].item())


def apart(name: str, place: tuple, found, needed) -> Problem:
    """Say that what stands at a place of an array, or a number, is another than is needed."""
    where = str(list(place)) if name.isidentifier() else f" at {place}"
    one, other = two_numbers(found, needed)
    subject = f"{name or 'the value'}{where if place else ''}"
    kinds = (name, "value") if name else ("value",)
    return Problem(f"{subject} is {one}, and {other} is needed.", kinds)


def is_word(thing, word: str) -> bool:
    """Tell whether `thing` is that word, however it is written."""
    return isinstance(thing, str) and thing.strip().casefold() == word.casefold()


def two_numbers(one, other) -> tuple[str, str]:
    """Return two numbers as text, with enough digits to differ."""
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one), str(other)
    if isinstance(one, int) and isinstance(other, int):
        return f"{one:,}", f"{other:,}"
    for digits in (6, 9, 17):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def described(thing) -> str:
    """Return what `thing` is, in a few words, small arrays and short texts by value."""
    try:
        return _described(thing)
    except Exception:
        return f"a {type(thing).__name__}"


def _described(thing) -> str:
    shape = getattr(thing, "shape", None)
    if shape is not None and len(shape):
        array = to_numpy(thing)
        small = array is not None and array.size <= 12
        text = _listed(array.tolist()) if small else ""
        return text if 0 < len(text) <= 60 else f"{type(thing).__name__} of shape {tuple(shape)}"
    if callable(thing) and hasattr(thing, "__name__"):
        return thing.__name__
    if hasattr(thing, "item"):
        thing = thing.item()
    text = repr(thing)
    if isinstance(thing, float) and len(text) > 8 and float(f"{thing:g}") == thing:
        text = f"{thing:g}"
    return text if len(text) <= 60 else text[:57] + "..."


def _listed(numbers) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(map(_listed, numbers))}]"
    return f"{numbers:.5g}" if isinstance(numbers, float) else str(numbers)


def message_of(error: BaseException) -> str:
    """Return an exception as text, even one that cannot be printed."""
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:
        return type(error).__name__
