"""Execute the book's notebooks, those that are stale, and keep the results for the site.

nbmake runs copies in a temporary folder, each in a tree of its own, so that no notebook sees what
another one wrote and `book/` is never written to. A copy that passes is the result: it goes to
`_build/executed`, with what it was executed under in its metadata, and the site shows its outputs.
What fails, or is cut off, is not kept, and the next run executes it again.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path

from helpers import data, device
from helpers.files import write_atomically
from tools import ending, reading
from tools.notebooks import EXECUTED, Notebook, notebooks

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT_S = 300
MAX_OUTPUT_MB = 2  # of a notebook, all of which every reader of its page loads
Finished = Callable[[Notebook, Path, float, str], None]
THREADS = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
]

_interrupted = threading.Event()


# What was executed


def machine() -> dict:
    """Describe the machine that executes the notebooks."""
    gpu = next(iter(device.nvidia_smi()), None)
    return {
        "python": platform.python_version(),
        "torch": _version("torch"),
        "platform": platform.platform(),
        "cpu": device.cpu_name(),
        "cores": os.cpu_count(),
        "gpu": gpu.name if gpu else None,
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def keep(notebook: Notebook, copy: Path, about: dict) -> None:
    """Make `copy`, an executed notebook, the result; `about` says what it was executed under."""
    executed = json.loads(copy.read_text("utf-8"))
    for cell in executed["cells"]:
        cell["metadata"].pop("execution", None)  # nbmake's time stamps
    executed["metadata"]["execution"] = about
    if notebook.copy.is_dir():
        reading.clear(notebook.copy)
    write_atomically(notebook.copy, json.dumps(executed, indent=1, ensure_ascii=False) + "\n")


def drop_orphans(root: Path, book: list[Notebook]) -> None:
    """Remove the results of notebooks that are no longer in the book."""
    known = {notebook.copy for notebook in book}
    for copy in (root / EXECUTED).rglob("*.ipynb"):
        if copy not in known:
            reading.clear(copy)


# Before they run


def fetch(book: list[Notebook]) -> None:
    """Fetch the data sets that the notebooks ask for; where that fails they have a smaller one."""
    wanted = {one.name for notebook in book for one in notebook.sets() if not one.fetched()}
    for name in sorted(wanted):
        if said := data.missing(name):
            print(f"{said} The pages that use it run on less.", file=sys.stderr, flush=True)
            if data.UNREACHABLE in said:
                return


# Running


def complaint(copy: Path) -> str:
    """Return what the book shows of no notebook: an error, tagged or not; too much output."""
    cells = json.loads(copy.read_text("utf-8"))["cells"]
    outputs = {cell.get("id"): cell["outputs"] for cell in cells if cell.get("outputs")}
    errors = [out for shown in outputs.values() for out in shown if out["output_type"] == "error"]
    said = [f"a cell shows an error: {out['ename']}: {out['evalue']}" for out in errors]
    sizes = {cell: len(json.dumps(shown)) / 1e6 for cell, shown in outputs.items()}
    if sum(sizes.values()) > MAX_OUTPUT_MB:
        most = max(sizes, key=sizes.get)
        said.append(
            f"its outputs are {sum(sizes.values()):.1f} MB, the limit is {MAX_OUTPUT_MB} MB: "
            f"print or draw less, first in cell {most} ({sizes[most]:.1f} MB)"
        )
    return "\n".join(said)


class Watcher:
    """A pytest plugin: passes each notebook's outcome on as soon as it is known."""

    def __init__(self, copies: dict[Path, Notebook], home: Path, finished: Finished):
        """Watch the notebooks of `copies`, each by the path of its copy under `home`."""
        self.copies, self.home, self.finished = copies, home, finished

    def pytest_runtest_logreport(self, report) -> None:
        """Hand over the outcome of a notebook: of its call, or of whatever failed before it."""
        if _interrupted.is_set():
            raise KeyboardInterrupt
        if report.when == "call" or report.failed:
            copy = self.home / report.fspath
            failure = report.longreprtext if report.failed else complaint(copy)
            self.finished(self.copies[copy], copy, report.duration, failure)


def copied(batch: list[Notebook], home: Path) -> dict[Path, Notebook]:
    """Copy each notebook into a tree of its own under `home`."""
    copies = {home / str(n) / notebook.path: notebook for n, notebook in enumerate(batch)}
    for copy, notebook in copies.items():
        copy.parent.mkdir(parents=True)
        copy.write_text(json.dumps(notebook.content), "utf-8")  # as it was when its key was taken
    return copies


def set_environment(threads: int) -> None:
    """Set what the kernels inherit: their threads, and no data but the offline one."""
    os.environ.update(
        dict.fromkeys(THREADS, str(threads)),
        # Threads that wait by spinning made one notebook ten times slower on a busy machine.
        OMP_WAIT_POLICY="PASSIVE",
        PYDEVD_DISABLE_FILE_VALIDATION="1",  # the debugger's warning in each kernel
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # seconds in each worker
        PYTHONUTF8="1",  # what a cell reads and writes is the same under every locale
    )
    for name in ("BOOK_DATA", "PYTEST_ADDOPTS"):  # the reader's own
        os.environ.pop(name, None)
    os.environ["BOOK_OFFLINE"] = "1"  # what could be fetched has been


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
        (home / "pytest.ini").write_text("[pytest]\n", "utf-8")
        plugins = ("tools.light_jsonschema", "nbmake.pytest_plugin", "xdist.plugin")
        options = [word for name in (*plugins, "no:cacheprovider") for word in ("-p", name)]
        options += [f"--rootdir={home}", f"--basetemp={home / 'pytest'}", "-c", home / "pytest.ini"]
        options += ["--nbmake", "--overwrite", f"--nbmake-timeout={CELL_TIMEOUT_S}"]
        options += [f"-n{min(at_once, len(batch))}", *copies]
        captured = io.StringIO()
        with contextlib.redirect_stdout(captured):
            code = pytest.main(list(map(str, options)), plugins=[Watcher(copies, home, finished)])
    complete = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if not complete and code != pytest.ExitCode.INTERRUPTED:
        print(captured.getvalue(), file=sys.stderr)
    return complete


class Execution:
    """One execution of stale notebooks, and what came of it."""

    def __init__(self, stale: list[Notebook]):
        """Plan to execute `stale`, under the keys of this moment, whatever is edited later."""
        self.alone = [notebook for notebook in stale if notebook.measures]
        self.others = [notebook for notebook in stale if not notebook.measures]
        self.keys = {notebook.path: notebook.key for notebook in stale}
        self.screen = sys.stdout
        self.passed: list[str] = []
        self.failures: dict[str, str] = {}

    @cached_property
    def machine(self) -> dict:
        """The machine, asked once."""
        return machine()

    def finished(self, notebook: Notebook, copy: Path, seconds: float, failure: str) -> None:
        """Keep the outcome of one notebook and show it."""
        if not failure:
            about = {
                "key": self.keys[notebook.path],
                "seconds": round(seconds, 1),
                "alone": notebook.measures,
                "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            }
            try:
                keep(notebook, copy, about | self.machine)
                self.passed.append(notebook.path)
            except OSError as error:
                failure = f"its result cannot be kept: {ending.sentence(error)}"
        if failure:
            self.failures[notebook.path] = failure
        done = f"{len(self.passed) + len(self.failures)}/{len(self.keys)}"
        status = "failed" if failure else "passed"
        line = f"  {done:>7}  {status}  {seconds:6.1f} s  {notebook.path}"
        print(line, file=self.screen, flush=True)

    def run(self) -> bool:
        """Execute them; return False if that was cut off."""
        return (not self.others or run(self.others, 2, 1, self.finished)) and (
            not self.alone or run(self.alone, 1, 2, self.finished)
        )


def execute(root: Path, chosen=None, *, fresh=False, quiet=False) -> int:
    """Execute the stale notebooks of `root`; return the exit status.

    `chosen` limits the work to these paths; `fresh` executes them though nothing changed; `quiet`
    says nothing where there is nothing to do.
    """
    book = notebooks(root)
    if unknown := set(chosen or []) - {notebook.path for notebook in book}:
        raise SystemExit(f"Not a notebook of _toc.yml: {', '.join(sorted(unknown))}")
    wanted = [notebook for notebook in book if not chosen or notebook.path in chosen]
    fetch(wanted)
    stale = [notebook for notebook in wanted if fresh or notebook.result() is None]
    drop_orphans(root, book)
    if not stale:
        if not quiet:
            print(f"{len(wanted)} notebooks, none changed since their last execution")
        return 0
    print(f"Executing {len(stale)} of {len(wanted)} notebooks", flush=True)
    began = time.monotonic()
    for notebook in stale:
        if notebook.spoilt():
            print(f"{notebook.copy} is no executed notebook, so it is made anew", flush=True)
        reading.clear(notebook.copy)
    execution = Execution(stale)
    complete = execution.run()
    passed, failures = execution.passed, execution.failures
    for path, failure in failures.items():
        print(f"\n{path} failed\n{failure}", file=sys.stderr)
    seconds = time.monotonic() - began
    print(f"{len(passed)} passed, {len(failures)} failed in {seconds:.0f} s", flush=True)
    if not complete:
        print("Cut off: what passed is kept, the same command goes on from there", file=sys.stderr)
        return 130
    return 1 if failures else 0


def interrupt(*_) -> None:
    """Stop the run, and remember it: Python drops what is raised while it cleans up objects."""
    if _interrupted.is_set():
        print("Ending the notebooks, some seconds more", file=sys.stderr, flush=True)
        return
    _interrupted.set()
    raise KeyboardInterrupt


def main() -> int:
    """Read the command line and execute."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", help="notebooks, from the root; all when none is named")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds _toc.yml")
    parser.add_argument("--fresh", action="store_true", help="execute although nothing changed")
    parser.add_argument("--quiet", action="store_true", help="say nothing when nothing is stale")
    options = parser.parse_args()
    for polite in (signal.SIGINT, signal.SIGTERM):
        signal.signal(polite, interrupt)
    root, paths = options.root.resolve(), options.paths
    with ending.turn(root / "_toc.yml", "executes the notebooks"):
        return execute(root, paths, fresh=options.fresh, quiet=options.quiet)


if __name__ == "__main__":
    ending.end(main, reading.UnusableError)
