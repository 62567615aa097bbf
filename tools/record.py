"""Run the book's recording scripts on this machine and pack what they measured.

Needs nothing but a checkout and a Python with torch, NumPy and matplotlib. Usually called as
`make record PYTHON=… COMMIT=… OUT=… DATA=… ONLY=…`; CONTRIBUTING.md says what a script says of
itself. `make take-in ARCHIVE=…` merges the result into the book's own records.
"""

import argparse
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

from tools import ending

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "book" / "recorded"
LONG_MINUTES = 2  # what takes longer runs only when it is named


def reason_to_skip(script, device, options) -> str:
    """Return in words why a script cannot or should not run now, or an empty text."""
    kinds = getattr(script, "KINDS", (device.type,))
    if device.type not in kinds:
        return f"it is recorded on {' or '.join(kinds)}"
    for package in getattr(script, "NEEDS", ()):
        if importlib.util.find_spec(package) is None:
            return f"it needs {package}, which this Python does not have"
    for name in getattr(script, "DATA", ()):
        if options.data is None or not (options.data / name).is_dir():
            return f"it needs {name}: name the folder that holds it with DATA=…"
    minutes = getattr(script, "MINUTES", {}).get(device.type, 0)
    if minutes > LONG_MINUTES and not options.only:
        return f"it takes {minutes} minutes on {device.type}: name it with ONLY=…"
    return ""


def run_script(path: Path, device, options) -> str:
    """Run one script and save its record; return what happened, in words."""
    from helpers import recorded
    from tools import recording

    script = recorded.script(path.stem)
    if reason := reason_to_skip(script, device, options):
        return f"skipped: {reason}"
    start = time.perf_counter()
    sets = [options.data / name for name in getattr(script, "DATA", ())] or [None]
    values = script.record(device, *sets)
    run = recording.measured(path, values, device=device, commit=options.commit)
    about = {"name": path.stem, "title": script.TITLE, "method": script.METHOD}
    recording.save(run, **about, folder=options.out)
    return f"recorded in {time.perf_counter() - start:.0f} s"


def pack(folder: Path) -> Path | None:
    """Put the records of `folder` into one archive; an interrupted run leaves no half of it.

    Where there are none, there is no archive.
    """
    from helpers.files import write_atomically

    if not (records := sorted(folder.glob("*.json"))):
        return None
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path in records:
            tar.add(path, arcname=path.name)
    write_atomically(folder / "records.tar.gz", packed.getvalue())
    return folder / "records.tar.gz"


def take_in(archive: Path) -> list[str]:
    """Merge the records of `archive` into the book's own, all or none; return their names.

    Raises:
        RecordError: it is no archive of records, or one of them is not whole.
    """
    from helpers.files import write_atomically
    from helpers.recorded import RecordError

    with tempfile.TemporaryDirectory() as taken, tempfile.TemporaryDirectory() as merged:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(taken, filter="data")
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise RecordError(f"{archive} is not a whole archive of records ({error}).") from error
        names = sorted(path.stem for path in Path(taken).glob("*.json"))
        if not names:
            raise RecordError(f"{archive} holds no record: name what `make record` has packed.")
        for name in names:
            merge(name, Path(taken), Path(merged))
        for name in names:
            write_atomically(SCRIPTS / f"{name}.json", Path(merged, f"{name}.json").read_bytes())
    return names


def merge(name: str, taken: Path, merged: Path) -> None:
    """Write into `merged` the book's own record `name` with the runs of that in `taken`."""
    from tools import recording

    record = recording.load(name, taken)
    if (SCRIPTS / f"{name}.json").exists():
        shutil.copy(SCRIPTS / f"{name}.json", merged)
    about = {"name": name, "title": record.title, "method": record.method}
    for run in record.runs:
        recording.save(run, **about, folder=merged)


def parse(arguments):
    """Read the command line, and check all of it before anything is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", default="HEAD", help="of this checkout; default what git says")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "recorded")
    parser.add_argument("--data", type=Path, help="the folder that holds data sets by their names")
    parser.add_argument("--device", help="cuda or cpu; default the best there is")
    parser.add_argument("--only", nargs="*", default=[], help="names of records; default all")
    parser.add_argument("--take-in", type=Path, metavar="ARCHIVE", help="merge records and stop")
    options = parser.parse_args(arguments)
    if options.take_in:
        return options
    known = {path.stem for path in SCRIPTS.glob("*.py")}
    if unknown := sorted(set(options.only) - known):
        parser.error(f"no script records {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"{options.out} is a file; name a folder to write to")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=options.out):
            pass
    except OSError as error:
        parser.error(f"{options.out}: {error.strerror}; name a folder that can be written to")
    if options.data and not options.data.is_dir():
        parser.error(f"there is no folder {options.data}; it should hold data sets by their names")
    options.commit = commit(options.commit) or parser.error(
        f"{options.commit!r} is not a commit here: give its number, as `git rev-parse HEAD` says"
    )
    return options


def commit(name: str) -> str:
    """Return the number of the commit `name`, or an empty text where that is not known."""
    if re.fullmatch(r"[0-9a-f]{7,40}", name):
        return name
    ask = ["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    try:
        return subprocess.run(
            ask, capture_output=True, encoding="utf-8", errors="replace"
        ).stdout.strip()
    except OSError:  # no git
        return ""


def main(arguments=None) -> int:
    """Run every script (or those named), pack the results, and say how each went."""
    options = parse(arguments)
    from helpers import device as devices
    from helpers.recorded import RecordError

    if options.take_in:
        try:
            print("taken in:", ", ".join(take_in(options.take_in)))
        except RecordError as error:
            sys.exit(f"Nothing was taken in. {error}")
        return 0

    try:
        device = devices.pick(options.device)
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))
    print(devices.describe(device), flush=True)
    failed, packed = False, None
    for path in sorted(SCRIPTS.glob("*.py")):
        if options.only and path.stem not in options.only:
            continue
        print(f"{path.stem} …", flush=True)
        try:
            print(f"{path.stem}: {run_script(path, device, options)}", flush=True)
            packed = pack(options.out)  # now, lest what comes next be cut off
        except Exception as error:  # one failure must not lose what the others measured
            failed = True
            print(f"{path.stem}: FAILED, {type(error).__name__}: {error}", flush=True)
    print("packed:", packed or "nothing, for nothing was recorded; the lines above say why")
    return int(failed or packed is None)


if __name__ == "__main__":
    ending.end(main, again="What was recorded until then is packed.")
