"""Every exercise: the stub is not attempted, the solution passes, plausible wrong answers do not.

A wrong answer is code to put in the stub's place, with a part of what the checker must say of it;
`wrong_answers/<part>/<chapter>.py` holds those of one chapter.
"""

import ast
import json
import linecache
import re
import runpy
from pathlib import Path

import pytest

from helpers import check

BOOK = Path(__file__).resolve().parent.parent / "book"

FOLDER = Path(__file__).resolve().parent / "wrong_answers"


def wrong_answers(path):
    """Return the `WRONG` of one file: exercise name to pairs of answer and message."""
    return runpy.run_path(str(path))["WRONG"]


WRONG = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): wrong_answers(path)
    for path in sorted(FOLDER.rglob("*.py"))
}


def cells(chapter):
    path = BOOK / f"{chapter}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in content["cells"]}


def chapters():
    return sorted(p.relative_to(BOOK).with_suffix("").as_posix() for p in BOOK.rglob("*.ipynb"))


def exercises(chapter):
    prefix = "exercise-"
    return [cell.removeprefix(prefix) for cell in cells(chapter) if cell.startswith(prefix)]


EXERCISES = [(chapter, name) for chapter in chapters() for name in exercises(chapter)]
ANSWERS = [
    pytest.param(chapter, name, code, part, id=f"{chapter}-{name}-{number}")
    for chapter, named in WRONG.items()
    for name, answers in named.items()
    for number, (code, part) in enumerate(answers)
]


def as_a_cell(code):
    """Compile `code` so that its source can be read, as that of a notebook's cell can."""
    name = "<answer>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    return compile(code, name, "exec")


def verdict(chapter, name, answer):
    """Run the setup cell, `answer` in the stub's place, and the checker; return its verdict."""
    source = cells(chapter)
    namespace = {}
    exec(source["setup"], namespace)
    exec(as_a_cell(answer), namespace)
    *statements, last = ast.parse(source[f"check-{name}"]).body
    exec(compile(ast.Module(statements, []), "check", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "check", "eval"), namespace)


@pytest.fixture(autouse=True)
def fresh_hints():
    check._wrong_answers.clear()


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_a_stub_is_not_attempted(chapter, name):
    stub = cells(chapter)[f"exercise-{name}"]
    assert verdict(chapter, name, stub).status == check.NOT_ATTEMPTED


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_the_solution_passes(chapter, name):
    solution = re.search(r"```python\n(.*?)```", cells(chapter)[f"solution-{name}"], re.S)
    result = verdict(chapter, name, solution[1])
    assert result.status == check.CORRECT, str(result)


@pytest.mark.parametrize(("chapter", "name", "answer", "part"), ANSWERS)
def test_a_wrong_answer_is_refused_with_a_useful_message(chapter, name, answer, part):
    result = verdict(chapter, name, answer)
    assert result.status == check.WRONG
    assert part in str(result)


def test_every_exercise_has_two_wrong_answers():
    short = [
        f"{chapter} {name}"
        for chapter, name in EXERCISES
        if len(WRONG.get(chapter, {}).get(name, ())) < 2
    ]
    assert short == []


def test_no_wrong_answer_is_left_without_its_exercise():
    known = set(EXERCISES)
    assert [(c, n) for c, named in WRONG.items() for n in named if (c, n) not in known] == []
