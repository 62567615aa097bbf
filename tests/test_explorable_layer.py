"""The layer as a matrix product: PyTorch's arithmetic, and which outputs a number changes."""

import random

import pytest
import torch
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

RELU = torch.nn.functional.relu


def entries(page) -> dict:
    """Return the arrays that the explorable shows, W as PyTorch stores it."""
    found = page.evaluate(
        f"""() => Object.fromEntries([...{FIRST}.shadowRoot.querySelectorAll('[role=grid]')].map(
        (grid) => [grid.className, [...grid.rows].map((row) => [...row.cells].map(
        (cell) => Number(cell.textContent.replace('−', '-'))))]))"""
    )
    tensors = {name: torch.tensor(values, dtype=torch.float64) for name, values in found.items()}
    return tensors | {"W": tensors["W"].T, "b": tensors["b"][0]}


def check(page):
    """Compare the outputs shown with `torch.nn.functional.linear`; whole numbers, so exactly."""
    now = entries(page)
    wanted = torch.nn.functional.linear(now["X"], now["W"], now["b"])
    assert torch.equal(now["Z"], wanted)
    relu = state(page)["activation"] == "relu"
    assert torch.equal(now["A"], RELU(wanted) if relu else wanted)
    return now


def marked(page, grid: str, name: str) -> set:
    """Return the places of a grid's cells that carry a class."""
    found = page.evaluate(
        f"""([grid, name]) => [...{FIRST}.shadowRoot.querySelectorAll(`.${{grid}} td.${{name}}`)]
        .map((cell) => [cell.parentNode.rowIndex, cell.cellIndex])""",
        [grid, name],
    )
    return {tuple(place) for place in found}


def test_the_arithmetic_is_pytorchs(opened):
    page = opened(show("layer"))
    dice = random.Random(7)
    cases = []
    for _ in range(100):
        batch, inputs, outputs = (dice.randint(1, 6) for _ in range(3))
        draw = dice.choice([lambda: dice.randint(-9, 9), lambda: dice.uniform(-2, 2)])
        rows = lambda many, draw=draw, inputs=inputs: [  # noqa: E731
            [draw() for _ in range(inputs)] for _ in range(many)
        ]
        cases.append([rows(batch), rows(outputs), [draw() for _ in range(outputs)]])
    for case, found in zip(cases, static(page, "forward", cases), strict=True):
        wanted = torch.nn.functional.linear(*(torch.tensor(x, dtype=torch.float64) for x in case))
        torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), wanted)


def test_the_fallback_table_and_the_costs_are_those_of_a_real_layer(opened):
    from torch.utils.flop_counter import FlopCounterMode

    page = opened(show("layer"))
    rows = about("layer")["table"][1:]
    costs = static(page, "cost", [row[:3] for row in rows])
    for (batch, inputs, outputs, made, work, parameters), cost in zip(rows, costs, strict=True):
        layer = torch.nn.Linear(inputs, outputs)
        x = torch.zeros(batch, inputs)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            result = layer(x)
        assert counter.get_total_flops() == 2 * work == 2 * cost["work"]
        assert result.numel() == made == cost["made"]
        assert sum(p.numel() for p in layer.parameters()) == parameters == cost["parameters"]
        moved = x.numel() + parameters + result.numel()
        assert cost["reuse"] == pytest.approx(work / moved)
        assert cost["uses"] == batch


def test_every_shape_and_view_shows_the_right_product(opened):
    page = opened(show("layer"))
    dice = random.Random(3)
    for _ in range(12):
        sizes = {name: dice.randint(1, 4) for name in ("inputs", "outputs", "batch")}
        choose(page, "view", "batch")
        for name, value in sizes.items():
            fill(page, name, value)
        view = dice.choice(["neuron", "layer", "batch"])
        choose(page, "view", view)
        choose(page, "activation", dice.choice(["relu", "identity"]))
        now = check(page)
        batch = sizes["batch"] if view == "batch" else 1
        outputs = 1 if view == "neuron" else sizes["outputs"]
        assert now["X"].shape == (batch, sizes["inputs"])
        assert now["W"].shape == (outputs, sizes["inputs"])
        assert facts(page)["Outputs, independent"] == f"{batch} × {outputs} = {batch * outputs}"
        assert facts(page)["Uses of each weight"] == str(batch)
        assert page.locator("input[name=batch]").is_disabled() == (view != "batch")
        assert page.locator("input[name=outputs]").is_disabled() == (view == "neuron")


def test_a_number_changes_the_outputs_that_are_marked_and_no_other(opened):
    page = opened(show("layer", inputs=3, outputs=3, batch=4, activation="identity"))
    dice = random.Random(5)
    sizes = {"X": (4, 3), "W": (3, 3), "b": (1, 3)}
    for _ in range(12):
        part = dice.choice(list(sizes))
        row, column = (dice.randrange(size) for size in sizes[part])
        page.evaluate(f"([p, r, c]) => {FIRST}.choose(p, r, c, 0)", [part, row, column])
        before = check(page)
        # Weights and inputs that are 0 would hide what depends on them.
        page.evaluate(
            f"""() => {{ const e = {FIRST}; for (const p of ['X', 'W']) for (const line of
            e.numbers[p]) line.forEach((v, i) => {{ line[i] = v || 1; }});
            e.choose('{part}', {row}, {column}, 1); }}"""
        )
        before = check(page)
        fill(page, "value", 3)
        after = check(page)
        changed = {tuple(place) for place in (before["Z"] != after["Z"]).nonzero().tolist()}
        assert changed == marked(page, "Z", "changed") == marked(page, "A", "changed")
        assert marked(page, part, "chosen") == {(row, column)}


def test_the_written_sum_is_the_output(opened):
    page = opened(show("layer", inputs=4, outputs=4))
    for row, column in [(0, 0), (2, 1), (3, 3)]:
        page.locator("table.Z td").nth(4 * row + column).click()
        now = check(page)
        first, second = page.locator("p.sum").inner_text().split("\n")
        symbols, products, result = (
            side.replace("−", "-") for side in first.split("Z", 1)[1].split(" = ")[1:]
        )
        total = 0
        *pairs, bias = products.split(" + ")
        for pair, x, w in zip(pairs, now["X"][row], now["W"][column], strict=True):
            left, right = (float(number.strip("()")) for number in pair.split("·"))
            assert (left, right) == (x, w)
            total += left * right
        assert total + float(bias.strip("()")) == float(result) == now["Z"][row, column]
        assert symbols.count("·") == 4
        assert second.endswith(f"= {now['A'][row, column]:g}")
        assert marked(page, "X", "in") == {(row, j) for j in range(4)}
        assert marked(page, "W", "in") == {(j, column) for j in range(4)}


def test_keys_choose_and_change_a_number(opened):
    page = opened(show("layer"))
    grid = page.get_by_role("grid", name="Weights")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    weight = entries(page)["W"][1, 1]
    page.keyboard.press("-")
    live(page, "W₂₂ is 1. Outputs that depend on it: 4.")
    assert entries(page)["W"][1, 1] == weight - 1
    for _ in range(5):
        page.keyboard.press("+")
    assert check(page)["W"][1, 1] == 3, "the slider's end"
    live(page, "W₂₂ is 3.")
    assert "W₂₂ = 3" in shown_text(page)


def test_a_number_can_be_dragged(opened):
    page = opened(show("layer"))
    cell = page.locator("table.X td").nth(3)
    box = cell.bounding_box()
    before = entries(page)["X"][1, 0]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 43, y, steps=4)
    page.mouse.up()
    assert check(page)["X"][1, 0] == before - 3
    page.mouse.move(x + 43, y)
    assert check(page)["X"][1, 0] == before - 3, "released"


def test_relu_cuts_what_is_negative(opened):
    page = opened(show("layer"))
    now = check(page)
    cut = {tuple(place) for place in (now["Z"] < 0).nonzero().tolist()}
    assert cut
    assert marked(page, "A", "clipped") == cut
    choose(page, "activation", "identity")
    assert marked(page, "A", "clipped") == set()
    check(page)
