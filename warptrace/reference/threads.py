"""The threads of a launch, one after another from one meeting point to the next.

A thread runs until it waits or ends. Those that wait go on in the order of the program, and at one
place in the order of their numbers: as lanes in step would come there.
"""

import heapq
import math
import types
from array import array

from ..counters import WARP
from ..faults import Fault, KernelError, Thread
from .arrays import StopError

ALL = 0xFFFFFFFF
#: Where a thread ends that comes to the end of the kernel: behind every place.
END = (float("inf"),)


def unravel(number: int, extent: tuple) -> tuple:
    """Return the `(x, y, z)` of the `number`-th place, x running fastest."""
    x, y, _ = extent
    return number % x, number // x % y, number // (x * y)


class Me:
    """One thread, as its text sees it: number, position, memory."""

    cell = array("f", [0.0])

    def __init__(self, lane: int, launch, thread: Thread, flats: list):
        """Know the thread's place in the launch, and its memory by the number of the array."""
        self.lane, self.laneid, self.flats, self.turns = lane, lane % WARP, flats, launch.turns
        for n, axis in enumerate("xyz"):
            inside, block = thread.thread[n], thread.block[n]
            setattr(self, f"threadIdx_{axis}", inside)
            setattr(self, f"blockIdx_{axis}", block)
            setattr(self, f"grid_{axis}", block * launch.block[n] + inside)


class Threads:
    """Some blocks of a launch while they run."""

    def __init__(self, launch, stores, first: int, count: int, root: list, run):
        """Make the threads of `count` blocks from block `first` on; `run` is the kernel's text."""
        self.launch, self.run, self.root = launch, run, root
        self.first, self.count = first, count
        self.shared: dict[int, list] = {}
        self.local: dict[int, list] = {}
        self.threads: dict[int, object] = {}
        #: Where each thread ended; what each stopped with; who waits at which place, for what.
        self.ended: dict[int, tuple] = {}
        self.errors: list[tuple] = []
        self.waiting: dict[tuple, dict] = {}
        self.places: list[tuple] = []
        self.spinning: dict[int, tuple] = {}
        self.held_back: list[tuple] = []
        self.last_state: object = None
        self.stores = stores

    def lanes(self):
        """Yield the number of every lane that has a thread."""
        for block in range(self.first, self.first + self.count):
            begin = block * self.launch.lanes_per_block
            yield from range(begin, begin + self.launch.threads)

    def go(self) -> None:
        """Run all threads to their end.

        Raises:
            KernelError: one did what hardware would not survive: the first, had all gone in step.
        """
        for lane in self.lanes():
            self._start(lane)
            if lane % WARP == 0:
                self._keep_room()
        while self.places or self.spinning or self.held_back:
            if not self.places:
                self._let_spin()
                continue
            path = heapq.heappop(self.places)
            if self.errors and self._first_error()[0] < path:
                break
            self._meet(path, self.waiting.pop(path))
            self._keep_room()
        if self.errors:
            raise self._first_error()[3]

    def _keep_room(self):
        """Give up, where a launch has a bound, if the threads have noted more.

        Raises:
            KernelError: they have.
        """
        most = self.launch.most_notes
        if most < math.inf and _noted(self.root) > most:
            raise KernelError(
                f"the threads do more than {most:,} steps, and are given up here: each thread "
                "should do its own share, and only that"
            )

    def _first_error(self):
        return min(self.errors, key=lambda found: found[:3])

    def _start(self, lane):
        block = lane // self.launch.lanes_per_block
        if block not in self.shared:
            made = {s.number: s.fresh() for s in self.stores if s.space == "shared"}
            self.shared[block] = [made.get(s.number, s.flat) for s in self.stores]
        flats = self.shared[block]
        if any(store.space == "local" for store in self.stores):
            pairs = zip(self.stores, flats, strict=True)
            flats = [s.fresh() if s.space == "local" else flat for s, flat in pairs]
            self.local[lane] = [
                f for s, f in zip(self.stores, flats, strict=True) if s.space == "local"
            ]
        me = Me(lane, self.launch, self.launch.thread(lane), flats)
        try:
            started = self.run(self.root, me)
        except StopError as stop:
            self._stopped(lane, stop)
            return
        if isinstance(started, types.GeneratorType):
            self.threads[lane] = started
            self._advance(lane, None)
        else:
            self.ended[lane] = started or END

    def _advance(self, lane, answer):
        """Let a thread go on until it waits or ends."""
        try:
            path, name, details = self.threads[lane].send(answer)
        except StopIteration as end:
            self.ended[lane] = end.value or END
        except StopError as stop:
            self._stopped(lane, stop)
        else:
            if name == "spin":
                self.spinning[lane] = (path, details)
                return
            if path not in self.waiting:
                self.waiting[path] = {}
                heapq.heappush(self.places, path)
            self.waiting[path][lane] = (name, details)

    def _stopped(self, lane, stop):
        thread = self.launch.thread(lane) if "{thread}" in stop.message else None
        text = stop.message.replace("{thread}", str(thread))
        self.errors.append((stop.path, stop.axis, lane, KernelError(text, stop.line, thread)))
        self.ended[lane] = stop.path

    def _meet(self, path, here: dict):
        """Let those that wait at a place go on, each with its answer."""
        name = next(iter(here.values()))[0]
        answers: dict = {}
        if name != "in turn":
            if self._disturbed(here):
                self.held_back.append((path, here))
                return
            try:
                answers = MEETINGS[name](self, path, {n: one[1] for n, one in here.items()})
            except KernelError as error:
                self.errors.append((path, 0, -1, error))
                self.places.clear()
                self.spinning.clear()
                return
        for lane in sorted(here):
            self._advance(lane, answers.get(lane))

    # Loops that wait for others

    def _disturbed(self, here):
        """Return whether a thread of these blocks still waits in a loop, so that it may come."""
        size = self.launch.lanes_per_block
        blocks = {lane // size for lane in here}
        return any(lane // size in blocks for lane in self.spinning)

    def _let_spin(self):
        """Let loops that wait go on; if nothing has changed since, they wait for ever.

        Raises:
            KernelError: nothing has changed.
        """
        memory = [tuple(store.flat) for store in self.stores if store.written and store.flat]
        memory += [tuple(map(tuple, flats)) for flats in self.shared.values()]
        memory += [tuple(map(tuple, self.local.get(lane, ()))) for lane in self.spinning]
        memory += [tuple(details for _, details in self.spinning.values())]
        state = (sorted(self.spinning), memory)
        if state == self.last_state:
            self._deadlock()
        self.last_state = state
        spinning, self.spinning = self.spinning, {}
        for lane in sorted(spinning):
            self._advance(lane, None)
        for path, here in self.held_back:
            if path not in self.waiting:
                heapq.heappush(self.places, path)
            self.waiting.setdefault(path, {}).update(here)
        self.held_back = []

    def _deadlock(self):
        lane = min(self.spinning, key=lambda lane: (self.spinning[lane][0], lane))
        line = self.spinning[lane][1][0]
        text = (
            f"deadlock: {len(self.spinning)} threads loop for ever, {self.launch.thread(lane)} "
            "among them; what they wait for is done by threads that wait for them, or by none"
        )
        raise KernelError(text, line)

    # Meeting points

    def missing(self, path, here, lanes):
        """Return those of `lanes` that have not come to a place and had not ended before it."""
        return [n for n in lanes if n not in here and self.ended.get(n, END) >= path]

    def by_block(self, here):
        """Yield the first lane of each block of `here`, and its lanes that have come."""
        yield from _grouped(here, self.launch.lanes_per_block)

    def named(self, path, here, line):
        """Yield each warp's first lane, and each of its lanes that came with those it names.

        Raises:
            KernelError: one names a lane that does not come, or not itself.
        """
        for first, lanes in _grouped(here, WARP):
            end = min(WARP, first // self._size * self._size + self.launch.threads - first)
            absent = self.missing(path, here, range(first, first + end))
            for lane in lanes:
                lost = [n for n in absent if here[lane][0] >> (n - first) & 1]
                if lost:
                    raise KernelError(
                        f"{self.launch.thread(lane)} waits for lanes of its warp, "
                        f"{self.launch.thread(lost[0])} does not come",
                        line,
                    )
            for lane in lanes:
                if not here[lane][0] >> (lane - first) & 1:
                    thread = self.launch.thread(lane)
                    raise KernelError(f"{thread} is not in the lane mask it gives", line)
            yield first, {n: [m for m in lanes if here[n][0] >> (m - first) & 1] for n in lanes}

    @property
    def _size(self):
        return self.launch.lanes_per_block


def _noted(node) -> int:
    """Return how much the threads have noted in a node of the tree of places, and below it."""
    parts = [part for part in node if not isinstance(part, tuple)]  # without the node's own place
    return sum(len(one) if isinstance(one, dict) else _noted(one) for one in parts)


def _grouped(here, size):
    groups: dict = {}
    for lane in sorted(here):
        groups.setdefault(lane // size * size, []).append(lane)
    return groups.items()


def _barrier(combine):
    """Return what a barrier does, where `combine(votes)` gives every thread its answer."""

    def meet(threads, path, here):
        answers = {}
        for first, lanes in threads.by_block(here):
            whole_block = range(first, first + threads.launch.threads)
            absent = threads.missing(path, here, whole_block)
            if absent:
                thread = threads.launch.thread
                text = f"barrier in divergent code: {thread(lanes[0])} waits, "
                line = here[lanes[0]][-1]
                raise KernelError(f"{text}{thread(absent[0])} does not come", line)
            answer = combine([here[lane][0] != 0 for lane in lanes])
            answers |= dict.fromkeys(lanes, answer)
        return answers

    return meet


def _within_warps(answer):
    """Return what lanes of a warp do together.

    `answer(here, first, lane, voters)` gives a lane its answer: `here` is lane → members of the
    mask, operands, line; `first` the warp's first lane; `voters` those that the lane names.
    """

    def meet(threads, path, here):
        line = next(iter(here.values()))[-1]
        return {
            lane: answer(here, first, lane, voters)
            for first, named in threads.named(path, here, line)
            for lane, voters in named.items()
        }

    return meet


def _shuffle(source):
    """Return what a shuffle does; `source(lane in warp, operand)` says where a value is from."""

    def meet(threads, path, here):
        answers, silent = {}, []
        line = next(iter(here.values()))[-1]
        for first, named in threads.named(path, here, line):
            for lane in named:
                _, value, which, _ = here[lane]
                place = source(lane - first, which)
                origin = first + place if 0 <= place < WARP else lane
                if origin not in here:
                    silent.append((lane, place))
                answers[lane] = here[origin][1] if origin in here else value
        if silent:
            lane, place = min(silent)
            who = (threads.launch.thread(lane),)
            fault = Fault("shuffle from inactive lane", "lane", (place,), (line,), who, "warp")
            threads.launch.faults.add(fault)
        return answers

    return meet


def _vote(result):
    """Return what a vote does; `result(votes, bits of those who say yes)`."""

    def answer(here, first, lane, voters):
        votes = [here[n][1] != 0 for n in voters]
        return result(votes, _bits(first, [n for n in voters if here[n][1] != 0]))

    return _within_warps(answer)


def _match(result):
    """Return what a match does; `result(bits of the same value, whether all have it)`."""

    def answer(here, first, lane, voters):
        same = [n for n in voters if here[n][1] == here[lane][1]]
        return result(_bits(first, same), len(same) == len(voters))

    return _within_warps(answer)


def _bits(first, lanes) -> int:
    """Return lanes of a warp as the bits of an int32."""
    bits = sum(1 << (lane - first) for lane in lanes)
    return bits - (1 << 32) if bits >> 31 else bits


def _activemask(threads, path, here):
    answers = {}
    for first, lanes in _grouped(here, WARP):
        answers |= dict.fromkeys(lanes, _bits(first, lanes) & ALL)
    return answers


#: Name of a meeting → a function of the threads, the place, and lane → operands; gives answers.
MEETINGS = {
    "barrier": _barrier(lambda votes: None),
    "count": _barrier(sum),
    "and": _barrier(lambda votes: int(all(votes))),
    "or": _barrier(lambda votes: int(any(votes))),
    "syncwarp": _within_warps(lambda here, first, lane, voters: None),
    "shfl": _shuffle(lambda lane, which: which % WARP),
    "up": _shuffle(lambda lane, delta: lane - delta),
    "down": _shuffle(lambda lane, delta: lane + delta),
    "xor": _shuffle(lambda lane, bits: lane ^ bits),
    "all": _vote(lambda votes, yes: all(votes)),
    "any": _vote(lambda votes, yes: any(votes)),
    "eq": _vote(lambda votes, yes: all(votes) or not any(votes)),
    "ballot": _vote(lambda votes, yes: yes),
    "match_any": _match(lambda bits, every: bits),
    "match_all": _match(lambda bits, every: (bits if every else 0, every)),
    "activemask": _activemask,
}
