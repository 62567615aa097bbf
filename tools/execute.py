"""Execute the book's notebooks, those that are stale, and keep the results for the site.

nbmake runs copies in a temporary folder, each in a tree of its own, so that no notebook sees what
another one wrote and `book/` is never written to. What passes goes into the jupyter-cache in
`_build/.jupyter_cache`, which the site reads; `_build/executed` holds the executed copies and
`report.json`. What fails, or is cut off, enters neither, and the next run executes it again.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path

from tools.notebooks import Notebook, notebooks

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT_S = 300
THREADS = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
]


# What was executed


def environment() -> dict:
    """Describe the machine that executed the notebooks."""
    return {
        "python": platform.python_version(),
        "torch": _version("torch"),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "gpu": _gpu(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    brand = named[1] if named else _output(["sysctl", "-n", "machdep.cpu.brand_string"])
    return brand or platform.processor() or platform.machine()


def _gpu() -> str | None:
    names = _output(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"])
    return names.splitlines()[0] if names else None


@dataclass
class Report:
    """`_build/executed/report.json`: what each notebook took, and the key it was executed under."""

    path: Path
    environment: dict = field(default_factory=dict)
    entries: dict[str, dict] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path) -> "Report":
        """Read the report, an empty one where there is none or where it cannot be read."""
        path = root / "_build" / "executed" / "report.json"
        try:
            saved = json.loads(path.read_text())
            entries = {entry["path"]: entry for entry in saved["notebooks"]}
            return cls(path, saved["environment"], entries)
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path)

    def save(self, order: list[Notebook]) -> None:
        """Write the report in the order of the book, at once or not at all."""
        listed = [self.entries[book.path] for book in order if book.path in self.entries]
        text = json.dumps({"environment": self.environment, "notebooks": listed}, indent=1)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(text + "\n")
        new.replace(self.path)


class Results:
    """The jupyter-cache that the site reads, beside the executed copies."""

    def __init__(self, root: Path):
        """Use the results under `_build` of `root`; nothing is created before the first one."""
        self.folder = root / "_build" / ".jupyter_cache"
        self.copies = root / "_build" / "executed"

    @cached_property
    def store(self):
        """The jupyter-cache; imported late, because a run with nothing to do has no use for it."""
        from jupyter_cache import get_cache

        return get_cache(self.folder)

    def has(self, entry: dict) -> bool:
        """Tell whether the result that `entry` of the report speaks of is here."""
        return (self.folder / "executed" / entry.get("cached", "") / "base.ipynb").is_file()

    def keep_only(self, hashes: set[str]) -> None:
        """Remove every result but those named, so that a stale one can never be shown."""
        if not self.folder.is_dir():
            return
        from jupyter_cache.cache.db import NbCacheRecord

        for record in self.store.list_cache_records():
            if record.hashkey not in hashes:
                NbCacheRecord.remove_record(record.pk, self.store.db)
        for folder in (self.folder / "executed").glob("*"):
            if folder.name not in hashes:
                shutil.rmtree(folder)

    def add(self, notebook: Notebook, copy: Path, seconds: float) -> str:
        """Put an executed copy where the site looks for it; return the hash it goes by."""
        import nbformat
        from jupyter_cache.base import CacheBundleIn

        executed = nbformat.read(copy, nbformat.NO_CONVERT)
        for cell in executed.cells:
            cell.metadata.pop("execution", None)  # nbmake's time stamps
        data = {"execution_seconds": seconds}
        bundle = CacheBundleIn(executed, str(notebook.root / notebook.path), data=data)
        self.store.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        target = self.copies / notebook.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, target)
        return self.store.match_cache_notebook(executed).hashkey


# Running


def error_outputs(copy: Path) -> str:
    """Return the errors shown in an executed notebook; the book shows none, tagged or not."""
    cells = json.loads(copy.read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    errors = [out for out in outputs if out["output_type"] == "error"]
    return "\n".join(f"a cell shows an error: {out['ename']}: {out['evalue']}" for out in errors)


class Watcher:
    """A pytest plugin: passes each notebook's outcome on as soon as it is known."""

    def __init__(self, copies: dict[str, Notebook], finished: Callable[..., None]):
        """Watch the notebooks of `copies`, by the path of their copy."""
        self.copies = copies
        self.finished = finished

    def pytest_runtest_logreport(self, report) -> None:
        """Hand over the outcome of a notebook: a failed set-up, or the call."""
        if report.when != "call" and not report.failed:
            return
        copy = report.fspath
        found = next(path for path in self.copies if path.endswith(copy))
        failure = report.longreprtext if report.failed else error_outputs(Path(found))
        self.finished(self.copies[found], Path(found), report.duration, failure)


def run(batch: list[Notebook], at_once: int, threads: int, finished: Callable[..., None]) -> None:
    """Run copies of `batch`, `at_once` of them, each with `threads` threads.

    `finished(notebook, copy, seconds, failure)` is called for each, with an empty failure if it
    passed.
    """
    import pytest

    os.environ.update(
        dict.fromkeys(THREADS, str(threads)),
        PYDEVD_DISABLE_FILE_VALIDATION="1",  # the debugger's warning in each kernel
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # seconds in each worker
    )
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        home = Path(folder).resolve()
        (home / "pytest.ini").write_text("[pytest]\n")
        copies = {}
        for number, notebook in enumerate(batch):
            copy = home / str(number) / notebook.path
            copy.parent.mkdir(parents=True)
            shutil.copyfile(notebook.root / notebook.path, copy)
            copies[str(copy)] = notebook
        plugins = ["-p", "nbmake.pytest_plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider"]
        where = ["--rootdir", str(home), "-c", str(home / "pytest.ini")]
        where += ["--basetemp", str(home / "pytest")]
        how = [
            "--nbmake",
            "--overwrite",
            f"--nbmake-timeout={CELL_TIMEOUT_S}",
            f"-n{min(at_once, len(batch))}",
        ]
        watcher = Watcher(copies, finished)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = pytest.main([*plugins, *where, *how, *copies], plugins=[watcher])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        print(said.getvalue(), file=sys.stderr)


def execute(root: Path, chosen: list[str] | None = None, fresh: bool = False) -> int:
    """Execute the stale notebooks of `root`; return the exit status.

    `chosen` limits the work to these paths; `fresh` executes them though nothing changed.
    """
    listed = notebooks(root)
    if unknown := set(chosen or []) - {book.path for book in listed}:
        raise SystemExit(f"Not a notebook of _toc.yml: {', '.join(sorted(unknown))}")
    report, results = Report.load(root), Results(root)
    keys = {book.path: book.key() for book in listed}

    def is_fresh(path: str) -> bool:
        entry = report.entries.get(path, {})
        return entry.get("key") == keys[path] and results.has(entry)

    wanted = [book for book in listed if not chosen or book.path in chosen]
    stale = [book for book in wanted if fresh or not is_fresh(book.path)]
    if not stale:
        print(f"{len(wanted)} notebooks, none changed since their last execution")
        return 0
    for book in stale:
        report.entries.pop(book.path, None)
    kept = {path: entry for path, entry in report.entries.items() if path in keys}
    report.entries, report.environment = kept, environment()
    report.save(listed)
    results.keep_only({entry.get("cached", "") for entry in kept.values()})

    failures: dict[str, str] = {}
    screen, began, done = sys.stdout, time.monotonic(), []

    def finished(book: Notebook, copy: Path, seconds: float, failure: str) -> None:
        done.append(book)
        if failure:
            failures[book.path] = failure
        entry = {"path": book.path, "seconds": round(seconds, 1)}
        entry |= {"status": "failed" if failure else "passed", "measures": book.measures}
        if not failure:
            entry |= {"key": keys[book.path], "cached": results.add(book, copy, seconds)}
        report.entries[book.path] = entry
        report.save(listed)
        count = f"{len(done)}/{len(stale)}"
        line = f"  {count:>7}  {entry['status']}  {seconds:6.1f} s  {book.path}"
        print(line, file=screen, flush=True)

    alone = [book for book in stale if book.measures]
    others = [book for book in stale if not book.measures]
    print(f"Executing {len(stale)} of {len(wanted)} notebooks", flush=True)
    for batch, at_once, threads in [(others, 2, 1), (alone, 1, 2)]:
        if batch:
            run(batch, at_once, threads, finished)
    for path, failure in failures.items():
        print(f"\n{path} failed\n{failure}", file=sys.stderr)
    print(f"{len(done) - len(failures)} passed, {len(failures)} failed", end=" ")
    print(f"in {time.monotonic() - began:.0f} s", flush=True)
    if len(done) < len(stale):
        print("Cut off: what passed is kept, the same command goes on from there", file=sys.stderr)
        return 130
    return 1 if failures else 0


def main() -> int:
    """Read the command line and execute."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", help="notebooks, from the root; all when none is named")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds _toc.yml")
    parser.add_argument("--fresh", action="store_true", help="execute although nothing changed")
    options = parser.parse_args()
    # A polite kill cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return execute(options.root.resolve(), options.paths, options.fresh)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    # This folder has a `site.py`, which must not stand in for the standard library's.
    sys.path.pop(0)
    sys.exit(main())
