"""Atomic operations: lanes take turns, in the order of their numbers.

Each operation takes `(flat, cells, values, wanted)`: the elements, one place per active lane, a
list of one-per-lane operands, and whether the old elements are wanted; it changes `flat` and
returns the old elements, one per lane.
"""

import numpy as np


def _accumulating(ufunc):
    """Return the atomic that combines by `ufunc`."""

    def operation(flat, cells, values, wanted):
        (values,) = values
        if not wanted:
            ufunc.at(flat, cells, values)
            return None
        return _in_turn(flat, cells, values, ufunc)

    return operation


def _in_turn(flat, cells, values, ufunc):
    order = np.argsort(cells, kind="stable")
    sorted_cells = cells[order]
    begins = np.flatnonzero(np.diff(sorted_cells, prepend=sorted_cells[0] - 1))
    lengths = np.diff(begins, append=cells.size)
    old = np.empty(cells.size, dtype=flat.dtype)
    if begins.size <= lengths.max():
        for begin, length in zip(begins, lengths, strict=True):
            turn = order[begin : begin + length]
            here = sorted_cells[begin]
            steps = np.concatenate([flat[here : here + 1], values[turn]])
            steps = ufunc.accumulate(steps, dtype=flat.dtype)
            old[turn], flat[here] = steps[:-1], steps[-1]
        return old
    for turn in range(lengths.max()):
        lanes = order[begins[lengths > turn] + turn]
        old[lanes] = flat[cells[lanes]]
        flat[cells[lanes]] = ufunc(old[lanes], values[lanes])
    return old


def _one_by_one(rule):
    """Return the atomic whose new element is `rule(old, *values)`, lanes strictly in turn."""

    def operation(flat, cells, values, wanted):
        old = np.empty(cells.size, dtype=flat.dtype)
        rank = _ranks(cells)
        turns = np.split(np.argsort(rank, kind="stable"), np.cumsum(np.bincount(rank))[:-1])
        for lanes in turns:
            old[lanes] = flat[cells[lanes]]
            flat[cells[lanes]] = rule(old[lanes], *(value[lanes] for value in values))
        return old

    return operation


def _replacing(ufunc, better, *, nan: bool):
    """Return the atomic that keeps the better of two, by `ufunc` where none is odd.

    NaN is never better. In memory it stays, unless `nan` says that a number replaces it. Of two
    zeros the one in memory stays.
    """
    exact = _one_by_one(
        lambda old, new: np.where(better(new, old) | (nan & np.isnan(old)), new, old)
    )
    fast = _accumulating(ufunc)

    def operation(flat, cells, values, wanted):
        product = flat[cells] * values[0]
        plain = flat.dtype.kind != "f" or ((product != 0) & ~np.isnan(product)).all()
        return (fast if plain else exact)(flat, cells, values, wanted)

    return operation


def _ranks(cells):
    """Return for each lane how many lanes before it have the same cell."""
    order = np.argsort(cells, kind="stable")
    sorted_cells = cells[order]
    begins = np.flatnonzero(np.diff(sorted_cells, prepend=sorted_cells[0] - 1))
    lengths = np.diff(begins, append=cells.size)
    rank = np.empty(cells.size, dtype=np.int64)
    rank[order] = np.arange(cells.size) - begins.repeat(lengths)
    return rank


def _exchange(flat, cells, values, wanted):
    (values,) = values
    rank = _ranks(cells)
    order = np.argsort(cells, kind="stable")
    old = np.empty(cells.size, dtype=flat.dtype)
    first = rank[order] == 0
    old[order[first]] = flat[cells[order[first]]]
    later = np.flatnonzero(~first)
    old[order[later]] = values[order[later - 1]]
    flat[cells] = values
    return old


_SMALL = np.float32(1e-30)


def _flushed(values):
    """Return float32 values with the denormal ones as zeros of their sign."""
    return np.where(np.abs(values) < np.finfo(np.float32).tiny, values * np.float32(0), values)


def add_float32_in_global_memory(flat, cells, values, wanted):
    """Add in global memory, where a GPU takes denormal operands and sums as zeros."""
    sizes = np.abs(np.concatenate([flat[cells], *values]))
    plain = not ((sizes > 0) & (sizes < _SMALL)).any()  # then no sum is denormal
    return (_ADD if plain else _FLUSHING)(flat, cells, values, wanted)


_ADD = _accumulating(np.add)
_FLUSHING = _one_by_one(lambda old, more: _flushed(_flushed(old) + _flushed(more)))

#: Name in `cuda.atomic` → (operation, number of operands).
OPERATIONS = {
    "add": (_accumulating(np.add), 1),
    "sub": (_accumulating(np.subtract), 1),
    "max": (_replacing(np.maximum, np.greater, nan=False), 1),
    "min": (_replacing(np.minimum, np.less, nan=False), 1),
    "nanmax": (_replacing(np.maximum, np.greater, nan=True), 1),
    "nanmin": (_replacing(np.minimum, np.less, nan=True), 1),
    "and_": (_accumulating(np.bitwise_and), 1),
    "or_": (_accumulating(np.bitwise_or), 1),
    "xor": (_accumulating(np.bitwise_xor), 1),
    "exch": (_exchange, 1),
    "inc": (_one_by_one(lambda old, top: np.where(old >= top, 0, old + 1)), 1),
    "dec": (_one_by_one(lambda old, top: np.where((old == 0) | (old > top), top, old - 1)), 1),
    "cas": (_one_by_one(lambda old, want, new: np.where(old == want, new, old)), 2),
}
