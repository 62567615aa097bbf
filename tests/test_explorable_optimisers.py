"""The race of optimisers: every step is torch's, on surfaces whose gradients are autograd's."""

import random

import pytest
import torch
from explorable_page import about, choose, fill, show, shown_text, state, static

SURFACES = {
    "ravine": lambda x, y: 0.5 * (x - 1) ** 2 + 10 * (y + 0.5) ** 2,
    "saddle": lambda x, y: 1 + x**2 / 2 + x / 4 - y**2 / 2 + y**4 / 8,
    "valley": lambda x, y: (1 - x) ** 2 / 4 + 2 * (y - x**2 / 2) ** 2,
    "noisy": lambda x, y: (x - 0.5) ** 2 + 2 * (y + 0.5) ** 2,
}
OPTIMISERS = {
    "SGD": lambda w, how: torch.optim.SGD(w, lr=how["rate"]),
    "Momentum": lambda w, how: torch.optim.SGD(w, lr=how["rate"], momentum=how["momentum"]),
    "Nesterov": lambda w, how: torch.optim.SGD(
        w, lr=how["rate"], momentum=how["momentum"], nesterov=how["momentum"] > 0
    ),
    "Adam": lambda w, how: torch.optim.Adam(w, lr=how["adam"]),
    "AdamW": lambda w, how: torch.optim.AdamW(w, lr=how["adam"], weight_decay=how["decay"]),
}
DEFAULT = {
    "surface": "ravine",
    "rate": 0.05,
    "momentum": 0.9,
    "adam": 0.1,
    "decay": 0.1,
    "start": [-1.6, 1.2],
}


def noise(steps: int) -> list[tuple[float, float]]:
    """Return what the noisy surface adds to each gradient: Park and Miller's generator."""
    seed, numbers = 12345, []
    for _ in range(2 * steps):
        seed = seed * 16807 % (2**31 - 1)
        numbers.append(2 * (2 * seed / (2**31 - 1) - 1))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def torch_path(name: str, how: dict) -> list[list[float]]:
    w = torch.tensor(how["start"], dtype=torch.float64, requires_grad=True)
    optimiser = OPTIMISERS[name]([w], how)
    points = [w.tolist()]
    shakes = noise(how["steps"])
    for step in range(how["steps"]):
        optimiser.zero_grad()
        SURFACES[how["surface"]](*w).backward()
        if how["surface"] == "noisy":
            w.grad += torch.tensor(shakes[step], dtype=torch.float64)
        optimiser.step()
        points.append(w.tolist())
    return points


def cases(many: int) -> list[tuple[str, dict]]:
    dice = random.Random(5)
    return [
        (
            dice.choice(list(OPTIMISERS)),
            {
                "surface": dice.choice(list(SURFACES)),
                "rate": dice.choice([0.001, 0.01, 0.05]),
                "momentum": dice.choice([0, 0.5, 0.9, 0.99]),
                "adam": dice.choice([0.01, 0.1, 0.5]),
                "decay": dice.choice([0, 0.01, 0.5]),
                "start": [dice.uniform(-1.5, 1.5), dice.uniform(-1.5, 1.5)],
                "steps": dice.randint(1, 40),
            },
        )
        for _ in range(many)
    ]


def test_every_step_is_torchs(opened):
    page = opened(show("optimisers"))
    chosen = cases(100)
    for (name, how), points in zip(chosen, static(page, "path", chosen), strict=True):
        for ours, theirs in zip(points, torch_path(name, how), strict=True):
            assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9), (name, how)


def test_the_heights_are_those_of_the_formulas(opened):
    page = opened(show("optimisers"))
    dice = random.Random(8)
    chosen = [
        [dice.choice(list(SURFACES)), dice.uniform(-2, 2), dice.uniform(-2, 2)] for _ in range(100)
    ]
    for (name, x, y), loss in zip(chosen, static(page, "loss", chosen), strict=True):
        assert loss == pytest.approx(SURFACES[name](x, y), rel=1e-12, abs=1e-12)


def test_the_noise_has_no_direction(opened):
    page = opened(show("optimisers"))
    (found,) = static(page, "noise", [[200]])
    assert [[2 * a, 2 * b] for a, b in found] == [pytest.approx(pair) for pair in noise(200)]
    for axis in zip(*found, strict=True):
        assert abs(sum(axis) / 200) < 0.1 and max(map(abs, axis)) <= 1


def test_the_fallback_table_is_right():
    head, *rows = about("optimisers")["table"]
    assert [head[1], head[2], head[3]] == ["SGD", "Momentum", "Nesterov"]
    for label, *losses in rows:
        how = DEFAULT | {"steps": int(label[2:-1])}
        ends = [SURFACES["ravine"](*torch_path(name, how)[-1]) for name in OPTIMISERS]
        assert losses == pytest.approx(ends, rel=5e-4)


def losses(page) -> dict[str, str]:
    rows = page.locator("table.runners tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {name: loss for _, name, loss in cells}


def test_buttons_walk_and_the_table_follows(opened):
    page = opened(show("optimisers"))
    before = losses(page)
    page.locator("button[name=one]").click()
    page.locator("button[name=ten]").click()
    assert state(page)["steps"] == 11
    shown = losses(page)
    assert list(shown) == list(OPTIMISERS) and shown != before
    for name, text in shown.items():
        end = torch_path(name, DEFAULT | {"steps": 11})[-1]
        assert float(text.replace("−", "-")) == pytest.approx(SURFACES["ravine"](*end), rel=1e-3)
    assert page.locator("tr.best").count() == 1
    page.locator("button[name=reset]").click()
    assert state(page)["steps"] == 0 and losses(page) == before


def test_a_rate_above_the_limit_diverges_in_the_ravine(opened):
    """The steepest curvature is 20, so SGD converges below 2 / 20 = 0.1 and not above."""
    page = opened(show("optimisers", rate="0.05", steps=200))
    assert losses(page)["SGD"] != "diverged"
    page = opened(show("optimisers", rate="0.2", steps=200))
    assert losses(page)["SGD"] == "diverged"
    best = page.locator("tr.best td").all_inner_texts()
    assert best[1] != "SGD" and float(best[2].replace("−", "-")) < 1


def test_a_click_on_the_map_is_a_start(opened):
    page = opened(show("optimisers"))
    box = page.locator("svg.map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    assert (state(page)["x"], state(page)["y"]) == (10, 10)


def test_the_race_runs_and_stops(opened):
    page = opened(show("optimisers"))
    page.locator("button[name=run]").click()
    page.wait_for_function("document.querySelector('gpu-optimisers').state.steps > 3")
    page.locator("button[name=run]").click()
    reached = state(page)["steps"]
    page.wait_for_timeout(200)
    assert state(page)["steps"] == reached
    choose(page, "surface", "saddle")
    fill(page, "steps", 5)
    assert "½y²" in shown_text(page)
