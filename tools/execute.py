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
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path

from helpers import device
from tools.notebooks import Notebook, notebooks

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT_S = 300
Finished = Callable[[Notebook, Path, float, str], None]
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
    gpu = next(iter(device.nvidia_smi()), None)
    return {
        "python": platform.python_version(),
        "torch": _version("torch"),
        "platform": platform.platform(),
        "cpu": device.cpu_name(),
        "cores": os.cpu_count(),
        "gpu": gpu.name if gpu else None,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


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

    def __init__(self, copies: dict[Path, Notebook], home: Path, finished: Finished):
        """Watch the notebooks of `copies`, each by the path of its copy under `home`."""
        self.copies, self.home, self.finished = copies, home, finished

    def pytest_runtest_logreport(self, report) -> None:
        """Hand over the outcome of a notebook: of its call, or of whatever failed before it."""
        if report.when == "call" or report.failed:
            copy = self.home / report.fspath
            failure = report.longreprtext if report.failed else error_outputs(copy)
            self.finished(self.copies[copy], copy, report.duration, failure)


def copied(batch: list[Notebook], home: Path) -> dict[Path, Notebook]:
    """Copy each notebook into a tree of its own under `home`."""
    copies = {home / str(n) / notebook.path: notebook for n, notebook in enumerate(batch)}
    for copy, notebook in copies.items():
        copy.parent.mkdir(parents=True)
        shutil.copyfile(notebook.root / notebook.path, copy)
    return copies


def set_environment(threads: int) -> None:
    """Set what the kernels inherit: their threads, and no data but the offline one."""
    os.environ.update(
        dict.fromkeys(THREADS, str(threads)),
        # Threads that wait by spinning made one notebook ten times slower on a busy machine.
        OMP_WAIT_POLICY="PASSIVE",
        PYDEVD_DISABLE_FILE_VALIDATION="1",  # the debugger's warning in each kernel
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # seconds in each worker
    )
    os.environ.pop("BOOK_DATA", None)


def run(batch: list[Notebook], at_once: int, threads: int, finished: Finished) -> bool:
    """Run copies of `batch`, `at_once` of them, each with `threads` threads.

    `finished(notebook, copy, seconds, failure)` is called for each, with an empty failure if it
    passed. Return False if the run was cut off.
    """
    import pytest

    set_environment(threads)
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        home = Path(folder).resolve()
        copies = copied(batch, home)
        (home / "pytest.ini").write_text("[pytest]\n")
        options = ["-p", "nbmake.pytest_plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider"]
        options += [f"--rootdir={home}", f"--basetemp={home / 'pytest'}", "-c", home / "pytest.ini"]
        options += ["--nbmake", "--overwrite", f"--nbmake-timeout={CELL_TIMEOUT_S}"]
        options += [f"-n{min(at_once, len(batch))}", *copies]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = pytest.main(list(map(str, options)), plugins=[Watcher(copies, home, finished)])
    complete = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if not complete and code != pytest.ExitCode.INTERRUPTED:
        print(said.getvalue(), file=sys.stderr)
    return complete


class Execution:
    """One execution of the stale notebooks of a book, and what came of it."""

    def __init__(self, root: Path):
        """Read the book under `root`: its notebooks, their keys, the last report."""
        self.notebooks = notebooks(root)
        self.keys = {notebook.path: notebook.key() for notebook in self.notebooks}
        self.report, self.results = Report.load(root), Results(root)
        self.screen = sys.stdout
        self.planned = 0
        self.passed: list[str] = []
        self.failures: dict[str, str] = {}

    def stale(self, notebook: Notebook) -> bool:
        """Tell whether the notebook has no result, or one that other code or files gave."""
        entry = self.report.entries.get(notebook.path, {})
        return entry.get("key") != self.keys[notebook.path] or not self.results.has(entry)

    def forget(self, stale: list[Notebook]) -> None:
        """Drop the results of `stale` and of what is no longer in the book."""
        gone = {notebook.path for notebook in stale}
        entries = self.report.entries.items()
        kept = {path: e for path, e in entries if path in self.keys and path not in gone}
        self.report.entries, self.report.environment = kept, environment()
        self.report.save(self.notebooks)
        self.results.keep_only({entry.get("cached", "") for entry in kept.values()})

    def finished(self, notebook: Notebook, copy: Path, seconds: float, failure: str) -> None:
        """Keep the outcome of one notebook and show it."""
        status = "failed" if failure else "passed"
        entry = {"path": notebook.path, "seconds": round(seconds, 1), "status": status}
        entry["measures"] = notebook.measures
        if failure:
            self.failures[notebook.path] = failure
        else:
            entry["key"] = self.keys[notebook.path]
            entry["cached"] = self.results.add(notebook, copy, seconds)
            self.passed.append(notebook.path)
        self.report.entries[notebook.path] = entry
        self.report.save(self.notebooks)
        done = f"{len(self.passed) + len(self.failures)}/{self.planned}"
        line = f"  {done:>7}  {status}  {seconds:6.1f} s  {notebook.path}"
        print(line, file=self.screen, flush=True)

    def run(self, stale: list[Notebook]) -> bool:
        """Execute `stale`; return False if that was cut off."""
        self.planned = len(stale)
        self.forget(stale)
        alone = [notebook for notebook in stale if notebook.measures]
        others = [notebook for notebook in stale if not notebook.measures]
        return (not others or run(others, 2, 1, self.finished)) and (
            not alone or run(alone, 1, 2, self.finished)
        )


def execute(root: Path, chosen: list[str] | None = None, fresh: bool = False) -> int:
    """Execute the stale notebooks of `root`; return the exit status.

    `chosen` limits the work to these paths; `fresh` executes them though nothing changed.
    """
    execution = Execution(root)
    if unknown := set(chosen or []) - set(execution.keys):
        raise SystemExit(f"Not a notebook of _toc.yml: {', '.join(sorted(unknown))}")
    wanted = [one for one in execution.notebooks if not chosen or one.path in chosen]
    stale = [one for one in wanted if fresh or execution.stale(one)]
    if not stale:
        print(f"{len(wanted)} notebooks, none changed since their last execution")
        return 0
    print(f"Executing {len(stale)} of {len(wanted)} notebooks", flush=True)
    began = time.monotonic()
    complete = execution.run(stale)
    passed, failures = execution.passed, execution.failures
    for path, failure in failures.items():
        print(f"\n{path} failed\n{failure}", file=sys.stderr)
    seconds = time.monotonic() - began
    print(f"{len(passed)} passed, {len(failures)} failed in {seconds:.0f} s", flush=True)
    if not complete:
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
