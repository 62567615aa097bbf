"""Boxes and their suppression: torchvision's own, on random boxes; dragging and keys."""

import random

import pytest
import torch
from explorable_page import FIRST, about, choose, fill, live, show, shown_text, state, static
from torchvision.ops import box_iou, nms

ABOUT = about("iou_nms")
SCORES = torch.tensor([0.95, 0.9, 0.8, 0.7, 0.6])


def random_places(count: int) -> list[list[list[int]]]:
    """Return sets of five boxes, each left, top, width and height, the same in every run."""
    draw = random.Random(3)
    return [
        [
            [
                draw.randint(0, 120),
                draw.randint(0, 60),
                draw.randint(40, 140),
                draw.randint(40, 120),
            ]
            for _ in range(5)
        ]
        for _ in range(count)
    ]


def corners(places) -> torch.Tensor:
    boxes = torch.tensor(places, dtype=torch.float64)
    return torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)


def kept(page, places, at) -> list[int]:
    [dropped_by] = static(page, "suppress", [[places, at]])
    return [n for n, by in enumerate(dropped_by) if by < 0]


def test_overlaps_are_torchvisions(opened):
    page = opened(show("iou_nms"))
    for places in random_places(30):
        expected = box_iou(corners(places), corners(places))
        for n, a in enumerate(places):
            found = static(page, "overlap", [[a, b] for b in places])
            assert found == pytest.approx(expected[n].tolist(), abs=1e-12)


def test_what_stays_is_what_torchvision_keeps(opened):
    page = opened(show("iou_nms"))
    numbers = set()
    for places in random_places(60):
        for at in (0.15, 0.35, 0.55):
            expected = nms(corners(places).float(), SCORES, at).tolist()
            assert kept(page, places, at) == expected
            numbers.add(len(expected))
    assert len(numbers) >= 4, "the random boxes must differ in how many stay"


def test_who_drops_a_box_stays_itself_and_overlaps_it(opened):
    page = opened(show("iou_nms"))
    for places in random_places(30):
        [dropped_by] = static(page, "suppress", [[places, 0.3]])
        for n, by in enumerate(dropped_by):
            if by >= 0:
                assert dropped_by[by] == -1 and by < n
                assert static(page, "overlap", [[places[n], places[by]]])[0] > 0.3


def test_the_fallback_table_is_right(opened):
    page = opened(show("iou_nms", layout="chain"))
    places = state(page)["places"]
    _, *rows = ABOUT["table"]
    [dropped_by] = static(page, "suppress", [[places, 0.5]])
    for n, (name, before, what) in enumerate(rows):
        assert name.startswith("ABCDE"[n]) and name.endswith(f"{SCORES[n]:.2f}")
        if n:
            [share] = static(page, "overlap", [[places[n - 1], places[n]]])
            assert float(before) == pytest.approx(share)
        by = dropped_by[n]
        assert what.startswith("stays" if by < 0 else f"dropped by {'ABCDE'[by]}")


def test_a_row_keeps_every_second_box_until_the_threshold_is_high(opened):
    page = opened(show("iou_nms", layout="chain"))
    assert "A, C, E" in shown_text(page)
    assert "B, score 0.90: shares 60 % with A, so it is dropped." in shown_text(page)
    fill(page, "threshold", 60)  # not above 60 %
    live(page, "A, B, C, D, E stay")
    choose(page, "layout", "apart")
    fill(page, "threshold", 5)
    live(page, "A, B, C, D, E stay, none are dropped")


def test_sliders_move_the_chosen_box(opened):
    page = opened(show("iou_nms"))
    choose(page, "box", "C")
    fill(page, "x", 7)
    fill(page, "y", 11)
    assert state(page)["places"][2][:2] == [7, 11]
    live(page, "C 7, 11.")


def test_a_box_is_dragged_and_stays_inside(opened):
    page = opened(show("iou_nms", layout="apart"))
    page.evaluate(f"{FIRST}.scrollIntoView()")
    box = page.locator("rect[data-box=E]").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] - 30, box["y"] + 60)
    moved = state(page)
    assert moved["box"] == "E"
    assert moved["places"][4][0] < 325 and moved["places"][4][1] > 10
    page.mouse.move(box["x"] - 5000, box["y"] + 60)
    page.mouse.up()
    after = state(page)["places"]
    assert after[:4] == apart(page)[:4]
    assert after[4][0] >= 0


def apart(page):
    return page.evaluate(f"{FIRST}.constructor.layouts.apart")
