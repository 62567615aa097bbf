"""Fetch files from their publishers: checked, whole or not at all, with the cure when it fails."""

import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

#: What to do about an error of the system; a network's has none of these numbers.
_CURES = {
    errno.ENOSPC: "Free some space, or choose another folder.",
    errno.EISDIR: "A file belongs there: move the folder away.",
    errno.ENOTDIR: "A folder belongs there: move the file away.",
    errno.EEXIST: "A folder belongs there: move the file away.",
    errno.EACCES: "See to whom it belongs, or choose another folder.",
}


class DataError(RuntimeError):
    """The data cannot be used as it is; the message says what to do."""


def cache_folder() -> Path:
    """Return the folder that keeps what was fetched: `BOOK_CACHE`, else the system's own."""
    if folder := os.environ.get("BOOK_CACHE"):
        return expanded(folder)
    import platformdirs  # what pooch asks, too; its import warns where ipywidgets is missing

    return Path(platformdirs.user_cache_dir("gpus-and-ai"))


def expanded(folder) -> Path:
    """Return a folder as a path; in a variable, no shell has replaced its `~`."""
    return Path(os.path.expanduser(folder))  # noqa: PTH111, which fails where there is no home


def cured(error: Exception, otherwise: str = "") -> str:
    """Return what `error` says and what to do about it."""
    return f"{error}. {_CURES.get(getattr(error, 'errno', None), otherwise)}".strip()


@contextmanager
def turn(folder: Path):
    """Wait until no other process fetches into `folder`; the next finds what the first has got."""
    with ExitStack() as held:
        with suppress(ImportError, OSError):  # Windows; a file system without locks
            import fcntl

            handle = os.open(folder, os.O_RDONLY)
            held.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def check_room(folder: Path, needed_mb: float, name: str) -> None:
    """Check that `folder` can be written and has room for what is about to be fetched.

    Raises:
        DataError: it cannot, or has not; the message names the cure.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error}). Choose another folder.") from error
    free_mb = shutil.disk_usage(folder).free / 1e6
    if free_mb < needed_mb:
        raise DataError(
            f"{folder} has {free_mb:.0f} MB free, and {name} needs {needed_mb:.0f} MB. "
            "Free some space or choose another folder."
        )


def file(url: str, known_hash: str, folder: Path, name: str) -> Path:
    """Fetch the file at `url` into `folder`, verify its hash and return its path.

    What was cut off waits in the cache, and the next attempt goes on from there.

    Args:
        url: where its publisher has it.
        known_hash: such as "md5:c58f…" or "sha256:…".
        folder: where it goes; a file that is there with that hash is not fetched again.
        name: of the data, for messages.

    Raises:
        DataError: no network, no space, or another hash; nothing half-written is in `folder`.
    """
    import pooch

    base, file_name = url.rsplit("/", 1)
    registry = {file_name: known_hash}
    fetcher = pooch.create(folder, base + "/", registry=registry, retry_if_failed=3)
    try:
        _partial().mkdir(parents=True, exist_ok=True)
        with turn(_partial()):
            return Path(fetcher.fetch(file_name, downloader=_resume))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a bad hash, ValueError
        network = "Check the network and try again, or copy the folder from a machine that has it."
        said = cured(error, network)
        raise DataError(f"{name} could not be fetched from {url}: {said}") from error


def _partial() -> Path:
    return cache_folder() / "partial"


def _resume(url: str, output: str, _pooch) -> None:
    """Download `url` to `output`, going on after what an earlier attempt left in the cache."""
    import requests
    from tqdm import tqdm

    part = _partial() / hashlib.sha256(url.encode()).hexdigest()[:16]
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        if answer.status_code == 416:  # there is nothing after what is here
            part.unlink()
        answer.raise_for_status()
        goes_on = answer.status_code == 206
        size = int(answer.headers.get("Content-Length", 0)) + have * goes_on
        bar = {"total": size, "initial": have * goes_on, "unit": "B", "unit_scale": True}
        with part.open("ab" if goes_on else "wb") as file, tqdm(**bar, disable=None) as progress:
            for chunk in answer.iter_content(1 << 16):
                progress.update(file.write(chunk))
    shutil.move(part, output)
