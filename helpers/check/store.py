"""Find the data of an exercise in `book/checks`."""

import runpy
from functools import cache
from pathlib import Path

from helpers import resources

from .exercises import Exercise


def exercise(name: str, kind: type = Exercise) -> Exercise:
    """Return the exercise `name`, such as "memory.transpose".

    Raises:
        LookupError: there is none, or it is of another kind.
    """
    chapter, _, stem = name.rpartition(".")
    known = exercises(chapter)
    if stem not in known:
        raise LookupError(f"no exercise {name!r}; {chapter} has {', '.join(known)}")
    if not isinstance(known[stem], kind):
        raise LookupError(f"{name} is checked with check.{type(known[stem]).__name__.lower()}")
    return known[stem]


@cache
def exercises(chapter: str) -> dict[str, Exercise]:
    """Return the exercises of a chapter, such as "memory" or "cuda/memory", by name.

    Raises:
        LookupError: there is no such chapter in `book/checks`, or more than one.
    """
    folder = resources.path("checks")
    found: list[Path] = sorted(folder.glob(f"{chapter if '/' in chapter else f'*/{chapter}'}.py"))
    if len(found) != 1:
        raise LookupError(f"{len(found)} files of book/checks are called {chapter!r}: name one")
    defined = runpy.run_path(str(found[0])).items()
    return {key.replace("_", "-"): one for key, one in defined if isinstance(one, Exercise)}
