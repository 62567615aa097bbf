"""Run every notebook under Colab's versions: `make test-colab`.

The helpers are installed from their wheel, as on Colab, and the notebooks run as copies elsewhere,
so that nothing of the checkout is on their path. Colab's versions stand in the newest
`constraints-colab-*.txt`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import ending, reading
from tools.notebooks import notebooks

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-colab"
PYTHON = FOLDER / "bin" / "python"
RUNNER = ["nbmake", "pytest"]
CURE = """
Colab runs Python 3.13, and none was found here. Install one (for example with
`.venv/bin/uv python install 3.13`) or name it: make test-colab COLAB_PYTHON=/path/to/python3.13"""


def constraints(root: Path = ROOT) -> Path:
    """Return the newest list of Colab's versions."""
    return max(root.glob("constraints-colab-*.txt"))


def uv(*arguments: str | Path) -> subprocess.CompletedProcess:
    """Run uv from `.venv`; its messages go to the screen and are returned as well."""
    command = [Path(sys.executable).with_name("uv"), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, encoding="utf-8", errors="replace", stderr=subprocess.PIPE
    )
    print(done.stderr, end="", file=sys.stderr, flush=True)
    return done


def install(wheel: Path) -> None:
    """Make `.venv-colab`, install Colab's versions, then the helpers, which must change nothing.

    Raises:
        SystemExit: a step failed; the message says which.
    """
    named = os.environ.get("COLAB_PYTHON") or "3.13"
    if uv("venv", "--clear", "--no-python-downloads", "--python", named, FOLDER).returncode:
        sys.exit(CURE)
    # All that Colab has, and no more: what a chapter needs beyond it has to be missing here too.
    colabs = ["--requirements", constraints(), "--constraints", constraints()]
    if uv("pip", "install", "--python", PYTHON, *colabs, *RUNNER).returncode:
        sys.exit("Colab's versions could not be installed; the lines above say which and why.")
    trial = uv("pip", "install", "--python", PYTHON, "--dry-run", wheel)
    if trial.returncode or "Would install 1 package" not in trial.stderr:
        sys.exit("Installing the helpers would change Colab's packages: loosen pyproject.toml.")
    if uv("pip", "install", "--python", PYTHON, wheel).returncode:
        sys.exit("The helpers' wheel could not be installed.")


def run(folder: Path) -> int:
    """Run copies of the notebooks in `folder`, one after the other; return pytest's status."""
    copies = []
    for notebook in notebooks(ROOT):
        copy = folder / notebook.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / notebook.path, copy)
        copies.append(copy)
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    command = [PYTHON, "-P", "-m", "pytest", "--nbmake", "-v", "--durations=0", *copies]
    outside = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return ending.child(command, cwd=folder, env=outside)


def main() -> int:
    """Build the wheel, install, run."""
    with tempfile.TemporaryDirectory(prefix="colab-") as name:
        folder = Path(name).resolve()
        if uv("build", "--wheel", "--out-dir", folder / "dist").returncode:
            return 1
        install(next((folder / "dist").glob("*.whl")))
        return run(folder)


if __name__ == "__main__":
    ending.end(main, reading.UnusableError)
