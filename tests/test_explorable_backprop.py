"""Gradients through one neuron: autograd's, step by step, and the finite difference."""

import random

import pytest
import torch
from explorable_page import FIRST, about, choose, fill, live, show, shown_text, state, static

INPUTS = ["w1", "x1", "w2", "x2", "b", "y"]
SIGMA = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def graph(values: dict, activation: str) -> tuple[dict, dict]:
    """Return every node's value and gradient, by autograd."""
    node = {
        k: torch.tensor(float(values[k]), dtype=torch.float64, requires_grad=True) for k in INPUTS
    }
    node["m1"], node["m2"] = node["w1"] * node["x1"], node["w2"] * node["x2"]
    node["z"] = node["m1"] + node["m2"] + node["b"]
    node["a"] = SIGMA[activation](node["z"])
    node["e"] = node["a"] - node["y"]
    node["L"] = node["e"] ** 2
    for tensor in node.values():
        tensor.retain_grad()
    node["L"].backward()
    return {k: t.item() for k, t in node.items()}, {k: t.grad.item() for k, t in node.items()}


def cases(many: int) -> list[dict]:
    dice = random.Random(12)
    draw = [lambda: dice.randint(-4, 4), lambda: dice.uniform(-4, 4)]
    return [
        {name: dice.choice(draw)() for name in INPUTS} | {"activation": dice.choice(list(SIGMA))}
        for _ in range(many)
    ]


def test_values_and_gradients_are_autograds(opened):
    page = opened(show("backprop"))
    chosen = [*cases(100), dict.fromkeys(INPUTS, 0) | {"activation": "relu"}]
    values = static(page, "forward", [[case] for case in chosen])
    found = static(
        page, "backward", [[v, c["activation"]] for v, c in zip(values, chosen, strict=True)]
    )
    for case, value, back in zip(chosen, values, found, strict=True):
        wanted, gradients = graph(case, case["activation"])
        assert value == pytest.approx(wanted, abs=1e-12)
        assert back["gradients"] == pytest.approx(gradients, rel=1e-9, abs=1e-15)


def test_each_slope_takes_a_gradient_one_node_back(opened):
    """The chain rule as it is drawn: gradient = gradient of the next node × the edge's slope."""
    page = opened(show("backprop"))
    edges = {
        "m1": "z",
        "m2": "z",
        "b": "z",
        "z": "a",
        "a": "e",
        "y": "e",
        "e": "L",
        "w1": "m1",
        "x1": "m1",
        "w2": "m2",
        "x2": "m2",
    }
    chosen = cases(60)
    values = static(page, "forward", [[case] for case in chosen])
    found = static(
        page, "backward", [[v, c["activation"]] for v, c in zip(values, chosen, strict=True)]
    )
    # The slope drawn at z's edge is that of the activation, at a's that of the difference.
    for back in found:
        for name, to in edges.items():
            product = back["gradients"][to] * back["slopes"][name]
            assert back["gradients"][name] == pytest.approx(product, rel=1e-9, abs=1e-15), name


def test_the_finite_difference_is_what_it_says(opened):
    page = opened(show("backprop"))
    dice = random.Random(3)
    chosen = [[case, dice.choice(INPUTS), dice.choice([1, 0.1, 1e-3])] for case in cases(100)]
    for (case, name, h), found in zip(chosen, static(page, "difference", chosen), strict=True):
        ends = [
            graph(case | {name: case[name] + step}, case["activation"])[0]["L"] for step in (h, -h)
        ]
        assert found == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-7, abs=1e-7)


def test_the_fallback_table_is_right():
    for inputs, *wanted in about("backprop")["table"][1:]:
        numbers = [float(text) for text in inputs.split(",")]
        values, gradients = graph(dict(zip(INPUTS, numbers, strict=True)), "relu")
        assert wanted[:3] == [values[name] for name in ("z", "a", "L")]
        assert wanted[3:] == [gradients[name] for name in INPUTS[:5]]


def texts(page, name: str) -> list[str]:
    """Return the drawing's texts of a class."""
    return page.locator(f"svg text.{name}").all_text_contents()


def test_steps_reveal_values_then_gradients(opened):
    page = opened(show("backprop", step=0))
    assert len(texts(page, "v")) == 6
    assert page.locator("button[name=next]").is_visible()
    for step in range(1, 13):
        page.locator("button[name=next]").click()
        assert state(page)["step"] == step
        assert len(texts(page, "v")) == min(12, 6 + step)
    assert len(texts(page, "g")) == 12
    page.locator("button[name=next]").click()
    assert state(page)["step"] == 12
    for _ in range(6):
        page.locator("button[name=back]").click()
    assert texts(page, "g") == []
    assert "Forward:\nL = e² = 2² = 4" in shown_text(page)


def test_every_step_writes_its_local_derivative(opened):
    page = opened(show("backprop", w1=3, x1=-2, b=2, y=-1, w2=1, x2=1, activation="tanh"))
    _, gradients = graph(state(page), "tanh")
    seen = set()
    for step in range(7, 13):
        fill(page, "step", step)
        for line in page.locator("p.rule").inner_text().split("\n")[1:]:
            if line == "∂L/∂L = 1":
                continue
            name = line.split(" = ")[0][4:].replace("₁", "1").replace("₂", "2")
            product, result = (side.replace("−", "-") for side in line.split(" = ")[-2:])
            left, right = (float(part.strip("()")) for part in product.split(" · "))
            assert left * right == pytest.approx(float(result), rel=2e-2, abs=1e-6)
            assert float(result) == pytest.approx(gradients[name], rel=1e-2, abs=1e-9)
            seen.add(name)
    assert seen == set(gradients) - {"L"}


def test_an_input_changes_the_table_and_both_columns_agree(opened):
    page = opened(show("backprop", activation="sigmoid"))
    dice = random.Random(1)
    for _ in range(5):
        for name in INPUTS:
            fill(page, name, dice.randint(-1, 1))
        _, gradients = graph(state(page), "sigmoid")
        for row in page.locator("table.check tr").all()[1:]:
            name, back, difference, off = row.locator("td").all_inner_texts()
            name = name.replace("₁", "1").replace("₂", "2")
            back, difference = (float(text.replace("−", "-")) for text in (back, difference))
            assert back == pytest.approx(gradients[name], rel=1e-2, abs=1e-6)
            assert float(off.replace("−", "-")) < 1e-4
            assert difference == pytest.approx(back, rel=1e-2, abs=1e-5)


def test_a_dead_relu_passes_nothing_and_a_corner_is_told(opened):
    page = opened(show("backprop", w1=-4, x1=4, step=12))
    assert "ReLU is off" in shown_text(page)
    gradients = page.locator("table.check td:nth-child(2)").all_inner_texts()
    assert gradients == ["0"] * 5
    fill(page, "w1", 0)
    fill(page, "w2", 0)
    fill(page, "b", 0)
    live(page, "so near the corner of ReLU")
    rows = page.locator("table.check tr").last.locator("td").all_inner_texts()
    assert rows[:3] == ["b", "0", "−2.9995"], "half of the slope on one side"
    choose(page, "activation", "tanh")
    assert "corner" not in page.evaluate(f"{FIRST}.note.textContent")
