"""Arrays of a kernel: where an element lies, who touches it, and in which order."""

import math
from dataclasses import dataclass, replace

import numpy as np

from . import counters
from .faults import Fault, KernelError
from .machine import is_vector

#: Where the modelled device puts the first buffer; cudaMalloc aligns each to 256 bytes.
ALIGNMENT = 256


class Storage:
    """A piece of memory as a flat row of elements.

    Attributes:
        name: the array's name in the kernel.
        space: "global", "shared", "local" or "constant".
        flat: 1-D NumPy view of the elements, one every `unit` bytes.
        unit: bytes between two neighbours of `flat`.
        address: the modelled device address of `flat[0]`, in bytes.
        lane_base: where each lane's own part of `flat` begins, or 0 if all share it.
        size: elements in one such part.
        history: who accessed what, or None if no race is possible.
        initialised: which elements of `flat` were written, or None if all count as written.
        loaded, stored: which sectors of the buffer were touched.
        cell_shift: bytes from the beginning of the shared buffer to `flat[0]`.
        shape, strides: those of the whole array, strides in elements of `flat`.
    """

    def __init__(self, name, space, flat, unit, *, address=0, lane_base=0, history=None):
        """Wrap `flat`; nothing is copied."""
        self.name, self.space, self.flat, self.unit = name, space, flat, unit
        self.address, self.lane_base, self.history = address, lane_base, history
        self.initialised = None
        self.loaded = self.stored = None
        self.cell_shift = 0
        self.shape, self.strides = (flat.size,), (1,)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.flat.dtype.itemsize

    def local_place(self, place: int, lane: int) -> int:
        """Return `place` in `flat`, counted from the beginning of the lane's own part."""
        return place - _at(self.lane_base, lane)

    def index_of(self, place: int) -> tuple:
        """Return the index of the element at `place`, in the array as it was passed or made."""
        index = [0] * len(self.shape)
        for axis in sorted(range(len(index)), key=lambda axis: -abs(self.strides[axis])):
            stride, last = self.strides[axis], self.shape[axis] - 1
            step = min(place // abs(stride), last) if stride else 0
            place -= step * abs(stride)
            index[axis] = step if stride >= 0 else last - step
        return tuple(index)


@dataclass(frozen=True)
class View:
    """An array, or a part of one: element `[i, j]` is `storage.flat[offset + i*s0 + j*s1]`.

    `offset`, `shape` and `strides` count elements of `storage.flat`; `offset` and the items of
    `shape` may differ from lane to lane.
    """

    storage: Storage
    offset: object
    shape: tuple
    strides: tuple

    def merged(self, machine, old):
        """Return this view in the active lanes and `old` in the others.

        Raises:
            KernelError: they are views of different arrays.
        """
        if self is old:
            return self
        if old.storage is not self.storage or old.strides != self.strides:
            raise KernelError(
                f"a variable stands for {self.storage.name} in some threads and for "
                f"{old.storage.name} in others; give each array a name of its own"
            )
        shape = tuple(map(machine.merge, self.shape, old.shape))
        return replace(self, offset=machine.merge(self.offset, old.offset), shape=shape)

    def part(self, machine, keys: list, line):
        """Return the view that `keys` choose: integers drop a dimension, slices narrow one."""
        keys = keys + [slice(None)] * (len(self.shape) - len(keys))
        offset, shape, strides = self.offset, [], []
        for axis, (key, length, stride) in enumerate(
            zip(keys, self.shape, self.strides, strict=True)
        ):
            if isinstance(key, slice):
                start, count = _slice(key, length)
                offset = offset + start * np.int64(stride)
                shape.append(count)
                strides.append(stride)
            else:
                offset = offset + self._checked(machine, axis, key, line, keys) * stride
        return View(self.storage, offset, tuple(shape), tuple(strides))

    def locate(self, machine, keys: list, line):
        """Return the place of an element in each lane's part of the storage.

        Lanes that are not active get a place that exists.

        Raises:
            KernelError: an active thread is out of bounds.
        """
        place = self.offset
        for axis, key in enumerate(keys):
            index = self._checked(machine, axis, key, line, keys)
            stride = self.strides[axis]
            step = index if stride == 1 else index * stride
            place = step if not is_vector(place) and place == 0 else place + step
        return place

    def _checked(self, machine, axis, key, line, keys):
        """Return `key` counted from the front, 0 in lanes that are not active."""
        length = self.shape[axis]
        if not is_vector(key) and not is_vector(length):
            key = int(key)
            if -length <= key < length:
                return np.int64(key % length)
            if machine.active:
                self._out_of_bounds(machine, machine.mask, axis, keys, line)
            return np.int64(0)
        key = machine.vector(key)
        if not is_vector(length) and key.min() >= 0 and key.max() < length:
            return key.astype(np.int64, copy=False)
        key = key.astype(np.int64)
        outside = ((key >= length) | (key < -length)) & machine.mask
        if outside.any():
            self._out_of_bounds(machine, outside, axis, keys, line)
        key = np.where(key < 0, key + length, key)
        return np.where(machine.mask, key, 0)

    def _out_of_bounds(self, machine, outside, axis, keys, line):
        lane = int(outside.argmax())
        thread = machine.launch.thread(machine.first_lane + lane)
        index = [_at(key, lane) for key in keys]
        shape = [_at(length, lane) for length in self.shape]
        name = self.storage.name
        raise KernelError(
            f"out of bounds: {name}[{', '.join(map(str, index))}] in an array of shape "
            f"({', '.join(map(str, shape))}), by {thread}",
            line,
            thread,
        )


def _slice(key: slice, length):
    """Return where a slice begins and how long it is, clipped to the array as in Python."""

    def end(bound, default):
        if bound is None:
            return default
        bound = np.where(bound < 0, bound + length, bound)
        return np.clip(bound, 0, length)[()]

    start, stop = end(key.start, np.int64(0)), end(key.stop, length)
    return start, np.maximum(stop - start, 0)


def _at(value, lane: int):
    if isinstance(value, slice):
        return ":"
    return int(value[lane] if is_vector(value) else value)


# Reading and writing


def load(machine, view: View, keys: list, site) -> object:
    """Return the elements that the active lanes read. `site` is where the source says so."""
    storage = view.storage
    place = view.locate(machine, keys, site.line)
    if not machine.active:
        return storage.flat.dtype.type(0)
    _count(machine, storage, place, site, "load")
    here = place + storage.lane_base
    if storage.initialised is not None:
        _check_initialised(machine, storage, view, here, site)
    if storage.history is not None:
        storage.history.read(machine, storage, here, machine.launch.access(site.line))
    return storage.flat[here]


def store(machine, view: View, keys: list, value, site) -> None:
    """Write `value`, already of the array's type, in the active lanes."""
    storage = view.storage
    place = view.locate(machine, keys, site.line)
    if not machine.active:
        return
    _count(machine, storage, place, site, "store")
    here = place + storage.lane_base
    if storage.history is not None:
        time = machine.launch.access(site.line)
        storage.history.write(machine, storage, here, value, time)
    if not machine.full and is_vector(here):
        here = here[machine.mask]
        value = value[machine.mask] if is_vector(value) else value
    elif is_vector(value) and not is_vector(here):
        value = value[machine.mask][-1]
    storage.flat[here] = value
    if storage.initialised is not None:
        storage.initialised[here] = True


def atomic(machine, view: View, keys: list, operation, operands, site, *, wanted: bool):
    """Apply `operation` atomically, lane by lane in order, and return the old elements.

    Args:
        machine: the lanes.
        view: the array.
        keys: the index.
        operation: one of `atomics.OPERATIONS`.
        operands: values of the array's type, scalar or one per lane.
        site: where the source says so.
        wanted: whether the kernel uses what is returned.
    """
    storage = view.storage
    place = view.locate(machine, keys, site.line)
    if not machine.active:
        return storage.flat.dtype.type(0)
    _count(machine, storage, place, site, "atomic")
    here = place + storage.lane_base
    if storage.initialised is not None:
        _check_initialised(machine, storage, view, here, site)
    if storage.history is not None:
        time = machine.launch.access(site.line, atomic=True)
        storage.history.write(machine, storage, here, None, time)
        machine.note_atomic(time)
    lanes = np.flatnonzero(machine.mask)
    cells = machine.vector(here)[lanes]
    values = [machine.vector(value)[lanes] for value in operands]
    old = operation(storage.flat, cells, values, wanted)
    if not wanted:
        return storage.flat.dtype.type(0)
    result = np.zeros(machine.lanes, dtype=storage.flat.dtype)
    result[lanes] = old
    return result


def _check_initialised(machine, storage, view, here, site):
    if storage.initialised.all():
        storage.initialised = None
        return
    missing = ~storage.initialised[here] & machine.mask
    if not missing.any():
        return
    lane = int(missing.argmax())
    thread = machine.launch.thread(machine.first_lane + lane)
    index = storage.index_of(storage.local_place(_at(here, lane), lane))
    machine.launch.faults.add(
        Fault("uninitialised read", storage.name, index, (site.line,), (thread,), storage.space)
    )


# Counting


def _count(machine, storage, place, site, action):
    count = site.counter
    count.tick(machine)
    if storage.space == "global":
        _count_global(machine, storage, place, count, action)
    elif storage.space == "shared":
        _count_shared(machine, storage, place, count, action)
    if storage.space in ("global", "shared"):
        _sample(machine, storage, place, site, action)


def _count_global(machine, storage, place, count, action):
    warps = machine.warps
    address = storage.address + place * storage.unit
    if is_vector(address):
        mask = None if machine.full else machine.mask
        touched = counters.sectors(address, mask)
        address = address if mask is None else address[mask]
    else:
        touched = warps
    if action == "load":
        count.global_load_requests += warps
        count.global_load_sectors += touched
        storage.loaded[address >> 5] = True
    elif action == "store":
        count.global_store_requests += warps
        count.global_store_sectors += touched
        storage.stored[address >> 5] = True
    else:
        count.global_atomic_requests += warps
        count.global_atomic_sectors += touched
        storage.loaded[address >> 5] = True
        storage.stored[address >> 5] = True


def _count_shared(machine, storage, place, count, action):
    warps = machine.warps
    if action == "atomic":
        count.shared_atomic_requests += warps
        return
    if is_vector(place):
        mask = None if machine.full else machine.mask
        turns, least = counters.wavefronts(place * storage.unit, storage.itemsize, mask)
    else:
        turns = least = warps * max(1, storage.itemsize // counters.WORD_BYTES)
    if action == "load":
        count.shared_load_requests += warps
        count.shared_load_wavefronts += turns
        count.shared_load_conflicts += turns - least
    else:
        count.shared_store_requests += warps
        count.shared_store_wavefronts += turns
        count.shared_store_conflicts += turns - least


@dataclass(frozen=True)
class Sample:
    """What one warp's lanes did at one place of the source, for the maps of `Trace.show`.

    Attributes:
        array, space, itemsize, action: the array and what was done ("load", "store", "atomic");
            a divergent branch has the space "branch".
        line: the source line.
        warp: number of the warp within the grid.
        addresses: byte address per lane (device address, or offset in shared memory); -1 where
            the lane was not active. At a branch 1 where the test held, 0 where it did not.
    """

    array: str
    space: str
    itemsize: int
    action: str
    line: object
    warp: int
    addresses: tuple


def _sample(machine, storage, place, site, action):
    key = (site.key, storage.name, action)
    if key in machine.launch.samples:
        return
    warp = int(machine.mask.argmax()) // counters.WARP
    lanes = slice(warp * counters.WARP, (warp + 1) * counters.WARP)
    places = place[lanes] if is_vector(place) else np.full(counters.WARP, place)
    addresses = np.where(machine.mask[lanes], storage.address + places * storage.unit, -1)
    machine.launch.samples[key] = Sample(
        storage.name,
        storage.space,
        storage.itemsize,
        action,
        site.line,
        machine.first_lane // counters.WARP + warp,
        tuple(addresses.tolist()),
    )


def sample_branch(machine, holds, fails, line):
    """Keep which way the lanes of the first divergent warp went, once per line."""
    key = (line, "branch")
    if key in machine.launch.samples:
        return
    rows = (holds.reshape(-1, counters.WARP), fails.reshape(-1, counters.WARP))
    warp = int((rows[0].any(axis=1) & rows[1].any(axis=1)).argmax())
    ways = np.where(rows[0][warp], 1, np.where(rows[1][warp], 0, -1))
    number = machine.first_lane // counters.WARP + warp
    machine.launch.samples[key] = Sample(
        "", "branch", 0, "branch", line, number, tuple(ways.tolist())
    )


# Making storages


def make_block_array(machine, name, space, shape, dtype, history) -> View:
    """Return a fresh shared (one per block) or local (one per lane) array."""
    size = math.prod(shape)
    copies = machine.blocks if space == "shared" else machine.lanes
    flat = np.zeros(copies * size, dtype=dtype)
    flat[:] = poison(dtype)
    owner = machine.block_numbers() if space == "shared" else np.arange(machine.lanes)
    storage = Storage(name, space, flat, dtype.itemsize, lane_base=owner * size, history=history)
    storage.initialised = np.zeros(flat.shape, dtype=bool)
    return _whole(storage, shape)


def make_dynamic_array(machine, name, dtype, arena: np.ndarray, history) -> View:
    """Return the block's dynamic shared memory as an array of `dtype`."""
    per_block = arena.size // machine.blocks
    flat = arena.view(dtype)
    base = machine.block_numbers() * (per_block // dtype.itemsize)
    storage = Storage(name, "shared", flat, dtype.itemsize, lane_base=base, history=history)
    return _whole(storage, (machine.launch.dynamic_shared // dtype.itemsize,))


def make_constant(name: str, array: np.ndarray) -> View:
    """Return a global array of Python as constant memory: a copy, as Numba makes one."""
    flat = np.ascontiguousarray(array).ravel()
    return _whole(Storage(name, "constant", flat, array.itemsize), array.shape)


def poison(dtype: np.dtype):
    """Return what memory holds that nobody wrote: something that shows."""
    if dtype.kind == "f":
        return dtype.type(np.nan)
    return dtype.type(0xA5 if dtype.kind in "iu" and dtype.itemsize > 1 else 1)


def _whole(storage, shape) -> View:
    strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    storage.shape, storage.strides = shape, strides
    return View(storage, np.int64(0), shape, strides)


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
    views, address = {}, 1 << 20
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
    from .races import History

    low = min(_extent(array)[0] for array in arrays.values())
    high = max(_extent(array)[1] for array in arrays.values())
    base, sectors = low + shift, (high - low) // counters.SECTOR_BYTES + 2
    loaded, stored = (_Sectors(np.zeros(sectors, dtype=bool), base >> 5) for _ in range(2))
    cell = math.gcd(*(_unit(array) for array in arrays.values()))
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
        lowest = array[tuple(slice(c, None) if c == 0 else slice(-1, None) for c in corner)]
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
    return groups
