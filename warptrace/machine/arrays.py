"""Arrays of a kernel: where an element lies."""

import math
from dataclasses import dataclass

import numpy as np

from ..faults import KernelError
from .lanes import is_vector


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
        parts: the fields of its records that were asked for.
    """

    def __init__(self, name, space, flat, unit, *, address=0, lane_base=0, history=None):
        """Wrap `flat`; nothing is copied."""
        self.name, self.space, self.flat, self.unit = name, space, flat, unit
        self.address, self.lane_base, self.history = address, lane_base, history
        self.initialised = None
        self.loaded = self.stored = None
        self.cell_shift = 0
        self.parts: dict = {}
        self.shape, self.strides = (flat.size,), (1,)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.flat.dtype.itemsize

    def whole(self, shape: tuple) -> "View":
        """Return the elements as one array of `shape`, rows one after another."""
        self.shape = shape
        self.strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
        return View(self, np.int64(0), shape, self.strides)

    def local_place(self, place: int, lane: int) -> int:
        """Return `place` in `flat`, counted from the beginning of the lane's own part."""
        return place - at(self.lane_base, lane)

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
        if old.storage is not self.storage or len(old.shape) != len(self.shape):
            raise KernelError(
                f"a variable stands for {self.storage.name} in some threads and for "
                f"{old.storage.name} in others; give each array a name of its own"
            )
        shape = tuple(map(machine.merge, self.shape, old.shape))
        strides = tuple(map(machine.merge, self.strides, old.strides))
        return View(self.storage, machine.merge(self.offset, old.offset), shape, strides)

    def part(self, machine, keys: list, line):
        """Return the view that `keys` choose.

        Integers drop a dimension, slices narrow one, None adds one of length 1.
        """
        offset, shape, strides = self.offset, [], []
        axes = iter(range(len(self.shape)))
        given = sum(key is not None for key in keys)
        for key in keys + [slice(None)] * (len(self.shape) - given):
            if key is None:
                shape.append(np.int64(1))
                strides.append(0)
                continue
            axis = next(axes)
            stride = self.strides[axis]
            if isinstance(key, slice):
                start, count, step = _slice(key, self.shape[axis])
                if type(step) is not int and np.any((step == 0) & machine.mask):
                    raise KernelError("a slice with a step of zero", line)
                offset = offset + start * np.int64(stride)
                shape.append(count)
                strides.append(stride * step)
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
            step = index if type(stride) is int and stride == 1 else index * stride
            place = step if not is_vector(place) and place == 0 else place + step
        if is_vector(self.offset) and not machine.full:
            # A part that a lane took while it was switched off may begin past the end.
            place = np.where(machine.mask, place, 0)
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
        index = [at(key, lane) for key in keys]
        shape = [at(length, lane) for length in self.shape]
        name = self.storage.name
        raise KernelError(
            f"out of bounds: {name}[{', '.join(map(str, index))}] in an array of shape "
            f"({', '.join(map(str, shape))}), by {thread}",
            line,
            thread,
        )


def _slice(key: slice, length):
    """Return start, length and step of a slice, clipped to the array as in Python."""
    if key.step is None:
        start = _end(key.start, np.int64(0), length, 0, length)
        stop = _end(key.stop, length, length, 0, length)
        return start, np.maximum(stop - start, 0), 1
    step = key.step.astype(np.int64)
    back = step < 0
    lowest, highest = np.where(back, -1, 0)[()], np.where(back, length - 1, length)[()]
    start = _end(key.start, np.where(back, highest, lowest)[()], length, lowest, highest)
    stop = _end(key.stop, np.where(back, lowest, highest)[()], length, lowest, highest)
    size = np.maximum(np.abs(step), 1)
    count = (np.where(back, start - stop, stop - start) + size - 1) // size
    return start, np.maximum(count, 0)[()], step


def _end(bound, default, length, lowest, highest):
    if bound is None:
        return default
    bound = bound.astype(np.int64)
    return np.clip(np.where(bound < 0, bound + length, bound), lowest, highest)[()]


def at(value, lane: int):
    """Return what `value` is in `lane`."""
    if value is None or isinstance(value, slice):
        return "None" if value is None else ":"
    return int(value[lane] if is_vector(value) else value)
