"""What an hour of a GPU cost: rents with their source and the month they were asked for."""

from dataclasses import dataclass

from helpers.facts import Source, sheet


@dataclass(frozen=True)
class Price:
    """The rent of one GPU for an hour, on demand, in US dollars.

    `low` and `high` are the cheapest and the dearest offer that the source lists; `date` is the
    month it speaks of, such as "2026-05"; `gpu` is the card's name in the registry.
    """

    gpu: str
    low: float
    high: float
    date: str
    source: Source

    def of(self, seconds: float) -> tuple[float, float]:
        """Return the least and the most that `seconds` of the card cost, in US dollars."""
        return self.low * seconds / 3600, self.high * seconds / 3600


def load() -> tuple[Price, ...]:
    """Return all prices, in the order of the file."""
    return tuple(Price(**entry) for entry in sheet("prices")["prices"])
