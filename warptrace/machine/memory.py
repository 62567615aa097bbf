"""Reading and writing: what lanes find in memory and leave there, counted and checked."""

import numpy as np

from ..faults import Fault
from .arrays import View, at
from .counting import count
from .lanes import is_vector
from .meeting import note_atomic


def load(machine, view: View, keys: list, site) -> object:
    """Return the elements that the active lanes read. `site` is where the source says so."""
    storage = view.storage
    place = view.locate(machine, keys, site.line)
    if not machine.active:
        return storage.flat.dtype.type(0)
    count(machine, storage, place, site, "load")
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
    count(machine, storage, place, site, "store")
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
    count(machine, storage, place, site, "atomic")
    here = place + storage.lane_base
    if storage.initialised is not None:
        _check_initialised(machine, storage, view, here, site)
    if storage.history is not None:
        time = machine.launch.access(site.line, atomic=True)
        storage.history.write(machine, storage, here, None, time)
        note_atomic(machine, time)
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
    index = storage.index_of(storage.local_place(at(here, lane), lane))
    machine.launch.faults.add(
        Fault("uninitialised read", storage.name, index, (site.line,), (thread,), storage.space)
    )
