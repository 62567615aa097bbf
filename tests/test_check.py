"""The exercise checkers: right answers pass, wrong ones are refused with what is wrong."""

import numpy as np
import pytest
import torch

from helpers import check


@pytest.fixture(autouse=True)
def fresh_hints():
    check._wrong_answers.clear()


def test_a_stub_is_not_attempted():
    assert check.value("x", ..., 3).status == check.NOT_ATTEMPTED
    assert check.value("x", (1, ...), (1, 2)).status == check.NOT_ATTEMPTED
    assert check.choice("x", ..., "a", {"a": "yes"}).status == check.NOT_ATTEMPTED

    def stub(a, b): ...

    def documented_stub(a):
        """Say what it should do."""
        ...

    for function in (..., stub, documented_stub, lambda a: ...):
        verdict = check.function("x", function, lambda *_: 1, [(1, 2)])
        assert verdict.status == check.NOT_ATTEMPTED


def test_a_constant_answer_is_an_attempt():
    verdict = check.function("x", lambda a: 7, lambda a: a + 1, [(1,)])
    assert verdict.status == check.WRONG


@pytest.mark.parametrize("answer", [448, 448.0, np.int64(448), torch.tensor(448)])
def test_value_takes_any_number(answer):
    assert check.value("x", answer, 448).status == check.CORRECT


def test_value_says_which_way_it_is_off():
    assert "too large" in check.value("x", 450, 448, unit="parameters").message
    assert "450 parameters" in check.value("x", 450, 448, unit="parameters").message
    assert "too small" in check.value("x", 1, 448).message
    assert check.value("x", 450, 448, tolerance=0.01).status == check.CORRECT


@pytest.mark.parametrize("answer", [None, "many", [1, 2], object(), float("nan")])
def test_value_never_raises(answer):
    assert check.value("x", answer, 448).status == check.WRONG


def test_shape_names_the_first_wrong_place():
    assert check.value("x", torch.Size([16, 32]), (16, 32)).status == check.CORRECT
    assert "position 1" in check.value("x", (16, 30), (16, 32)).message
    assert "1 values given, 2 needed" in check.value("x", (16,), (16, 32)).message
    assert check.value("x", 16, (16, 32)).status == check.WRONG


def test_words_are_compared_without_case():
    assert check.value("x", " Memory ", "memory").status == check.CORRECT
    assert check.value("x", 5, "memory").status == check.WRONG


def test_function_shows_the_first_mismatch():
    def reference(a):
        return a * 2

    case = (np.arange(6.0).reshape(2, 3),)
    assert check.function("x", lambda a: a + a, reference, [case]).status == check.CORRECT

    def off_by_one(a):
        result = a * 2
        result[1, 2] += 1
        return result

    message = check.function("x", off_by_one, reference, [case]).message
    assert "at (1, 2) is 11, and 10 is needed" in message and "shape (2, 3)" in message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda a: None if a else a, "returned nothing"),
        (lambda a: a[:1], "shape is (1,), and (2,) is needed"),
        (lambda a: 1 / 0, "raised ZeroDivisionError"),
        (lambda a: "text", "not made of numbers"),
        (lambda a: [[1], [1, 2]], "not made of numbers"),
        (lambda: 1, "raised TypeError"),
        (lambda a: [float("nan")] * 2, "is nan"),
    ],
)
def test_function_never_raises(answer, expected):
    verdict = check.function("x", answer, lambda a: a, [([1.0, 2.0],)])
    assert verdict.status == check.WRONG
    assert expected in verdict.message


def test_an_answer_cannot_change_the_case():
    def spoils(a):
        a *= 0
        return a

    verdict = check.function("x", spoils, lambda a: a + 1, [(np.ones(2),)])
    assert "is 0, and 2 is needed" in verdict.message


def test_hints_come_one_at_a_time_and_only_for_new_answers():
    hints = ("first", "second")
    assert check.value("x", 1, 3, hints=hints).hint == "first"
    assert check.value("x", 1, 3, hints=hints).hint == "first"
    assert check.value("x", 2, 3, hints=hints).hint == "second"
    assert check.value("x", 9, 3, hints=hints).hint == "second"
    assert check.value("x", 3, 3, hints=hints).hint == ""
    assert check.value("x", 1, 3, hints=hints).hint == "first"


def test_choice_gives_its_reason():
    reasons = {"a": "No: reads dominate.", "b": "Yes: writes do."}
    assert check.choice("x", "B", "b", reasons).status == check.CORRECT
    assert check.choice("x", "a", "b", reasons).message == "No: reads dominate."
    assert "Choose one of a, b" in check.choice("x", "z", "b", reasons).message


def test_condition_reports_the_first_failure():
    tests = [(True, "one"), (False, "two"), (False, "three")]
    assert check.condition("x", True, tests).message == "two"
    assert check.condition("x", True, tests[:1]).status == check.CORRECT
    assert check.condition("x", False, tests).status == check.NOT_ATTEMPTED


def test_a_verdict_reads_as_text():
    assert str(check.value("count", ..., 3)).startswith("count: not attempted. Replace")
    assert "Hint: look" in repr(check.value("count", 1, 3, hints=("look",)))
