"""Softmax to play with: PyTorch's probabilities, loss and gradient, and its low precision."""

import math
import random

import numpy as np
import pytest
import torch
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

NUMPY = {"fp16": np.float16, "fp32": np.float32}
TEMPERATURES = ["0.1", "0.2", "0.5", "1", "2", "5", "10"]


def examples(many: int, seed: int) -> list:
    """Return (logits, target, temperature), sizes from gentle to extreme."""
    dice = random.Random(seed)
    found = []
    for _ in range(many):
        size = dice.choice([1, 5, 50, 700])
        z = [dice.uniform(-size, size) for _ in range(dice.randint(2, 8))]
        found.append((z, dice.randrange(len(z)), float(dice.choice(TEMPERATURES))))
    return found


def test_probabilities_loss_and_gradient_are_pytorchs(opened):
    page = opened(show("softmax"))
    cases = examples(120, 8)
    for case, found in zip(cases, static(page, "softmax", cases), strict=True):
        z, target, temperature = case
        logits = torch.tensor(z, dtype=torch.float64, requires_grad=True)
        loss = torch.nn.functional.cross_entropy(logits / temperature, torch.tensor(target))
        loss.backward()
        p = (logits / temperature).softmax(0)
        torch.testing.assert_close(torch.tensor(found["p"], dtype=torch.float64), p.detach())
        assert found["loss"] == pytest.approx(loss.item(), abs=1e-9)
        wanted = logits.grad
        torch.testing.assert_close(torch.tensor(found["gradient"], dtype=torch.float64), wanted)


def near(found: float, wanted, kind) -> bool:
    """Whether two numbers are alike to two units in the last place of a format."""
    return abs(found - float(wanted)) <= 2 * float(np.spacing(abs(kind(wanted))))


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
@pytest.mark.parametrize("stable", [False, True])
def test_low_precision_is_numpys(opened, precision, stable):
    page = opened(show("softmax"))
    kind, dice = NUMPY[precision], random.Random(4)
    cases = []
    for _ in range(60):
        offset = dice.choice([0, 0, 10, 90, -15, -120])
        z = [round(dice.uniform(-10, 10), 1) + offset for _ in range(dice.randint(2, 5))]
        cases.append([z, float(dice.choice(TEMPERATURES)), precision, stable])
    broken = 0
    for (z, temperature, *_), found in zip(cases, static(page, "low", cases), strict=True):
        with np.errstate(all="ignore"):
            scaled = np.array([kind(float(kind(v)) / temperature) for v in z], kind)
            terms = np.exp(scaled - (scaled.max() if stable else kind(0)))
            total = kind(0)
            for term in terms:
                total = kind(total + term)
            p = terms / total
        np.testing.assert_array_equal(
            np.isfinite(np.array(found["terms"], float)), np.isfinite(terms)
        )
        if np.isfinite(terms).all():
            assert all(near(f, w, kind) for f, w in zip(found["terms"], terms, strict=True))
        np.testing.assert_allclose(found["p"], p, rtol=8 * float(np.finfo(kind).eps), atol=1e-6)
        broken += not np.isfinite(p).all()
    assert broken == 0 if stable else broken > 10


def test_rounding_is_that_of_the_formats(opened):
    page = opened(show("softmax"))
    for precision, (mantissa, least) in {"fp16": (10, -14), "fp32": (23, -126)}.items():
        kind, dice = NUMPY[precision], random.Random(1)
        most = float(np.finfo(kind).max)
        cases = [math.ldexp(dice.randrange(2**11, 2**12) + dice.choice([0.5, 0.25]), dice.randint(
            least - mantissa - 2, 3)) for _ in range(100)]  # fmt: skip
        cases += [most, most * (1 + 2.0 ** -(mantissa + 3)), 0.0, 0.1, -0.1]
        found = static(page, "rounded", [[x, [mantissa, least, most]] for x in cases])
        assert found == [float(kind(x)) for x in cases]


def test_the_fallback_table_is_right():
    rows = about("softmax")["table"][1:]
    z = torch.tensor([float(row[0]) for row in rows], dtype=torch.float64)
    for column, wanted in enumerate([z.exp(), z.softmax(0), (z / 5).softmax(0)], start=1):
        for row, value in zip(rows, wanted.tolist(), strict=True):
            assert float(row[column]) == pytest.approx(value, rel=1e-3, abs=6e-5)


def logits(page) -> torch.Tensor:
    now = state(page)
    return torch.tensor(now["z"][: now["classes"]], dtype=torch.float64)


def test_the_bars_and_figures_follow_the_sliders(opened):
    page = opened(show("softmax"))
    fill(page, "z2", 35)
    fill(page, "temperature", TEMPERATURES.index("2"))
    fill(page, "target", 3)
    assert logits(page)[2] == 3.5
    p = (logits(page) / 2).softmax(0)
    bars = page.locator(".bar").evaluate_all(
        "all => all.map((e) => [parseFloat(e.firstChild.style.width), e.textContent])"
    )
    for k, share in enumerate(p.tolist()):
        assert bars[2 * k][0] == pytest.approx(100 * share, abs=1e-3)
        assert float(bars[2 * k][1].replace("−", "-")) == pytest.approx(share, rel=1e-3)
        gradient = (share - (k == 2)) / 2
        assert float(bars[2 * k + 1][1].replace("−", "-")) == pytest.approx(gradient, rel=1e-3)
    told = facts(page)
    assert float(told["Loss −ln p of the right class"]) == pytest.approx(
        -p[2].log().item(), rel=1e-3
    )
    assert float(told["Loss of a blind guess, ln K"]) == pytest.approx(math.log(4), rel=1e-3)
    assert float(told["Entropy of p"]) == pytest.approx(-(p * p.log()).sum().item(), rel=1e-3)
    assert told["Sum of the gradient"] == "0"
    live(page, "Right class C: probability")


def test_steps_go_down_and_reset_goes_back(opened):
    page = opened(show("softmax", target=4))
    before = state(page)["z"]
    z = logits(page).requires_grad_()
    losses = [float(facts(page)["Loss −ln p of the right class"])]
    for _ in range(5):
        loss = torch.nn.functional.cross_entropy(z, torch.tensor(3))
        (gradient,) = torch.autograd.grad(loss, z)
        z = (z - gradient).detach().requires_grad_()
        page.locator("button[name=step]").click()
        torch.testing.assert_close(logits(page), z.detach())
        losses.append(float(facts(page)["Loss −ln p of the right class"]))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]
    page.locator("button[name=reset]").click()
    assert state(page)["z"] == before


def test_the_naive_way_overflows_and_the_stable_one_does_not(opened):
    page = opened(show("softmax"))
    assert "Nothing overflows here" in shown_text(page)
    true = page.locator(".bar span").all_inner_texts()
    fill(page, "offset", 12)
    assert "65504: exp overflows for z / T above 11.09" in shown_text(page)
    rows = [row.locator("td").all_inner_texts() for row in page.locator("table.low tr").all()[1:]]
    assert rows[0][1:3] == ["∞", "NaN"]
    assert not {"∞", "NaN"} & {text for row in rows for text in row[3:]}
    for row, p in zip(rows, true[::2], strict=True):
        assert float(row[4]) == pytest.approx(float(p), rel=0.01, abs=1e-3)
    assert page.locator(".bar span").all_inner_texts() == true, "an offset changes no probability"
    choose(page, "precision", "fp32")
    assert "Nothing overflows here" in shown_text(page)
    fill(page, "offset", 100)
    assert "above 88.72" in shown_text(page)
    fill(page, "offset", -120)
    assert "0 / 0 is NaN" in shown_text(page)
    live(page, "Naive probability in FP32: NaN")


def test_fewer_classes_keep_the_target_among_them(opened):
    page = opened(show("softmax", classes=5, target=5))
    fill(page, "classes", 2)
    assert state(page)["target"] == 2
    assert page.locator(".row").count() == 3
    assert page.evaluate(f"{FIRST}.state.z.length") == 5


def test_a_sum_that_overflows_is_told_apart(opened):
    page = opened(show("softmax", classes=2, offset=9))
    fill(page, "z1", 20)
    assert "their sum overflows" in shown_text(page)
    cells = page.locator("table.low td").all_inner_texts()
    assert cells[2] == cells[7] == "0"
    assert 2 * math.exp(11) > float(np.finfo(np.float16).max) > math.exp(11)
