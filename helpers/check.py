"""Check an exercise: say what is wrong and where, give one hint at a time, never raise."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NOT_ATTEMPTED = "not attempted"
CORRECT = "correct"
WRONG = "not yet"

# How often each exercise was answered wrongly in this session: hints come one at a time.
_wrong_answers: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Verdict:
    """What a checker found. `status` is "correct", "not yet" or "not attempted"."""

    exercise: str
    status: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.exercise}: {self.status}. {self.message}".rstrip()
        return f"{text}\nHint: {self.hint}" if self.hint else text

    __repr__ = __str__


def value(exercise: str, answer, expected, *, tolerance=0.0, unit="", hints=()) -> Verdict:
    """Check a number, a tuple of numbers, or a word.

    Args:
        exercise: its name, as in the cell id.
        answer: the reader's; `...` means not attempted.
        expected: the right answer, computed by the caller.
        tolerance: how far a number may be off, relative to `expected`.
        unit: named in the message, such as "bytes".
        hints: shown one at a time, one more for each different wrong answer.
    """
    if answer is ...:
        return _not_attempted(exercise)
    if _is_shape(expected):
        return _shape(exercise, answer, expected, hints)
    if isinstance(expected, str):
        right = isinstance(answer, str) and answer.strip().lower() == expected.lower()
        return _judge(exercise, right, f"{answer!r} is not the answer.", hints)
    number = _number(answer)
    if number is None:
        problem = f"A number is needed here, and this is a {type(answer).__name__}."
        return _judge(exercise, False, problem, hints)
    right = abs(number - expected) <= tolerance * abs(expected)
    way = "too large" if number > expected else "too small"
    return _judge(exercise, right, f"{number:g} {unit}".rstrip() + f" is {way}.", hints)


def _is_shape(expected) -> bool:
    return isinstance(expected, (tuple, list))


def _shape(exercise, answer, expected, hints) -> Verdict:
    try:
        answer = tuple(answer)
    except TypeError:
        problem = f"{len(expected)} values are needed here, in order, such as (1, 2)."
        return _judge(exercise, False, problem, hints)
    if any(part is ... for part in answer):
        return _not_attempted(exercise)
    if len(answer) != len(expected):
        problem = f"{len(answer)} values given, {len(expected)} needed."
        return _judge(exercise, False, problem, hints)
    off = [i for i, (a, e) in enumerate(zip(answer, expected, strict=True)) if a != e]
    problem = f"The value at position {off[0]}, {answer[off[0]]!r}, is wrong." if off else ""
    return _judge(exercise, not off, problem, hints)


def _number(answer) -> float | None:
    try:
        return float(answer)
    except (TypeError, ValueError, RuntimeError):
        return None


def function(
    exercise: str,
    answer: Callable,
    reference: Callable,
    cases: Sequence[tuple],
    *,
    tolerance=1e-6,
    hints=(),
) -> Verdict:
    """Check a function on `cases` (tuples of arguments) against `reference`.

    Numbers, NumPy arrays, torch tensors and tuples of them (also of different shapes) may be
    returned. The first case that differs is shown with its arguments, its place and both values.
    Arguments are copied, so an answer that changes them spoils nothing. `tolerance` is relative
    and absolute. A wrapper of the answer (`functools.wraps`) may prepare arguments and results.
    """
    if answer is ... or (callable(answer) and _is_stub(inspect.unwrap(answer))):
        return _not_attempted(exercise)
    if not callable(answer):
        problem = f"A function is needed here, and this is a {type(answer).__name__}."
        return _judge(exercise, False, problem, hints)
    for case in cases:
        problem = _first_difference(answer, reference, case, tolerance)
        if problem:
            return _judge(exercise, False, problem, hints)
    return _judge(exercise, True, "", hints)


def _is_stub(answer: Callable) -> bool:
    """A stub's body is `...` alone, so its code loads no name and no argument."""
    code = getattr(answer, "__code__", None)
    if code is None or code.co_names:
        return False
    empty = (lambda: ...).__code__, (lambda: None).__code__
    if code.co_code in {stub.co_code for stub in empty}:
        return set(code.co_consts) - {answer.__doc__} <= {None, ...}
    return False


def _first_difference(answer, reference, case, tolerance) -> str:
    import copy

    called = f"For {_arguments(answer, case)}: "
    try:
        got = answer(*copy.deepcopy(case))
    except Exception as error:
        return called + f"your function raised {type(error).__name__}: {error}"
    expected = reference(*copy.deepcopy(case))
    difference = _difference(got, expected, tolerance)
    return called + difference if difference else ""


def _arguments(answer, case) -> str:
    try:
        names = list(inspect.signature(answer).parameters)[: len(case)]
    except (TypeError, ValueError):
        names = []
    names += ["argument"] * (len(case) - len(names))
    return ", ".join(f"{name} = {_brief(arg)}" for name, arg in zip(names, case, strict=True))


def _brief(thing) -> str:
    shape = getattr(thing, "shape", None)
    if shape is not None and len(shape):
        return f"{type(thing).__name__} of shape {tuple(shape)}"
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."


def _difference(got, expected, tolerance) -> str:
    import numpy as np

    if got is None or got is ...:
        return "your function returned nothing. Does every path end in a `return`?"
    if isinstance(expected, tuple) and len(set(map(np.shape, expected))) > 1:
        return _difference_of_parts(got, expected, tolerance)
    got, expected = _array(got), _array(expected)
    if got is None or got.dtype.kind not in "biuf":
        return "your function returned something that is not made of numbers."
    if got.shape != expected.shape:
        return f"the shape is {got.shape}, and {expected.shape} is needed."
    close = np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=False)
    if close.all():
        return ""
    place = tuple(int(i) for i in np.argwhere(~close)[0])
    where = f" at {place}" if place else ""
    return f"the value{where} is {got[place]:g}, and {expected[place]:g} is needed."


def _difference_of_parts(got, expected, tolerance) -> str:
    if not isinstance(got, (tuple, list)) or len(got) != len(expected):
        return f"{len(expected)} results are needed, in order, as `return a, b`."
    for number, (part, needed) in enumerate(zip(got, expected, strict=True), 1):
        difference = _difference(part, needed, tolerance)
        if difference:
            return f"in result {number}, {difference}"
    return ""


def _array(thing):
    import numpy as np

    if hasattr(thing, "detach"):
        thing = thing.detach().cpu().numpy()
    try:
        return np.asarray(thing)
    except ValueError:  # a ragged list
        return None


@dataclass(frozen=True)
class Launch:
    """One launch with which `kernel` tries an answer.

    Attributes:
        grid: blocks, a number or a tuple.
        block: threads per block, likewise.
        arguments: what the kernel is given; copied, so an answer spoils nothing.
        expected: position of an argument to what must stand there afterwards.
        name: how messages call this launch, such as "With 1,000 elements".
    """

    grid: int | tuple
    block: int | tuple
    arguments: tuple
    expected: dict
    name: str


def kernel(
    exercise: str,
    answer,
    launches: Sequence[Launch],
    *,
    limits: Sequence[tuple[Callable, str]] = (),
    tolerance=1e-5,
    hints=(),
) -> Verdict:
    """Check a CUDA kernel in the tracer: its result, its races, and how it got there.

    Args:
        exercise: its name, as in the cell id.
        answer: the reader's kernel.
        launches: what to try it with; the first that goes wrong is shown.
        limits: pairs of a test of the trace's counters and what to say where it fails.
        tolerance: relative and absolute.
        hints: shown one at a time.
    """
    if answer is ... or _is_stub(getattr(answer, "py_func", answer)):
        return _not_attempted(exercise)
    for launch in launches:
        problem = _problem_of_launch(answer, launch, limits, tolerance)
        if problem:
            return _judge(exercise, False, f"{launch.name}: {problem}", hints)
    return _judge(exercise, True, "", hints)


def _problem_of_launch(answer, launch, limits, tolerance) -> str:
    import copy

    import warptrace

    arguments = copy.deepcopy(launch.arguments)
    try:
        trace = warptrace.trace(answer, launch.grid, launch.block, *arguments)
    except Exception as error:
        return f"{error}."
    if trace.faults:  # before the values: a race is why they are wrong
        return f"the result depends on luck: {trace.faults[0]}."
    for place, expected in launch.expected.items():
        difference = _difference(arguments[place], expected, tolerance)
        if difference:
            return difference
    return next((message for holds, message in limits if not holds(trace.counters)), "")


def choice(exercise: str, answer, correct: str, reasons: dict[str, str]) -> Verdict:
    """Check a choice among letters. `reasons` says of each why it is right or wrong."""
    if answer is ...:
        return _not_attempted(exercise)
    picked = str(answer).strip().lower()
    if picked not in reasons:
        return _judge(exercise, False, f"Choose one of {', '.join(reasons)}.", ())
    if picked == correct:
        return Verdict(exercise, CORRECT, reasons[picked])
    return _judge(exercise, False, reasons[picked], ())


def condition(exercise: str, attempted: bool, tests: Sequence[tuple[bool, str]], *, hints=()):
    """Check a result by properties: `tests` pairs what must hold with what to say if not."""
    if not attempted:
        return _not_attempted(exercise)
    failed = [message for holds, message in tests if not holds]
    return _judge(exercise, not failed, failed[0] if failed else "", hints)


def _not_attempted(exercise) -> Verdict:
    return Verdict(exercise, NOT_ATTEMPTED, "Replace the `...` and run both cells again.")


def _judge(exercise, right, problem, hints) -> Verdict:
    if right:
        _wrong_answers.pop(exercise, None)
        return Verdict(exercise, CORRECT, "")
    seen = _wrong_answers.setdefault(exercise, [])
    if problem not in seen:  # running the same answer again earns no further hint
        seen.append(problem)
    hint = hints[min(len(seen), len(hints)) - 1] if hints else ""
    return Verdict(exercise, WRONG, problem, hint)
