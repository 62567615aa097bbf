"""Fail on purpose, elsewhere: show how an error ends without stopping the notebook."""

import os
import subprocess
import sys
import textwrap


def last_line(code: str, **environment: str) -> str:
    """Run `code` in a Python of its own and return the last line that it complains with.

    Args:
        code: a short program that is meant to fail.
        environment: variables to set for it, such as `CUDA_VISIBLE_DEVICES=""`.

    Raises:
        RuntimeError: the code did not fail, so there is nothing to show.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )
    if done.returncode == 0:
        raise RuntimeError("This code was meant to fail and did not: the text around it is wrong.")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"the program ended with status {done.returncode}"
