"""Shuffles, votes and matches: lanes of one warp look at one another's registers.

Each takes the machine, the lane mask that the kernel names, and values; lanes are checked to
have come, as the hardware would wait for them.
"""

import numpy as np

from ..counters import WARP
from ..faults import Fault
from .meeting import require

ALL_LANES = 0xFFFFFFFF


def shuffle(machine, site, members, value, source):
    """Return each lane's value from the lane `source` of its warp; its own if that is outside.

    Reading from a lane that is not active is reported: what arrives is undefined.
    """
    require(machine, members)
    own = np.arange(machine.lanes)
    source = machine.vector(source).astype(np.int64)
    inside = (source >= 0) & (source < WARP)
    origin = np.where(inside, own // WARP * WARP + np.clip(source, 0, WARP - 1), own)
    silent = machine.mask & ~machine.mask[origin]
    if silent.any():
        lane = int(silent.argmax())
        threads = (machine.launch.thread(machine.first_lane + lane),)
        index = (int(origin[lane]) % WARP,)
        fault = Fault("shuffle from inactive lane", "lane", index, (site.line,), threads, "warp")
        machine.launch.faults.add(fault)
    return machine.vector(value)[origin]


def votes(machine, members, predicate) -> tuple:
    """Return for each lane (lanes that vote, those of them that say yes), as 32 bits."""
    require(machine, members)
    named = machine.vector(members).astype(np.int64) & ALL_LANES
    voting = named & machine.lane_bits(machine.mask)
    yes = machine.lane_bits(machine.mask & (machine.vector(predicate) != 0))
    return voting, voting & yes


def matches(machine, members, value) -> np.ndarray:
    """Return for each lane which voting lanes hold the same value, as 32 bits."""
    voting, _ = votes(machine, members, True)
    rows = machine.vector(value).reshape(-1, WARP)
    same = rows[:, :, None] == rows[:, None, :]
    bits = (same.astype(np.int64) << np.arange(WARP)).sum(axis=2)
    return bits.ravel() & voting


def per_block(machine, predicate) -> np.ndarray:
    """Return for each lane how many active threads of its block hold `predicate`, int32."""
    yes = (machine.mask & (machine.vector(predicate) != 0)).reshape(machine.blocks, -1)
    return yes.sum(axis=1, dtype=np.int32).repeat(machine.launch.lanes_per_block)
