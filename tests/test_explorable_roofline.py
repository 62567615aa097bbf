"""The roofline to drag: the registry's cards, the helpers' arithmetic, and what the plot shows."""

import math
import random

import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

from helpers import roofline
from helpers.facts import registry

CARDS = {gpu.name: gpu for gpu in registry.load()}
BYTES = {"fp32": 4, "fp16": 2}


def peaks(card: str, precision: str, work: str) -> roofline.Peaks:
    """Return the published peaks that hold for the work; only products use the tensor cores."""
    gpu = CARDS[card]
    tensor = precision == "fp16" and work == "matmul"
    flops = gpu.tensor_tflops if tensor else gpu.fp32_tflops
    return roofline.Peaks(flops * 1e12, gpu.bandwidth_gbs * 1e9, card, precision)


def flops_and_bytes(precision, work, batch, width) -> tuple[int, int]:
    """Count what a layer does and moves, operand by operand."""
    if work == "matmul":
        multiply_adds = batch * width * width
        operands = batch * width + width * width + batch * width
        return 2 * multiply_adds, operands * BYTES[precision]
    return batch * width, (batch * width + batch * width) * BYTES[precision]


def settings(number: int) -> list[dict]:
    dice = random.Random(number)
    cards = list(about("roofline")["cards"])
    return [
        {
            "card": dice.choice(cards),
            "precision": dice.choice(["fp32", "fp16"]),
            "work": dice.choice(["matmul", "matmul", "elementwise"]),
            "batch": round(2 ** dice.uniform(0, 16)),
            "width": round(2 ** dice.uniform(4, 14)),
        }
        for _ in range(number)
    ]


def wanted(case: dict) -> dict:
    """Return what the helpers make of a case."""
    top = peaks(case["card"], case["precision"], case["work"])
    layer = {name: value for name, value in case.items() if name != "card"}
    flops, n_bytes = flops_and_bytes(**layer)
    intensity = roofline.intensity(flops, n_bytes)
    rate = roofline.attainable(top, intensity)
    return {
        "flops": flops,
        "bytes": n_bytes,
        "intensity": intensity,
        "ridge": top.ridge,
        "rate": rate,
        "seconds": max(flops / top.flops_per_s, n_bytes / top.bytes_per_s),
        "share": rate / top.flops_per_s,
        "memory": n_bytes / top.bytes_per_s > flops / top.flops_per_s,
    }


def test_the_cards_are_the_registrys():
    embedded = about("roofline")
    assert embedded["options"]["card"]["choices"] == list(embedded["cards"])
    for name, figures in embedded["cards"].items():
        gpu = CARDS[name]
        assert figures == [gpu.fp32_tflops, gpu.tensor_tflops, gpu.bandwidth_gbs], name
    assert {"Tesla T4", "L4", "A100 SXM4 40 GB", "H100 SXM5 80 GB", "H200 SXM"} <= set(
        embedded["cards"]
    )


def test_the_bound_is_the_helpers(opened):
    page = opened(show("roofline"))
    cases = settings(200)
    seen = set()
    for case, found in zip(cases, static(page, "bound", [[c] for c in cases]), strict=True):
        expected = wanted(case)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-9), (case, name)
        if case["work"] == "matmul":
            tensor = case["precision"] == "fp16"
            assert found["ridge"] == pytest.approx(CARDS[case["card"]].ridge(tensor=tensor))
        seen.add(found["memory"])
    assert seen == {True, False}


def test_the_crossing_is_the_first_batch_at_the_ridge(opened):
    page = opened(show("roofline"))
    cases = settings(200)
    never = 0
    for case, found in zip(cases, static(page, "crossing", [[c] for c in cases]), strict=True):
        if found is None:
            never += 1
            assert wanted(case | {"batch": 10**12})["memory"], case
        else:
            assert not wanted(case | {"batch": found})["memory"], case
            assert wanted(case | {"batch": found - 1})["memory"] or found == 1, case
    assert 20 < never < 180


def test_the_fallback_table_is_right():
    (heading, *batches), *rows = about("roofline")["table"]
    assert heading == "H100 SXM5, FP16, N = 4096"
    case = {"card": "H100 SXM5 80 GB", "precision": "fp16", "work": "matmul", "width": 4096}
    for column, batch in enumerate(batches, start=1):
        found = wanted(case | {"batch": int(batch.removeprefix("B = "))})
        told = [found["intensity"], found["rate"] / 1e12, found["seconds"] * 1e6]
        assert [row[column] for row in rows] == [pytest.approx(value, rel=0.005) for value in told]


def test_the_figures_of_one_layer(opened):
    page = opened(show("roofline", batch=16, width=4096))
    assert facts(page) == {
        "Operations": "537 MFLOP",
        "Bytes moved": "33.8 MB",
        "Intensity": "15.9 FLOP/B",
        "At most": "53.2 TFLOP/s",
        "At least": "10.1 µs",
        "Of the peak": "5.38 %",
    }
    text = shown_text(page)
    assert "Memory-bound" in text
    assert "ridge, 295 FLOP per byte, is reached at batch 345." in text
    fill(page, "batch", 10)
    assert state(page)["batch"] == 1024
    assert "Compute-bound" in shown_text(page)
    live(
        page,
        "Compute-bound: the arithmetic is the limit. Roofline of the H100 SXM5 80 GB: 683 FLOP",
    )
    assert facts(page)["At most"] == "989 TFLOP/s"
    choose(page, "work", "elementwise")
    assert "No batch brings it to the ridge, 20 FLOP per byte." in shown_text(page)
    assert facts(page)["Intensity"] == "0.25 FLOP/B"


def test_the_sliders_count_in_powers_of_two_and_tell_a_given_value(opened):
    page = opened(show("roofline", batch=1000, width=3000))
    sliders = page.locator("input[type=range]")
    told = sliders.evaluate_all("inputs => inputs.map((i) => i.getAttribute('aria-valuetext'))")
    assert told == ["1,000", "3,000"]
    fill(page, "width", 14)
    assert state(page)["width"] == 16384
    assert sliders.nth(1).get_attribute("aria-valuetext") == "16,384"
    assert (sliders.nth(0).get_attribute("max"), sliders.nth(1).get_attribute("min")) == ("16", "4")


def drawn(page) -> dict:
    """Return point, corner of the roof and left end of its slope in data, by the drawn ticks."""
    return page.evaluate(
        f"""() => {{ const root = {FIRST}.shadowRoot;
        const numbers = (name) => root.querySelector('path.' + name).getAttribute('d')
          .match(/-?[\\d.]+(e-?\\d+)?/g).map(Number);
        const prefix = {{ G: 1e9, T: 1e12, P: 1e15 }};
        const ticks = (name, side) => [...root.querySelectorAll('span.' + name)]
          .map((s) => [parseFloat(s.textContent) * (prefix[s.textContent.at(-1)] ?? 1),
                       parseFloat(s.style[side])]).filter(([value]) => value > 0);
        return {{ point: numbers('point'), slope: numbers('slope'), flat: numbers('flat'),
          ridge: parseFloat(root.querySelector('span.ridge').style.left),
          x: ticks('x', 'left'), y: ticks('y', 'top') }}; }}"""
    )


def reads(ticks: list, place: float) -> float:
    """Return the value that stands at a place of a logarithmic axis."""
    (low, a), (high, b) = ticks[0], ticks[-1]
    return math.exp(math.log(low) + (place - a) / (b - a) * math.log(high / low))


def test_the_plot_shows_the_roof_and_the_point_where_its_axes_say(opened):
    page = opened(show("roofline"))
    for case in settings(12):
        for name in ("card", "precision", "work"):
            choose(page, name, case[name])
        fill(page, "batch", round(math.log2(case["batch"])))
        fill(page, "width", round(math.log2(case["width"])))
        now = state(page)
        found, plot = wanted({name: now[name] for name in case}), drawn(page)
        top = peaks(case["card"], case["precision"], case["work"])
        assert reads(plot["x"], plot["point"][0]) == pytest.approx(found["intensity"])
        assert reads(plot["y"], plot["point"][1]) == pytest.approx(found["rate"])
        left, start, corner, height = plot["slope"]
        assert reads(plot["x"], corner) == pytest.approx(top.ridge)
        assert reads(plot["y"], height) == pytest.approx(top.flops_per_s)
        assert reads(plot["y"], start) == pytest.approx(
            roofline.attainable(top, reads(plot["x"], left))
        )
        assert plot["flat"][:2] == pytest.approx([corner, height])
        assert plot["ridge"] == pytest.approx(corner, abs=1e-3)
        assert all(0 <= place <= 100 for place in plot["point"])


def test_dragging_over_the_plot_takes_the_nearest_batch(opened):
    page = opened(show("roofline", width=1024, precision="fp32"))
    box = page.locator(".plot").bounding_box()
    ticks = drawn(page)["x"]

    def place(intensity):
        (low, a), (high, b) = ticks[0], ticks[-1]
        share = math.log(intensity / low) / math.log(high / low)
        return box["x"] + box["width"] * (a + share * (b - a)) / 100

    def intensity(batch):
        return roofline.intensity(*flops_and_bytes("fp32", "matmul", batch, 1024))

    middle = box["y"] + box["height"] / 2
    page.mouse.move(place(intensity(8)), middle)
    page.mouse.down()
    assert state(page)["batch"] == 8
    page.mouse.move(place(intensity(64) * 1.05), middle)
    assert state(page)["batch"] == 64
    page.mouse.up()
    page.mouse.move(place(intensity(2)), middle)
    assert state(page)["batch"] == 64
    assert page.locator("input[name=batch]").input_value() == "6"
