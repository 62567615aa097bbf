"""Counting what an access moves, and keeping what one warp touched."""

import numpy as np

from .. import counters
from ..footprints import Sample
from .lanes import is_vector
from .transactions import sectors, wavefronts


def count(machine, storage, place, site, action: str) -> None:
    """Count an access ("load", "store", "atomic") of the active lanes to `place`."""
    line = site.counter
    # A complex number moves in two halves, the real part first.
    halves = 2 if storage.flat.dtype.kind == "c" else 1
    width = storage.itemsize // halves
    for shift in range(0, storage.itemsize, width):
        line.tick(machine)
        if storage.space == "global":
            _count_global(machine, storage, place, line, action, shift)
        elif storage.space == "shared":
            _count_shared(machine, storage, place, line, action, shift, width)
    if storage.space in ("global", "shared"):
        _sample(machine, storage, place, site, action)


def branch(machine, test, counter) -> tuple:
    """Count a branch and return the masks of the two ways, None where nobody goes."""
    counter.tick(machine)
    counter.branches += machine.warps
    holds, fails = machine.split(test)
    divergent = machine.divergent_warps(holds, fails)
    if divergent:
        counter.divergent_branches += divergent
        _sample_branch(machine, holds, fails, counter.number)
    return holds, fails


def _count_global(machine, storage, place, line, action, shift):
    warps = machine.warps
    address = storage.address + shift + place * storage.unit
    if is_vector(address):
        mask = None if machine.full else machine.mask
        touched = sectors(address, mask)
        address = address if mask is None else address[mask]
    else:
        touched = warps
    if action == "load":
        line.global_load_requests += warps
        line.global_load_sectors += touched
        storage.loaded[address >> 5] = True
    elif action == "store":
        line.global_store_requests += warps
        line.global_store_sectors += touched
        storage.stored[address >> 5] = True
    else:
        line.global_atomic_requests += warps
        line.global_atomic_sectors += touched
        storage.loaded[address >> 5] = True
        storage.stored[address >> 5] = True


def _count_shared(machine, storage, place, line, action, shift, width):
    warps = machine.warps
    if action == "atomic":
        line.shared_atomic_requests += warps
        return
    if is_vector(place):
        mask = None if machine.full else machine.mask
        offsets = storage.address + shift + place * storage.unit
        turns, least = wavefronts(offsets, width, mask)
    else:
        turns = least = warps * max(1, width // counters.WORD_BYTES)
    if action == "load":
        line.shared_load_requests += warps
        line.shared_load_wavefronts += turns
        line.shared_load_conflicts += turns - least
    else:
        line.shared_store_requests += warps
        line.shared_store_wavefronts += turns
        line.shared_store_conflicts += turns - least


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


def _sample_branch(machine, holds, fails, line):
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
