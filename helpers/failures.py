"""Fail on purpose, elsewhere: show how an error ends without stopping the notebook."""

import tempfile
import textwrap
from pathlib import Path

from helpers import processes


def last_line(code: str, **environment: str) -> str:
    """Run `code` in a Python of its own and return the last line that it complains with.

    Args:
        code: a short program that is meant to fail.
        environment: variables to set for it, such as `CUDA_VISIBLE_DEVICES=""`.

    Raises:
        RuntimeError: the code did not fail, so there is nothing to show.
    """
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py")  # a file, so that a kernel's source can be read
        program.write_text(textwrap.dedent(code), encoding="utf-8")
        done = processes.python(program, **environment)
    if done.returncode == 0:
        raise RuntimeError("This code was meant to fail and did not: the text around it is wrong.")
    return processes.last_line(done)
