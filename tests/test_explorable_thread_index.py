"""The thread-index calculator: the tracer's own indices, and what its fields and grids do."""

import random

import numpy as np
import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

import warptrace
from warptrace import cuda

NOBODY = -1


def once(index, lane, owner, n):
    i = cuda.grid(1)
    index[cuda.blockIdx.x, cuda.threadIdx.x] = i
    lane[cuda.blockIdx.x, cuda.threadIdx.x] = cuda.laneid
    if i < n:
        owner[i] = i


def stride(index, lane, owner, n):
    i = cuda.grid(1)
    index[cuda.blockIdx.x, cuda.threadIdx.x] = i
    lane[cuda.blockIdx.x, cuda.threadIdx.x] = cuda.laneid
    for k in range(i, n, cuda.gridsize(1)):
        owner[k] = i


def unchecked(owner):
    i = cuda.grid(1)
    owner[i] = i


KERNELS = {"once": once, "stride": stride}


def launches(number: int) -> list[dict]:
    """Return random launches: too few threads, just enough, too many."""
    dice = random.Random(number)
    return [
        {
            "kernel": dice.choice(["once", "stride"]),
            "threads": dice.choice([1, 7, 32, 33, 64, 100, 128, 200]),
            "blocks": dice.randint(1, 9),
            "n": dice.randint(1, 1500),
        }
        for _ in range(number)
    ]


def traced(launch: dict):
    """Return what the tracer finds: index and lane of each thread, owner of each element."""
    shape = launch["blocks"], launch["threads"]
    index, lane = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    owner = np.full(launch["n"], NOBODY)
    kernel = KERNELS[launch["kernel"]]
    warptrace.trace(kernel, *shape, index, lane, owner, launch["n"])
    return index, lane, owner


def test_the_fallback_table_is_right():
    head, *rows = about("thread_index")["table"]
    assert head[3:] == ["blockIdx.x", "threadIdx.x", "i", "i < n"]
    for n, threads, needed, block, thread, i, inside in rows:
        assert needed == -(-n // threads)
        assert i == block * threads + thread
        assert inside == ("✓" if i < n else "✗")


def test_a_threads_place_and_elements_are_the_tracers(opened):
    page = opened(show("thread_index"))
    dice = random.Random(5)
    seen = set()
    for launch in launches(40):
        index, lane, owner = traced(launch)
        places = [
            (dice.randrange(launch["blocks"]), dice.randrange(launch["threads"])) for _ in range(20)
        ]
        found = static(page, "locate", [[*place, launch] for place in places])
        for place, at in zip(places, found, strict=True):
            mine = np.flatnonzero(owner == index[place])
            assert at["i"] == index[place]
            assert at["lane"] == lane[place]
            assert at["warp"] * 32 + at["lane"] == place[1]
            assert at["count"] == len(mine), (launch, place)
            assert list(mine) == [at["i"] + k * at["stride"] for k in range(at["count"])]
            seen.add(min(at["count"], 2))
    assert seen == {0, 1, 2}, "the cases should hold idle threads and busy ones"


def test_the_launch_reaches_what_the_tracer_reaches(opened):
    page = opened(show("thread_index"))
    cases = launches(60)
    spare = 0
    for launch, found in zip(cases, static(page, "summary", [[c] for c in cases]), strict=True):
        index, _, owner = traced(launch)
        assert found["launched"] == index.size
        assert found["reached"] == np.count_nonzero(owner != NOBODY)
        assert found["spare"] == np.count_nonzero(~np.isin(index, owner))
        if launch["kernel"] == "stride":
            assert found["turns"] == np.bincount(owner).max()
        spare += found["spare"] > 0
        enough = traced(launch | {"kernel": "once", "blocks": found["needed"]})[2]
        assert NOBODY not in enough
        if found["needed"] > 1:
            less = traced(launch | {"kernel": "once", "blocks": found["needed"] - 1})[2]
            assert NOBODY in less
    assert 10 < spare < 50


@pytest.mark.parametrize("n, spare", [(1024, 0), (1000, 24)])
def test_idle_threads_are_those_that_would_write_past_the_end(opened, n, spare):
    page = opened(show("thread_index", n=n, threads=256, blocks=4))
    assert facts(page)["of them idle"] == str(spare)
    if spare:
        with pytest.raises(warptrace.KernelError, match="out of bounds"):
            warptrace.trace(unchecked, 4, 256, np.zeros(n))
    else:
        warptrace.trace(unchecked, 4, 256, np.zeros(n))


def test_the_formula_is_worked_out_for_the_chosen_thread(opened):
    page = opened(show("thread_index", block=2, thread=37))
    text = shown_text(page)
    assert "i = blockIdx.x × blockDim.x + threadIdx.x = 2 × 256 + 37 = 549" in text
    assert "549 < 1,000: this thread works on element 549." in text
    assert "lane 37 mod 32 = 5 of warp ⌊37 / 32⌋ = 1" in text
    fill(page, "block", 3)
    fill(page, "thread", 250)
    assert "3 × 256 + 250 = 1018" in shown_text(page)
    assert "1,018 ≥ 1,000: there is no such element." in shown_text(page)
    live(page, "3 × 256 + 250 = 1018. 1,018 ≥ 1,000: there is no such element.")


def test_too_few_blocks_are_told_and_a_loop_cures_it(opened):
    page = opened(show("thread_index", blocks=2, block=1, thread=3))
    assert facts(page)["Blocks needed ⌈n / threads⌉"] == "4"
    assert "elements 512 to 999 are never reached. Launch 4, or loop." in shown_text(page)
    assert "488 never reached" in shown_text(page)
    choose(page, "kernel", "stride")
    text = shown_text(page)
    assert "never reached" not in text
    assert "It takes 2 of the 1,000 elements, 512 apart: 259, 771." in text
    assert facts(page)["Turns of the loop"] == "2"
    fill(page, "n", 100000)
    assert "It takes 195 of the 100,000 elements" in shown_text(page)
    assert "259, 771, 1283, 1795, 2307, 2819, …" in shown_text(page)
    fill(page, "n", 200)
    assert "It takes no element: its first would be 259." in shown_text(page)


def test_a_block_that_is_no_whole_number_of_warps_is_told(opened):
    page = opened(show("thread_index", threads=100))
    assert "only 4 threads; 28 of its 32 lanes have none" in shown_text(page)
    fill(page, "threads", 96)
    assert "lanes have none" not in shown_text(page)


def colours(page, grid: str) -> list[str]:
    return page.locator(f"table.{grid} td").evaluate_all("cells => cells.map(c => c.className)")


def test_the_lanes_show_who_works(opened):
    page = opened(show("thread_index", n=1000, threads=100, blocks=11, block=10, thread=7))
    assert colours(page, "zoom") == ["idle"] * 32
    fill(page, "block", 9)
    assert colours(page, "zoom") == ["works"] * 32
    fill(page, "thread", 99)
    assert colours(page, "zoom") == ["works"] * 4 + ["empty"] * 28
    fill(page, "n", 998)
    assert colours(page, "zoom") == ["works"] * 2 + ["idle"] * 2 + ["empty"] * 28
    assert page.locator("table.zoom td").all_inner_texts()[:5] == ["996", "997", "998", "999", ""]


def test_a_click_chooses_warp_and_lane(opened):
    page = opened(show("thread_index", block=0, thread=5))
    page.locator("table.map td").nth(2 * 8 + 6).click()
    assert (state(page)["block"], state(page)["thread"]) == (2, 6 * 32 + 5)
    page.locator("table.zoom td").nth(31).click()
    assert (state(page)["block"], state(page)["thread"]) == (2, 6 * 32 + 31)
    assert page.locator("input[name=thread]").input_value() == str(6 * 32 + 31)


def test_a_click_on_a_lane_without_a_thread_goes_to_the_last_thread(opened):
    page = opened(show("thread_index", threads=40, block=1, thread=39))
    page.locator("table.zoom td").nth(20).click()
    assert state(page)["thread"] == 39


def test_the_keyboard_walks_over_warps_lanes_and_distant_blocks(opened):
    page = opened(show("thread_index", blocks=50, block=0, thread=0, n=100000))
    page.get_by_role("grid", name="The grid").focus()
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert (state(page)["block"], state(page)["thread"]) == (20, 32)
    names = page.locator("table.map tr").evaluate_all("rows => rows.map(r => r.dataset.name)")
    assert "block 20" in names
    assert len(names) == 6
    page.get_by_role("grid", name="The 32 lanes").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert state(page)["thread"] == 32 + 17
    live(page, "= 20 × 256 + 49 = 5169")


def test_numbers_out_of_bounds_go_to_the_nearest(opened):
    page = opened(show("thread_index", thread=200))
    fill(page, "threads", 5000)
    assert state(page)["threads"] == 1024
    fill(page, "threads", 64)
    assert (state(page)["threads"], state(page)["thread"]) == (64, 63)
    fill(page, "blocks", 2)
    assert (state(page)["blocks"], state(page)["block"]) == (2, 1)
    fill(page, "n", "")
    assert state(page)["n"] == 1000
    page.locator("input[name=n]").blur()
    assert page.locator("input[name=n]").input_value() == "1000"
    fill(page, "block", 7)
    page.locator("input[name=block]").blur()
    assert page.locator("input[name=block]").input_value() == "1"


def test_the_array_marks_the_elements_of_the_thread(opened):
    page = opened(show("thread_index", kernel="stride", threads=50, blocks=2, block=0, thread=9))
    marks = page.evaluate(
        f"[...{FIRST}.shadowRoot.querySelectorAll('.array b')].map((b) => parseFloat(b.style.left))"
    )
    assert marks == pytest.approx([100 * (i + 0.5) / 1000 for i in range(9, 1000, 100)])
