"""What the README shows is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import warptrace

PACKAGE = Path(__file__).resolve().parents[1]
README = (PACKAGE / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.S)


def output(source, folder):
    """Run `source` as a script in a Python that finds this package."""
    script = folder / "example.py"
    script.write_text(source)
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("source", "shown"), EXAMPLES)
def test_an_example_prints_what_stands_below_it(source, shown, tmp_path):
    assert output(source, tmp_path) == shown


def test_every_example_has_its_output():
    assert len(EXAMPLES) == README.count("```python") == 3


def test_the_example_is_mended_as_the_text_says(tmp_path):
    source, _ = EXAMPLES[0]
    mended = source.replace("    target[t]", "    cuda.syncthreads()\n    target[t]")
    assert "1 block of 64 threads, no fault" in output(mended, tmp_path)


def test_every_counter_is_explained():
    assert [name for name in warptrace.METRICS if f"`{name}`" not in README] == []
