"""Paths to collapse: every path listed, torch's own loss, symbols chosen by key or click."""

import itertools
import math
import random

import pytest
import torch
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

ABOUT = about("ctc")
WORDS = ABOUT["options"]["word"]["choices"]


def collapsed(path) -> str:
    """Say what a path collapses to, in another way than the element: by groups."""
    return "".join(symbol for symbol, _ in itertools.groupby(path) if symbol != "-")


def symbols(word) -> list[str]:
    return ["-", *dict.fromkeys(word)]


def paths_by_torch(word, frames) -> int:
    """Count the paths by torch's loss: with equal scores each has the same probability."""
    names = symbols(word)
    logp = torch.zeros(frames, len(names), dtype=torch.float64).log_softmax(1)
    target = torch.tensor([names.index(letter) for letter in word])
    sizes = torch.tensor(frames), torch.tensor(len(word))
    loss = torch.nn.functional.ctc_loss(logp, target, *sizes, reduction="sum")
    return round(math.exp(frames * math.log(len(names)) - loss.item()))


def test_a_path_collapses_as_by_groups(opened):
    page = opened(show("ctc"))
    draw = random.Random(1)
    paths = [draw.choices("-se", k=draw.randint(1, 10)) for _ in range(200)]
    found = static(page, "collapse", [[path] for path in paths])
    assert found == [collapsed(path) for path in paths]
    assert "see" in found and "" in [collapsed("--")]


@pytest.mark.parametrize("word", WORDS)
def test_the_grid_counts_what_torch_sums_and_a_list_holds(opened, word):
    page = opened(show("ctc"))
    least = len(word) + sum(a == b for a, b in itertools.pairwise(word))
    numbers = range(3, 9)
    found = static(page, "count", [[word, frames] for frames in numbers])
    for frames, ways in zip(numbers, found, strict=True):
        assert (ways > 0) == (frames >= least)
        if ways:
            assert ways == paths_by_torch(word, frames)
        if frames <= 6:
            listed = itertools.product(symbols(word), repeat=frames)
            assert ways == sum(collapsed(path) == word for path in listed)


def test_a_path_is_followed_to_one_of_the_last_states_only_if_it_says_the_word(opened):
    page = opened(show("ctc"))
    paths = list(itertools.product("-se", repeat=5))
    tracks = static(page, "track", [["see", path] for path in paths])
    for path, track in zip(paths, tracks, strict=True):
        assert ["-s-e-e-"[s] for s in track] == list(path[: len(track)])
        whole = len(track) == len(path) and track[-1] >= 5
        assert whole == (collapsed(path) == "see")


def test_the_fallback_table_is_right():
    _, *rows = ABOUT["table"]
    for path, merged, said in rows:
        symbols = path.split()
        assert merged.split() == [symbol for symbol, _ in itertools.groupby(symbols)]
        assert said == collapsed(symbols)
    assert any(row[2] == "see" for row in rows) and any(row[2] != "see" for row in rows)


def test_two_equal_letters_need_a_blank(opened):
    page = opened(show("ctc"))
    assert facts(page)["Says"] == "se"
    page.locator("#path-0-3").click()
    live(page, "Frame 4: blank. The path says see: the word.")
    assert facts(page)["Says"] == "see" and facts(page)["Merged"] == "s e - e"
    page.locator("#path-2-3").click()
    assert facts(page)["Says"] == "se"


def test_keys_choose_a_symbol(opened):
    page = opened(show("ctc"))
    grid = page.locator("table[role=grid]")
    grid.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        grid.press(key)
    assert state(page)["path"] == ["s", "s", "e", "-", "e", "e"]


def test_another_word_or_length_begins_anew(opened):
    page = opened(show("ctc", word="one"))
    assert facts(page)["Says"] == "one"
    fill(page, "frames", 8)
    assert len(state(page)["path"]) == 8
    assert facts(page)["All paths"] == f"{4**8:,}"
    assert facts(page)["Paths that say the word"] == f"{paths_by_torch('one', 8):,}"
    live(page, "one in 8 frames")
    choose(page, "word", "three")
    fill(page, "frames", 5)
    assert facts(page)["Paths that say the word"] == "0"
    assert "blank" in shown_text(page)
    rows = page.evaluate(f"{FIRST}.shadowRoot.querySelectorAll('.ways tr').length")
    assert rows == 2 * len("three") + 1
