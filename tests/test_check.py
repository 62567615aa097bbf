"""The exercise checkers: right answers pass, wrong ones are refused with what is wrong."""

import dataclasses
import functools
import sys
from decimal import Decimal
from fractions import Fraction
from unittest import mock

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from helpers import check
from helpers.check import compare
from warptrace import cuda


@pytest.fixture(autouse=True)
def fresh_hints():
    check.forget()


def value(answer, expected, **options):
    return check.judged("x", check.Value(expected, **options), answer)


def function(answer, reference, cases, **options):
    return check.judged("x", check.Function(reference, cases, **options), answer)


def choice(answer, correct, reasons):
    return check.judged("x", check.Choice(correct, reasons), answer)


def properties(answer, tests, **options):
    return check.judged("x", check.Properties(tests, **options), answer)


# --- not attempted ----------------------------------------------------------------------------


def stub(a, b): ...


def documented_stub(a):
    """Say what it should do."""
    ...


@functools.wraps(stub)
def wrapped_stub(a):
    return stub(2 * a)


@cuda.jit
def kernel_stub(x, y): ...


@pytest.mark.parametrize(
    "answer",
    [
        *(..., (1, ...), [..., 2]),
        *(stub, documented_stub, wrapped_stub, kernel_stub, kernel_stub.py_func, lambda a: ...),
    ],
)
def test_a_stub_is_not_attempted(answer):
    verdict = value(answer, 3)
    assert verdict.status == check.NOT_ATTEMPTED
    assert str(verdict).startswith("x: not attempted. Replace")


def test_a_constant_answer_is_an_attempt():
    assert function(lambda a: 7, lambda a: a + 1, [(1,)]).status == check.WRONG


# --- numbers, from whatever holds them --------------------------------------------------------

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
FLOATS += [torch.float8_e4m3fn, torch.float8_e5m2]
INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
NUMPY = [np.dtype(code) for code in "bBhHiIlLqQefdg"]
ONES = [
    *(1, 1.0, True, Fraction(1), Decimal(1), 1 + 0j, np.True_),
    *(torch.tensor(1, dtype=kind) for kind in [*FLOATS, *INTEGERS, torch.bool]),
    *(torch.tensor([1.0], dtype=kind) for kind in FLOATS),
    *(kind.type(1) for kind in NUMPY),
    *(np.ones(1, kind) for kind in NUMPY),
    *(np.array([[1]]), np.array(1, dtype=object), np.array([Fraction(1)], dtype=object)),
    *([1], (1,), [[1.0]], range(1, 2), torch.nn.Parameter(torch.ones(1)), [torch.ones(1)]),
    torch.tensor(1.0, requires_grad=True) * 1,
    torch.ones(1).to_sparse(),
]


@pytest.mark.parametrize("answer", ONES, ids=repr)
def test_a_number_is_taken_from_whatever_holds_it(answer):
    if not isinstance(answer, complex):
        assert value(answer, 1).status == check.CORRECT
    assert function(lambda: answer, lambda: 1.0, [()]).status == check.CORRECT
    assert function(lambda: (answer, 2), lambda: (1.0, 2), [()]).status == check.CORRECT


@pytest.mark.parametrize("expected", [Fraction(1, 2), 0.5])
def test_a_generator_is_taken_once(expected):
    assert (
        function(lambda: (x / 2 for x in range(3)), lambda: [0, 0.5, 1], [()]).status == "correct"
    )
    assert value((x for x in [expected]), 0.5).status == check.CORRECT


def in_pairs():
    yield from ([1.0, 2.0], torch.tensor([3.0, 4.0], requires_grad=True))


@pytest.mark.parametrize(
    "answer",
    [
        [[1, 2], [3, 4]],
        [np.array([1, 2]), torch.tensor([3.0, 4.0], dtype=torch.bfloat16)],
        (torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0])),
        torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.bfloat16, requires_grad=True),
        torch.tensor([[1.0, 2.0], [3.0, 4.0]]).to_sparse(),
        np.array([[Fraction(1), 2], [3, 4]], dtype=object),
        [range(1, 3), (3, 4)],
        in_pairs(),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_an_array_is_taken_from_whatever_holds_it(answer):
    verdict = function(lambda: answer, lambda: np.array([[1.0, 2.0], [3.0, 4.0]]), [()])
    assert verdict.status == check.CORRECT, verdict


class Hostile:
    """Raises whatever it is asked for."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("repr")

    __float__ = __iter__ = __len__ = __eq__ = __bool__ = __repr__
    __hash__ = None


class BrokenError(Exception):
    def __str__(self):
        raise RuntimeError("str")


def endless():
    while True:
        yield 1


def itself():
    ring = []
    ring.append(ring)
    return ring


NO_NUMBERS = [
    *(None, "79", "", b"79", object(), Hostile(), mock.MagicMock(), BrokenError(), int, print),
    *({}, {"a": 1}, {1}, [[1], [1, 2]], [None], ["a"], itself(), [Hostile()], [1, "b"]),
    *(float("nan"), float("inf"), -float("inf"), np.nan, torch.tensor(float("nan")), 1e400),
    *(np.datetime64("2020"), np.array(["a"]), np.array([]), np.array([None]), 10**400),
    *(torch.empty(0), torch.empty(2, device="meta"), torch.empty((), device="meta"), 1j),
]


@pytest.mark.parametrize("answer", NO_NUMBERS, ids=lambda answer: type(answer).__name__)
def test_no_answer_makes_a_checker_raise(answer):
    for verdict in [
        value(answer, 448),
        value(answer, (1, 2)),
        value((answer, 2), (1, 2)),
        value(answer, "memory"),
        choice(answer, "a", {"a": "yes", "b": "no"}),
        function(answer, lambda: 1, [()]),
        function(lambda: answer, lambda: 448.0, [()]),
        function(lambda: answer, lambda: (1, 2), [()]),
        function(lambda: (answer, 2), lambda: (1, 2), [()]),
        function(lambda: answer, lambda: np.ones((2, 2)), [()]),
        function(lambda: answer, lambda: "float16", [()]),
        properties(answer, lambda answer: iter([(answer == 448, "It is not 448.")])),
        check.judged("x", check.Kernel(launches(64)), answer),
    ]:
        assert verdict.status == check.WRONG
        assert str(verdict)


def test_a_generator_without_an_end_is_given_up():
    with mock.patch.object(compare, "MOST_ITEMS", 100):
        assert function(endless, lambda: np.ones(3), [()]).status == check.WRONG
    assert value(endless(), (1, 2)).status == check.WRONG


def raising(error):
    def answer(a):
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ZeroDivisionError("division by zero"), "raised ZeroDivisionError: division by zero"),
        (BrokenError(), "raised BrokenError"),
        (SystemExit(1), "raised SystemExit: 1"),
        (GeneratorExit(), "raised GeneratorExit"),
        (RecursionError(), "raised RecursionError"),
    ],
    ids=repr,
)
def test_an_answer_that_raises_is_an_answer(error, text):
    assert text in function(raising(error), abs, [(1,)]).message
    assert text in properties(raising(error), lambda answer: iter([(answer(1), "")])).message


def test_an_answer_can_be_interrupted():
    with pytest.raises(KeyboardInterrupt):
        function(raising(KeyboardInterrupt()), abs, [(1,)])


def test_an_answer_can_leave_the_program_only_so():
    assert "SystemExit" in function(lambda a: sys.exit(), abs, [(1,)]).message


# --- values -----------------------------------------------------------------------------------


def test_value_says_which_way_it_is_off():
    assert value(450, 448, unit="parameters").message == "450 parameters is too large."
    assert "too small" in value(1, 448).message
    assert value(450, 448, tolerance=0.01).status == check.CORRECT
    assert value(float("nan"), 448).message == "nan is wrong."


def test_a_number_in_quotes_is_named():
    assert "the text '79': leave out the quotes" in value("79", 79).message


def test_enough_digits_are_printed_to_differ():
    assert "0.1000001 is too large" in value(0.1000001, 0.1).message
    message = function(lambda: 5.9604644e-08, lambda: 5.9604645e-08, [()], tolerance=1e-20).message
    assert "5.9604644e-08, and 5.9604645e-08 is needed" in message


def test_a_tuple_names_the_first_wrong_part():
    assert value(torch.Size([16, 32]), (16, 32)).status == check.CORRECT
    assert value((16, 30), (16, 32)).message == "position 1: 30 is wrong."
    assert value((16, 30), (16, 32), names=["rows", "columns"]).message == "columns: 30 is wrong."
    assert "2 values are needed here, in order, and this is (16,)" in value((16,), (16, 32)).message
    assert value(16, (16, 32)).status == check.WRONG
    assert value([True, 0], (True, False)).status == check.CORRECT


def test_words_are_compared_without_case():
    assert value(" Memory ", "memory").status == check.CORRECT
    assert value(("FC1", "conv2"), ("fc1", "conv2")).status == check.CORRECT
    assert value(5, "memory").message == "5 is not the answer."


def test_what_the_page_measured_is_handed_on():
    asked = check.Value(tolerance=0.1, reason="Measured: {expected:.1f}.")
    assert check.judged("x", asked, 4.1, {"expected": 4.0}).message == "Measured: 4.0."
    double = check.Value(lambda half: 2 * half)
    assert check.judged("x", double, 6, {"half": 3}).status == check.CORRECT


def test_choice_gives_its_reason():
    reasons = {"a": "No: reads dominate.", "b": "Yes: writes do."}
    assert str(choice("B ", "b", reasons)) == "x: correct. Yes: writes do."
    assert choice("a", "b", reasons).message == "No: reads dominate."
    assert 'Choose one of "a", "b"; this is \'z\'' in choice("z", "b", reasons).message
    measured = check.Choice(lambda n: "a" if n > 1 else "b", lambda n: {"a": f"{n}", "b": f"{n}!"})
    assert check.judged("x", measured, "a", {"n": 2}).message == "2"
    assert check.judged("x", measured, "a", {"n": 1}).status == check.WRONG


# --- functions --------------------------------------------------------------------------------


def test_function_shows_the_first_mismatch():
    def off_by_one(a):
        result = a * 2
        result[1, 2] += 1
        return result

    case = (np.arange(8.0).reshape(2, 4),)
    assert function(lambda a: a + a, lambda a: a * 2, [case]).status == check.CORRECT
    message = function(off_by_one, lambda a: a * 2, [case]).message
    assert message.startswith("For a = [[0, 1, 2, 3], [4, 5, 6, 7]]: ")
    assert "at (1, 2) is 13, and 12 is needed" in message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda a: None if a else a, "returned nothing"),
        (lambda a: a[:1], "shape is (1,), and (2,) is needed"),
        (lambda a: "text", "not made of numbers"),
        (lambda a: [[1], [1, 2]], "not made of numbers"),
        (lambda: 1, "raised TypeError"),
        (lambda a: [float("nan")] * 2, "is nan"),
    ],
)
def test_function_says_what_is_wrong(answer, expected):
    verdict = function(answer, lambda a: a, [([1.0, 2.0],)])
    assert verdict.status == check.WRONG
    assert expected in verdict.message


def test_small_arguments_are_shown_by_value():
    wrong = function(lambda x, n: 0, lambda x, n: 1, [(torch.tensor([3.0, 4.0]), "a")])
    assert wrong.message.startswith("For x = [3, 4], n = 'a': ")


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        (np.array([[900, 4], [10, 25]]), "[[900, 4], [10, 25]]"),
        (torch.tensor([0.5637999, 1e-6]), "[0.5638, 1e-06]"),
        (np.ones((3, 4)) / 3, "ndarray of shape (3, 4)"),  # too long to be read
        (torch.zeros(20), "Tensor of shape (20,)"),
        (100000000000.0, "1e+11"),
        (0.1234567891, "0.1234567891"),
        (2.0, "2.0"),
        (stub, "stub"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_argument_is_shown_so_that_it_can_be_tried(argument, shown):
    wrong = function(lambda a: 0, lambda a: 1, [(argument,)])
    assert wrong.message == f"For a = {shown}: the value is 0, and 1 is needed."


def test_results_of_a_tuple_are_compared_one_by_one():
    def reference(a):
        return a @ a.T, a.sum(0)

    case = (torch.arange(6.0).reshape(2, 3),)
    assert function(lambda a: [a @ a.mT, a.sum(0)], reference, [case]).status == check.CORRECT
    for wrong, message in [
        (lambda a: (a @ a.T, a.sum(1)), "the shape of result 2 is (2,), and (3,) is needed"),
        (lambda a: (a @ a.T + 1, a.sum(0)), "result 1 at (0, 0) is 6"),
        (lambda a: (a @ a.T, a.sum(0), 1), "2 results are needed"),
        (lambda a: (a @ a.T, None), "result 2 is not made of numbers: it is None"),
    ]:
        assert message in function(wrong, reference, [case]).message
    named = function(lambda a: (a, a), lambda a: (a, 2 * a), [(1,)], results=["one", "two"])
    assert named.message == "For a = 1: two is 1, and 2 is needed."


def test_an_answer_cannot_change_the_case():
    def spoils(a):
        a *= 0
        return a

    verdict = function(spoils, lambda a: a + 1, [(np.ones(2),)])
    assert "is 0, and 2 is needed" in verdict.message


def test_a_function_can_be_run_in_another_way_and_has_to_hold_more():
    def twice(answer, a):
        return answer(answer(a))

    def also(answer):
        yield answer(0) == 1, "It must be 1 at 0."

    options = {"run": twice, "also": also}
    assert function(lambda a: a + 1, lambda a: a + 2, [(1,)], **options).status == check.CORRECT
    assert "a = 1: the value is 3," in function(lambda b: b + 1, abs, [(1,)], **options).message
    assert "1 at 0" in function(lambda a: -a, lambda a: a, [(1,)], **options).message


def test_properties_are_asked_in_turn():
    def tests(answer):
        yield answer > 1, "It is at most 1."
        yield 1 / (answer - 3) > 0, "It is below 3."

    assert properties(4, tests).status == check.CORRECT
    assert properties(1, tests).message == "It is at most 1."
    assert properties(3, tests).message.startswith("your answer raised ZeroDivisionError")


# --- hints ------------------------------------------------------------------------------------


def test_hints_come_one_at_a_time_and_only_for_new_answers():
    asked = check.Value(3, hints=("first", "second"))
    answers = [(1, "first"), (1, "first"), (2, "second"), (9, "second"), (3, ""), (1, "first")]
    assert [(a, check.judged("x", asked, a).hint) for a, _ in answers] == answers


def test_a_hint_is_tied_to_what_failed():
    hints = {"shape": "Mind the axes.", "value": ["One.", "Two."], "else": "Anything."}
    cases = [(np.ones(2),)]

    def hint(answer):
        return function(answer, lambda a: a, cases, hints=hints).hint

    assert hint(lambda a: a[:1]) == "Mind the axes."
    assert hint(lambda a: a + 1) == "One."
    assert hint(lambda a: a[:0]) == "Mind the axes."
    assert hint(lambda a: a + 2) == "Two."
    assert hint(lambda a: 1 / 0) == "Anything."
    assert hint(lambda a: None) == ""  # the message says it already


def test_a_known_mistake_and_a_case_have_hints_of_their_own():
    assert value(8, 12, mistakes={8: "And the third array?"}, hints=["first"]).hint[:3] == "And"
    options = {"mistakes": [(lambda a: a, "Twice!")], "hints": ["first"]}
    cases = [check.Case((1,), "Begin with 1.")]
    assert function(lambda a: a, lambda a: 2 * a, cases, **options).hint == "Twice!"
    assert function(lambda a: a + 9, lambda a: 2 * a, cases, **options).hint == "Begin with 1."
    assert function(lambda a: a + 9, lambda a: 2 * a, [(1,)], **options).hint == "first"


def test_a_verdict_reads_as_text():
    assert repr(value(1, 3, hints=("look",))) == "x: not yet. 1 is too small.\nHint: look"


# --- in a notebook ----------------------------------------------------------------------------


@pytest.fixture
def notebook():
    """Return the function that runs cells in IPython and returns what the last one gave."""
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shell.run_cell("from helpers import check\ncheck.watch()  # as at the first import")

    def run(*cells):
        return [shell.run_cell(cell, silent=False, store_history=True).result for cell in cells][-1]

    yield run
    InteractiveShell.clear_instance()


CHECK_BYTES = 'check.value("template.traffic", traffic_bytes)'
RIGHT_BYTES = "traffic_bytes = 12_000"


def test_a_cell_that_cannot_be_read_leaves_no_verdict_of_the_one_before(notebook, capsys):
    assert notebook(RIGHT_BYTES, CHECK_BYTES).status == check.CORRECT
    for unread in ["traffic_bytes = (12_000", "traffic_bytes = 3 *", "x = 1\ntraffic_bytes = 1 2"]:
        for again in notebook(unread, CHECK_BYTES), notebook("1 + 1", CHECK_BYTES):
            assert again.status == check.WRONG
            assert "Python cannot read the cell that defines `traffic_bytes`, line" in again.message
        assert notebook(RIGHT_BYTES, CHECK_BYTES).status == check.CORRECT
    other = notebook("another = (1", "traffic_bytes == (3", "print(traffic_bytes = 3", CHECK_BYTES)
    assert other.status == check.CORRECT
    check_bound = 'check.function("template.bound", least_ms)'
    returned = "def least_ms(n, gb_per_s):\n    pass\nreturn 12 * n"
    assert notebook("def least_ms(n, gb_per_s): ...", check_bound).status == check.NOT_ATTEMPTED
    assert "line 3: 'return' outside function" in notebook(returned, check_bound).message
    capsys.readouterr()


def test_a_cell_that_fails_leaves_no_verdict_of_the_one_before(notebook, capsys):
    check_bound = 'check.function("template.bound", least_ms)'
    right = "def least_ms(n, gb_per_s):\n    return 12 * n / (gb_per_s * 1e6)"
    assert notebook(right, check_bound).status == check.CORRECT
    for failing in [f"{{}}[1]\n{right}", f"@no_such_decorator\n{right}"]:
        for again in notebook(failing, check_bound), notebook("1 + 1", check_bound):
            assert again.status == check.WRONG
            assert (
                "`least_ms` is as it was: the cell that defines it failed in line 1"
                in again.message
            )
        assert notebook(right, check_bound).status == check.CORRECT
    failed = notebook(RIGHT_BYTES, "traffic_bytes = 3 * (\n  {'a': 1}['b'])", CHECK_BYTES)
    assert "in line 2: KeyError: 'b'. Mend" in failed.message
    # What fails after the definition leaves the new one.
    assert notebook(f"{RIGHT_BYTES}\n1 / 0", CHECK_BYTES).status == check.CORRECT
    assert notebook("traffic_bytes = 5\n1 / 0", CHECK_BYTES).message.startswith(
        "5 bytes is too small"
    )
    capsys.readouterr()


# --- the data of the book ---------------------------------------------------------------------


def test_an_exercise_is_found_by_its_name():
    assert isinstance(check.exercise("memory.transpose"), check.Kernel)
    assert check.exercise("cuda/memory.transpose") == check.exercise("cuda/memory.transpose")
    assert "scale-rows" in check.exercises("memory")
    assert check.value("template.traffic", 12_000).exercise == "traffic"


@pytest.mark.parametrize("name", ["memory.nothing", "nothing.transpose", "transpose", "../a.b"])
def test_a_name_that_is_not_there_is_a_writers_mistake(name):
    with pytest.raises(LookupError):
        check.kernel(name, ...)


def test_the_wrong_call_is_a_writers_mistake():
    with pytest.raises(LookupError, match=r"check\.kernel"):
        check.value("memory.transpose", 3)


# --- kernels ----------------------------------------------------------------------------------


def launches(*sizes):
    return [
        check.Launch(
            -(-n // 32),
            32,
            (np.arange(n, dtype=np.float32), np.full(n, np.nan, np.float32)),
            {1: 2 * np.arange(n, dtype=np.float32)},
            f"With {n} elements",
            work=-(-n // 32),
        )
        for n in sizes
    ]


LIMITS = [check.Limit("global_load_sectors", "Too many sectors: {found} > {bound}.", most=8)]


def judged(kernel, tried=None, limits=LIMITS, **options):
    asked = check.Kernel(tried or launches(64, 50), limits, **options)
    return check.judged("twice", asked, kernel)


@cuda.jit
def twice(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = np.float32(2) * x[i]


def test_a_right_kernel_passes_and_its_arguments_are_kept():
    tried = launches(64)
    assert judged(twice, tried).status == check.CORRECT
    assert np.isnan(tried[0].arguments[1]).all()


def test_a_missing_decorator_is_named():
    assert "`@cuda.jit` is missing" in judged(twice.py_func).message


def test_a_missing_bounds_check_is_named_with_its_launch():
    @cuda.jit
    def careless(x, y):
        i = cuda.grid(1)
        y[i] = np.float32(2) * x[i]

    verdict = judged(careless, hints=["general"])
    assert verdict.status == check.WRONG and verdict.hint == ""
    assert "With 50 elements: " in verdict.message and "out of bounds" in verdict.message
    assert judged(careless, hints={"out of bounds": "Guard it."}).hint == "Guard it."


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
    hints = {"race": "r", "value": "v", "global_load_sectors": "g"}
    assert "y[0] is 2, and 0 is needed" in judged(adds, hints=hints).message
    assert judged(adds, hints=hints).hint == "v"
    race = judged(races, together, hints=hints)
    assert "depends on luck: write-write" in race.message and race.hint == "r"
    assert "two threads write the same element" in race.message
    limit = judged(twice, launches(320), hints=hints)
    assert limit.message == "With 320 elements: Too many sectors: 40 > 8." and limit.hint == "g"


@pytest.mark.parametrize(
    ("limit", "holds"),
    [
        (check.Limit("global_load_requests", "", most=2), True),
        (check.Limit("global_load_requests", "", most=1), False),
        (check.Limit("global_load_requests", "", least=3), False),
        (check.Limit("global_load_requests", "", most=1, per="blocks"), True),
        (check.Limit("global_load_requests", "", most=1, per="warps"), True),
        (check.Limit("global_load_requests", "", most=0.5, per="work"), False),
        (check.Limit("global_load_sectors", "", most=4, per="global_load_requests"), True),
        (check.Limit("global_load_requests + global_store_requests", "", most=3), False),
        (check.Limit("flops_fp32", "", most=1, per="threads"), True),
    ],
    ids=repr,
)
def test_a_limit_bounds_a_counter(limit, holds):
    assert (judged(twice, launches(64), [limit]).status == check.CORRECT) == holds


@cuda.jit
def alone(x, y):
    if cuda.grid(1) == 0:
        for i in range(x.size):
            y[i] = np.float32(2) * x[i]


@cuda.jit
def all_of_it(x, y):
    for i in range(x.size):
        y[i] = np.float32(2) * x[i]


@pytest.mark.parametrize("kernel", [alone, all_of_it])
def test_who_does_not_divide_the_work_is_refused(kernel):
    assert judged(kernel, limits=[]).status == check.CORRECT
    verdict = judged(kernel, limits=[check.divided("store")])
    assert "requests for writes where 2 are enough" in verdict.message
    assert judged(twice, limits=[check.divided("store"), check.divided("load")]).status == "correct"


def test_a_line_of_numpy_is_answered_with_what_a_thread_does():
    @cuda.jit
    def whole(x, y):
        y[:] = 2 * x

    verdict = judged(whole)
    assert verdict.status == check.WRONG
    assert "one number" in str(verdict)
