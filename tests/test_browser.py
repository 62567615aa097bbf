"""No page goes unseen in silence: the browser is found, or what is not looked at is said."""

import shutil
import subprocess
from pathlib import Path

import pytest
from site_browser import required_browser

from tools import browser

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that puts programs on an otherwise empty machine."""
    for name in ("CHROME_PATH", "CI", "WITHOUT_BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    programs = tuple(name for name in browser.WHOLE if not name.startswith("/"))
    monkeypatch.setattr(browser.find_browser, "__defaults__", ((browser.SHELL, *programs),))

    def put(*names):
        for name in names:
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
        return tmp_path

    return put


def test_the_lightest_browser_here_is_found(machine):
    assert browser.find_browser() is None
    folder = machine("google-chrome")
    assert browser.find_browser() == str(folder / "google-chrome")
    machine("chromium", browser.SHELL)
    assert browser.find_browser() == str(folder / browser.SHELL)
    assert browser.find_browser(browser.WHOLE) == str(folder / "chromium")


def test_the_browser_that_is_named_is_taken_or_none(machine, monkeypatch):
    folder = machine("chromium", "mine")
    monkeypatch.setenv("CHROME_PATH", str(folder / "mine"))
    assert browser.find_browser() == str(folder / "mine")
    monkeypatch.setenv("CHROME_PATH", str(folder / "gone"))
    assert browser.find_browser() is None


def test_without_a_browser_the_tests_are_skipped_loudly(machine):
    with pytest.warns(UserWarning, match="NO BROWSER"), pytest.raises(pytest.skip.Exception):
        required_browser()


def test_without_a_browser_the_tests_fail_in_ci(machine, monkeypatch):
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="NO BROWSER"):
        required_browser()


def test_the_last_line_says_what_was_not_looked_at_and_the_cure(machine, monkeypatch, capsys):
    assert browser.main() == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "no page and no explorable was looked at" in line and "apt-get install" in line
    machine("chromium")
    assert browser.main() == 0
    assert "NO BROWSER" not in capsys.readouterr().out
    monkeypatch.setenv("WITHOUT_BROWSER", "1")
    assert browser.main() == 0
    assert capsys.readouterr().out == browser.LEFT_OUT + "\n"


@pytest.mark.parametrize("status", [0, 1])
def test_make_test_runs_both_parts_and_ends_with_that_line(status, tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    program = tmp_path / "runs"
    program.write_text(f'#!/bin/sh\necho "$@"\ncase "$@" in *pytest*) exit {status};; esac\n')
    program.chmod(0o755)
    command = ["make", "-C", tmp_path, "unit", "PYTHON=true", "RUN=./runs", "ALONE=mine"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode != 0) == status
    ran = [line for line in done.stdout.splitlines() if line.startswith("-m")]
    assert "-m not alone" in ran[0] and "-m alone" in ran[1] and ran[1].endswith("mine")
    assert ran[2:] == ["-m tools.browser"]
