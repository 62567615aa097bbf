"""Races: two threads touch one element, one of them writes, and nothing orders the two.

What orders two accesses: being of one thread, a barrier of the block between them, a `syncwarp`
that names both lanes, two atomics. Lanes of a warp that run in step are not ordered by that, since
the hardware no longer promises it. Blocks, and threads of a block, are ordered by a fence of the
first and a later atomic of the second, as a lock does. Two writes of the same value are let pass,
as NVIDIA's racecheck does.
"""

import numpy as np

from ..counters import WARP
from ..faults import Fault
from .lanes import is_vector

#: Reads that wait to be looked at; more than this many are looked at at once.
MOST_PENDING = 1 << 22
#: Pairs of lines that one access reports at most.
MOST_REPORTS = 8


class History:
    """Who last wrote each cell of a piece of memory, and up to two threads that read it since.

    Two are enough: whoever writes next is unordered with one of them if with any. Threads are
    kept as lane numbers over the grid plus one, so that zero means nobody; times count accesses.
    """

    def __init__(self, cells: int, cell_bytes: int, lanes: int):
        """Make room for `cells` cells of `cell_bytes` bytes, in a launch of `lanes` lanes."""
        self.cell_bytes = cell_bytes
        number = np.int32 if lanes < 2**31 - 1 else np.int64
        self.writer, self.reader, self.other = (np.zeros(cells, number) for _ in range(3))
        self.write_time, self.read_time, self.other_time = (
            np.zeros(cells, np.int32) for _ in range(3)
        )
        self.last_write = 0
        self._pending: list[tuple] = []
        self._pending_size = 0

    def read(self, machine, storage, here, time: int) -> None:
        """Note that the active lanes read the elements at `here`."""
        since = machine.all_sync if storage.space == "shared" else 1
        if self.last_write >= since:
            lanes, places = _active(machine.mask, here)
            for cells, who in self._cells(machine, storage, lanes, places):
                found = self._unordered(machine, cells, self.writer, self.write_time, who)
                self._report("read-after-write", machine, storage, found, lanes, places, time)
        # Most reads are never followed by a write before the next barrier: look at them then.
        self._pending.append((machine, storage, machine.mask, here, time))
        self._pending_size += machine.lanes
        if self._pending_size > MOST_PENDING:
            self._settle(machine, storage)

    def write(self, machine, storage, here, value, time: int) -> None:
        """Note that the active lanes write `value`, or change the elements atomically (None)."""
        lanes, places = _active(machine.mask, here)
        self._settle(machine, storage)
        atomic = value is None
        for cells, who in self._cells(machine, storage, lanes, places):
            found = self._unordered(machine, cells, self.writer, self.write_time, who)
            found = self._harmful(machine, storage, found, lanes, places, value)
            self._report("write-write", machine, storage, found, lanes, places, time)
            for readers, times in [(self.reader, self.read_time), (self.other, self.other_time)]:
                found = self._unordered(machine, cells, readers, times, who)
                self._report("write-after-read", machine, storage, found, lanes, places, time)
            self.writer[cells] = who
            self.write_time[cells] = time
            if not atomic:
                found = _clashes(self.writer[cells], who, lanes, value, time)
                self._report("write-write", machine, storage, found, lanes, places, time)
        self.last_write = time

    def _cells(self, machine, storage, lanes, places):
        """Yield the cells of each lane's element, a cell per lane at a time."""
        who = lanes + (machine.first_lane + 1)
        if storage.unit == storage.itemsize == self.cell_bytes and not storage.cell_shift:
            yield places, who
            return
        begin = (places * storage.unit + storage.cell_shift) // self.cell_bytes
        for part in range(-(-storage.itemsize // self.cell_bytes)):
            yield begin + part, who

    def _settle(self, machine, storage) -> None:
        """Take the pending reads into account; a barrier of all blocks ends those in shared."""
        begin = machine.all_sync if storage.space == "shared" else 0
        for reader, read, mask, here, time in self._pending:
            if time < begin:
                continue
            for cells, who in self._cells(reader, read, *_active(mask, here)):
                self._note_read(reader, cells, who, time)
        self._pending, self._pending_size = [], 0

    def _note_read(self, machine, cells, who, time):
        first = self.reader[cells]
        over = (first == 0) | _ordered(machine, first, self.read_time[cells], who)
        self.reader[cells[over]] = who[over]
        self.read_time[cells[over]] = time
        first = self.reader[cells]
        rest = first != who
        if not rest.any():
            return
        cells, who, first = cells[rest], who[rest], first[rest]
        second = self.other[cells]
        keep = (second > 0) & (_warp(second) != _warp(first))
        keep &= ~_ordered(machine, second, self.other_time[cells], who)
        far = _warp(who) != _warp(first)
        # A reader of another warp is kept rather than one of the same warp.
        for chosen in (~far & ~keep, far):
            self.other[cells[chosen]] = who[chosen]
            self.other_time[cells[chosen]] = time

    def _unordered(self, machine, cells, threads, times, who):
        """Return (positions, threads, times) of earlier accesses that nothing orders."""
        before = threads[cells]
        maybe = np.flatnonzero((before != 0) & (before != who))
        if not maybe.size:
            return maybe, maybe, maybe
        before, when = before[maybe], times[cells[maybe]]
        bad = ~_ordered(machine, before, when, who[maybe])
        return maybe[bad], before[bad], when[bad]

    def _harmful(self, machine, storage, found, lanes, places, value):
        """Drop pairs of atomics, and writes of the value that is there already."""
        at, before, when = found
        if not at.size:
            return found
        if value is None:
            atomic = np.asarray(machine.launch.access_atomic)[when]
            return at[~atomic], before[~atomic], when[~atomic]
        new = value[lanes[at]] if is_vector(value) else value
        changed = storage.flat[places[at]] != new
        return at[changed], before[changed], when[changed]

    def _report(self, kind, machine, storage, found, lanes, places, time):
        at, before, when = found
        if not at.size:
            return
        launch = machine.launch
        for moment in np.unique(when)[:MOST_REPORTS]:
            lines = (launch.access_lines[moment], launch.access_lines[time])
            if launch.faults.seen(kind, storage.name, lines):
                continue
            one = int(np.flatnonzero(when == moment)[0])
            lane = lanes[at[one]]
            threads = (
                launch.thread(before[one] - 1),
                launch.thread(machine.first_lane + lane),
            )
            index = storage.index_of(storage.local_place(int(places[at[one]]), int(lane)))
            launch.faults.add(Fault(kind, storage.name, index, lines, threads, storage.space))


def _active(mask, here):
    """Return the active lanes, and the place that each of them touches."""
    lanes = np.flatnonzero(mask)
    return lanes, here[lanes] if is_vector(here) else np.full(lanes.size, here)


def _warp(threads):
    return (threads - 1) // WARP


def _clashes(survivor, who, lanes, value, time):
    """Return lanes whose write, in this very instruction, another lane's write replaced."""
    lost = np.flatnonzero(survivor != who)
    if lost.size and is_vector(value):
        winner = survivor[lost] - who[lost] + lanes[lost]
        lost = lost[value[winner] != value[lanes[lost]]]
    else:
        lost = lost[:0]
    return lost, survivor[lost], np.full(lost.size, time)


def _ordered(machine, before, when, who):
    """Return where the access of thread `before` at `when` is ordered before `who` now."""
    launch = machine.launch
    lane = who - 1 - machine.first_lane
    block = lane // launch.lanes_per_block
    earlier_block = (before - 1) // launch.lanes_per_block
    same_block = earlier_block == block + machine.first_block
    ordered = (
        (before == who)
        | (when < launch.grid_sync)
        | (same_block & (when < machine.block_sync[block]))
    )
    ordered |= (_warp(before) == _warp(who)) & (when < machine.warp_sync[lane // WARP])
    if machine.pair_sync is not None:
        earlier = before - 1 - machine.first_lane
        near = _warp(before) == _warp(who)
        met = machine.pair_sync[lane // WARP, np.where(near, earlier, 0) % WARP, lane % WARP]
        ordered |= near & (when < met)
    if launch.fences:
        fenced = launch.fence_time[earlier_block]
        seen = fenced <= launch.atomic_time[block + machine.first_block]
        ordered |= ~same_block & (when < fenced) & seen
    if launch.lane_fence is not None:
        fenced = launch.lane_fence[before - 1]
        ordered |= same_block & (when < fenced) & (fenced <= launch.lane_atomic[who - 1])
    return ordered
