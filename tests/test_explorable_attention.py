"""Attention in the page: the same numbers as torch's own, and what the masks promise."""

import itertools
import math

import pytest
from explorable_page import about, choose, fill, live, show, shown_text, state, static

ABOUT = about("attention")
OPTIONS = ABOUT["options"]


def settings() -> list[dict]:
    """Return every combination of size, scale and mask, for three lengths."""
    names = ("size", "scale", "mask")
    choices = [OPTIONS[name]["choices"] for name in names]
    return [
        dict(zip(names, chosen, strict=True)) | {"tokens": tokens}
        for tokens in (2, 5, 8)
        for chosen in itertools.product(*choices)
    ]


def allowed(mask: str, tokens: int, torch):
    """Return which key each query may see."""
    every = torch.ones(tokens, tokens, dtype=torch.bool)
    if mask == "padding":
        every[:, max(1, tokens - 2) :] = False
    return every.tril() if mask == "causal" else every


def test_the_weights_are_torchs(opened):
    torch = pytest.importorskip("torch")
    page = opened(show("attention"))
    for case in settings():
        given = static(page, "draw", [[case]])[0]
        q, k, v = (
            torch.tensor(given[n], dtype=torch.float64) for n in ("queries", "keys", "values")
        )
        may = allowed(case["mask"], case["tokens"], torch)
        wanted = torch.nn.functional.scaled_dot_product_attention(
            q, k, v[:, None], attn_mask=may, scale=1.0 if case["scale"] == "raw" else None
        )
        found = static(page, "attend", [[case]])[0]
        passed = torch.tensor([row["passed"] for row in found], dtype=torch.float64)
        assert torch.allclose(passed, wanted[:, 0], atol=1e-10), case
        weights = torch.tensor([row["weights"] for row in found], dtype=torch.float64)
        assert torch.allclose(weights.sum(1), torch.ones(case["tokens"], dtype=torch.float64))
        assert ((weights > 0) <= may).all()
        hidden = torch.tensor([[score == -math.inf for score in row["scores"]] for row in found])
        assert (hidden == ~may).all()


def test_the_numbers_are_normal_and_the_same_at_every_visit(opened):
    page = opened(show("attention"))
    given = static(page, "draw", [[{"tokens": 8, "size": "256"}]])[0]
    assert given == static(page, "draw", [[{"tokens": 8, "size": "256"}]])[0]
    for rows in (given["queries"], given["keys"]):
        numbers = [x for row in rows for x in row]
        mean = sum(numbers) / len(numbers)
        deviation = math.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers))
        assert abs(mean) < 0.08
        assert deviation == pytest.approx(1, abs=0.05)


def largest_weights(page, size: str, scale: str) -> float:
    """Return the largest weight of a query, on average over the queries, without a mask."""
    case = {"tokens": 8, "size": size, "scale": scale, "mask": "open"}
    rows = static(page, "attend", [[case]])[0]
    return sum(max(row["weights"]) for row in rows) / len(rows)


def test_the_hint_is_true(opened):
    page = opened(show("attention"))
    raw = [largest_weights(page, size, "raw") for size in OPTIONS["size"]["choices"]]
    scaled = [largest_weights(page, size, "scaled") for size in OPTIONS["size"]["choices"]]
    assert raw[-1] > 0.8 > raw[0]
    assert all(weight < 0.6 for weight in scaled)


def test_the_first_token_is_alone_and_the_last_sees_all(opened):
    page = opened(show("attention"))
    assert "the token averages over" in shown_text(page)
    page.get_by_role("grid").focus()
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    live(page, "Query 1, key 1: score")
    assert "Only one key is in sight" in shown_text(page)
    page.keyboard.press("ArrowRight")
    live(page, "Query 1, key 2: score −∞, weight 0.")


def test_large_vectors_need_the_scale(opened):
    page = opened(show("attention", size="256", mask="open", scale="raw", tokens=8))
    assert "hardly any gradient flows back" in shown_text(page)
    choose(page, "scale", "scaled")
    assert "The weights are spread" in shown_text(page)


def test_fewer_tokens_keep_the_cursor_inside(opened):
    page = opened(show("attention", tokens=8))
    assert state(page)["q"] == 7
    fill(page, "tokens", 3)
    assert (state(page)["q"], state(page)["k"]) == (2, 0)
    assert page.get_by_role("gridcell").count() == 9
