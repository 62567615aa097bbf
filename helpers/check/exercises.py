"""What an exercise is checked with, as plain data.

`hints` is a list, of which one more is given for each different wrong answer; or a mapping from
what failed to such a list, with `"else"` for the rest. What can fail:

- a value: one of its `names`, or "large", "small", "type", "count";
- a function: one of its `results`, or "value", "shape", "raised", "nothing", "type", "count";
- a property: what its test names;
- a kernel: "value", "shape", "race", "uninitialised", "out of bounds", "barrier", "refused",
  "decorator", or the counter whose limit is broken.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What all kinds have: hints."""

    hints: Sequence[str] | Mapping[str, str | Sequence[str]] = ()

    def given(self, measured: dict) -> "Exercise":
        """Return the exercise with what the page measured put in."""
        return self


@dataclass(frozen=True)
class Value(Exercise):
    """A number, a word, or a tuple of them.

    Attributes:
        expected: the right answer, or a function that returns it.
        names: what the parts of a tuple are called in the notebook.
        tolerance: how far a number may be off, relative to `expected`.
        unit: named in the message, such as "bytes".
        mistakes: well-known wrong numbers, each with the hint that it earns.
        reason: why it is so; said when it is right. `{expected}` stands for the answer.
    """

    expected: object = None
    names: Sequence[str] = ()
    tolerance: float = 0.0
    unit: str = ""
    mistakes: Mapping[float, str] = field(default_factory=dict)
    reason: str = ""

    def given(self, measured: dict) -> "Value":
        """Return the exercise with `expected` as measured, or computed from what is measured."""
        measured = dict(measured)
        expected = measured.pop("expected", self.expected)
        expected = expected(**measured) if callable(expected) else expected
        return replace(self, expected=expected, reason=self.reason.format(expected=expected))


@dataclass(frozen=True)
class Choice(Exercise):
    """A choice among words.

    Attributes:
        correct: the right one, or a function of what the page measured.
        reasons: each word with why it is right or wrong; or a function that returns them.
    """

    correct: str | Callable
    reasons: Mapping[str, str] | Callable

    def given(self, measured: dict) -> "Choice":
        """Return the exercise with its functions called."""
        correct, reasons = (
            part(**measured) if callable(part) else part for part in (self.correct, self.reasons)
        )
        return replace(self, correct=correct, reasons=reasons)


@dataclass(frozen=True)
class Case:
    """Arguments to try a function with, and the hint for who fails here."""

    arguments: tuple
    hint: str = ""


@dataclass(frozen=True)
class Function(Exercise):
    """A function, tried on cases.

    Attributes:
        reference: the right function, or any other way to the same result.
        cases: tuples of arguments or `Case`s, or a function that returns them. Arguments are
            copied, so an answer that changes them spoils nothing.
        results: what the parts are called, where the reference returns a tuple.
        tolerance: relative and absolute.
        run: `run(answer, *arguments)` in place of `answer(*arguments)`.
        mistakes: well-known wrong functions, each with the hint that it earns.
        also: what must hold besides, as in `Properties`; asked when all cases are right.
    """

    reference: Callable
    cases: Sequence[tuple | Case] | Callable[[], Sequence]
    results: Sequence[str] = ()
    tolerance: float = 1e-6
    run: Callable | None = None
    mistakes: Sequence[tuple[Callable, str]] = ()
    also: Callable[[object], Iterator[tuple]] | None = None


@dataclass(frozen=True)
class Properties(Exercise):
    """An answer judged by what must hold of it.

    Attributes:
        tests: a generator; `tests(answer)` yields `(holds, what to say if not)`, or these two and
            what failed, for a tied hint. The first that does not hold ends it.
    """

    tests: Callable[[object], Iterator[tuple]]


@dataclass(frozen=True)
class Launch:
    """One launch with which a kernel is tried.

    Attributes:
        grid: blocks, a number or a tuple.
        block: threads per block, likewise.
        arguments: what the kernel is given; copied, so an answer spoils nothing.
        expected: position of an argument to what must stand there afterwards.
        name: how messages call this launch, such as "With 1,000 elements".
        work: requests of a warp that write each result once, where threads divide the work.
        hint: for who gets wrong values here.
    """

    grid: int | tuple
    block: int | tuple
    arguments: tuple
    expected: dict
    name: str
    work: int = 0
    hint: str = ""


@dataclass(frozen=True)
class Limit:
    """A bound on what the tracer counts.

    Attributes:
        counter: its name; several are joined by " + ".
        message: what to say where it is broken; `{found}` and `{bound}` stand for the two numbers.
        most: upper bound.
        least: lower bound.
        per: the bound holds for each of these: another counter, or "blocks", "warps", "threads"
            or "work" of the launch.
    """

    counter: str
    message: str
    most: float | None = None
    least: float | None = None
    per: str = ""


@dataclass(frozen=True)
class Kernel(Exercise):
    """A CUDA kernel, tried in the tracer.

    Attributes:
        launches: what to try it with; the first that goes wrong is shown.
        limits: bounds on the counters, which also say who does the work.
        tolerance: relative and absolute.
    """

    launches: Sequence[Launch]
    limits: Sequence[Limit] = ()
    tolerance: float = 1e-5


_WHAT = {"load": "Reads", "store": "Writes"}


def coalesced(kind: str, sectors: int = 4) -> Limit:
    """Bound the sectors of a request, on average; `kind` is "load" or "store"."""
    return Limit(
        f"global_{kind}_sectors",
        f"{_WHAT[kind]} need more than {sectors} sectors per request: who works beside whom?",
        most=sectors,
        per=f"global_{kind}_requests",
    )


def without_conflict(kind: str) -> Limit:
    """Ask for shared memory without bank conflicts; `kind` is "load" or "store"."""
    message = f"{_WHAT[kind]} of shared memory collide."
    return Limit(f"shared_{kind}_conflicts", message, most=0)


def divided(kind: str = "store", times: float = 1) -> Limit:
    """Ask that threads divide the work: `times` the launch's `work` in requests, no more."""
    return Limit(
        f"global_{kind}_requests",
        f"Warps make {{found}} requests for {_WHAT[kind].lower()} where {{bound}} are enough: "
        "each thread should do its own share, and only that.",
        most=times,
        per="work",
    )
