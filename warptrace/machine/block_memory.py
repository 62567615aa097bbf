"""Arrays that a kernel makes: shared memory of blocks, local arrays of lanes, constants."""

import math

import numpy as np

from .arrays import Storage, View
from .fields import pieces
from .races import History


def block_array(machine, key, name, space, shape, dtype) -> View:
    """Return the array made at the place `key`, new when the machine comes there first.

    There is one for each block if `space` is "shared", one for each lane if it is "local".
    """
    if key not in machine.arrays:
        machine.arrays[key] = _new_array(machine, name, space, shape, dtype)
    return machine.arrays[key]


def _new_array(machine, name, space, shape, dtype) -> View:
    size, shared = math.prod(shape), space == "shared"
    copies = machine.blocks if shared else machine.lanes
    flat = np.full(copies * size, _poison(dtype), dtype=dtype)
    owner = machine.block_numbers() if shared else np.arange(machine.lanes)
    storage = Storage(name, space, flat, dtype.itemsize, lane_base=owner * size)
    if shared:
        cell = math.gcd(dtype.itemsize, *pieces(dtype))
        storage.history = History(flat.nbytes // cell, cell, machine.launch.lanes)
    if not dtype.names:
        storage.initialised = np.zeros(flat.shape, dtype=bool)
    return storage.whole(shape)


def dynamic_array(machine, key, name, dtype, all_types: set) -> View:
    """Return the dynamic shared memory of each block as an array of `dtype`.

    `all_types` are those under which the kernel uses it.
    """
    if key not in machine.arrays:
        machine.arrays[key] = _new_dynamic_array(machine, name, dtype, all_types)
    return machine.arrays[key]


def _new_dynamic_array(machine, name, dtype, all_types) -> View:
    arena, history, initialised = _arena(machine, all_types)
    flat = arena.view(dtype)
    base = machine.block_numbers() * (flat.size // machine.blocks)
    storage = Storage(name, "shared", flat, dtype.itemsize, lane_base=base, history=history)
    storage.initialised = initialised
    return storage.whole((machine.launch.dynamic_shared // dtype.itemsize,))


def _arena(machine, all_types):
    """Return the dynamic shared memory of all blocks, its history and what is initialised."""
    machine = machine.owner or machine
    if machine.arena is None:
        per_block = -(-machine.launch.dynamic_shared // 16) * 16
        arena = np.full(machine.blocks * per_block, 0xA5, dtype=np.uint8)
        cell = math.gcd(*(n for dtype in all_types for n in (dtype.itemsize, *pieces(dtype))))
        history = History(arena.size // cell, cell, machine.launch.lanes)
        # Where one memory is read under several types, elements do not correspond.
        single = len(all_types) == 1
        initialised = np.zeros(arena.size // cell, dtype=bool) if single else None
        machine.arena = (arena, history, initialised)
    return machine.arena


def make_constant(name: str, array: np.ndarray) -> View:
    """Return a global array of Python as constant memory: a copy, as Numba makes one."""
    flat = np.ascontiguousarray(array).ravel()
    return Storage(name, "constant", flat, array.itemsize).whole(array.shape)


def _poison(dtype: np.dtype):
    """Return what memory holds that nobody wrote: something that shows."""
    if dtype.names:
        record = np.zeros((), dtype)
        for name in dtype.names:
            record[name] = _poison(dtype[name].base)
        return record
    if dtype.kind in "fc":
        return dtype.type(np.nan)
    return dtype.type(0xA5 if dtype.kind in "iu" and dtype.itemsize > 1 else 1)
