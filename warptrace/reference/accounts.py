"""What the notes of the threads add up to: counters of each line, faults, samples, prints.

The tree of places is walked once, in the order in which lanes in step would come there.
"""

from ..counters import BANKS, SECTOR_BYTES, WARP, WORD_BYTES
from ..footprints import Sample
from .races import Watch


class Accounts:
    """The books of a launch, which go on from one lot of blocks to the next."""

    def __init__(self, launch, counters):
        """Start with nothing. `counters` has the lines."""
        self.launch, self.counters = launch, counters
        self.watch = Watch(launch)
        self.samples: dict = {}
        self.loaded: set[int] = set()
        self.stored: set[int] = set()

    def enter(self, region, root, threads) -> None:
        """Add what the threads of some blocks have noted."""
        self.watch.begin(threads)
        self._walk(region, root)

    def _walk(self, region, node):
        for block in region.blocks:
            self._count_block(block, node[block.slot])
        for slot, notes in zip(region.slots[1:], node[1:], strict=True):
            if not notes:
                continue
            if slot.what == "loop":
                for turn in notes:
                    self._walk(slot.region, turn)
            elif slot.what == "call":
                self._walk(slot.region, notes)
            elif slot.what in _RULES:
                _RULES[slot.what](self, slot, notes)

    def _count_block(self, block, notes):
        lanes = notes
        if block.truth is not None:
            lanes = [lane for lane, test in notes.items() if test is block.truth]
        if not lanes:
            return
        warps, active = len({lane // WARP for lane in lanes}), len(lanes)
        for number, (operations, single, double) in block.counts.items():
            line = self.counters.line(number)
            line.instructions += operations * warps
            line.thread_instructions += operations * active
            line.flops_fp32 += single * active
            line.flops_fp64 += double * active

    # Branches and meeting points

    def _test(self, slot, notes):
        line = self.counters.line(slot.line)
        yes = {lane // WARP for lane, test in notes.items() if test}
        no = {lane // WARP for lane, test in notes.items() if not test}
        warps = len(yes | no)
        line.instructions += warps
        line.thread_instructions += len(notes)
        line.branches += warps
        parted = yes & no
        line.divergent_branches += len(parted)
        if parted and (slot.line, "branch") not in self.samples:
            ways = {lane: int(bool(test)) for lane, test in notes.items()}
            self._sample(
                (slot.line, "branch"), ("", "branch", 0, "branch"), slot, ways, min(parted)
            )

    def _barrier(self, slot, notes):
        self.counters.line(slot.line).barriers += len(_by_warp(notes))
        self.watch.barrier(notes)

    def _shuffle(self, slot, notes):
        self.counters.line(slot.line).shuffles += len(_by_warp(notes))

    def _print(self, slot, notes):
        prints = self.launch.prints
        for lane in sorted(notes):
            if len(prints.lines) < prints.MOST:
                prints.add(self.launch.thread(lane), notes[lane])
            else:
                prints.more += 1

    # Memory

    def _access(self, slot, notes):
        if slot.store is not None:
            self._access_of(slot, slot.store, notes)
            return
        by_store: dict = {}  # a view known only at run time: its array is noted too
        for lane, note in notes.items():
            *parts, store = note
            kept = parts[0] if len(parts) == 1 else tuple(parts)
            by_store.setdefault(store.number, (store, {}))[1][lane] = kept
        for store, some in by_store.values():
            self._access_of(slot, store, some)

    def _access_of(self, slot, store, notes):
        places, values = notes, None
        if slot.what != "load":
            places = {lane: note[0] for lane, note in notes.items()}
            values = {lane: note[1] for lane, note in notes.items()}
        if store.space == "global":
            self._count_global(slot, store, places)
        elif store.space == "shared":
            self._count_shared(slot, store, places)
        key = (slot.column, store.name, slot.what)
        if store.space in ("global", "shared") and key not in self.samples:
            addresses = {n: store.address + p * store.itemsize for n, p in places.items()}
            what = (store.name, store.space, store.itemsize, slot.what)
            self._sample(key, what, slot, addresses, min(places) // WARP)
        self.watch.access(slot, store, places, values)

    def _sample(self, key, what, slot, found, warp):
        lanes = range(warp * WARP, warp * WARP + WARP)
        addresses = tuple(found.get(lane, -1) for lane in lanes)
        self.samples[key] = Sample(*what, slot.line, warp, addresses)

    def _count_global(self, slot, store, places):
        requests = sectors = 0
        for some in _by_warp(places).values():
            touched = {(store.address + p * store.itemsize) // SECTOR_BYTES for p in some}
            requests, sectors = requests + 1, sectors + len(touched)
            if slot.what != "store":
                self.loaded |= touched
            if slot.what != "load":
                self.stored |= touched
        line = self.counters.line(slot.line)
        _add(line, f"global_{slot.what}_requests", requests)
        _add(line, f"global_{slot.what}_sectors", sectors)

    def _count_shared(self, slot, store, places):
        line, warps = self.counters.line(slot.line), _by_warp(places)
        _add(line, f"shared_{slot.what}_requests", len(warps))
        if slot.what == "atomic":
            return
        # Eight bytes a lane are served half a warp at a time.
        per_lane = max(1, store.itemsize // WORD_BYTES)
        groups = _by_warp(places, WARP // per_lane) if per_lane > 1 else warps
        turns = sum(_passes(some, store.itemsize, per_lane) for some in groups.values())
        _add(line, f"shared_{slot.what}_wavefronts", turns)
        _add(line, f"shared_{slot.what}_conflicts", turns - len(groups))

    @property
    def dram_bytes(self) -> int:
        """Bytes of all sectors loaded at least once, plus those stored at least once."""
        return SECTOR_BYTES * (len(self.loaded) + len(self.stored))


def _add(line, name, number):
    setattr(line, name, getattr(line, name) + number)


def _by_warp(places, width: int = WARP) -> dict:
    """Return the places of each warp, or of each `width` lanes."""
    groups: dict = {}
    for lane, place in places.items():
        number = lane // width
        if number in groups:
            groups[number].append(place)
        else:
            groups[number] = [place]
    return groups


def _passes(places, itemsize: int, per_lane: int) -> int:
    """Return how often the banks are passed: lanes that need other words of a bank take turns."""
    words = {place * itemsize // WORD_BYTES + n for place in places for n in range(per_lane)}
    if max(words) - min(words) < BANKS:
        return 1
    banks: dict = {}
    for word in words:
        banks[word % BANKS] = banks.get(word % BANKS, 0) + 1
    return max(banks.values())


_RULES = {
    "test": Accounts._test,
    "barrier": Accounts._barrier,
    "syncwarp": lambda accounts, slot, notes: accounts.watch.syncwarp(notes),
    "shuffle": Accounts._shuffle,
    "fence": lambda accounts, slot, notes: accounts.watch.fence(notes),
    "exit": lambda accounts, slot, notes: accounts.watch.exit(notes),
    "print": Accounts._print,
    "load": Accounts._access,
    "store": Accounts._access,
    "atomic": Accounts._access,
}
