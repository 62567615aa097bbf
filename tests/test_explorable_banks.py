"""The banks of shared memory: the tracer's wavefronts, and what the pictures show."""

import random
import re

import numpy as np
import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

import warptrace
from warptrace import cuda

LANES = 32
DTYPES = {"float32": np.float32, "float64": np.float64}


def reader(rows: int, pitch: int, dtype):
    """Return a kernel in which a warp reads a tile at a row and a column for each lane."""

    def read(row, column, target):
        tile = cuda.shared.array((rows, pitch), dtype)
        lane = cuda.threadIdx.x
        for r in range(rows):
            for c in range(lane, pitch, 32):
                tile[r, c] = r * pitch + c
        cuda.syncthreads()
        target[lane] = tile[row[lane], column[lane]]

    return read


def places(access: str, width: int):
    """Return the row and the column of the element that each lane reads."""
    lanes, none = np.arange(LANES), np.zeros(LANES, int)
    return {
        "row": (lanes // width, lanes % width),
        "column": (lanes, none),
        "diagonal": (lanes, lanes % width),
        "same": (none, none),
    }[access]


def traced(access, element, width, padding) -> dict:
    """Return what the tracer counts for the read."""
    pitch = width + padding
    row, column = places(access, width)
    target = np.zeros(LANES, DTYPES[element])
    kernel = reader(LANES, pitch, DTYPES[element])
    counters = warptrace.trace(kernel, 1, LANES, row, column, target).counters
    np.testing.assert_array_equal(target, row * pitch + column)
    return counters


def settings(number: int) -> list[dict]:
    dice = random.Random(number)
    return [
        {
            "access": dice.choice(["row", "column", "column", "diagonal", "diagonal", "same"]),
            "element": dice.choice(["float32", "float64"]),
            "width": dice.choice([1, 3, 8, 16, 24, 31, 32, 33, 40, 64]),
            "padding": dice.randint(0, 4),
        }
        for _ in range(number)
    ]


def test_the_turns_are_the_tracers_wavefronts(opened):
    page = opened(show("banks"))
    cases = settings(100)
    seen = set()
    for case, found in zip(cases, static(page, "cost", [[c] for c in cases]), strict=True):
        counted = traced(**case)
        assert counted["shared_load_requests"] == 1
        assert found["turns"] == counted["shared_load_wavefronts"], case
        assert found["turns"] - found["least"] == counted["shared_load_conflicts"], case
        seen.add(found["turns"])
    assert {1, 2, 4, 8, 32} <= seen


def test_the_words_of_each_bank_are_those_that_the_lanes_want(opened):
    page = opened(show("banks"))
    cases = settings(40)
    costs = static(page, "cost", [[c] for c in cases])
    for case, found, cost in zip(
        cases, static(page, "passes", [[c] for c in cases]), costs, strict=True
    ):
        size = np.dtype(DTYPES[case["element"]]).itemsize // 4
        row, column = places(case["access"], case["width"])
        first = (row * (case["width"] + case["padding"]) + column) * size
        assert len(found) == size
        asked = set()
        for part, banks in enumerate(found):
            lanes = np.arange(LANES).reshape(size, -1)[part]
            wanted = {
                (word + extra, lane)
                for lane in lanes
                for word, extra in ((first[lane], extra) for extra in range(size))
            }
            told = {(word, lane) for words in banks for word, of in words for lane in of}
            assert told == wanted
            for bank, words in enumerate(banks):
                assert all(word % 32 == bank for word, _ in words)
                asked |= {bank} if words else set()
        assert cost["used"] == len(asked)
        assert cost["ways"] == max(len(words) for banks in found for words in banks)


def test_the_fallback_table_is_right():
    (_, *accesses), *rows = about("banks")["table"]
    for tile, *turns in rows:
        width, padding = (re.fullmatch(r"32 × \(?(\d+)(?: \+ (\d))?\)?", tile)).groups("0")
        for access, count in zip(accesses, turns, strict=True):
            counted = traced(access, "float32", int(width), int(padding))
            assert counted["shared_load_wavefronts"] == count


def test_one_column_of_padding_cures_the_conflict(opened):
    page = opened(show("banks"))
    assert facts(page) == {
        "Turns (wavefronts)": "32",
        "Without conflict": "1",
        "Banks asked": "1 of 32",
        "Most words from one bank in one pass": "32",
    }
    assert "Bank 0 · different words read: 32 · lanes: 0, 1, 2, 3, 4, 5, 6, 7, …" in shown_text(
        page
    )
    fill(page, "padding", 1)
    assert facts(page)["Turns (wavefronts)"] == "1"
    assert facts(page)["Banks asked"] == "32 of 32"
    live(page, "Rows are turns, here 1; columns are the 32 banks. Bank 0")


def test_a_word_that_all_want_costs_one_turn(opened):
    page = opened(show("banks", access="same", bank=1))
    assert facts(page)["Turns (wavefronts)"] == "1"
    assert "handed to everybody" in shown_text(page)
    assert "Bank 1 · different words read: 0 · lanes: –" in shown_text(page)
    choose(page, "element", "float64")
    assert facts(page)["Turns (wavefronts)"] == "2"
    assert facts(page)["Banks asked"] == "2 of 32"
    assert "two halves of 16 lanes" in shown_text(page)


def test_the_code_is_that_of_the_read(opened):
    page = opened(show("banks", padding=1))
    assert "cuda.shared.array((32, 32 + 1), float32); x = tile[lane, 0]" in shown_text(page)
    fill(page, "padding", 0)
    choose(page, "access", "diagonal")
    assert "cuda.shared.array((32, 32), float32); x = tile[lane, lane % width]" in shown_text(page)


def squares(page, name: str) -> set:
    """Return the cells of the paths of a class as (row, column)."""
    paths = page.evaluate(
        f"""name => [...{FIRST}.shadowRoot.querySelectorAll('path.' + name)]
        .map((path) => path.getAttribute('d')).join('')""",
        name,
    )
    return {(int(row), int(column)) for column, row in re.findall(r"M(\d+) (\d+)h1", paths)}


@pytest.mark.parametrize("number", range(4))
def test_the_pictures_show_the_reads_the_bank_and_the_turns(opened, number):
    dice = random.Random(number)
    case = settings(90)[number * 20]
    bank = dice.randrange(32)
    page = opened(show("banks", **case, bank=bank))
    size = np.dtype(DTYPES[case["element"]]).itemsize // 4
    pitch = case["width"] + case["padding"]
    row, column = places(case["access"], case["width"])
    read = set(zip(row.tolist(), column.tolist(), strict=True))
    in_bank = {
        (r, c)
        for r in range(32)
        for c in range(pitch)
        if bank in [((r * pitch + c) * size + part) % 32 for part in range(size)]
    }
    assert squares(page, "banked") == in_bank
    assert squares(page, "both") == read & in_bank
    assert squares(page, "read") == read - in_bank
    cost = static(page, "cost", [[case]])[0]
    served = squares(page, "first") | squares(page, "later")
    assert len({turn for turn, _ in served}) == cost["turns"]
    assert len({place for _, place in served}) == cost["used"]
    assert len([turn for turn, place in served if place == bank]) == sum(
        len(banks[bank]) for banks in static(page, "passes", [[case]])[0]
    )
    assert bool(squares(page, "later")) == (cost["turns"] > cost["least"])


def test_a_click_follows_the_bank_under_it(opened):
    page = opened(show("banks", padding=1))
    box = page.get_by_role("img", name="Tile of 32 rows").bounding_box()
    unit = min(box["width"] / 33.8, box["height"] / 32.8)
    page.mouse.click(box["x"] + unit * (0.4 + 10.5), box["y"] + unit * (0.4 + 20.5))
    assert state(page)["bank"] == (20 * 33 + 10) % 32
    assert page.locator("input[name=bank]").input_value() == str((20 * 33 + 10) % 32)
    box = page.get_by_role("img", name="Rows are turns").bounding_box()
    unit = min(box["width"] / 32.8, box["height"] / 32.8)
    page.mouse.click(box["x"] + unit * (0.4 + 7.5), box["y"] + unit * 0.9)
    assert state(page)["bank"] == 7
