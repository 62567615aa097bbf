"""What a launch did, as the tracer hands it back."""

from dataclasses import dataclass, field

from .views import View, table


@dataclass(frozen=True)
class Trace:
    """What a launch did.

    Attributes:
        name: the kernel's name.
        grid, block: blocks and threads per block, `(x, y, z)`.
        counters: counter → number; `counters.METRICS` says what each counts.
        lines: source line → the same counters for that line, without DRAM bytes, which are known
            for the whole only. Lines are numbered as in the file or notebook cell of the kernel;
            a line of a function from elsewhere is `(function, number)`.
        faults: races and uninitialised reads, each a `Fault`.
        source: line → its text.
        samples: what one warp touched at each access, each a `footprints.Sample`.
        shared_bytes: static and dynamic shared memory per block.
        printed: what threads printed, each the `Thread` and its line, the first thousand.
        unprinted: how many lines more there were.
        independent: "" where all lanes ran in lockstep; else "block", "warp" or "thread", of which
            each progressed by itself, since some waited for others. Instructions and requests of
            those are then counted one by one.
        launch: what was asked for (`launches.Launch`), to run it again elsewhere, if that was kept.
    """

    name: str
    grid: tuple
    block: tuple
    counters: dict
    lines: dict
    faults: list
    source: dict
    samples: list
    shared_bytes: int
    printed: list = field(default_factory=list)
    unprinted: int = 0
    independent: str = ""
    launch: object = field(default=None, compare=False)

    def show(self) -> View:
        """Return the annotated source and the maps as HTML for a notebook."""
        return View(self)

    def table(self) -> str:
        """Return the counters and the annotated source as text."""
        return table(self)

    def __repr__(self) -> str:
        return self.table()
