"""What an SM is made of, and how far its memories are: what the registry of cards does not say."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from helpers import registry, resources
from helpers.registry import Source

_FIELDS = {
    "lanes": {"capability", "value"},
    "caches": {"cards", "l1_kib", "l2_mb"},
    "latencies": {"level", "low", "high"},
}


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


def lanes(gpu: registry.Gpu) -> Lanes | None:
    """Return what one SM of the card starts in a clock, or None where no source was read."""
    return next((entry for entry in _load()["lanes"] if entry.capability == gpu.capability), None)


def caches(gpu: registry.Gpu) -> Caches | None:
    """Return the on-chip memory of the card, or None where no source was read."""
    return next((entry for entry in _load()["caches"] if gpu.name in entry.cards), None)


def latencies() -> tuple[Latency, ...]:
    """Return the measured latencies, near levels first; sources may differ on one level."""
    return _load()["latencies"]


@cache
def _load() -> dict[str, tuple]:
    return parse(resources.path("data/hierarchy.yml").read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, tuple]:
    """Return the three lists of the YAML `text` by name; `hierarchy.yml` says what they hold.

    Raises:
        ValueError: not valid; the message names the list and the field.
    """
    import yaml

    data = yaml.safe_load(text)
    if not isinstance(data, dict) or set(data) != {"sources", *_FIELDS}:
        raise ValueError(f"hierarchy.yml: it must hold sources, {', '.join(_FIELDS)}.")
    for key, source in data["sources"].items():
        if set(source) != {"title", "url"} or not re.match(r"https?://\S+$", source["url"]):
            raise ValueError(f"hierarchy.yml: sources: {key}: it must have a title and a url.")
    makers = {"lanes": _lanes, "caches": _caches, "latencies": _latency}
    return {
        name: tuple(make(entry, _source(name, entry, data["sources"])) for entry in data[name])
        for name, make in makers.items()
    }


def _source(name: str, entry: dict, sources: dict) -> Source:
    """Check what all entries have in common, and return where this one was read."""
    fields = _FIELDS[name] | {"source", "checked"}
    if wrong := (fields - set(entry)) | (set(entry) - fields - {"note"}):
        raise ValueError(f"hierarchy.yml: {name}: {sorted(wrong)[0]}: missing or unknown.")
    if entry["source"] not in sources:
        raise ValueError(f"hierarchy.yml: {name}: source: {entry['source']} is not among them.")
    if not isinstance(entry["checked"], date):
        raise ValueError(f"hierarchy.yml: {name}: checked: must be a day such as 2026-11-23.")
    for field in ("value", "l1_kib", "l2_mb", "low", "high"):
        number = entry.get(field, 1)
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise ValueError(f"hierarchy.yml: {name}: {field}: must be a positive whole number.")
    where = sources[entry["source"]]
    return Source(where["title"], where["url"], entry["checked"], entry.get("note", ""))


def _lanes(entry: dict, source: Source) -> Lanes:
    if not re.fullmatch(r"\d+\.\d", str(entry["capability"])):
        raise ValueError('hierarchy.yml: lanes: capability: must be a text such as "8.9".')
    major, minor = str(entry["capability"]).split(".")
    return Lanes((int(major), int(minor)), entry["value"], source)


def _caches(entry: dict, source: Source) -> Caches:
    known = {gpu.name for gpu in registry.load()}
    for name in entry["cards"]:
        if name not in known:
            raise ValueError(f"hierarchy.yml: caches: cards: {name} is not in the registry.")
    return Caches(tuple(entry["cards"]), entry["l1_kib"], entry["l2_mb"], source)


def _latency(entry: dict, source: Source) -> Latency:
    if entry["low"] > entry["high"]:
        raise ValueError(f"hierarchy.yml: latencies: {entry['level']}: low is above high.")
    return Latency(entry["level"], entry["low"], entry["high"], source)
