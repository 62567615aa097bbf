"""The read of a warp: the tracer's sectors, and what the controls and the lanes show."""

import random

import numpy as np
import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

import warptrace
from warptrace import cuda
from warptrace.machine import transactions

#: What stands for an element in the tracer: what counts is its size.
DTYPES = {"int8": np.int8, "float16": np.int16, "float32": np.float32, "float64": np.float64}
FLOAT4_BYTES = 16
LANES = 32
ORDERS = ["forward", "reversed", "shuffled", "same"]


def copy(source, places, stride, offset, target):
    lane = cuda.grid(1)
    target[lane] = source[places[lane] * stride + offset]


def places(order: str) -> np.ndarray:
    """Return which element of the read each lane takes."""
    lanes = np.arange(LANES)
    return {
        "forward": lanes,
        "reversed": lanes[::-1],
        "shuffled": (13 * lanes + 5) % LANES,
        "same": np.zeros(LANES, int),
    }[order].copy()


def traced(element, order, stride, offset) -> dict:
    """Return what the tracer counts for the warp's read, less its read of `places`."""
    source = np.arange(LANES * 32 + 33).astype(DTYPES[element])
    target = np.zeros(LANES, DTYPES[element])
    lanes = places(order)
    trace = warptrace.trace(copy, 1, LANES, source, lanes, stride, offset, target)
    np.testing.assert_array_equal(target, source[lanes * stride + offset])
    of_places = transactions.sectors(np.arange(LANES) * lanes.itemsize)
    return {
        "requests": trace.counters["global_load_requests"] - 1,
        "sectors": trace.counters["global_load_sectors"] - of_places,
    }


def settings(number: int) -> list[dict]:
    dice = random.Random(number)
    return [
        {
            "element": dice.choice([*DTYPES, "float4"]),
            "order": dice.choice(ORDERS),
            "stride": dice.choice([0, 1, 1, 2, 3, 4, 5, 8, 16, 31, 32]),
            "offset": dice.choice([0, 0, 1, 3, 8, 32]),
        }
        for _ in range(number)
    ]


def size(element: str) -> int:
    return FLOAT4_BYTES if element == "float4" else np.dtype(DTYPES[element]).itemsize


def bytes_wanted(setting: dict) -> np.ndarray:
    """Return the address of every byte that some lane wants, once."""
    one = size(setting["element"])
    first = (places(setting["order"]) * setting["stride"] + setting["offset"]) * one
    return np.unique(first[:, None] + np.arange(one))


def test_a_request_is_the_tracers(opened):
    page = opened(show("coalescing"))
    cases = settings(150)
    seen = set()
    for case, found in zip(cases, static(page, "request", [[c] for c in cases]), strict=True):
        wanted = bytes_wanted(case)
        assert found["sectors"] == list(np.unique(wanted // 32)), case
        if case["element"] != "float4":
            counted = traced(**case)
            assert counted["requests"] == 1
            assert len(found["sectors"]) == counted["sectors"], case
        assert len(found["sectors"]) == transactions.sectors(np.array(found["first"]))
        assert found["read"] == len(wanted)
        assert found["moved"] == 32 * len(found["sectors"])
        assert found["share"] == pytest.approx(100 * len(wanted) / found["moved"])
        assert found["least"] == -(-len(wanted) // 32)
        seen.add(len(found["sectors"]))
    assert {1, 4, 5, 8, 32} <= seen


@pytest.mark.parametrize("stride, sectors", [(1, 4), (2, 8), (4, 16), (8, 32), (32, 32), (0, 1)])
def test_known_sectors_of_float32_by_stride(opened, stride, sectors):
    page = opened(show("coalescing", stride=stride))
    assert facts(page)["Sectors"] == str(sectors)
    assert traced("float32", "forward", stride, 0)["sectors"] == sectors


def test_the_fallback_table_is_right():
    (_, *headings), (_, *sectors), (_, *shares) = about("coalescing")["table"]
    for heading, count, share in zip(headings, sectors, shares, strict=True):
        given = dict(part.split(" = ") for part in heading.split(", "))
        found = traced("float32", "forward", int(given["s"]), int(given.get("o", 0)))["sectors"]
        assert found == count
        assert float(share) == 100 * 128 / (32 * found)


def test_a_misaligned_read_takes_one_sector_more(opened):
    page = opened(show("coalescing"))
    assert "No read of these bytes could move less." in shown_text(page)
    for order in ("forward", "reversed", "shuffled"):
        choose(page, "order", order)
        fill(page, "offset", 1)
        assert facts(page)["Sectors"] == "5"
        assert facts(page)["Efficiency"] == "80 %"
        assert "32 of 160 bytes move for nothing. The read begins inside a sector" in shown_text(
            page
        )
        fill(page, "offset", 8)
        assert facts(page)["Sectors"] == "4"


def test_the_order_of_lanes_costs_nothing(opened):
    page = opened(show("coalescing", stride=3))
    found = set()
    for order in ("forward", "reversed", "shuffled"):
        choose(page, "order", order)
        found.add(tuple(facts(page).items()))
    assert len(found) == 1
    choose(page, "order", "same")
    assert facts(page) == {
        "Sectors": "1",
        "Fewest possible": "1",
        "Bytes read": "4",
        "Bytes moved": "32",
        "Efficiency": "12.5 %",
    }


def test_every_element_size_is_counted(opened):
    page = opened(show("coalescing"))
    for element in about("coalescing")["options"]["element"]["choices"]:
        choose(page, "element", element)
        assert facts(page)["Sectors"] == str(size(element))
        assert facts(page)["Bytes read"] == str(LANES * size(element))


def test_the_sentence_works_out_the_chosen_lane(opened):
    page = opened(show("coalescing", stride=2, offset=1))
    assert (
        "Lane 5 reads a[5 × 2 + 1] = a[11], which begins at byte 11 × 4 = 44: sector ⌊44 / 32⌋ = 1."
    ) in shown_text(page)
    lanes = page.get_by_role("grid", name="The 32 lanes")
    lanes.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert state(page)["lane"] == 7
    live(
        page,
        "8 of at most 32 sectors move, 50 % of their bytes are read. Lane 7 reads a[7 × 2 + 1]",
    )
    choose(page, "order", "reversed")
    assert "Lane 7 reads a[24 × 2 + 1] = a[49]" in shown_text(page)


def drawn(page) -> dict:
    """Return the lane's colours, and the colour and left edge of each rectangle by its kind."""
    return page.evaluate(
        f"""() => {{ const root = {FIRST}.shadowRoot;
        const boxes = [...root.querySelectorAll('rect')].filter((r) => !r.matches('.room'));
        const read = (r) => [r.style.fill, r.x.baseVal.value, r.width.baseVal.value];
        return {{
          lanes: [...root.querySelectorAll('.lanes td')].map((td) => td.style.background),
          sectors: boxes.filter((r) => r.style.fillOpacity).map(read),
          reads: boxes.filter((r) => !r.style.fillOpacity).map(read),
        }}; }}"""
    )


def test_the_picture_shows_each_sector_once_and_each_read_inside_its_sector(opened):
    page = opened(show("coalescing"))
    for setting in settings(30):
        for name in ("element", "order"):
            choose(page, name, setting[name])
        for name in ("stride", "offset"):
            fill(page, name, setting[name])
        picture = drawn(page)
        wanted = bytes_wanted(setting)
        assert len(picture["sectors"]) == len(np.unique(wanted // 32))
        for lane, (colour, left, width) in enumerate(picture["reads"]):
            assert colour == picture["lanes"][lane]
            inside = [
                sector
                for sector, x, wide in picture["sectors"]
                if x <= left + 1e-6 and left + width <= x + wide + 1e-6
            ]
            assert inside == [colour], (setting, lane)


def test_the_picture_has_its_words(opened):
    page = opened(show("coalescing", stride=8))
    told = page.get_by_role("img").get_attribute("aria-label")
    assert told == "32 of at most 32 sectors move, 12.5 % of their bytes are read"
