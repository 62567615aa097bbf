"""No page goes unseen in silence: the browser is found, or what is not looked at is said."""

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


def test_make_test_ends_with_that_line():
    planned = subprocess.run(
        ["make", "-n", "-C", ROOT, "test", "PYTHON=python3"],
        **{"capture_output": True, "text": True, "check": True},
    ).stdout.splitlines()
    (last,) = [line for line in planned[-3:] if "tools.browser" in line]
    assert last.split("; ")[1] == "exit $status"
    tests = [line for line in planned if " -m pytest" in line]
    assert [line.count("||") for line in tests] == [1, 1], "both parts run"
    assert "not alone" in tests[0] and '-m "alone' in tests[1]
