"""How AI came to GPUs: times to 94 % on CIFAR-10 and milestones, each with its source."""

from dataclasses import dataclass

from helpers.facts import Source, sheet


@dataclass(frozen=True)
class Run:
    """One reported training of a network to 94 % of CIFAR-10's test images.

    `seconds` reach to the first epoch with at least 94 %. `same_work` marks the runs of one network
    in one program, between which only the machine differs.
    """

    date: str  # "2017-10", or "2024" where the source says no more
    seconds: float
    hardware: str
    kind: str  # "cpu" or "gpu"
    network: str
    source: Source
    same_work: bool = False


@dataclass(frozen=True)
class Milestone:
    """One event. `paper` is its key on the page of papers."""

    date: str
    title: str
    text: str
    paper: str
    source: Source

    @property
    def year(self) -> float:
        """Return the date as a number for an axis: 2006.83 is in November 2006."""
        year, _, month = self.date.partition("-")
        return int(year) + (int(month or 1) - 1) / 12


def runs() -> tuple[Run, ...]:
    """Return the times to 94 % in the order in which they were reported."""
    return tuple(Run(**entry) for entry in sheet("history")["runs"])


def milestones() -> tuple[Milestone, ...]:
    """Return the events that the chapters name, oldest first."""
    return tuple(Milestone(**entry) for entry in sheet("history")["milestones"])
