"""Build the site into `_build/html`: `.venv/bin/python -m tools.build_site`.

Nothing changed since the last good build: nothing is done. A warning (a broken link, a missing
page, a formula that KaTeX refuses) is an error. An interrupted or failed build leaves no mark of
success, and the next one starts from nothing.
"""

import hashlib
import sys
import time
from pathlib import Path

from helpers.files import write_atomically
from tools import ending, live, reading
from tools.notebooks import EXECUTED
from tools.sphinx_run import BUILD, ROOT, sphinx_build

HTML = BUILD / "html"
DOCTREES = BUILD / ".doctrees"
MARK = BUILD / ".site"
SKIPPED = {"__pycache__", ".ipynb_checkpoints"}


def inputs() -> list[Path]:
    """Return every file that a page is made of, in a fixed order."""
    files = [ROOT / name for name in ("_config.yml", "_toc.yml", "constraints.txt")]
    files += (ROOT / "tools").glob("*.py")
    for folder in ("book", "helpers", "warptrace", EXECUTED):
        found = (ROOT / folder).rglob("*")
        files += [path for path in found if path.is_file() and not SKIPPED & set(path.parts)]
    return sorted({path for path in files if path.exists() and path.suffix not in {".pyc", ".mo"}})


def fingerprint(files: list[Path]) -> str:
    """Return a digest of the names and contents of `files`."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def main() -> int:
    """Build what has changed, one run at a time; return the exit status."""
    with ending.turn(ROOT / "_config.yml", "builds the site"):
        return build()


def build() -> int:
    """Build what has changed; return the exit status."""
    started = time.monotonic()
    wanted = fingerprint(inputs()) + ("" if live.found() else " without kernels that run")
    mark = reading.kept(MARK)
    index = HTML / "book" / "index.html"
    if mark == wanted and index.exists():
        print(f"site: nothing has changed. Open {index}")
        return 0
    if not mark:
        reading.clear(MARK)
        for stale in (HTML, DOCTREES):
            reading.clear(stale)
    print("site: building", flush=True)
    status = sphinx_build("html", HTML, DOCTREES)
    if status:
        print("site: not built, see the messages above.", file=sys.stderr)
        return status
    write_atomically(MARK, wanted)  # as it was at the start: an edit since then is not built yet
    print(f"site: built in {time.monotonic() - started:.1f} s. Open {index}")
    return 0


if __name__ == "__main__":
    spoken = (reading.UnusableError, live.EngineError)
    ending.end(main, spoken, "The next run builds every page anew.")
