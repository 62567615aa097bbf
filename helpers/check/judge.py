"""Judge an answer to each kind of exercise: return the first problem, or None."""

import copy
import inspect
from functools import singledispatch

from .compare import described, difference, is_word, message_of, to_number, to_parts, two_numbers
from .exercises import Case, Choice, Exercise, Function, Kernel, Launch, Limit, Properties, Value
from .verdict import Problem

#: What a race is, in words.
RACES = {
    "write-write": "two threads write the same element, and either may come last",
    "read-after-write": "a thread reads what another writes, and no barrier says which is first",
    "write-after-read": "a thread writes what another reads, and no barrier says which is first",
    "uninitialised read": "a thread reads an element that nobody has written",
    "shuffle from inactive lane": "a lane asks another that does not take part in the shuffle",
}


def is_untouched(answer) -> bool:
    """Tell whether the `...` of an exercise still stands: alone, in a tuple, or as a body."""
    if answer is ...:
        return True
    if isinstance(answer, (tuple, list)):
        return any(part is ... for part in answer)
    return _is_stub(_plain(answer))


def _plain(answer):
    """Return the function that a decorator of Numba, Triton or `functools` has wrapped."""
    try:
        for name in ("py_func", "fn"):
            answer = vars(answer).get(name, answer)
        return inspect.unwrap(answer)
    except Exception:
        return answer


def _is_stub(answer) -> bool:
    """A stub's body is `...` alone, so its code loads no name and no argument."""
    if not inspect.isfunction(answer) or answer.__code__.co_names:
        return False
    code, empty = answer.__code__, ((lambda: ...).__code__, (lambda: None).__code__)
    if code.co_code in {stub.co_code for stub in empty}:
        return set(code.co_consts) - {answer.__doc__} <= {None, ...}
    return False


def attempt(function, *arguments, what="function"):
    """Call what a reader wrote; return its result and None, or None and the problem."""
    try:
        return function(*arguments), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also `sys.exit()` in an answer
        return None, Problem(f"your {what} raised {message_of(error)}.", ("raised",))


@singledispatch
def problem_of(asked: Exercise, answer) -> Problem | None:
    """Return what is wrong with `answer` to the exercise `asked`."""
    raise TypeError(f"no judge for a {type(asked).__name__}")


@problem_of.register
def _value(asked: Value, answer) -> Problem | None:
    if not isinstance(asked.expected, (tuple, list)):
        return _off(answer, asked.expected, asked)
    parts = to_parts(answer, len(asked.expected))
    if parts is None:
        text = f"{len(asked.expected)} values are needed here, in order, and this is "
        return Problem(f"{text}{described(answer)}.", ("count",))
    names = asked.names or [f"position {i}" for i, _ in enumerate(parts)]
    compared = map(_off, parts, asked.expected, [asked] * len(parts), names)
    return next(filter(None, compared), None)


def _off(answer, expected, asked, name="") -> Problem | None:
    subject, kinds = (f"{name}: ", (name,)) if name else ("", ())
    if isinstance(expected, str):
        text = f"{subject}{described(answer)} is not the answer."
        return None if is_word(answer, expected) else Problem(text, (*kinds, "word"))
    number = to_number(answer)
    if number is None:
        found = described(answer)
        if isinstance(answer, str):
            found = f"the text {found}: leave out the quotes"
        text = f"{subject}{'a' if name else 'A'} number is needed here, and this is {found}."
        return Problem(text, (*kinds, "type"))
    if abs(number - expected) <= asked.tolerance * abs(expected):
        return None
    hint = next((hint for wrong, hint in asked.mistakes.items() if _near(number, wrong)), "")
    found = f"{two_numbers(number, expected)[0]} {asked.unit}".rstrip()
    if name or number != number:
        return Problem(f"{subject}{found} is wrong.", kinds, hint)
    way = "large" if number > expected else "small"
    return Problem(f"{found} is too {way}.", (way,), hint)


def _near(number, wrong) -> bool:
    return abs(number - wrong) <= 0.005 * abs(wrong)


@problem_of.register
def _choice(asked: Choice, answer) -> Problem | None:
    picked = answer.strip().casefold() if isinstance(answer, str) else ""
    if picked not in asked.reasons:
        words = ", ".join(f'"{word}"' for word in asked.reasons)
        return Problem(f"Choose one of {words}; this is {described(answer)}.")
    return None if picked == asked.correct else Problem(asked.reasons[picked])


@problem_of.register
def _function(asked: Function, answer) -> Problem | None:
    if not callable(answer):
        return Problem(f"A function is needed here, and this is {described(answer)}.", ("type",))
    for case in asked.cases() if callable(asked.cases) else asked.cases:
        case = case if isinstance(case, Case) else Case(case)
        problem = _problem_of_case(asked, answer, case)
        if problem:
            return problem
    return _first_failed(asked.also, answer) if asked.also else None


def _problem_of_case(asked: Function, answer, case: Case) -> Problem | None:
    def result(function):
        return function(*copy.deepcopy(case.arguments))

    expected = result(asked.reference)
    run = (lambda *given: asked.run(answer, *given)) if asked.run else answer
    got, problem = attempt(result, run)
    problem = problem or difference(got, expected, asked.tolerance, asked.results)
    if problem is None:
        return None
    mistaken = (
        hint
        for wrong, hint in asked.mistakes
        if (needed := attempt(result, wrong)[0]) is not None
        and not difference(got, needed, asked.tolerance, asked.results)
    )
    named = _names(asked.run)[1:] if asked.run else _names(answer)
    shown = f"For {_arguments(named, case.arguments)}: {problem.text}"
    return Problem(shown, problem.kinds, next(mistaken, case.hint))


def _names(function) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except Exception:
        return []


def _arguments(names: list[str], arguments: tuple) -> str:
    names = names[: len(arguments)]
    names += ["argument"] * (len(arguments) - len(names))
    pairs = zip(names, arguments, strict=True)
    return ", ".join(f"{name} = {described(argument)}" for name, argument in pairs)


@problem_of.register
def _properties(asked: Properties, answer) -> Problem | None:
    return _first_failed(asked.tests, answer)


def _first_failed(tests, answer) -> Problem | None:
    def first():
        failed = (test[1:] for test in tests(answer) if not test[0])
        return next(failed, None)

    failed, problem = attempt(first, what="function" if inspect.isfunction(answer) else "answer")
    return Problem(failed[0], tuple(failed[1:])) if failed else problem


@problem_of.register
def _kernel(asked: Kernel, answer) -> Problem | None:
    if inspect.isfunction(answer):
        text = "`@cuda.jit` is missing above the function: it is what makes it a kernel."
        return Problem(text, ("decorator",))
    for launch in asked.launches:
        problem = _problem_of_launch(asked, answer, launch)
        if problem:
            return Problem(f"{launch.name}: {problem.text}", problem.kinds, problem.hint)
    return None


def _problem_of_launch(asked: Kernel, answer, launch: Launch) -> Problem | None:
    import warptrace

    arguments = copy.deepcopy(launch.arguments)
    try:
        trace = warptrace.trace(answer, launch.grid, launch.block, *arguments)
    except Exception as error:
        return _stopped(str(error) or type(error).__name__)
    if trace.faults:  # before the values: a race is why they are wrong
        return _race(trace.faults[0])
    names = _names(_plain(answer))
    for place, expected in launch.expected.items():
        found, name = arguments[place], names[place : place + 1]
        problem = difference(found, expected, asked.tolerance, name)
        if problem:
            return Problem(problem.text, problem.kinds, launch.hint)
    quantities = trace.counters | _sizes(trace) | {"work": launch.work}
    return next(filter(None, (_broken(limit, quantities) for limit in asked.limits)), None)


def _stopped(text: str) -> Problem:
    kinds = [kind for kind in ("out of bounds", "barrier") if kind in text]
    hint = ""
    if "is not supported" in text and ("array(" in text or "[:]" in text):
        hint = "A thread works on one number: index the array with the thread's own place."
    return Problem(f"{text}.", (*kinds, "refused"), hint)


def _race(fault) -> Problem:
    kind = "uninitialised" if fault.kind.startswith("uninit") else "race"
    return Problem(f"the result depends on luck: {fault} ({RACES[fault.kind]}).", (kind,))


def _sizes(trace) -> dict:
    import math

    blocks, threads = math.prod(trace.grid), math.prod(trace.block)
    return {"blocks": blocks, "warps": blocks * -(-threads // 32), "threads": blocks * threads}


def _broken(limit: Limit, quantities: dict) -> Problem | None:
    found = sum(quantities[name] for name in limit.counter.split(" + "))
    times = quantities[limit.per] if limit.per else 1
    for bound, sign in ((limit.most, 1), (limit.least, -1)):
        if bound is not None and sign * found > sign * bound * times:
            text = limit.message.format(found=f"{found:,}", bound=f"{bound * times:,.6g}")
            return Problem(text, (limit.counter, "limit"))
    return None
