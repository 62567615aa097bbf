"""Where the threads of a block meet: barriers and fences."""

import numpy as np

from ..machine import meeting, warps
from . import types
from .expressions import Expression
from .operations import acting, scalars
from .types import ConstantType


def _procedure(count_least, count_most, act):
    """Return the rule of a call that gives no value; `act(machine, site, *values)`."""

    def rule(scope, node):
        values = scalars(scope, node, count_least, count_most)
        site = scope.site(node)
        return Expression(ConstantType(None, id(None)), acting(site, act, values))

    return rule


def _barrier(machine, site):
    meeting.barrier(machine, site.counter)


def _syncwarp(machine, site, members=warps.ALL_LANES):
    meeting.sync_warps(machine, members, site.line)


def _voting_barrier(result):
    def rule(scope, node):
        (predicate,) = scalars(scope, node, 1)

        def act(machine, site, value):
            meeting.barrier(machine, site.counter)
            return result(machine, warps.per_block(machine, value))

        return Expression(types.INT32, acting(scope.site(node), act, [predicate]))

    return rule


def _everybody(machine, yes):
    running = machine.mask.reshape(machine.blocks, -1).sum(axis=1)
    return (yes == running.repeat(machine.launch.lanes_per_block)).astype(np.int32)


#: Name in `cuda` → rule of a call.
CALLS = {
    "syncthreads": _procedure(0, 0, _barrier),
    "syncthreads_count": _voting_barrier(lambda machine, yes: yes),
    "syncthreads_and": _voting_barrier(_everybody),
    "syncthreads_or": _voting_barrier(lambda machine, yes: (yes > 0).astype(np.int32)),
    "syncwarp": _procedure(0, 1, _syncwarp),
    "threadfence": _procedure(0, 0, lambda machine, site: meeting.fence(machine)),
    "threadfence_system": _procedure(0, 0, lambda machine, site: meeting.fence(machine)),
    "threadfence_block": _procedure(
        0, 0, lambda machine, site: meeting.fence(machine, block_only=True)
    ),
    "nanosleep": _procedure(1, 1, lambda machine, site, time: None),
}
