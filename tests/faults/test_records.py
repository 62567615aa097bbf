"""Faults of recorded results: whatever a file holds, a RecordError says so and names it."""

import copy
import json

import pytest

from helpers import recorded
from helpers.recorded import Quantity, RecordError
from tools import recording

RECORD = {
    "schema": recorded.SCHEMA,
    "name": "speed",
    "title": "Speed",
    "method": "By clock.",
    "runs": [
        {
            "device": {"kind": "cpu", "name": "A", "cores": 2, "threads": 1},
            "software": {"python": "3", "torch": "2"},
            "commit": "abcdef1",
            "date": "2026-01-01T00:00:00+00:00",
            "script_sha256": "",
            "values": {
                "time": {"value": 1.5, "unit": "ms", "statistic": "median", "n": 3},
                "grid": {"value": [[1, 2], [3, 4]], "unit": "x", "statistic": "each", "n": 4},
            },
        }
    ],
}
ANYTHING = (None, True, 7, "text", [], [1], {}, {"a": 1}, float("nan"))
#: Every entry of a record, and what may stand there besides.
ENTRIES = {
    "": (),
    "schema": (),
    "name": ("text",),
    "title": ("text",),
    "method": ("text",),
    "runs": ([],),
    "runs 0": (),
    "runs 0 device": (),
    "runs 0 device kind": ("text",),
    "runs 0 device name": ("text",),
    "runs 0 device power_limit_w": (None, 7),
    "runs 0 software": (),
    "runs 0 software python": ("text",),
    "runs 0 software torch": ("text",),
    "runs 0 commit": ("text",),
    "runs 0 date": ("text",),
    "runs 0 script_sha256": ("text",),
    "runs 0 values": ({},),
    "runs 0 values time": (),
    "runs 0 values time value": (7, [1]),
    "runs 0 values time unit": ("text",),
    "runs 0 values time statistic": ("text",),
    "runs 0 values time n": (7,),
}
#: What a record is one without.
MAY_LACK = {"", "runs 0", "runs 0 device power_limit_w", "runs 0 values time"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded.resources, "root", lambda: tmp_path)
    (tmp_path / "recorded").mkdir()
    return tmp_path / "recorded"


def written(folder, content):
    path = folder / "speed.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def with_entry(entry, value):
    """Return the record with `value` at that entry; `...` leaves it out."""
    whole = {"": copy.deepcopy(RECORD)}
    place = whole
    keys = ["", *entry.split()]
    for key in keys[:-1]:
        place = place[int(key) if isinstance(place, list) else key]
    last = int(keys[-1]) if isinstance(place, list) else keys[-1]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return whole[""]


def read(folder):
    """Do with a record all that a page does."""
    for run in recorded.load("speed", folder=folder).runs:
        run.caption()
        recorded.lookup(f"speed.{run.device['kind']}.time.0")
        for quantity in run.values.values():
            assert isinstance(quantity.n, int) and isinstance(quantity.median, int | float)


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_record_of_another_shape_gets_through(entry, folder):
    written(folder, RECORD)
    read(folder)
    for value in ANYTHING if entry in MAY_LACK else (*ANYTHING, ...):
        written(folder, with_entry(entry, value))
        if any(value is one or repr(value) == repr(one) for one in ENTRIES[entry]):
            if entry not in ("runs", "runs 0 values"):  # nothing to read, and yet a record
                recorded.load("speed", folder=folder)
            continue
        with pytest.raises(RecordError, match=r"^speed\.json is not a record \(.*make record"):
            read(folder)
        with pytest.raises(RecordError, match=r"^speed\.json"):
            recording.load("speed", folder)


BYTES = {
    "empty": b"",
    "cut off": json.dumps(RECORD).encode()[:-9],
    "conflict markers": b"<<<<<<< HEAD\n{}\n=======\n",
    "byte-order mark": b"\xef\xbb\xbf" + json.dumps(RECORD).encode(),
    "not UTF-8": json.dumps(RECORD | {"title": "二"}, ensure_ascii=False).encode("gbk"),
    "too deep": b"[" * 100_000,
    "a number without end": json.dumps(RECORD).replace("1.5", "9" * 400).encode(),
}


@pytest.mark.parametrize("name", BYTES)
def test_a_file_that_cannot_be_read_is_named(name, folder):
    written(folder, BYTES[name])
    with pytest.raises(RecordError, match=r"^speed\.json is not a record"):
        read(folder)
    written(folder, RECORD)
    read(folder)


def test_a_folder_in_a_records_place_is_named(folder):
    (folder / "speed.json").mkdir()
    with pytest.raises(RecordError, match=r"^speed\.json is not a record .*Is a directory"):
        read(folder)


def test_a_script_or_a_chapter_that_is_no_program_is_named(folder):
    written(folder, RECORD)
    (folder / "speed.py").write_text("<<<<<<< HEAD\n")
    with pytest.raises(RecordError, match=r"speed\.py cannot be read: .*Mend it"):
        read(folder)
    (folder.parent / "page.ipynb").write_text("<<<<<<< HEAD\n")
    (folder / "speed.py").write_text("CHAPTER, CELLS = 'x', 'y'\nCHAPTER = 'page'\nCELLS = 'a'\n")
    with pytest.raises(RecordError, match=r"page\.ipynb cannot be read"):
        read(folder)


@pytest.mark.parametrize("value", [True, [1.0, False], 10**400, float("inf")])
def test_what_is_no_number_is_not_recorded(value, folder):
    written(folder, RECORD)
    run = recorded.load("speed", folder=folder).run("cpu")
    wrong = recorded.Run(**vars(run) | {"values": {"time": Quantity(value, "ms", "median", 3)}})
    before = (folder / "speed.json").read_bytes()
    with pytest.raises(RecordError, match=r"time\.value must be finite numbers"):
        recording.save(wrong, name="speed", title="Speed", method="By clock.", folder=folder)
    assert (folder / "speed.json").read_bytes() == before


LOOKUPS = [
    "",
    ".",
    "..",
    "speed",
    "speed.cpu",
    "speed..time",
    ".cpu.time",
    "speed.cpu.",
    "a\0.cpu.b",
]
LOOKUPS += [f"speed.cpu.{end}" for end in ("grid", "grid.mean", "grid.mean.mean", "grid.0")]
LOOKUPS += [f"speed.cpu.grid.{place}" for place in ("--1", "-", "²", "٣", "9" * 5000, "2", "-3")]
LOOKUPS += ["../speed.cpu.time", "/speed.cpu.time", f"{'x' * 400}.cpu.time", "speed.CPU.time"]


@pytest.mark.parametrize("key", LOOKUPS, ids=lambda key: key[:24].replace("\0", "0"))
def test_a_lookup_that_names_nothing_says_so(key, folder):
    written(folder, RECORD)
    with pytest.raises(RecordError):
        recorded.lookup(key)
    assert recorded.lookup("speed.cpu.grid.-1.0") == 3
