"""Figures that others published, each with where it was read: the files of `book/data`.

A file holds `sources` (key to title and address) and lists of entries. An entry, or a figure in it,
names its source and the day on which it was checked; `book/data/schema.json` says how each is made.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from types import SimpleNamespace

from helpers import resources


@dataclass(frozen=True)
class Source:
    """Where a figure was read: title and address, the day it was checked (None: not), a note.

    `weak`: a sceptic need not accept it, and no better source could be read.
    """

    title: str
    url: str
    checked: date | None
    note: str = ""
    weak: bool = False


@cache
def sheet(name: str) -> SimpleNamespace:
    """Return the lists of `book/data/<name>.yml`, as in `sheet("prices").prices[0].gpu`.

    The first lines of the file say what its entries hold. A `source` in them is a `Source`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: an entry names a source that the file does not have, or the file is spoilt.
    """
    import yaml

    path = resources.path(f"data/{name}.yml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        sources = content.pop("sources")
        lists = {key: tuple(_sourced(entry, sources) for entry in content[key]) for key in content}
    except KeyError as missing:
        raise ValueError(f"{name}.yml: {missing} is not among its sources.") from None
    except (yaml.YAMLError, UnicodeError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} cannot be read, mend it: {error}") from error
    return SimpleNamespace(**lists)


def published(record: str) -> list[SimpleNamespace]:
    """Return what others measured beside our record; `label` says on what, and when published."""
    return [
        SimpleNamespace(**vars(one), label=f"published, {one.machine}, {one.year or 'undated'}")
        for one in sheet("published").points
        if one.record == record
    ]


def _sourced(thing, sources):
    """Return an entry with a `Source` in place of its key, and of what is said of that source."""
    if not isinstance(thing, dict):
        return thing
    inside = {key: _sourced(value, sources) for key, value in thing.items()}
    if "source" in inside:
        read = {key: inside.pop(key) for key in ("checked", "note", "weak") if key in inside}
        inside["source"] = Source(**sources[inside["source"]], **read)
    return SimpleNamespace(**inside)
