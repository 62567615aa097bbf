"""Build the site into `_build/html`: `.venv/bin/python tools/site.py`, from the repository root.

The outputs of the notebooks come from the cache that `make book` fills; nothing is executed here.
Nothing changed since the last good build: nothing is done. A warning (a broken link, a missing
page, a formula that KaTeX refuses) is an error. An interrupted or failed build leaves no mark of
success, and the next one starts from nothing.
"""

import hashlib
import json
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sphinx_run import BUILD, ROOT, sphinx_build

HTML = BUILD / "html"
DOCTREES = BUILD / ".doctrees"
MARK = BUILD / ".site.json"
SKIPPED = {"__pycache__", ".ipynb_checkpoints"}


def inputs() -> list[Path]:
    """Return every file that a page is made of, in a fixed order."""
    files = [
        ROOT / "_config.yml",
        ROOT / "_toc.yml",
        *Path(__file__).resolve().parent.glob("s*.py"),
    ]
    # Of the cache only the notebooks: its database notes every look at it.
    for folder in (
        ROOT / "book",
        ROOT / "helpers",
        ROOT / "warptrace",
        BUILD / ".jupyter_cache" / "executed",
    ):
        files += [p for p in folder.rglob("*") if p.is_file() and not SKIPPED & set(p.parts)]
    files += [ROOT / "constraints.txt", BUILD / "executed" / "report.json"]
    return sorted({p for p in files if p.exists() and p.suffix not in {".pyc", ".mo"}})


def fingerprint(files: list[Path]) -> str:
    """Return a digest of the names and contents of `files`."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def main() -> int:
    """Build what has changed; return the exit status."""
    started = time.monotonic()
    wanted = fingerprint(inputs())
    mark = json.loads(MARK.read_text()) if MARK.exists() else {}
    index = HTML / "book" / "index.html"
    if mark.get("fingerprint") == wanted and index.exists():
        print(f"site: nothing has changed. Open {index}")
        return 0
    if not mark:
        for stale in (HTML, DOCTREES):
            shutil.rmtree(stale, ignore_errors=True)
    MARK.unlink(missing_ok=True)
    print("site: building", flush=True)
    status = sphinx_build("html", HTML, DOCTREES)
    if status:
        print("site: not built, see the messages above.", file=sys.stderr)
        return status
    MARK.write_text(json.dumps({"fingerprint": wanted}))
    print(f"site: built in {time.monotonic() - started:.1f} s. Open {index}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
