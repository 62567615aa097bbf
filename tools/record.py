"""Run the book's recording scripts on this machine and pack what they measured.

Needs nothing but a checkout and a Python with torch, NumPy and matplotlib. Usually called as
`make record PYTHON=… COMMIT=… OUT=… DATA=…`; CONTRIBUTING.md says how to take the result in.
"""

import argparse
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def run_script(path: Path, device, options) -> str:
    """Run one script and save its record; return what happened, in words."""
    from helpers import recorded

    script = recorded.script(path.stem)
    kinds = getattr(script, "KINDS", (device.type,))
    if device.type not in kinds:
        return f"skipped: it is recorded on {' or '.join(kinds)}"
    if script.NEEDS_DATA and options.data is None:
        return "skipped: it needs DATA=<the folder that holds CIFAR-10>"
    start = time.perf_counter()
    values = script.record(device, options.data)
    run = recorded.measured(path, values, device=device, commit=options.commit)
    recorded.save(run, name=path.stem, title=script.TITLE, method=script.METHOD, folder=options.out)
    return f"recorded in {time.perf_counter() - start:.0f} s"


def pack(folder: Path) -> Path:
    """Put the records of `folder` into one archive; an interrupted run leaves no half of it."""
    archive = folder / "records.tar.gz"
    partial = folder / ".records.tar.gz.partial"
    with tarfile.open(partial, "w:gz") as tar:
        for path in sorted(folder.glob("*.json")):
            tar.add(path, arcname=path.name)
    partial.replace(archive)
    return archive


def take_in(archive: Path) -> list[str]:
    """Merge the records of `archive` into the book's own; return their names."""
    import tempfile

    from helpers import recorded

    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
        names = sorted(path.stem for path in Path(folder).glob("*.json"))
        for name in names:
            record = recorded.load(name, folder=Path(folder))
            for run in record.runs:
                recorded.save(
                    run,
                    name=name,
                    title=record.title,
                    method=record.method,
                    folder=ROOT / "book" / "recorded",
                )
    return names


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", help="of this checkout; default what git says")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "recorded")
    parser.add_argument("--data", type=Path, help="the folder that holds CIFAR-10")
    parser.add_argument("--device", help="cuda or cpu; default the best there is")
    parser.add_argument("--only", nargs="*", help="names of records; default all")
    parser.add_argument("--take-in", type=Path, metavar="ARCHIVE", help="merge records and stop")
    return parser.parse_args(arguments)


def main(arguments=None) -> int:
    """Run every script (or those named), pack the results, and say how each went."""
    options = parse(arguments)
    if options.take_in:
        print("taken in:", ", ".join(take_in(options.take_in)))
        return 0
    from helpers import device as devices

    device = devices.pick(options.device)
    print(devices.describe(device), flush=True)
    failed = False
    for path in sorted((ROOT / "book" / "recorded").glob("*.py")):
        if options.only and path.stem not in options.only:
            continue
        print(f"{path.stem} …", flush=True)
        try:
            print(f"{path.stem}: {run_script(path, device, options)}", flush=True)
        except Exception as error:  # one failure must not lose what the others measured
            failed = True
            print(f"{path.stem}: FAILED, {type(error).__name__}: {error}", flush=True)
    if list(options.out.glob("*.json")):
        print("packed:", pack(options.out))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
