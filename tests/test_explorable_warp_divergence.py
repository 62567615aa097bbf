"""The branch of two warps: the tracer's divergence, and what the lanes and the steps show."""

import importlib.util
import random

import numpy as np
import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

import warptrace

LANES, THREADS = 32, 64
CONDITIONS = {
    "parity": "i % 2 == 0",
    "quarter": "i % 4 == 0",
    "warp": "i // 32 % 2 == 0",
    "below": "i < k",
    "own": "own[i] != 0",
}


def kernel(folder, condition: str, then: int, other: int):
    """Return a kernel with `then` lines on one side of the branch and `other` on the other side.

    The tracer reads a kernel's source, so it must stand in a file.
    """
    lines = ["from warptrace import cuda", "", "", "def branch(own, k, a, b, c):"]
    lines += ["    i = cuda.grid(1)", f"    if {CONDITIONS[condition]}:"]
    lines += ["        a[i] += 1"] * then
    lines += ["    else:"] * bool(other) + ["        b[i] += 1"] * other
    lines += ["    c[i] = 1", ""]
    path = folder / f"{condition}_{then}_{other}.py"
    path.write_text("\n".join(lines))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.branch


def traced(folder, condition, own, k, then, other) -> dict:
    """Return what the tracer finds of the branch: who went where, divergence, steps, mean lanes."""
    a, b, c = (np.zeros(THREADS, np.int64) for _ in range(3))
    branch = kernel(folder, condition, then, other)
    trace = warptrace.trace(branch, 2, LANES, np.array(own, np.int64), k, a, b, c)
    # A line of the branch stores once for each warp that runs it; the test is run by all.
    lines = [line for line in trace.lines.values() if line["global_store_requests"]]
    warps = [line["global_store_requests"] for line in lines]
    steps = trace.counters["branches"] + sum(warps)
    busy = THREADS + sum(
        line["active_lanes"] * count for line, count in zip(lines, warps, strict=True)
    )
    return {
        "taken": (a > 0).tolist(),
        "divergent": trace.counters["divergent_branches"],
        "steps": steps,
        "mean": busy / steps,
    }


def settings(number: int) -> list[dict]:
    dice = random.Random(number)
    chances = [0, 0.02, 0.5, 1]
    return [
        {
            "condition": dice.choice([*CONDITIONS, "own", "below"]),
            "own": [
                dice.random() < chance
                for chance in dice.choices(chances, k=2)
                for _ in range(LANES)
            ],
            "k": dice.choice([0, 1, 20, 32, 40, 64]),
            "then": dice.randint(1, 8),
            "other": dice.randint(0, 8),
        }
        for _ in range(number)
    ]


def test_the_cost_is_the_tracers(opened, tmp_path):
    page = opened(show("warp_divergence"))
    cases = settings(60)
    ways = static(page, "ways", [[c, c["own"]] for c in cases])
    counts = static(
        page, "count", [[w, c["then"], c["other"]] for w, c in zip(ways, cases, strict=True)]
    )
    seen = set()
    for case, taken, found in zip(cases, ways, counts, strict=True):
        wanted = traced(tmp_path, **case)
        assert taken == wanted["taken"], case
        assert found["divergent"] == wanted["divergent"], case
        assert found["steps"] == wanted["steps"], case
        assert found["mean"] == pytest.approx(wanted["mean"]), case
        seen.add(found["divergent"])
    assert seen == {0, 1, 2}


def test_the_fallback_table_is_right(tmp_path):
    (_, *headings), *warps, (_, *means) = about("warp_divergence")["table"]
    names = {text: name for name, text in CONDITIONS.items()} | {"i < 40": "below"}
    for column, heading in enumerate(headings):
        found = traced(tmp_path, names[heading], [0] * THREADS, 40, 4, 4)
        assert sum(warp[column + 1] for warp in warps) == found["steps"]
        assert float(means[column]) == pytest.approx(found["mean"])
        taken = np.array(found["taken"]).reshape(2, LANES)
        for warp, lanes in zip(warps, taken, strict=True):
            assert warp[column + 1] == (6 if lanes.all() or not lanes.any() else 10)


def test_known_answers(opened):
    page = opened(show("warp_divergence"))
    assert facts(page) == {
        "Divergent branches": "2 of 2",
        "Steps, both warps": "20",
        "Lanes at work, mean": "19.2 / 32",
        "Lane time lost": "40 %",
    }
    choose(page, "condition", "warp")
    assert facts(page)["Divergent branches"] == "0 of 2"
    assert facts(page)["Lanes at work, mean"] == "32 / 32"
    assert "Warp 1: all lanes go one way, 6 steps." in shown_text(page)
    choose(page, "condition", "below")
    assert "Warp 1 walks both ways, 8 of its lanes run a and 24 run b: 10 steps." in shown_text(
        page
    )
    fill(page, "other", 0)
    assert "Warp 1: 8 of its lanes run a, 24 wait: 6 steps." in shown_text(page)
    assert facts(page)["Divergent branches"] == "1 of 2"


def test_k_counts_only_where_it_stands(opened):
    page = opened(show("warp_divergence", condition="parity"))
    assert page.locator("input[name=k]").is_disabled()
    choose(page, "condition", "below")
    assert page.locator("input[name=k]").is_enabled()
    fill(page, "k", 64)
    assert facts(page)["Divergent branches"] == "0 of 2"
    assert "if i < 64:" in shown_text(page)


def test_the_code_has_as_many_instructions_as_chosen(opened):
    page = opened(show("warp_divergence", condition="quarter", then=2, other=1))
    code = page.locator("pre")
    assert code.inner_text() == "if i % 4 == 0:\n    a(); a()\nelse:\n    b()\nc()"
    fill(page, "other", 0)
    assert code.inner_text() == "if i % 4 == 0:\n    a(); a()\nc()"


def own(page) -> list[bool]:
    return page.evaluate(f"{FIRST}.taken")


def test_one_lane_alone_makes_its_warp_walk_both_ways(opened):
    page = opened(show("warp_divergence", condition="warp"))
    page.locator("table.warp1 td").nth(7).click()
    assert state(page)["condition"] == "own"
    assert page.locator("select[name=condition]").input_value() == "own"
    assert own(page) == [i < LANES or i == LANES + 7 for i in range(THREADS)]
    assert facts(page)["Divergent branches"] == "1 of 2"
    live(
        page,
        "Thread 39 runs a. Warp 0: all lanes go one way, 6 steps. Warp 1 walks both ways, 1 of",
    )
    page.locator("table.warp1 td").nth(7).click()
    assert facts(page)["Divergent branches"] == "0 of 2"


def test_the_keyboard_chooses_and_turns_lanes(opened):
    page = opened(show("warp_divergence", condition="warp"))
    page.get_by_role("grid", name="Warp 0").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    assert own(page)[:3] == [True, False, True]
    live(page, "Thread 1 runs b.")
    page.keyboard.press("Enter")
    assert own(page)[:3] == [True, True, True]


def test_ones_own_lanes_begin_as_the_condition_before(opened):
    page = opened(show("warp_divergence", condition="quarter"))
    before = own(page)
    choose(page, "condition", "own")
    assert own(page) == before
    page.locator("table.warp0 td").first.click()
    after = own(page)
    choose(page, "condition", "parity")
    choose(page, "condition", "own")
    assert own(page) == [i % 2 == 0 for i in range(THREADS)]
    assert after == [False, *before[1:]]


def drawn(page, warp: int) -> list:
    """Return a warp's steps from the top, as [letter, lanes at work, lanes that wait]."""
    return page.evaluate(
        f"""warp => [...{FIRST}.time[warp].children].map((step) => {{
        const lanes = (path) => [...path.getAttribute('d').matchAll(/M(\\d+) /g)]
          .map((found) => Number(found[1]));
        return [step.textContent, ...[...step.querySelectorAll('path')].map(lanes)]; }})""",
        warp,
    )


@pytest.mark.parametrize("condition", ["parity", "below", "warp"])
def test_the_steps_are_drawn_as_they_are_counted(opened, condition):
    page = opened(show("warp_divergence", condition=condition, then=3, other=2))
    taken = np.array(own(page)).reshape(2, LANES)
    total = 0
    for warp in range(2):
        steps = drawn(page, warp)
        total += len(steps)
        yes = np.flatnonzero(taken[warp]).tolist()
        no = np.flatnonzero(~taken[warp]).tolist()
        everyone = list(range(LANES))
        sides = [["a", yes, no]] * 3 * bool(yes) + [["b", no, yes]] * 2 * bool(no)
        assert steps == [["test", everyone, []], *sides, ["c", everyone, []]]
    assert facts(page)["Steps, both warps"] == str(total)
