"""The history of the field: valid, with sources, and telling what the chapters say of it."""

from pathlib import Path

import pytest

from helpers.facts import history

PAPERS = Path(__file__).resolve().parents[2] / "book" / "appendix" / "papers.md"


def test_every_entry_has_a_source_that_was_read():
    entries = [*history.runs(), *history.milestones()]
    assert len(history.runs()) >= 10
    assert all(entry.source.url.startswith("http") for entry in entries)


def test_the_papers_of_the_milestones_are_in_the_bibliography():
    headings = PAPERS.read_text(encoding="utf-8").splitlines()
    for milestone in history.milestones():
        assert f"## {milestone.paper}" in headings, milestone.title


def test_the_seconds_are_those_of_the_files_that_the_notes_name():
    hours = {"79.448": 286014, "10.537": 37933, "9.058": 32609, "2.528": 9101, "0.11225": 404}
    for text, seconds in hours.items():
        run = next(run for run in history.runs() if f"after {text} hours" in run.source.note)
        assert run.seconds == seconds == pytest.approx(float(text) * 3600, rel=1e-3)


def test_only_the_machine_differs_between_the_runs_of_the_same_work():
    same = [run for run in history.runs() if run.same_work]
    assert {run.network for run in same} == {"ResNet-164"}
    assert [run.kind for run in same] == ["cpu", "gpu", "gpu"]
    assert [run.seconds for run in same] == sorted((run.seconds for run in same), reverse=True)


def test_a_date_becomes_a_place_on_an_axis():
    cuda = history.milestones()[0]
    assert (cuda.title, cuda.date) == ("CUDA", "2006-11")
    assert cuda.year == pytest.approx(2006 + 10 / 12)
    assert [m.year for m in history.milestones()] == sorted(m.year for m in history.milestones())


def test_entries_follow_each_other_in_time():
    for entries in (history.runs(), history.milestones()):
        years = [entry.date[:4] for entry in entries]
        assert years == sorted(years)
