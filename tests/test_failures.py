"""Failures on purpose: the last line is shown, and code that does not fail is a mistake."""

import pytest

from helpers import failures


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
