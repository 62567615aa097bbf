"""Loops while they run: who goes on, who has left, and whether it will ever end."""

import numpy as np

from ..faults import KernelError, StuckError
from .arrays import View

#: Turns of a `while` loop after which, at each power of two, it is looked at for an endless one.
FIRST_LOOK = 64


class Turns:
    """The masks of a running loop: who goes on, who has left, who jumped."""

    def __init__(self, machine, begin, repeat, finish):
        """Enter the loop with the active lanes."""
        self.machine, self.repeat = machine, repeat
        self.otherwise, self.finish = finish
        self.before, self.active = machine.mask, machine.active
        self.left: list = []
        self.jumps = [None, None]
        machine.loops.append(self.jumps)
        for step in begin:
            step(machine)

    def leave(self, fails) -> None:
        """Let the lanes of `fails` leave by the loop's own test."""
        if fails is None:
            return
        if self.finish and self.otherwise is None:
            now, active = self.machine.mask, self.machine.active
            self.machine.set_mask(fails)
            for step in self.finish:
                step(self.machine)
            self.machine.set_mask(now, active)
        self.left.append(fails)

    def again(self) -> None:
        """Join those at the end of the body with those that said `continue`."""
        if self.machine.active:
            for step in self.repeat:
                step(self.machine)
        if self.jumps[0] is not None:
            self.machine.set_mask(self.machine.mask | self.jumps[0])
            self.jumps[0] = None

    def end(self) -> None:
        """Join all who left, except those that returned."""
        machine = self.machine
        machine.loops.pop()
        if self.otherwise is not None and self.left:
            self._run_else()
        masks = self.left if self.jumps[1] is None else [*self.left, self.jumps[1]]
        if not masks:
            return machine.nobody()
        together = masks[0]
        for mask in masks[1:]:
            together = together | mask
        count = int(np.count_nonzero(together))
        if count == self.active:
            together = self.before
        return machine.set_mask(together, count)

    def _run_else(self) -> None:
        """Let all who left by the loop's own test run what stands after its `else`."""
        machine = self.machine
        machine.set_mask(np.logical_or.reduce(self.left))
        self.otherwise(machine)
        if machine.active:
            for step in self.finish:
                step(machine)
        self.left = [machine.mask]


class EndlessLoop:
    """Notices a loop that will never end: after a turn everything is as it was before it."""

    def __init__(self, line):
        """Watch the loop at `line`."""
        self.line, self.turns, self.all_turns, self.before = line, 0, 0, None

    def turn(self, machine) -> None:
        """Look at the state now and then, and compare it with the one a turn earlier.

        Raises:
            StuckError: the loop is endless.
            KernelError: it has taken more turns than it may.
        """
        if machine.strand is not None and not self.turns:
            self.turns = FIRST_LOOK - 2  # somebody waits: look soon
        self.turns, self.all_turns = self.turns + 1, self.all_turns + 1
        if self.before is not None:
            self._compare(machine, _state(machine))
        elif self.turns >= FIRST_LOOK and self.turns & (self.turns - 1) == 0:
            self.before = _state(machine)
        if self.all_turns > machine.launch.max_turns:
            raise KernelError(
                f"a loop did not end within {machine.launch.max_turns:,} turns; if it is to go on "
                "longer, trace the kernel with a larger `max_turns`",
                self.line,
            )

    def _compare(self, machine, now):
        unchanged, self.before = self.before == now, None
        if machine.strand is not None:
            # Others run now, and after that this loop is looked at soon again.
            machine.strand.wait(now if unchanged else None, self._stuck(machine))
            self.turns = FIRST_LOOK - 1 if unchanged else self.turns
        elif unchanged:
            raise self._stuck(machine)

    def _stuck(self, machine) -> StuckError:
        return StuckError(
            f"deadlock: {machine.active} threads loop for ever, "
            f"{machine.first_thread(machine.mask)} among them; what they wait for is "
            "done by threads that wait for them, or by none",
            self.line,
        )


def _state(machine) -> int:
    state = [machine.mask.tobytes()]
    state += [_digest(value) for value, _ in machine.slots.values()]
    state += [storage.flat.tobytes() for storage in machine.changing()]
    return hash(tuple(state))


def _digest(value):
    if isinstance(value, View):
        return _digest(value.offset)
    if isinstance(value, tuple):
        return tuple(map(_digest, value))
    return value.tobytes() if hasattr(value, "tobytes") else id(value)
