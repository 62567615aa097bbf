"""Judge a kernel that a reader wrote, with the book's own checker, where there is no NumPy."""

import base64
import json
import linecache
import math
import zlib

import warptrace
from helpers import check
from helpers.check import compare, judge, verdict
from warptrace import again, reference

#: The file name of what stands in a notebook before the exercise.
BEFORE = "notebook.py"
#: A page gives a launch up that makes threads do much more than any right answer does.
MOST_NOTES = 3_000_000

#: The traces of the launches that were tried; None stands for one that did not come to its end.
tried: list = []


def traced(kernel, grid, block, *arguments):
    """Trace in plain Python, and keep what came of it."""
    tried.append(None)
    tried[-1] = reference.trace(kernel, grid, block, *arguments, most_notes=MOST_NOTES)
    return tried[-1]


warptrace.trace = traced  # what the checker calls; the other engine needs NumPy


@compare.difference_of_arrays.register
def _(got: reference.Array, expected, tolerance, name=""):
    pairs = zip(got.values, expected.values, strict=True)
    for place, (one, other) in enumerate(pairs):
        if not _close(one, other, tolerance):
            return compare.apart(name, _index(place, expected.shape), one, other)
    return None


def _close(one, other, tolerance) -> bool:
    """Whether two numbers are as near as `numpy.isclose` asks."""
    near = math.isfinite(other) and abs(one - other) <= tolerance + tolerance * abs(other)
    return near or one == other


def _index(place: int, shape: tuple) -> tuple:
    index = []
    for length in reversed(shape):
        place, one = divmod(place, length)
        index.insert(0, one)
    return tuple(index)


def judged(asked: dict) -> dict:
    """Judge a reader's program.

    Args:
        asked: `held`, what `tools/live_kernels.py` packed; `source`, the program; `kernel`, what of
            it is asked for; `before`, the problems of earlier answers: each earns another hint.

    Returns:
        Status, message and hint as in a notebook, the problem, and a view of a launch.

    Raises:
        Exception: whatever the program raises while it is read, such as `SyntaxError`.
    """
    told = json.loads(zlib.decompress(base64.b64decode(asked["held"])))
    name, exercise = told["exercise"].rpartition(".")[-1], _exercise(told)
    check.forget(name)
    for text, kinds, hint in asked["before"]:
        check.verdict_on(name, exercise, verdict.Problem(text, tuple(kinds), hint))
    defined = {"__name__": "notebook"}
    _run(told["around"], BEFORE, defined)
    defined.pop(asked["kernel"], None)
    _run(asked["source"], again.FILE, defined)
    if asked["kernel"] not in defined:
        raise warptrace.KernelError(f"nothing here is called `{asked['kernel']}`")
    answer = defined[asked["kernel"]]
    tried.clear()
    if judge.is_untouched(answer):
        return {"status": check.NOT_ATTEMPTED}
    problem = judge.problem_of(exercise, answer)
    found = check.verdict_on(name, exercise, problem)
    return {
        "status": found.status,
        "message": found.message,
        "hint": found.hint,
        "problem": problem and [problem.text, problem.kinds, problem.hint],
        "html": _shown(problem),
    }


def _shown(problem) -> str:
    """Return the view of the launch that went wrong, else of the one with the most blocks."""
    told = [tried[-1]] if problem and tried else tried
    found = max(filter(None, told), key=lambda trace: math.prod(trace.grid), default=None)
    return found.show()._repr_html_() if found else ""


def _run(text: str, file: str, defined: dict) -> None:
    """Run a program's text, so that its functions' source can be read."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), defined)


def _exercise(told: dict) -> check.Kernel:
    launches = [check.Launch(**launch | _contents(launch)) for launch in told["launches"]]
    limits = [check.Limit(**limit) for limit in told["limits"]]
    return check.Kernel(launches, limits, told["tolerance"], hints=told["hints"])


def _contents(launch: dict) -> dict:
    expected = {place: again.restored(one) for place, one in launch["expected"]}
    return {"arguments": tuple(map(again.restored, launch["arguments"])), "expected": expected}
