"""Read the book's files, and say which one cannot be read and how to mend that.

What people write (notebooks, `_toc.yml`, `_config.yml`) is an error where it is spoilt:
`UnusableError` names the file and the cure. What the tools keep for themselves under `_build`
counts as none there.
"""

import json
import re
import shutil
import sys
from pathlib import Path

_CONFLICT = re.compile(r"(?m)^(?:<{7}|>{7})(?: .*)?$")


class UnusableError(Exception):
    """A file that cannot be used as it is; the message names it and says what to do."""


def text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        UnusableError: it is empty, not UTF-8, or a merge was left in the middle of it.
        OSError: it cannot be opened.
    """
    content = path.read_bytes()
    restore = f"Take what git has: git checkout -- {path}"
    if not content.strip():
        raise UnusableError(f"{path} is empty. {restore}")
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise UnusableError(f"{path} begins with a byte-order mark. Save it as UTF-8 without one.")
    try:
        read = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UnusableError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error
    if found := _CONFLICT.search(read):
        line = read.count("\n", 0, found.start()) + 1
        raise UnusableError(
            f"{path} holds git's conflict markers (line {line}). Choose one side of each, or "
            f"begin again: git checkout --merge -- {path}"
        )
    return read


def notebook(path: Path) -> dict:
    """Return the JSON of a notebook; errors as for `text`, and for what is no whole notebook."""
    try:
        content = json.loads(text(path))
        for cell in content["cells"]:
            cell["cell_type"], cell["source"], cell["metadata"]
        content["metadata"].get("book", {}).get("measures")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnusableError(
            f"{path} is not a whole notebook ({type(error).__name__}: {error}). "
            f"Mend it, or take what git has: git checkout -- {path}"
        ) from error
    return content


def document(path: Path):
    """Return a notebook as nbformat has it, in its own version; errors as for `notebook`."""
    import nbformat

    notebook(path)
    return nbformat.reads(text(path), nbformat.NO_CONVERT)


def settings(path: Path) -> dict:
    """Return what a YAML file says, by name; errors as for `text`, and for what is no such file."""
    import yaml

    try:
        content = yaml.safe_load(text(path))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UnusableError(
            f"{path}{line}: {said}. Mend it; indentation counts in YAML."
        ) from error
    if not isinstance(content, dict):
        raise UnusableError(f"{path} names no settings. Take what git has: git checkout -- {path}")
    return content


def address(root: Path) -> tuple[str, str, str]:
    """Return the address, the branch and the site that `_config.yml` of `root` names."""
    config = settings(root / "_config.yml")
    try:
        repository = config["repository"]
        return repository["url"], repository["branch"], config["html"]["baseurl"]
    except (KeyError, TypeError) as error:
        raise UnusableError(
            f"{root / '_config.yml'} has to name repository.url, repository.branch and "
            f"html.baseurl ({type(error).__name__}: {error})."
        ) from error


def kept(path: Path) -> str:
    """Return the text that a tool has kept for itself; "" where there is none.

    What cannot be read counts as none, in a line: it is made anew.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        print(f"{path} cannot be read ({error}), so it is made anew.", file=sys.stderr, flush=True)
        return ""


def clear(path: Path) -> None:
    """Remove whatever is at `path`; of a link, the link alone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
