"""Threads that progress independently, where some wait in a loop for others.

From compute capability 7.0 on, a GPU lets each thread of a warp progress by itself, so that one
that waits for a lock or a flag does not keep the others from giving it ("Independent Thread
Scheduling", CUDA C++ Programming Guide). Lanes in lockstep cannot show that: where they wait for
ever the launch is repeated in strands, each some lanes of one block with a program counter of their
own. A strand runs until it waits; then the next one does.
"""

import threading

import numpy as np

from ..counters import WARP
from ..faults import KernelError, StuckError

#: Strands that may wait at a time; each is a thread of Python.
MOST_WAITING = 500
#: How small the strands are that are tried in turn, and what to call that.
SIZES = {"block": None, "warp": WARP, "thread": 1}


class _AbandonedError(BaseException):
    """Unwinds a strand when another has failed."""


class Strand:
    """Some lanes of a block, and the thread of Python in which they run."""

    def __init__(self, schedule, machine, body):
        """Be ready to run `body` on `machine`."""
        self.schedule, self.machine, self.body = schedule, machine, body
        self.turn = threading.Semaphore(0)
        self.thread, self.seen, self.at_barrier = None, None, False
        machine.strand = self

    def resume(self) -> None:
        """Run until the strand waits or ends."""
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, daemon=True)
            self.thread.start()
        else:
            self.turn.release()
        self.schedule.back.acquire()

    def _run(self):
        schedule = self.schedule
        try:
            with np.errstate(all="ignore"):
                self.body(self.machine)
        except _AbandonedError:
            pass
        except BaseException as error:
            schedule.error = schedule.error or error
        schedule.ended(self)
        schedule.back.release()

    def _pause(self):
        self.schedule.back.release()
        self.turn.acquire()
        if self.schedule.error is not None:
            raise _AbandonedError

    def wait(self, state, error: KernelError) -> None:
        """Let others run, since a turn of a loop has changed nothing.

        Raises:
            KernelError: the others wait as well.
        """
        idle = state is not None and self.seen == state
        self.seen = state
        self.schedule.idle = self.schedule.idle + 1 if idle else 0
        if self.schedule.idle > len(self.schedule.waiting) + 1:
            raise error
        self.schedule.waiting.append(self)
        self._pause()

    def meet(self) -> None:
        """Wait until every strand of the block has come to a barrier or has ended."""
        self.at_barrier, self.seen = True, None
        if not self.schedule.released(self):
            self._pause()


class Schedule:
    """The strands of a launch: one of them runs at a time."""

    def __init__(self, launch, make, body, size: int | None):
        """Cut each block into strands of `size` lanes, or leave it whole.

        `make(block)` returns a machine of one block, with its arguments.
        """
        self.back, self.error, self.idle = threading.Semaphore(0), None, 0
        self.waiting: list[Strand] = []
        self.launch, self.make, self.body, self.size = launch, make, body, size
        self.block: dict[int, list[Strand]] = {}

    def run(self) -> None:
        """Run every block: the next begins when those before it wait or have ended.

        Raises:
            KernelError: a kernel did what hardware would not survive.
        """
        for block in range(self.launch.blocks):
            self.block[block] = self._strands(block)
            for strand in list(self.block[block]):
                self._resume(strand)
            if block & (block + 1) == 0:
                self._go_round()
            if len(self.waiting) > MOST_WAITING:
                self.error = StuckError(f"more than {MOST_WAITING} parts of the grid wait at once")
            if self.error is not None:
                break
        while self.waiting and self.error is None:
            self._go_round()
        self._stop()

    def _strands(self, block):
        whole = self.make(block)
        size = self.size or whole.lanes
        begins = range(0, whole.lanes, size)
        machines = [whole] + [self.make(block) for _ in begins[1:]]
        lanes = np.arange(whole.lanes)
        for machine, begin in zip(machines, begins, strict=True):
            machine.share(whole)
            machine.restrict((lanes >= begin) & (lanes < begin + size))
        return [Strand(self, machine, self.body) for machine in machines if machine.alive_count]

    def _resume(self, strand):
        if self.error is None:
            strand.resume()

    def _go_round(self):
        """Let each of those that wait look again, once; the last to wait is the first.

        So a row of blocks that wait one for the next gets through in two rounds at most.
        """
        taken, self.waiting = self.waiting, []
        for strand in reversed(taken):
            self._resume(strand)

    def released(self, strand) -> bool:
        """Let the strands of a block pass their barrier if all have come; return whether."""
        others = self.block[strand.machine.first_block]
        if not all(one.at_barrier for one in others):
            return False
        for one in others:
            one.at_barrier = False
            if one is not strand:
                self.waiting.append(one)
        self.idle = 0
        return True

    def ended(self, strand) -> None:
        """Forget a strand; those at a barrier wait for it no longer."""
        others = self.block[strand.machine.first_block]
        others.remove(strand)
        self.idle = 0
        if others and self.error is None and all(one.at_barrier for one in others):
            for one in others:
                one.at_barrier = False
                self.waiting.append(one)

    def _stop(self):
        """End all strands that are left, and raise what went wrong."""
        left = [one for strands in self.block.values() for one in strands if one.thread]
        if left and self.error is None:
            self.error = StuckError("deadlock: threads wait at a barrier for others")
        for strand in left:
            strand.resume()
        if self.error is not None:
            raise self.error
