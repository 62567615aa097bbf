"""Fields of records: each is a piece of memory of its own, with the strides of the records."""

import math

import numpy as np

from .arrays import Storage, View


def field(view: View, name: str) -> View:
    """Return the field `name` of a record, or of each record of an array."""
    dtype, offset = view.storage.flat.dtype.fields[name][:2]
    storage, scale = _part(view.storage, f"{view.storage.name}.{name}", offset, dtype)
    extent, inner = _inside(dtype, storage.unit)
    place = view.offset * np.int64(scale)
    strides = tuple(stride * scale for stride in view.strides)
    return View(storage, place, view.shape + extent, strides + inner)


def half(view: View, name: str) -> View:
    """Return the real or imaginary parts of complex numbers."""
    part = np.dtype(f"f{view.storage.itemsize // 2}")
    offset = part.itemsize if name == "imag" else 0
    storage, _ = _part(view.storage, f"{view.storage.name}.{name}", offset, part)
    return View(storage, view.offset, view.shape, view.strides)


def one_byte(view: View, number: int) -> View:
    """Return the byte `number` of a record: a record is copied byte by byte."""
    storage, _ = _part(view.storage, view.storage.name, number, np.dtype(np.uint8))
    return View(storage, view.offset, view.shape, view.strides)


def _inside(dtype, unit) -> tuple[tuple, tuple]:
    """Return shape and strides of an array that is a field, both empty for a number."""
    extent = dtype.shape
    steps = [math.prod(extent[axis + 1 :]) for axis in range(len(extent))]
    return extent, tuple(step * dtype.base.itemsize // unit for step in steps)


def _part(storage: Storage, name: str, offset: int, dtype) -> tuple[Storage, int]:
    """Return what lies `offset` bytes into each record, and its elements per record."""
    key = (offset, dtype)
    if key not in storage.parts:
        storage.parts[key] = _new_part(storage, name, offset, dtype)
    return storage.parts[key]


def _new_part(storage, name, offset, dtype):
    whole = storage.flat.dtype
    alone = {"names": ["it"], "formats": [dtype], "offsets": [offset], "itemsize": whole.itemsize}
    values = storage.flat.view(np.dtype(alone))["it"]
    unit = math.gcd(storage.unit, dtype.base.itemsize) if dtype.shape else storage.unit
    scale, (extent, inner) = storage.unit // unit, _inside(dtype, unit)
    if extent and values.size:
        count = (len(storage.flat) - 1) * scale + sum(
            (n - 1) * step for n, step in zip(extent, inner, strict=True)
        )
        values = np.lib.stride_tricks.as_strided(values, (count + 1,), (unit,))
    part = Storage(name, storage.space, values, unit, address=storage.address + offset)
    part.lane_base, part.history = storage.lane_base * scale, storage.history
    part.loaded, part.stored = storage.loaded, storage.stored
    part.cell_shift = storage.cell_shift + offset
    part.shape = storage.shape + extent
    part.strides = tuple(stride * scale for stride in storage.strides) + inner
    return part, scale


def pieces(dtype: np.dtype) -> list[int]:
    """Return where the numbers of a record begin and how long they are, in bytes."""
    if not dtype.base.names:
        halves = 2 if dtype.base.kind == "c" else 1
        return [dtype.base.itemsize // halves]
    found = []
    for inner, offset in (entry[:2] for entry in dtype.base.fields.values()):
        found += [offset, *pieces(inner)]
    return found
