"""How AI came to GPUs: times to 94 % on CIFAR-10 and milestones, each with its source."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from helpers import resources
from helpers.registry import Source

KINDS = ("cpu", "gpu")
_RUN = {"date", "seconds", "hardware", "kind", "network", "source", "checked"}
_MILESTONE = {"date", "title", "text", "paper", "source", "checked"}


@dataclass(frozen=True)
class Run:
    """One reported training of a network to 94 % of CIFAR-10's test images.

    `seconds` reach to the first epoch with at least 94 %. `same_work` marks the runs of one network
    in one program, between which only the machine differs.
    """

    date: str  # "2017-10", or "2024" where the source says no more
    seconds: float
    hardware: str
    kind: str  # one of KINDS
    network: str
    same_work: bool
    source: Source


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
    """Return the times to 94 % in the order in which they were reported.

    Raises:
        ValueError: `book/data/history.yml` is not valid; the message names the entry.
    """
    return _load()[0]


def milestones() -> tuple[Milestone, ...]:
    """Return the events that the chapters name, oldest first.

    Raises:
        ValueError: `book/data/history.yml` is not valid; the message names the entry.
    """
    return _load()[1]


@cache
def _load() -> tuple[tuple[Run, ...], tuple[Milestone, ...]]:
    return parse(resources.path("data/history.yml").read_text(encoding="utf-8"))


def parse(text: str) -> tuple[tuple[Run, ...], tuple[Milestone, ...]]:
    """Return runs and milestones from the YAML `text`, in order; `history.yml` says how it is made.

    Raises:
        ValueError: not valid; the message names the entry and the field.
    """
    import yaml

    data = yaml.safe_load(text)
    if not isinstance(data, dict) or set(data) != {"sources", "runs", "milestones"}:
        raise ValueError("history.yml: it must hold `sources`, `runs` and `milestones`.")
    sources = data["sources"]
    for key, source in sources.items():
        if set(source) != {"title", "url"} or not re.match(r"https?://\S+$", source["url"]):
            raise ValueError(f"history.yml: sources: {key}: it must have a title and a url.")
    runs = tuple(_run(entry, sources) for entry in data["runs"])
    milestones = tuple(_milestone(entry, sources) for entry in data["milestones"])
    for entries in (runs, milestones):
        dates = [entry.date[:4] for entry in entries]
        if dates != sorted(dates):
            raise ValueError("history.yml: the entries must follow each other in time.")
    return runs, milestones


def _run(entry: dict, sources: dict) -> Run:
    name = f"{entry.get('date')}, {entry.get('hardware')}"
    source = _source(name, entry, sources, _RUN, {"note", "same_work"})
    if entry["kind"] not in KINDS:
        raise ValueError(f"history.yml: {name}: kind: must be one of {', '.join(KINDS)}.")
    seconds = entry["seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        raise ValueError(f"history.yml: {name}: seconds: must be a positive number.")
    texts = {field: entry[field] for field in ("date", "hardware", "kind", "network")}
    return Run(seconds=seconds, same_work=entry.get("same_work", False), source=source, **texts)


def _milestone(entry: dict, sources: dict) -> Milestone:
    name = f"{entry.get('date')}, {entry.get('title')}"
    source = _source(name, entry, sources, _MILESTONE, {"note"})
    texts = {field: entry[field] for field in ("date", "title", "text", "paper")}
    return Milestone(source=source, **texts)


def _source(name: str, entry: dict, sources: dict, fields: set, optional: set) -> Source:
    """Check what runs and milestones have in common, and return where the entry was read."""
    if wrong := (fields - set(entry)) | (set(entry) - fields - optional):
        raise ValueError(f"history.yml: {name}: {sorted(wrong)[0]}: missing or unknown.")
    if not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", str(entry["date"])):
        raise ValueError(f"history.yml: {name}: date: must be like 2017 or 2017-10.")
    if entry["source"] not in sources:
        raise ValueError(f"history.yml: {name}: source: not among the sources.")
    if not isinstance(entry["checked"], date):
        raise ValueError(f"history.yml: {name}: checked: must be a day such as 2026-11-23.")
    where = sources[entry["source"]]
    return Source(where["title"], where["url"], entry["checked"], entry.get("note", ""))
