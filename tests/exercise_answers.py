"""The exercises of the book, the answers that tests try, and what the checkers say of them."""

import json
import linecache
import runpy
from functools import cache
from pathlib import Path

from helpers import check

BOOK = Path(__file__).resolve().parent.parent / "book"
FOLDER = Path(__file__).resolve().parent / "answers"


def named(folder, suffix):
    """Return the paths below `folder`, without suffix."""
    return {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob(suffix)}


@cache
def answers(chapter):
    """Return `RIGHT` and `WRONG` of a chapter."""
    path = FOLDER / f"{chapter}.py"
    found = runpy.run_path(str(path)) if path.exists() else {}
    return found.get("RIGHT", {}), found.get("WRONG", {})


@cache
def cells(chapter):
    """Return the sources of a chapter's cells by id."""
    content = json.loads((BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in content["cells"]}


def as_a_cell(code):
    """Compile `code` so that its source can be read, as that of a notebook's cell can."""
    name = "<answer>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    return compile(code, name, "exec")


@cache
def after_setup(chapter):
    """Return what the setup cell of a chapter defines."""
    namespace = {}
    exec(cells(chapter)["setup"], namespace)
    return namespace


def verdict(chapter, name, answer):
    """Run `answer` in the stub's place and the check cell behind it; return the verdict."""
    check.forget()
    namespace = dict(after_setup(chapter))
    exec(as_a_cell(answer), namespace)
    return eval(cells(chapter)[f"check-{name}"], namespace)
