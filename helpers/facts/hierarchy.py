"""What an SM is made of, and how far its memories are: what the registry of cards does not say."""

from dataclasses import dataclass

from helpers.facts import Source, capability, sheet
from helpers.facts.registry import Gpu


@dataclass(frozen=True)
class Lanes:
    """FP32 operations that one SM of a compute capability starts in a clock."""

    capability: tuple[int, int]
    value: int
    source: Source


@dataclass(frozen=True)
class Caches:
    """On-chip memory of some cards: L1 with shared memory of one SM in KiB, L2 in MB."""

    cards: tuple[str, ...]
    l1_kib: int
    l2_mb: int
    source: Source


@dataclass(frozen=True)
class Latency:
    """Clock cycles from asking a level for a number to having it, from `low` to `high`."""

    level: str
    low: int
    high: int
    source: Source


def lanes(gpu: Gpu) -> Lanes | None:
    """Return what one SM of the card starts in a clock, or None where no source was read."""
    for entry in sheet("hierarchy")["lanes"]:
        if capability(entry["capability"]) == gpu.capability:
            return Lanes(**entry | {"capability": gpu.capability})
    return None


def caches(gpu: Gpu) -> Caches | None:
    """Return the on-chip memory of the card, or None where no source was read."""
    for entry in sheet("hierarchy")["caches"]:
        if gpu.name in entry["cards"]:
            return Caches(**entry | {"cards": tuple(entry["cards"])})
    return None


def latencies() -> tuple[Latency, ...]:
    """Return the measured latencies, near levels first; sources may differ on one level."""
    return tuple(Latency(**entry) for entry in sheet("hierarchy")["latencies"])
