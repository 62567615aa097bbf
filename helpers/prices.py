"""What an hour of a GPU cost: rents with their source and the month they were asked for."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from helpers import resources
from helpers.registry import Source

_FIELDS = {"gpu", "low", "high", "date", "source", "checked"}


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
    """Return all prices, in the order of the file.

    Raises:
        ValueError: `book/data/prices.yml` is not valid; the message names the entry.
    """
    return _load()


@cache
def _load() -> tuple[Price, ...]:
    return parse(resources.path("data/prices.yml").read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Price, ...]:
    """Return the prices of the YAML `text`; `prices.yml` says how it is made.

    Raises:
        ValueError: not valid; the message names the entry and what is wrong.
    """
    import yaml

    data = yaml.safe_load(text)
    if not isinstance(data, dict) or set(data) != {"sources", "prices"}:
        raise ValueError("prices.yml: it must hold `sources` and `prices`.")
    return tuple(_price(entry, data["sources"]) for entry in data["prices"])


def _price(entry: dict, sources: dict) -> Price:
    name = f"prices.yml: {entry.get('gpu')}"
    if wrong := (_FIELDS - set(entry)) | (set(entry) - _FIELDS - {"note"}):
        raise ValueError(f"{name}: {sorted(wrong)[0]}: missing or unknown.")
    if not 0 < entry["low"] <= entry["high"]:
        raise ValueError(f"{name}: low must be above 0 and not above high.")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(entry["date"])):
        raise ValueError(f"{name}: date: must be a month such as 2026-05.")
    if not isinstance(entry["checked"], date):
        raise ValueError(f"{name}: checked: must be a day such as 2026-11-23.")
    if entry["source"] not in sources:
        raise ValueError(f"{name}: source: not among the sources.")
    where = sources[entry["source"]]
    source = Source(where["title"], where["url"], entry["checked"], entry.get("note", ""))
    return Price(entry["gpu"], entry["low"], entry["high"], entry["date"], source)
