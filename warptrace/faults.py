"""What can go wrong in a kernel: errors that stop it, faults that are reported."""

from dataclasses import dataclass
from typing import NamedTuple


class KernelError(Exception):
    """A kernel did what the hardware would not survive.

    Attributes:
        line: the source line, as in the file or notebook cell that holds the kernel.
        thread: the `Thread` concerned, if one is.
    """

    def __init__(self, message: str, line: int | None = None, thread=None):
        """Keep where it happened beside the message."""
        super().__init__(f"line {line}: {message}" if line else message)
        self.line, self.thread = line, thread


class StuckError(KernelError):
    """Threads wait in a loop, and nothing that could end it happens."""


class UnsupportedError(KernelError):
    """A kernel holds something that the tracer does not run; nothing has run."""


class Thread(NamedTuple):
    """One thread of a launch: `block` and `thread`, each `(x, y, z)`."""

    block: tuple
    thread: tuple

    def __str__(self) -> str:
        return f"block {self.block}, thread {self.thread}"


@dataclass(frozen=True)
class Fault:
    """Something that makes the result of a kernel depend on luck.

    Attributes:
        kind: "read-after-write", "write-after-read", "write-write" (races),
            "uninitialised read", "shuffle from inactive lane".
        array: the array's name in the kernel.
        index: the element, one integer per dimension.
        lines: the two source lines, earlier access first (one line for an uninitialised read).
        threads: the `Thread` of each line.
        space: "global", "shared" or "local".
    """

    kind: str
    array: str
    index: tuple
    lines: tuple
    threads: tuple
    space: str = "global"

    def __str__(self) -> str:
        where = f"{self.array}[{', '.join(map(str, self.index))}]" if self.array else ""
        pairs = zip(self.lines, self.threads, strict=True)
        who = " and ".join(f"line {line} ({thread})" for line, thread in pairs)
        return f"{self.kind} {where}: {who}"


class Prints:
    """What the threads of a launch print, in the order in which they do; the first thousand."""

    MOST = 1000

    def __init__(self):
        """Start with nothing."""
        self.lines: list[tuple[Thread, str]] = []
        self.more = 0

    def room(self, mask) -> list[int]:
        """Return the lanes of `mask` that may still print; the others are counted."""
        lanes = mask.nonzero()[0].tolist()
        kept = lanes[: self.MOST - len(self.lines)]
        self.more += len(lanes) - len(kept)
        return kept

    def add(self, thread: Thread, text: str) -> None:
        """Keep what a thread printed."""
        self.lines.append((thread, text))


class FaultLog:
    """The faults of a launch: the first example of each kind, array and pair of lines."""

    def __init__(self):
        """Start without any."""
        self._faults: dict[tuple, Fault] = {}

    def add(self, fault: Fault) -> None:
        """Keep `fault` unless the same one was met elsewhere."""
        self._faults.setdefault((fault.kind, fault.array, fault.lines), fault)

    def seen(self, kind: str, array: str, lines: tuple) -> bool:
        """Return whether such a fault is known, so that nobody has to look for it again."""
        return (kind, array, lines) in self._faults

    def all(self) -> list[Fault]:
        """Return the faults in the order of their lines."""
        return sorted(self._faults.values(), key=lambda fault: (fault.lines, fault.kind))
