"""Failures on purpose: the last line is shown, and code that does not fail is a mistake."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import failures

DATA = Path(__file__).resolve().parents[1] / "book" / "cnn" / "data.ipynb"


def test_the_last_line_of_a_failure_is_returned():
    line = failures.last_line("""
        x = 1
        x / 0
    """)
    assert line == "ZeroDivisionError: division by zero"


def test_the_environment_is_passed_on():
    line = failures.last_line("import os, sys; sys.exit(os.environ['WHAT'])", WHAT="hidden")
    assert line == "hidden"


def test_a_silent_failure_tells_its_status():
    assert failures.last_line("import sys; sys.exit(3)") == "the program ended with status 3"


def test_code_that_does_not_fail_is_refused():
    with pytest.raises(RuntimeError, match="meant to fail and did not"):
        failures.last_line("x = 1")


def test_the_main_guard_of_the_data_chapter_cures_what_fails_without_it(tmp_path):
    cells = json.loads(DATA.read_text(encoding="utf-8"))["cells"]
    text = next("".join(cell["source"]) for cell in cells if cell["id"] == "guard-read")
    program = tmp_path / "program.py"
    program.write_text(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1])
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("64\n64\n", "")
