"""The exercise checkers: right answers pass, wrong ones are refused with what is wrong."""

import dataclasses
import functools

import numpy as np
import pytest
import torch

from helpers import check
from warptrace import cuda


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


def test_a_wrapped_stub_is_not_attempted():
    def answer(a): ...

    @functools.wraps(answer)
    def prepared(a):
        return answer(2 * a)

    assert check.function("x", prepared, abs, [(1,)]).status == check.NOT_ATTEMPTED


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


def test_results_of_different_shapes_are_compared_one_by_one():
    def reference(a):
        return a @ a.T, a.sum(0)

    case = (torch.arange(6.0).reshape(2, 3),)
    assert (
        check.function("x", lambda a: (a @ a.mT, a.sum(0)), reference, [case]).status == "correct"
    )
    for wrong, message in [
        (lambda a: (a @ a.T, a.sum(1)), "in result 2, the shape is (2,), and (3,) is needed"),
        (lambda a: (a @ a.T + 1, a.sum(0)), "in result 1, the value at (0, 0) is 6"),
        (lambda a: a @ a.T, "2 results are needed"),
        (lambda a: (a @ a.T, None), "in result 2, your function returned nothing"),
    ]:
        assert message in check.function("x", wrong, reference, [case]).message


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


# --- kernels ----------------------------------------------------------------------------------


def launches(*sizes):
    return [
        check.Launch(
            -(-n // 32),
            32,
            (np.arange(n, dtype=np.float32), np.full(n, np.nan, np.float32)),
            {1: 2 * np.arange(n, dtype=np.float32)},
            f"With {n} elements",
        )
        for n in sizes
    ]


LIMITS = [(lambda q: q["global_load_sectors"] <= 8, "Too many sectors.")]


def judged(kernel, sizes=(64, 50), limits=LIMITS, **options):
    return check.kernel("twice", kernel, launches(*sizes), limits=limits, **options)


@cuda.jit
def twice(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = np.float32(2) * x[i]


def test_a_right_kernel_passes_and_its_arguments_are_kept():
    tried = launches(64)
    assert check.kernel("twice", twice, tried).status == check.CORRECT
    assert np.isnan(tried[0].arguments[1]).all()
    assert judged(twice).status == check.CORRECT


def test_a_stub_of_a_kernel_is_not_attempted():
    @cuda.jit
    def stub(x, y): ...

    assert judged(stub).status == check.NOT_ATTEMPTED
    assert judged(...).status == check.NOT_ATTEMPTED
    assert judged(stub.py_func).status == check.NOT_ATTEMPTED


def test_a_missing_bounds_check_is_named_with_its_launch():
    @cuda.jit
    def careless(x, y):
        i = cuda.grid(1)
        y[i] = np.float32(2) * x[i]

    verdict = judged(careless)
    assert verdict.status == check.WRONG
    assert "With 50 elements: " in verdict.message and "out of bounds" in verdict.message


def test_a_wrong_element_a_race_and_a_limit_are_told_apart():
    @cuda.jit
    def adds(x, y):
        i = cuda.grid(1)
        if i < x.size:
            y[i] = np.float32(2) + x[i]

    @cuda.jit
    def races(x, y):
        i = cuda.grid(1)
        if i < x.size:
            y[x.size - 1 - i] = 0
            y[i] = np.float32(2) * x[i]

    together = [dataclasses.replace(launches(64)[0], grid=1, block=64)]
    assert "the value at (0,) is 2, and 0 is needed" in judged(adds).message
    assert "depends on luck: write-write" in check.kernel("twice", races, together).message
    assert judged(twice, sizes=(320,)).message == "With 320 elements: Too many sectors."


def test_what_is_no_kernel_is_refused_without_raising():
    assert judged(7).status == check.WRONG
    assert judged(lambda x: x, hints=("Write a def.",)).hint == "Write a def."
