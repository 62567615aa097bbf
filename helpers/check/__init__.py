"""Check an exercise: say what is wrong and where, give one hint at a time, never raise.

A notebook makes one call, `check.kernel("memory.transpose", transpose)`. What is expected, what is
tried, the bounds and the hints stand in `book/checks/<part>/<chapter>.py`, one assignment for each
exercise: see `helpers.check.exercises`. A name in `book/checks` holds `_` where the exercise has
`-`. Where two chapters share a stem, the call names the part too: `"cuda/memory.transpose"`.
"""

from . import judge
from .carried import carried
from .exercises import (
    Case,
    Choice,
    Exercise,
    Function,
    Kernel,
    Launch,
    Limit,
    Properties,
    Value,
    coalesced,
    divided,
    without_conflict,
)
from .reading import watch, why_not_defined
from .store import exercise, exercises
from .verdict import CORRECT, NOT_ATTEMPTED, WRONG, Verdict, forget, verdict_on


def value(name: str, answer, **measured) -> Verdict:
    """Check a number, a word, or a tuple of them.

    `measured` is what the page itself found: `expected=…` is the right answer, and other names are
    handed to the exercise's `expected`, if that is a function.
    """
    return judged(name, exercise(name, Value), answer, measured)


def choice(name: str, answer, **measured) -> Verdict:
    """Check a choice; `measured` is handed to the exercise's functions."""
    return judged(name, exercise(name, Choice), answer, measured)


def function(name: str, answer) -> Verdict:
    """Check a function on cases against a reference."""
    return judged(name, exercise(name, Function), answer)


def properties(name: str, answer) -> Verdict:
    """Check an answer by what must hold of it."""
    return judged(name, exercise(name, Properties), answer)


def kernel(name: str, answer) -> Verdict:
    """Check a CUDA kernel in the tracer: its result, its races, its counters, the work done."""
    return judged(name, exercise(name, Kernel), answer)


def judged(name: str, asked: Exercise, answer, measured: dict | None = None) -> Verdict:
    """Judge `answer` to the exercise `asked`; its verdict is called by what follows the dot."""
    name = name.rpartition(".")[-1]
    if undefined := why_not_defined():
        return Verdict(name, WRONG, undefined)
    if judge.is_untouched(answer):
        told = carried(asked.given(measured)) if measured else None
        again = "Replace the `...` and run both cells again."
        return Verdict(name, NOT_ATTEMPTED, again, carried=told)
    asked = asked.given(measured or {})
    return verdict_on(name, asked, judge.problem_of(asked, answer))


watch()
