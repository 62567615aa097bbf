"""Adding up around a ring: a Python all-reduce, the α–β formula, and what the page shows."""

import random
from fractions import Fraction

import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static


def ring(count: int) -> list[list[list[set]]]:
    """Return who holds whose numbers after each step, as messages that worker sends to worker."""
    now = [[{worker} for _ in range(count)] for worker in range(count)]
    history = [now]
    for phase in ("add", "keep"):
        for turn in range(count - 1):
            shift = 0 if phase == "add" else 1
            mail = {}
            for worker in range(count):
                chunk = (worker + shift - turn) % count
                mail[(worker + 1) % count] = chunk, now[worker][chunk]
            now = [[set(chunk) for chunk in row] for row in now]
            for worker, (chunk, got) in mail.items():
                now[worker][chunk] = got | now[worker][chunk] if phase == "add" else set(got)
            history.append(now)
    return history


def through_one(count: int) -> list[list[list[set]]]:
    """The same for a worker 0 that collects from all and then hands out to all."""
    collected, history = {0}, []
    has = {worker: {worker} for worker in range(count)}
    history.append(dict(has))
    for worker in range(1, count):
        collected = collected | {worker}
        has = has | {0: collected}
        history.append(dict(has))
    for worker in range(1, count):
        has = has | {worker: collected}
        history.append(dict(has))
    return [[[has[worker]] * count for worker in range(count)] for has in history]


def cases(number: int) -> list[dict]:
    dice = random.Random(number)
    return [
        {
            "method": dice.choice(["ring", "ring", "one"]),
            "workers": dice.randint(2, 8),
            "kib": 2 ** dice.randint(0, 20),
            "alpha": 2 ** dice.randint(0, 7),
            "rate": 2 ** dice.randint(0, 9),
        }
        for _ in range(number)
    ]


def test_holdings_are_those_of_an_all_reduce_in_python(opened):
    page = opened(show("ring"))
    for method, run in (("ring", ring), ("one", through_one)):
        for count in range(2, 9):
            history = run(count)
            assert len(history) == 2 * (count - 1) + 1
            calls = [[method, count, step] for step in range(len(history))]
            for expected, found in zip(history, static(page, "holds", calls), strict=True):
                bits = [[sum(1 << w for w in chunk) for chunk in row] for row in expected]
                assert found == bits, (method, count)
            assert found == [[2**count - 1] * count] * count


def test_real_numbers_come_out_added(opened):
    # Follow the page's messages with numbers instead of sets.
    page = opened(show("ring"))
    dice = random.Random(7)
    for case in cases(30):
        count = case["workers"]
        data = [[dice.randint(-99, 99) for _ in range(count)] for _ in range(count)]
        wanted = [sum(row[chunk] for row in data) for chunk in range(count)]
        calls = [[case["method"], count, step] for step in range(1, 2 * count - 1)]
        for moves in static(page, "sends", calls):
            before = [list(row) for row in data]
            for move in moves:
                for chunk in move["chunks"]:
                    value = before[move["from"]][chunk]
                    kept = before[move["to"]][chunk] if move["adds"] else 0
                    data[move["to"]][chunk] = value + kept
        assert data == [wanted] * count


def test_costs_are_those_of_the_alpha_beta_model(opened):
    page = opened(show("ring"))
    chosen = cases(100)
    calls = [[case["method"], case] for case in chosen]
    for case, found in zip(chosen, static(page, "cost", calls), strict=True):
        count, data = case["workers"], case["kib"] * 1024
        alpha, beta = case["alpha"] * 1e-6, 1 / (case["rate"] * 1e9)
        message = Fraction(data, count) if case["method"] == "ring" else data
        seconds = 2 * (count - 1) * (alpha + float(message) * beta)
        assert found["time"] == pytest.approx(seconds, rel=1e-12), case
        assert found["time"] == found["wait"] + found["move"]
        assert found["wait"] == pytest.approx(found["steps"] * alpha)


def test_bytes_are_those_of_the_messages(opened):
    page = opened(show("ring"))
    chosen = cases(40)
    costs = static(page, "cost", [[case["method"], case] for case in chosen])
    for case, cost in zip(chosen, costs, strict=True):
        count = case["workers"]
        sent = [Fraction(0)] * count
        calls = [[case["method"], count, step] for step in range(1, cost["steps"] + 1)]
        for moves in static(page, "sends", calls):
            for move in moves:
                sent[move["from"]] += Fraction(len(move["chunks"]) * case["kib"] * 1024, count)
        assert cost["sent"] == pytest.approx(float(max(sent)))
        if case["method"] == "ring":
            assert set(sent) == {Fraction(2 * (count - 1) * case["kib"] * 1024, count)}


def test_the_fallback_table_is_right():
    _, *rows = about("ring")["table"]
    for workers, steps, around, through in rows:
        assert steps == 2 * (workers - 1)
        assert around == f"{2 * (workers - 1) / workers:.3g}"
        assert through == f"{workers - 1:,}"


def chunks(page) -> list[list[str]]:
    """Return the class and the stripes that each cell of the grid shows."""
    return page.evaluate(
        f"""() => [...{FIRST}.shadowRoot.querySelectorAll('td[id]')].map((td) =>
        [td.className, [...td.querySelectorAll('i')].map((i) => +(i.className === 'on')).join(''),
         td.textContent])"""
    )


def test_a_walk_through_the_steps_by_the_button(opened):
    page = opened(show("ring", workers=3))
    assert "Each worker has its own numbers only, cut into 3 chunks." in shown_text(page)
    assert chunks(page)[:4] == [["", "100", "1"]] * 3 + [["", "010", "1"]]
    button = page.locator("button[name=next]")
    button.click()
    live(page, "Step 1 of 4, reduce-scatter")
    assert page.get_by_role("img", name="0 sends chunk 0 to 1. 1 sends chunk 1 to 2.").count() == 1
    assert chunks(page)[3] == ["fresh", "110", "2"]
    button.click()
    assert ["full fresh", "111", "3"] in chunks(page)
    button.click()
    live(page, "Step 3 of 4, all-gather")
    button.click()
    live(page, "Now all hold all sums.")
    assert {tuple(cell[1:]) for cell in chunks(page)} == {("111", "3")}
    assert button.inner_text() == "Start again"
    button.click()
    assert state(page)["step"] == 0


def test_through_one_the_messages_are_named(opened):
    page = opened(show("ring", method="one", workers=4))
    fill(page, "step", 2)
    live(page, "Step 2 of 6: worker 2 sends all to worker 0")
    assert page.get_by_role("img", name="2 sends all to 0.").count() == 1
    fill(page, "step", 6)
    assert "worker 0 sends all sums to worker 3. Now all" in shown_text(page)


def test_the_figures_follow_the_sliders(opened):
    page = opened(show("ring", workers=4, kib=1048576, alpha=1, rate=1))
    assert facts(page) == {
        "Most sent by a worker": "1.61 GB",
        "Time in all": "1.61 s",
        "Through one, over the ring": "4 ×",
    }
    fill(page, "kib", 0)
    assert facts(page)["Most sent by a worker"] == "1.54 kB"
    assert facts(page)["Time in all"] == "7.54 µs"
    fill(page, "alpha", 7)
    assert facts(page)["Through one, over the ring"] == "1.01 ×"
    choose(page, "method", "one")
    assert facts(page)["Most sent by a worker"] == "3.07 kB"


def test_fewer_workers_start_anew_and_keep_the_cursor_inside(opened):
    page = opened(show("ring", workers=8, step=14))
    grid = page.get_by_role("grid")
    grid.focus()
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    live(page, "Worker 7, chunk 0: numbers of 0 + 1 + 2 + 3 + 4 + 5 + 6 + 7.")
    fill(page, "workers", 2)
    assert state(page)["step"] == 0
    assert "Worker 1, chunk 0: numbers of 1." in shown_text(page)
    assert page.get_by_role("grid").locator("td[id]").count() == 4


def test_a_step_beyond_the_last_is_the_last(opened):
    page = opened(show("ring", workers=2, step=9))
    assert state(page)["step"] == 2
    assert "Now all hold all sums." in shown_text(page)


def test_options_are_taken_to_the_nearest_power_of_two(opened):
    page = opened(show("ring", rate=50, alpha=5, kib=1000))
    assert {name: state(page)[name] for name in ("rate", "alpha", "kib")} == {
        "rate": 64,
        "alpha": 4,
        "kib": 1024,
    }
