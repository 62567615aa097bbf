"""Every exercise: the stub is not attempted, the solution passes, plausible wrong answers do not.

A wrong answer is code to put in the stub's place, with a part of what the checker must say of it.
"""

import ast
import json
import re
from pathlib import Path

import pytest

from helpers import check

BOOK = Path(__file__).resolve().parent.parent / "book"

WRONG = {
    "appendix/template": {
        "traffic": [
            ("traffic_bytes = 2 * 1000 * 4", "8000 bytes is too small"),
            ("traffic_bytes = 3 * 1000", "3000 bytes is too small"),
            ("traffic_bytes = 3 * 1000 * 32", "96000 bytes is too large"),
        ],
        "bound": [
            (
                "def least_ms(n, gb_per_s):\n    return 12 * n / (gb_per_s * 1e9)",
                "and 1.92 is needed",
            ),
            (
                "def least_ms(n, gb_per_s):\n    return 4 * n / (gb_per_s * 1e9) * 1e3",
                "the value is 0.64, and 1.92 is needed",
            ),
            (
                "def least_ms(n, gb_per_s):\n    print(12 * n / (gb_per_s * 1e9) * 1e3)",
                "your function returned nothing",
            ),
        ],
        "into": [
            ("def add_into(a, b):\n    return a + b", "The result is a new array"),
            ("def add_into(a, b):\n    a += b", "Your function returned nothing"),
            ("def add_into(a, b):\n    return b.add_(a)", "The result is a new array"),
        ],
    },
    "cnn/environment": {
        "driver": [
            (
                "def driver_suffices(driver, cuda):\n"
                "    oldest = environment.OLDEST_DRIVER[int(cuda.split('.')[0])]\n"
                "    return driver.split('.')[0] >= str(oldest)",
                "driver = '1000.10'",
            ),
            (
                "def driver_suffices(driver, cuda):\n"
                "    major = int(cuda.split('.')[0])\n"
                "    return int(driver.split('.')[0]) > environment.OLDEST_DRIVER[major]",
                "driver = '580.65.06'",
            ),
            (
                "def driver_suffices(driver, cuda):\n"
                "    return float(driver) >= environment.OLDEST_DRIVER[int(float(cuda))]",
                "raised ValueError",
            ),
        ],
        "cards": [
            ("runs = (True, False, True, False, False)", "position 1"),
            ("runs = (True, True, True, False, True)", "position 4"),
            ("runs = (True, True, True)", "3 values given, 5 needed"),
        ],
        "error": [
            (
                "def relative_error_of(computed, exact):\n    return (computed - exact).norm()",
                "is needed",
            ),
            (
                "def relative_error_of(computed, exact):\n"
                "    return (computed - exact).norm() / computed.norm()",
                "is needed",
            ),
            (
                "def relative_error_of(computed, exact):\n"
                "    return ((computed - exact) / exact).abs().mean()",
                "is needed",
            ),
        ],
        "first": [
            ('first = "driver"', "which driver?"),
            ('first = "card"', "7.5"),
            ('first = "disk"', "verdict"),
        ],
    },
    "cnn/data": {
        "to-tensor": [
            (
                "def to_tensor(pixels):\n"
                "    return torch.from_numpy(pixels).permute(2, 0, 1).float()",
                "is needed",
            ),
            (
                "def to_tensor(pixels):\n"
                "    h, w, c = pixels.shape\n"
                "    return torch.from_numpy(pixels).reshape(c, h, w).float() / 255",
                "is needed",
            ),
            (
                "def to_tensor(pixels):\n"
                "    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 256",
                "is needed",
            ),
            ("def to_tensor(pixels):\n    return pixels / 255", "shape is (2, 3, 3)"),
        ],
        "statistics": [
            (
                "def channel_statistics(batch):\n    return batch.mean(), batch.std(correction=0)",
                "the shape is (2,)",
            ),
            (
                "def channel_statistics(batch):\n"
                "    return batch.mean((0, 2, 3)), batch.std((0, 2, 3))",
                "is needed",
            ),
            (
                "def channel_statistics(batch):\n"
                "    return batch.mean((1, 2, 3)), batch.std((1, 2, 3), correction=0)",
                "the shape is (2, 4)",
            ),
        ],
        "step": [
            ("def best_speed_up(load_ms, compute_ms):\n    return 2.0", "1.11111 is needed"),
            (
                "def best_speed_up(load_ms, compute_ms):\n"
                "    return (load_ms + compute_ms) / compute_ms",
                "load_ms = 9.0",
            ),
            (
                "def best_speed_up(load_ms, compute_ms):\n"
                "    return max(load_ms, compute_ms) / (load_ms + compute_ms)",
                "is needed",
            ),
        ],
        "bytes": [
            ("as_bytes = 50_000 * 32 * 32\nas_float32 = 4 * as_bytes", "position 0"),
            ("as_bytes = 153_600_000\nas_float32 = 8 * as_bytes", "position 1"),
        ],
    },
    "cnn/model": {
        "parameters": [
            (
                "def count_parameters(c_in, c_out, k, bias):\n    return c_out * c_in * k**2",
                "432, and 448 is needed",
            ),
            (
                "def count_parameters(c_in, c_out, k, bias):\n    return c_out * (c_in * k**2 + 1)",
                "bias = False",
            ),
            (
                "def count_parameters(c_in, c_out, k, bias):\n"
                "    return c_out * (c_in * k + bool(bias))",
                "is needed",
            ),
        ],
        "shape": [
            ("shape = (8, 10, 32, 24)", "position 2"),
            ("shape = (8, 3, 31, 23)", "position 1"),
            ("shape = (10, 31, 23)", "3 values given, 4 needed"),
        ],
        "field": [
            (
                "def receptive_field(layers):\n    return 1 + sum(k - 1 for k, _ in layers)",
                "is needed",
            ),
            (
                "def receptive_field(layers):\n"
                "    field, step = 1, 1\n"
                "    for k, s in layers:\n"
                "        step *= s\n"
                "        field += (k - 1) * step\n"
                "    return field",
                "is needed",
            ),
            ("def receptive_field(layers):\n    return layers[-1][0]", "5 is needed"),
        ],
        "shrink": [
            (
                "from helpers.models import ArticleCNN\nsmall = ArticleCNN()",
                "more than 10,000",
            ),
            (
                "small = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),"
                " nn.Linear(8, 10))",
                "are not the article's",
            ),
            (
                "small = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Conv2d(16, 32, 3),"
                " nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))",
                "(5, 10)",
            ),
            ("small = 5418", "must be a network"),
        ],
    },
    "cnn/training": {
        "first-loss": [
            ("def first_loss(classes):\n    return 1 / classes", "0.1, and 2.30259"),
            ("def first_loss(classes):\n    return math.log10(classes)", "1, and 2.30259"),
            ("def first_loss(classes):\n    return math.log(10)", "classes = 2"),
        ],
        "momentum": [
            (
                "def descend(w, gradients, learning_rate, momentum):\n"
                "    for g in gradients:\n"
                "        w = w - learning_rate * g\n"
                "    return w",
                "is needed",
            ),
            (
                "def descend(w, gradients, learning_rate, momentum):\n"
                "    for g in gradients:\n"
                "        v = 0.0\n"
                "        v = momentum * v + g\n"
                "        w = w - learning_rate * v\n"
                "    return w",
                "is needed",
            ),
            (
                "def descend(w, gradients, learning_rate, momentum):\n"
                "    v = 0.0\n"
                "    for g in gradients:\n"
                "        v = momentum * v + (1 - momentum) * g\n"
                "        w = w - learning_rate * v\n"
                "    return w",
                "is needed",
            ),
        ],
        "accuracy": [
            (
                "def accuracy(scores, labels):\n"
                "    return (scores.max(1).values == labels).float().mean().item()",
                "is needed",
            ),
            (
                "def accuracy(scores, labels):\n"
                "    return (scores.argmax(1) == labels).sum().item()",
                "is needed",
            ),
            (
                "def accuracy(scores, labels):\n"
                "    return 100 * (scores.argmax(1) == labels).float().mean().item()",
                "is needed",
            ),
        ],
        "spread": [
            ('verdict = "a"', "may be luck"),
            ('verdict = "b"', "one draw"),
        ],
    },
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


def verdict(chapter, name, answer):
    """Run the setup cell, `answer` in the stub's place, and the checker; return its verdict."""
    source = cells(chapter)
    namespace = {}
    exec(source["setup"], namespace)
    exec(answer, namespace)
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
