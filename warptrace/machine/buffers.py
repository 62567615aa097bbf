"""The arrays that a launch gets, as buffers of a modelled device."""

import math

import numpy as np

from .. import counters
from ..faults import KernelError
from .arrays import Storage, View
from .fields import pieces
from .races import History

#: Where the modelled device puts the first buffer; cudaMalloc aligns each to 256 bytes.
FIRST_ADDRESS = 1 << 20
ALIGNMENT = 256


def make_global_arrays(arrays: dict, written: set, lanes: int) -> dict:
    """Return views of the arrays that a launch gets, with modelled device addresses.

    Arrays that share memory share addresses and history.

    Args:
        arrays: name → NumPy array.
        written: names of those that the kernel may write.
        lanes: lanes of the whole launch.

    Raises:
        KernelError: an array that is written is read-only.
    """
    views, address = {}, FIRST_ADDRESS
    for group in _groups(arrays):
        for name in written & set(group):
            if not arrays[name].flags.writeable:
                raise KernelError(f"{name} is read-only: pass a copy")
        owner = min(_owner_start(arrays[name]) for name in group)
        high = max(_extent(arrays[name])[1] for name in group)
        members = {name: arrays[name] for name in group}
        views |= _group_views(members, address - owner, bool(written & set(group)), lanes)
        address += -(-(high - owner) // ALIGNMENT) * ALIGNMENT
    return views


def _group_views(arrays, shift, written, lanes) -> dict:
    """Return views of arrays that share memory; `shift` leads from host to device addresses."""
    low = min(_extent(array)[0] for array in arrays.values())
    high = max(_extent(array)[1] for array in arrays.values())
    base, sectors = low + shift, (high - low) // counters.SECTOR_BYTES + 2
    loaded, stored = (_Sectors(np.zeros(sectors, dtype=bool), base >> 5) for _ in range(2))
    cell = math.gcd(*(_unit(array) for array in arrays.values()))
    cell = math.gcd(cell, *(n for array in arrays.values() for n in pieces(array.dtype)))
    history = History((high - low) // cell + 1, cell, lanes) if written else None
    views = {}
    for name, array in arrays.items():
        views[name] = _global_view(name, array, low, base, history)
        views[name].storage.loaded, views[name].storage.stored = loaded, stored
    return views


class _Sectors:
    """Marks of touched sectors, addressed by the sector's number on the device."""

    def __init__(self, marks, first):
        self.marks, self.first = marks, first

    def __setitem__(self, sector, value):
        self.marks[sector - self.first] = value


def dram_bytes(views: dict) -> int:
    """Return the bytes of all sectors loaded at least once, plus those stored at least once."""
    marks = {}
    for view in views.values():
        for touched in (view.storage.loaded, view.storage.stored):
            marks[id(touched.marks)] = touched.marks
    return counters.SECTOR_BYTES * sum(int(np.count_nonzero(mark)) for mark in marks.values())


def _global_view(name, array, low, address, history) -> View:
    unit = _unit(array)
    begin, end = _extent(array)
    count = max(0, (end - begin - array.itemsize) // unit + 1) if array.size else 0
    # The lowest element of the array, whichever way its strides run.
    corner = tuple(
        -1 if stride < 0 and length else 0
        for stride, length in zip(array.strides, array.shape, strict=True)
    )
    if array.size:
        ends = (slice(c, None) if c == 0 else slice(-1, None) for c in corner)
        lowest = array[(..., *ends)]
        flat = np.lib.stride_tricks.as_strided(lowest, shape=(count,), strides=(unit,))
    else:
        flat = np.zeros(0, dtype=array.dtype)
    storage = Storage(name, "global", flat, unit, address=address + (begin - low))
    storage.history = history
    storage.cell_shift = begin - low
    strides = tuple(stride // unit for stride in array.strides)
    origin = sum(
        -stride * (length - 1)
        for stride, length in zip(strides, array.shape, strict=True)
        if stride < 0 and length
    )
    storage.shape, storage.strides = array.shape, strides
    return View(storage, np.int64(origin), array.shape, strides)


def _unit(array) -> int:
    return math.gcd(array.itemsize, *(abs(stride) for stride in array.strides))


def _extent(array) -> tuple[int, int]:
    low, high = np.lib.array_utils.byte_bounds(array) if array.size else (_start(array),) * 2
    return low, high


def _start(array) -> int:
    return array.__array_interface__["data"][0]


def _owner_start(array) -> int:
    """Return where the buffer begins that `array` is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return _extent(array)[0]


def _groups(arrays: dict) -> list[list[str]]:
    """Return the names in groups of arrays whose bytes overlap or that view one buffer."""
    order = sorted(arrays, key=lambda name: (_owner_start(arrays[name]), _extent(arrays[name])))
    groups, end = [], -1
    for name in order:
        begin, stop = _owner_start(arrays[name]), _extent(arrays[name])[1]
        if groups and begin < end:
            groups[-1].append(name)
        else:
            groups.append([name])
            end = -1
        end = max(end, stop, begin + 1)
    place = {name: n for n, name in enumerate(arrays)}
    # In the order of the arguments, so that a launch gives the same addresses each time.
    return sorted(groups, key=lambda group: min(place[name] for name in group))
