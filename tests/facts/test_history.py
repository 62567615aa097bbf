"""The history of the field: valid, with sources, and telling what the chapters say of it."""

from pathlib import Path

import pytest

from helpers.facts import sheet

HISTORY = sheet("history")
PAPERS = Path(__file__).resolve().parents[2] / "book" / "appendix" / "papers.md"


def test_every_entry_has_a_source_that_was_read():
    entries = [*HISTORY.runs, *HISTORY.milestones]
    assert len(HISTORY.runs) >= 10
    assert all(entry.source.url.startswith("http") for entry in entries)


def test_the_papers_of_the_milestones_are_in_the_bibliography():
    headings = PAPERS.read_text(encoding="utf-8").splitlines()
    for milestone in HISTORY.milestones:
        assert f"## {milestone.paper}" in headings, milestone.title


def test_the_seconds_are_those_of_the_files_that_the_notes_name():
    hours = {"79.448": 286014, "10.537": 37933, "9.058": 32609, "2.528": 9101, "0.11225": 404}
    for text, seconds in hours.items():
        run = next(run for run in HISTORY.runs if f"after {text} hours" in run.source.note)
        assert run.seconds == seconds == pytest.approx(float(text) * 3600, rel=1e-3)


def test_only_the_machine_differs_between_the_runs_of_the_same_work():
    same = [run for run in HISTORY.runs if run.network == "ResNet-164"]
    assert {run.source.title for run in same} == {"DAWNBench, entries for training on CIFAR-10"}
    assert [run.kind for run in same] == ["cpu", "gpu", "gpu"]
    assert [run.seconds for run in same] == sorted((run.seconds for run in same), reverse=True)


def test_entries_follow_each_other_in_time():
    for entries in (HISTORY.runs, HISTORY.milestones):
        years = [entry.date[:4] for entry in entries]
        assert years == sorted(years)
    assert (HISTORY.milestones[0].title, HISTORY.milestones[0].date) == ("CUDA", "2006-11")
