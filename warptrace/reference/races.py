"""Races and reads of what nobody wrote, from who touched what in which order.

Each cell of memory remembers who wrote it last and up to two threads that read it since; an access
is compared with those that nothing orders before it. What orders two: being of one thread, a
barrier of the block, a `syncwarp` that names both lanes, two atomics, a fence of one block before
an atomic of the other. Two writes of one value pass.
"""

from ..counters import WARP
from ..faults import Fault

#: Pairs of lines that one access reports at most.
MOST_REPORTS = 8


class Cells:
    """Who wrote and read the cells of an array: cell → (lane, time)."""

    def __init__(self):
        """Start untouched."""
        self.writer, self.reader, self.other = {}, {}, {}
        self.last_write = 0
        #: Reads that have not been looked at: most are never followed by a write in their stretch.
        self.pending: list[tuple] = []


class Watch:
    """Follows the accesses of a launch in their order."""

    def __init__(self, launch):
        """Start at time 1; time counts accesses."""
        self.launch = launch
        self.lines, self.atomic = [None], [False]
        self.cells: dict = {}
        self.memory: dict = {}  # what each array holds now, in step
        self.written: dict[int, set] = {}
        self.fenced: dict[int, int] = {}
        self.told: dict[int, int] = {}

    def begin(self, threads) -> None:
        """Begin with new blocks: their shared and local arrays are new."""
        self.alive = len(list(threads.lanes()))
        self.block_sync, self.warp_sync, self.pair_sync, self.all_sync = {}, {}, {}, 0
        self.living = set(threads.lanes())
        for store in threads.stores:
            if store.space in ("shared", "local"):
                self.written[store.number] = set()
                self.memory.pop(store.number, None)
                self.cells.pop(store.number, None)

    # Meeting points

    @property
    def now(self) -> int:
        """The time of the next access."""
        return len(self.lines)

    def exit(self, lanes) -> None:
        """Note that threads have ended."""
        self.living -= set(lanes)

    def barrier(self, lanes) -> None:
        """Note a barrier of the blocks of `lanes`."""
        if len(lanes) == len(self.living):
            self.all_sync = self.now
        for lane in lanes:
            self.block_sync[lane // self.launch.lanes_per_block] = self.now

    def syncwarp(self, members: dict) -> None:
        """Note a `syncwarp`: lane → the lanes of its warp that it names."""
        for lane, named in members.items():
            first = lane // WARP * WARP
            for other in range(first, first + WARP):
                if other in members and named >> (other - first) & 1:
                    self.pair_sync[lane, other] = self.now

    def fence(self, lanes) -> None:
        """Note a `threadfence`."""
        for lane in lanes:
            self.fenced[lane // self.launch.lanes_per_block] = self.now

    def ordered(self, before: tuple, lane: int) -> bool:
        """Return whether something orders an earlier access before what `lane` does now."""
        other, when = before
        size = self.launch.lanes_per_block
        if other == lane:
            return True
        if other // size == lane // size:
            if when < self.block_sync.get(lane // size, 0):
                return True
            return other // WARP == lane // WARP and when < self.pair_sync.get((lane, other), 0)
        fenced = self.fenced.get(other // size, 0)
        return when < fenced <= self.told.get(lane // size, 0)

    # Accesses

    def access(self, slot, store, places: dict, values: dict | None) -> None:
        """Follow one access of some lanes: what each touched, and what it left there."""
        if store.space == "constant":
            return
        if store.space == "global" and not store.written:
            return
        if slot.what != "store" and store.number in self.written:
            self._initialised(slot, store, places)
        if store.space != "local":
            time = self.now
            self.lines.append(slot.line)
            self.atomic.append(slot.what == "atomic")
            cells = self._cells_of(store)
            if slot.what == "load":
                self._read(cells, store, places, time)
            else:
                self._write(cells, store, places, values, time)
        if slot.what == "store" and store.number in self.written:
            self.written[store.number] |= self._of_owner(store, places)

    def _of_owner(self, store, places):
        """Return the cells of elements that each block, or each lane, has for itself."""
        size = 1 if store.space == "local" else self.launch.lanes_per_block
        return {(lane // size, place) for lane, place in places.items()}

    def _initialised(self, slot, store, places):
        size = 1 if store.space == "local" else self.launch.lanes_per_block
        written = self.written[store.number]
        missing = [n for n, p in places.items() if (n // size, p) not in written]
        if missing:
            lane = min(missing)
            who = (self.launch.thread(lane),)
            index = store.index_of(places[lane])
            kind = "uninitialised read"
            fault = Fault(kind, store.name, index, (slot.line,), who, store.space)
            self.launch.faults.add(fault)

    def _cells_of(self, store) -> Cells:
        if store.space == "shared" and store.dynamic:
            return self.cells.setdefault("dynamic", Cells())
        return self.cells.setdefault(store.cells or store.number, Cells())

    def _cell(self, store, lane, place):
        """Return the cell of an element: its block's own, or where the device has it."""
        if store.space == "shared":
            return lane // self.launch.lanes_per_block, place
        return store.address + place * store.itemsize

    def _read(self, cells, store, places, time):
        since = self.all_sync if store.space == "shared" else 1
        lanes = sorted(places)
        if cells.last_write >= since:
            found = []
            for lane in lanes:
                before = cells.writer.get(self._cell(store, lane, places[lane]))
                if before and not self.ordered(before, lane):
                    found.append((lane, before))
            self._report("read-after-write", store, found, places, time)
        cells.pending.append((store, places, lanes, time))

    def _settle(self, cells, store):
        """Take the reads into account that wait; a barrier of all blocks ends those in shared."""
        begin = self.all_sync if store.space == "shared" else 0
        for read, places, lanes, time in cells.pending:
            if time >= begin:
                pairs = [(self._cell(read, lane, places[lane]), lane) for lane in lanes]
                self._note_read(cells, pairs, time)
        cells.pending = []

    def _note_read(self, cells, pairs, time):
        reader, other = cells.reader, cells.other
        over = [p for p in pairs if p[0] not in reader or self.ordered(reader[p[0]], p[1])]
        reader |= {cell: (lane, time) for cell, lane in over}
        near, far = {}, {}
        for cell, lane in pairs:
            first, second = reader[cell][0], other.get(cell)
            if lane == first:
                continue
            # A reader of another warp is kept rather than one of the same warp.
            if lane // WARP != first // WARP:
                far[cell] = (lane, time)
            elif second is None or second[0] // WARP == first // WARP or self.ordered(second, lane):
                near[cell] = (lane, time)
        other |= near | far

    def _write(self, cells, store, places, values, time):
        self._settle(cells, store)
        lanes, atomic = sorted(places), self.atomic[time]
        cell_of = {lane: self._cell(store, lane, places[lane]) for lane in lanes}
        memory = self.memory.setdefault(store.cells or store.number, {})
        for kind, held in (
            ("write-write", cells.writer),
            ("write-after-read", cells.reader),
            ("write-after-read", cells.other),
        ):
            found = [(lane, held[cell_of[lane]]) for lane in lanes if cell_of[lane] in held]
            found = [(lane, before) for lane, before in found if not self.ordered(before, lane)]
            if kind == "write-write" and atomic:
                found = [(lane, before) for lane, before in found if not self.atomic[before[1]]]
            elif kind == "write-write":
                found = [one for one in found if memory.get(cell_of[one[0]]) != values[one[0]]]
            self._report(kind, store, found, places, time)
        cells.writer |= {cell_of[lane]: (lane, time) for lane in lanes}
        if not atomic:
            last = {cell_of[lane]: lane for lane in lanes}
            lost = [(lane, (last[cell_of[lane]], time)) for lane in lanes]
            lost = [
                one for one in lost if one[1][0] != one[0] and values[one[1][0]] != values[one[0]]
            ]
            self._report("write-write", store, lost, places, time)
        elif self.fenced:
            self.told |= {lane // self.launch.lanes_per_block: time for lane in lanes}
        memory |= {cell_of[lane]: values[lane] for lane in lanes}
        cells.last_write = time

    def _report(self, kind, store, found, places, time):
        seen = sorted({before[1] for _, before in found})[:MOST_REPORTS]
        for when in seen:
            lane, before = next(one for one in found if one[1][1] == when)
            thread = self.launch.thread
            fault = Fault(
                kind,
                store.name,
                store.index_of(places[lane]),
                (self.lines[when], self.lines[time]),
                (thread(before[0]), thread(lane)),
                store.space,
            )
            self.launch.faults.add(fault)
