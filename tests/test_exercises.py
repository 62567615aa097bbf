"""Every exercise: its stub is not attempted, right answers pass, plausible wrong ones do not.

`answers/<part>/<chapter>.py` holds `RIGHT` and `WRONG`, by exercise: code to put in the stub's
place, and for a wrong answer a part of what the checker must say. Right are also the solutions of
the page. `book/checks` holds what the checkers judge by; both are the same for readers and tests.
"""

import ast
import dataclasses
import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import exercise_answers
import pytest
from exercise_answers import BOOK, FOLDER, answers, cells, named

from helpers import check

RIGHT_WANTED, WRONG_WANTED = 2, 4
#: A process can compile kernels of Triton or interpret them, and this one may have chosen already.
ALONE = "cuda/triton"


def of_kind(chapter, kind):
    return [cell.removeprefix(kind) for cell in cells(chapter) if cell.startswith(kind)]


CHAPTERS = sorted(named(BOOK, "*.ipynb"))
EXERCISES = [(chapter, name) for chapter in CHAPTERS for name in of_kind(chapter, "exercise-")]
RIGHT = [
    pytest.param(chapter, name, code, id=f"{chapter}-{name}-{number}")
    for chapter in CHAPTERS
    for name, codes in answers(chapter)[0].items()
    for number, code in enumerate(codes)
]
WRONG = [
    pytest.param(chapter, name, code, part, id=f"{chapter}-{name}-{number}")
    for chapter in CHAPTERS
    for name, pairs in answers(chapter)[1].items()
    for number, (code, part) in enumerate(pairs)
]


@pytest.fixture(scope="module")
def verdict():
    """Return the function that judges an answer, for one chapter in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as other:

        def judged(chapter, *answer):
            if chapter == ALONE:
                return other.submit(exercise_answers.verdict, chapter, *answer).result()
            return exercise_answers.verdict(chapter, *answer)

        yield judged


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_a_stub_is_not_attempted(verdict, chapter, name):
    stub = cells(chapter)[f"exercise-{name}"]
    assert verdict(chapter, name, stub).status == check.NOT_ATTEMPTED


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_the_solution_passes(verdict, chapter, name):
    solution = re.search(r"```python\n(.*?)```", cells(chapter)[f"solution-{name}"], re.S)
    result = verdict(chapter, name, solution[1])
    assert result.status == check.CORRECT, str(result)


@pytest.mark.parametrize(("chapter", "name", "answer"), RIGHT)
def test_another_right_answer_passes(verdict, chapter, name, answer):
    result = verdict(chapter, name, answer)
    assert result.status == check.CORRECT, str(result)


@pytest.mark.parametrize(("chapter", "name", "answer", "part"), WRONG)
def test_a_wrong_answer_is_refused_with_a_useful_message(verdict, chapter, name, answer, part):
    result = verdict(chapter, name, answer)
    assert result.status == check.WRONG
    assert part in str(result)


# --- enough answers ---------------------------------------------------------------------------


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_every_exercise_has_enough_answers(chapter, name):
    right, wrong = (len(by_name.get(name, ())) for by_name in answers(chapter))
    assert right >= RIGHT_WANTED, f"{right} right answers besides the solution"
    assert wrong >= WRONG_WANTED, f"{wrong} wrong answers"


def test_no_answer_is_left_without_its_exercise():
    assert named(FOLDER, "*.py") <= set(CHAPTERS)
    left = {(c, name) for c in CHAPTERS for by_name in answers(c) for name in by_name}
    assert left - set(EXERCISES) == set()


# --- the data ---------------------------------------------------------------------------------


def data_of(kind):
    """Return chapter, name and data of the exercises of one kind."""
    data = [(c, name, one) for c in CHAPTERS for name, one in check.exercises(c).items()]
    return [(chapter, name, one) for chapter, name, one in data if isinstance(one, kind)]


def parameters(kind):
    return [pytest.param(one, id=f"{chapter}-{name}") for chapter, name, one in data_of(kind)]


@pytest.mark.parametrize("asked", parameters(check.Value))
def test_each_of_several_values_is_called_as_in_the_notebook(asked):
    measured = asked.expected is None  # by the page, with as many parts as there are names
    expected = None if measured else asked.given({}).expected
    if isinstance(expected, (tuple, list)):
        assert len(asked.names) == len(expected)


@pytest.mark.parametrize("asked", parameters(check.Function))
def test_each_of_several_results_has_a_name(asked):
    case = (asked.cases() if callable(asked.cases) else asked.cases)[0]
    result = asked.reference(*getattr(case, "arguments", case))
    if isinstance(result, tuple):
        assert len(asked.results) == len(result)


def mistakes(kind):
    """Return the well-known mistakes that the data of the book names."""
    return [
        pytest.param(one, mistake, id=f"{chapter}-{name}-{number}")
        for chapter, name, one in data_of(kind)
        for number, mistake in enumerate(one.mistakes)
    ]


@pytest.mark.parametrize(("asked", "wrong"), mistakes(check.Value))
def test_a_well_known_wrong_number_is_refused_with_its_hint(asked, wrong):
    expected = asked.given({}).expected
    answer = wrong
    if isinstance(expected, tuple):  # in whichever part it is wrong
        off = [(*expected[:k], wrong, *expected[k + 1 :]) for k in range(len(expected))]
        answer = next(a for a in off if a != expected)
    verdict = check.judged("x", asked, answer)
    assert (verdict.status, verdict.hint) == (check.WRONG, asked.mistakes[wrong])


@pytest.mark.parametrize(("asked", "mistake"), mistakes(check.Function))
def test_a_well_known_wrong_function_is_refused_with_its_hint(asked, mistake):
    wrong, hint = mistake
    ran = dataclasses.replace(asked, run=lambda _, *arguments: wrong(*arguments), also=None)
    assert check.judged("x", ran, wrong).hint == hint


# --- predictions ------------------------------------------------------------------------------

#: What the pages measure, where a verdict depends on it.
MEASURED = {
    "applications/customer_service": [{"share": share} for share in (0.05, 0.3, 0.8)],
    "applications/finance": [{"mixed": 0.64, "apart": apart} for apart in (0.5, 0.57, 0.62)],
    "applications/finetuning": [
        {"head": head, "lora": lora, "full": 0.95}
        for head, lora in ((0.92, 0.93), (0.5, 0.93), (0.5, 0.8))
    ],
    "applications/generation": [
        {"read_ms": 200.0, "write_ms": 210.0},
        {"read_ms": 200.0, "write_ms": 800.0},
        {"read_ms": 200.0, "write_ms": 3000.0},
    ],
    "applications/ner": [{"kept": kept} for kept in (0.95, 0.7, 0.3)],
    "applications/language_model": [{"count": 1.9, "network": bits} for bits in (1.8, 2.0)],
    "applications/medical": [{"right": right} for right in (0.5, 0.66, 0.87)],
    "applications/outlook": [{"before": 56.0, "after": after} for after in (30.0, 44.0, 90.0)],
    "applications/recommender": [{"whole": 0.14, "few": few} for few in (0.15, 0.28, 0.68)],
    "applications/speech": [{"strangers": share} for share in (0.05, 0.2, 0.6)],
    "applications/text": [{"right": right} for right in (0.5, 0.7, 0.9)],
    "applications/translation": [{"right": right} for right in (0.03, 0.3, 0.8)],
    "applications/vision": [{"before": 0.8, "after": after} for after in (0.82, 0.7, 0.08)],
    "background/roofline": [{"relu_ms": 3, "product_ms": 1}, {"relu_ms": 1, "product_ms": 3}],
    "math/optimisation": [{"fewer": fewer} for fewer in (50, 20, 4)],
}
PREDICTIONS = [
    (chapter, measured)
    for chapter in CHAPTERS
    if "prediction" in check.exercises(chapter)
    for measured in MEASURED.get(chapter, [{}])
]


@pytest.mark.parametrize(("chapter", "measured"), PREDICTIONS)
def test_a_prediction_is_judged_with_a_reason(chapter, measured):
    asked = check.exercise(f"{chapter}.prediction")
    if isinstance(asked, check.Value) and asked.expected is None:
        measured = {"expected": (4.0,) * len(asked.names) or 4.0}
    asked = asked.given(measured)

    def judged(answer):
        return check.judged("prediction", asked, answer, measured)

    if isinstance(asked, check.Choice):
        verdicts = {word: judged(word) for word in asked.reasons}
        right = [word for word, verdict in verdicts.items() if verdict.status == check.CORRECT]
        assert right == [asked.correct]
        assert all(verdict.message == asked.reasons[word] for word, verdict in verdicts.items())
    else:
        assert judged(asked.expected).status == check.CORRECT
        assert judged(asked.expected).message, "why is it so?"
        wrong = [0.5] * len(asked.names) if asked.names else 0.5
        assert judged(wrong).status == check.WRONG
        assert judged(wrong).hint


# --- the form of a check cell -----------------------------------------------------------------


def check_calls(source):
    """Return the calls of a checker in a cell."""
    return [
        node
        for node in ast.walk(ast.parse(re.sub(r"(?m)^[%!].*$", "", source)))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("check.")
    ]


@cache
def calls(chapter):
    """Return the cell and the call of each exercise that a notebook checks, by name."""
    found = {}
    for cell, source in cells(chapter).items():
        if "check." in source and not re.match("text|task|solution", cell):
            for call in check_calls(source):
                name = ast.literal_eval(call.args[0]).rpartition("/")[-1]  # the part may lead
                found[name] = (cell, call)
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_a_notebook_checks_is_what_its_data_holds(chapter):
    stem = chapter.rpartition("/")[-1]
    held = check.exercises(chapter) if (BOOK / "checks" / f"{chapter}.py").exists() else {}
    assert set(calls(chapter)) == {f"{stem}.{name}" for name in held}
    for name, (_, call) in calls(chapter).items():
        kind = type(held[name.rpartition(".")[-1]]).__name__.lower()
        assert ast.unparse(call.func) == f"check.{kind}"


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_a_check_cell_is_one_call_and_defines_nothing(chapter, name):
    (call,) = ast.parse(cells(chapter)[f"check-{name}"]).body
    assert isinstance(call, ast.Expr) and not check_calls(ast.unparse(call))[0].keywords
    assert not any(isinstance(node, ast.NamedExpr) for node in ast.walk(call))


def test_no_data_is_left_without_its_notebook():
    assert named(BOOK / "checks", "*.py") <= set(CHAPTERS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_cell_that_calls_a_checker_holds_an_answer(chapter):
    """What is handed over are the reader's names, and what the page itself has computed."""
    for name, (_, call) in calls(chapter).items():
        answer = [part for node in call.args[1:] for part in getattr(node, "elts", [node])]
        assert all(isinstance(part, ast.Name) for part in answer), name
        for measured in call.keywords:
            assert any(isinstance(node, ast.Name) for node in ast.walk(measured.value)), name
