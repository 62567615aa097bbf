"""Fail on purpose, elsewhere: show how an error ends without stopping the notebook."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path


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
        done = subprocess.run(
            [sys.executable, program],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            check=False,
        )
    if done.returncode == 0:
        raise RuntimeError("This code was meant to fail and did not: the text around it is wrong.")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"the program ended with status {done.returncode}"
