"""Where lanes meet, or tell one another: barriers, `syncwarp`, fences."""

import numpy as np

from ..counters import WARP
from ..faults import Fault, KernelError
from .lanes import Machine, warp_any


def barrier(machine: Machine, counter) -> None:
    """Let the blocks of the active lanes pass a barrier.

    Raises:
        KernelError: some threads of a block are elsewhere and have not ended.
    """
    counter.barriers += machine.warps
    if machine.strand is not None:
        _require_all(machine, machine.alive & ~machine.mask, "barrier")
        machine.strand.meet()
        machine.block_sync[:] = len(machine.launch.access_lines)
        return
    if machine.active == machine.alive_count:
        machine.all_sync = len(machine.launch.access_lines)
        machine.block_sync[:] = machine.all_sync
        return
    arrived = machine.mask.reshape((machine.blocks, -1)).any(axis=1)
    waited_for = arrived.repeat(machine.launch.lanes_per_block)
    _require_all(machine, machine.alive & ~machine.mask & waited_for, "barrier")
    machine.block_sync[arrived] = len(machine.launch.access_lines)


def _require_all(machine, absent, what):
    if not absent.any():
        return
    block = int(absent.argmax()) // machine.launch.lanes_per_block
    here = machine.mask & (machine.block_numbers() == block)
    first = machine.first_thread(here if here.any() else machine.mask)
    raise KernelError(
        f"{what} in divergent code: {first} waits, {machine.first_thread(absent)} does not come"
    )


def grid_barrier(machine: Machine, counter) -> None:
    """Let all blocks pass a barrier together.

    Raises:
        KernelError: some threads of the grid are elsewhere and have not ended.
    """
    counter.barriers += machine.warps
    _require_all(machine, machine.alive & ~machine.mask, "barrier of the grid")
    machine.all_sync = machine.launch.grid_sync = len(machine.launch.access_lines)
    machine.block_sync[:] = machine.all_sync


def sync_warps(machine: Machine, members, line) -> None:
    """Order the memory accesses of the lanes that `members` (32-bit masks) name and that come.

    Lanes that are named and do not come are reported: hardware waits for them until they end.
    """
    living = machine.lane_bits(machine.alive)
    named = machine.vector(members).astype(np.int64) & 0xFFFFFFFF
    require_itself(machine, named)
    absent = named & living & ~machine.lane_bits(machine.mask)
    if (waiting := machine.mask & (absent != 0)).any():
        _report_absent(machine, absent, waiting, line)
    whole = machine.mask & ((named & living) == living) & ~waiting
    now = len(machine.launch.access_lines)
    machine.warp_sync[warp_any(whole)] = now
    if (some := machine.mask & ~whole).any():
        _sync_pairs(machine, some, named, now)


def _report_absent(machine, absent, waiting, line):
    lane, missing = _first_absent(absent, waiting)
    threads = (machine.launch.thread(machine.first_lane + lane),)
    kind, index = "syncwarp without a lane that it names", (missing % WARP,)
    machine.launch.faults.add(Fault(kind, "lane", index, (line,), threads, "warp"))


def _first_absent(absent, waiting):
    """Return the first lane that waits, and the first for which it does."""
    lane = int(waiting.argmax())
    first = int(absent[lane])
    return lane, lane // WARP * WARP + (first & -first).bit_length() - 1


def _sync_pairs(machine, lanes, named, now) -> None:
    """Order `lanes`, which are not all that live in their warps, with those that they name."""
    if machine.pair_sync is None:
        machine.pair_sync = np.zeros((machine.lanes // WARP, WARP, WARP), dtype=np.int32)
    for warp in np.flatnonzero(warp_any(lanes)):
        here = np.flatnonzero(lanes[warp * WARP : (warp + 1) * WARP])
        bits = named[warp * WARP + here]
        for group in np.unique(bits):
            met = here[bits == group]
            machine.pair_sync[warp, met[:, None], met] = now


def require(machine: Machine, members) -> None:
    """Check that the lanes which `members` name have come, and that each names itself.

    Raises:
        KernelError: one has not, so the others would wait for ever.
    """
    named = machine.vector(members).astype(np.int64) & 0xFFFFFFFF
    absent = named & machine.lane_bits(machine.alive) & ~machine.lane_bits(machine.mask)
    if (waiting := machine.mask & (absent != 0)).any():
        missing = _first_absent(absent, waiting)[1]
        raise KernelError(
            f"{machine.first_thread(waiting)} waits for lanes of its warp, "
            f"{machine.launch.thread(machine.first_lane + missing)} does not come"
        )
    require_itself(machine, named)


def require_itself(machine: Machine, named) -> None:
    """Check that each lane is among those that it names.

    Raises:
        KernelError: one is not.
    """
    outside = machine.mask & ((named >> machine.lane_numbers()) & 1 == 0)
    if outside.any():
        raise KernelError(f"{machine.first_thread(outside)} is not in the lane mask it gives")


def fence(machine: Machine, *, block_only: bool = False) -> None:
    """Note a `threadfence` of the active threads."""
    launch, now = machine.launch, len(machine.launch.access_lines)
    if launch.lane_fence is None:
        launch.lane_fence, launch.lane_atomic = (np.zeros(launch.lanes, np.int64) for _ in "fa")
    launch.lane_fence[machine.lanes_of_grid(machine.mask)] = now
    if not block_only:
        launch.fences = True
        launch.fence_time[_running_blocks(machine)] = now


def note_atomic(machine: Machine, time: int) -> None:
    """Note an atomic of the active threads: it may tell their block what others wrote."""
    launch = machine.launch
    if launch.lane_atomic is not None:
        launch.lane_atomic[machine.lanes_of_grid(machine.mask)] = time
    if launch.fences:
        launch.atomic_time[_running_blocks(machine)] = time


def _running_blocks(machine) -> np.ndarray:
    running = machine.mask.reshape(machine.blocks, -1).any(axis=1)
    return machine.first_block + np.flatnonzero(running)
