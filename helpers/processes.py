"""Run a Python of its own beside this one, which finds the same modules."""

import os
import subprocess
import sys


def python(
    *arguments, given: str = "", timeout_s: float | None = None, **environment: str
) -> subprocess.CompletedProcess:
    """Run Python with `arguments` and return how it ended and what it printed, as text.

    Args:
        arguments: of the command line, such as a file or "-m" and a module.
        given: on standard input.
        timeout_s: after so many seconds it is ended, and `subprocess.TimeoutExpired` raised.
        environment: variables to set beside this process's own.
    """
    ours = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=os.environ | ours | environment,
        timeout=timeout_s,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess) -> str:
    """Return the last line that a process complained with, or else its status."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"the program ended with status {done.returncode}"
