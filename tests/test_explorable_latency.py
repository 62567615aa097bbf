"""The latency ladder: its sources' own times, the registry's cards, and Little's law."""

import random
import re
import subprocess

import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

import warptrace
from helpers.codegen import ToolMissingError, assemble
from helpers.facts import registry, sheet

CARDS = {gpu.name: gpu for gpu in registry.load()}
LANES = 32
#: What gpu-benches printed: by card and rung, steps of the chain and milliseconds for all of them.
PRINTED = {
    "A100 SXM4 80 GB": {
        "l1": (1_000_000, 25.7),
        "l2": (1_000_000, 149.6),
        "far": (1_000_000, 300.9),
        "memory": (5_446_216, 2208.8),
    },
    "H100 SXM5 80 GB": {
        "l1": (1_000_000, 19.5),
        "l2": (1_000_000, 151.3),
        "far": (1_000_000, 270.9),
        "memory": (24_465_205, 9177.7),
    },
    "GeForce RTX 4090": {
        "l1": (1_000_000, 14.6),
        "l2": (1_000_000, 111.0),
        "memory": (17_533_612, 4449.7),
    },
}
#: The chips of the cards.
ARCHITECTURES = {
    "A100 SXM4 80 GB": "sm_80",
    "H100 SXM5 80 GB": "sm_90",
    "GeForce RTX 4090": "sm_89",
}
CHAIN = """.version 8.0
.target {architecture}
.address_size 64
.visible .entry chain(.param .u64 place) {{
.reg .f32 %f<3>; .reg .u64 %r<3>;
ld.param.u64 %r1, [place]; cvta.to.global.u64 %r2, %r1;
ld.global.f32 %f1, [%r2]; mov.f32 %f2, %f1;
{steps}
st.global.f32 [%r2], %f2; ret; }}
"""


def planned_waits(architecture: str, folder) -> list[int]:
    """Return the clocks that the assembler lets pass after each multiply-add of a chain."""
    steps = "\n".join(["fma.rn.f32 %f2, %f2, %f1, %f1;"] * 24)
    source, binary = folder / f"{architecture}.ptx", folder / f"{architecture}.cubin"
    source.write_text(CHAIN.format(architecture=architecture, steps=steps))
    try:
        ptxas, nvdisasm = assemble.assembler(), assemble.tool("nvdisasm")
    except ToolMissingError as error:
        pytest.skip(str(error))
    subprocess.run([ptxas, f"-arch={architecture}", source, "-o", binary], check=True)
    listing = subprocess.run([nvdisasm, "-hex", binary], check=True, capture_output=True, text=True)
    # An instruction is 128 bits; bits 41 to 44 of the upper half say how long to wait.
    found = re.findall(r"FFMA[^\n]*\n[^\n]*/\* 0x([0-9a-f]{16}) \*/", listing.stdout)
    return [int(upper, 16) >> 41 & 0xF for upper in found]


@pytest.mark.parametrize("card", list(ARCHITECTURES))
def test_a_dependent_multiply_add_waits_as_the_first_rung_says(card, tmp_path):
    waits = planned_waits(ARCHITECTURES[card], tmp_path)
    clocks = about("latency")["cards"][card]["cycles"]["registers"]
    assert len(waits) == 24
    assert waits[:-1] == [clocks] * 23


def test_the_clocks_follow_from_the_times_that_the_source_prints():
    for card, figures in about("latency")["cards"].items():
        own = {rung: clocks for rung, clocks in figures["cycles"].items() if rung in PRINTED[card]}
        assert own.keys() == PRINTED[card].keys()
        for rung, clocks in own.items():
            steps, ms = PRINTED[card][rung]
            assert clocks == pytest.approx(ms / steps * figures["mhz"] * 1e3, rel=0.005), rung


def test_the_cards_are_the_registrys_and_their_warps_the_occupancys():
    embedded = about("latency")
    assert embedded["options"]["card"]["choices"] == list(embedded["cards"])
    for name, figures in embedded["cards"].items():
        gpu = CARDS[name]
        assert (figures["sms"], figures["gbs"]) == (gpu.sms, gpu.bandwidth_gbs)
        assert figures["warps"] == warptrace.occupancy(gpu.capability, 0, 0, 128).warps


def test_the_order_is_that_of_the_chapter_on_the_parts():
    """Other sources measured other cards: they agree on the order, and on the size within two."""
    ranges = {}
    for found in sheet("hierarchy").latencies:
        low, high = ranges.get(found.level, (found.low, found.high))
        ranges[found.level] = min(low, found.low), max(high, found.high)
    names = {
        "registers": "arithmetic",
        "l1": "shared memory",
        "l2": "L2",
        "memory": "device memory",
    }
    for figures in about("latency")["cards"].values():
        for rung, level in names.items():
            low, high = ranges[level]
            assert low / 2 <= figures["cycles"][rung] <= 2 * high


def test_the_fallback_table_is_right():
    (_, *names), (_, *clocks), *rows = about("latency")["table"]
    cards = list(about("latency")["cards"].values())
    assert names == [card["on"] for card in cards]
    assert clocks == [card["mhz"] for card in cards]
    for (heading, *told), rung in zip(rows, ("l1", "l2", "memory"), strict=True):
        assert heading.endswith(", ns")
        wanted = [card["cycles"][rung] / card["mhz"] * 1e3 for card in cards]
        assert told == [pytest.approx(ns, rel=0.005) for ns in wanted]


def test_the_ladder_converts_clocks_and_nanoseconds(opened):
    page = opened(show("latency"))
    cards = about("latency")["cards"]
    for name, rungs in zip(cards, static(page, "ladder", [[n] for n in cards]), strict=True):
        mhz = cards[name]["mhz"]
        assert [rung["ns"] for rung in rungs] == sorted(rung["ns"] for rung in rungs)
        by_name = {rung.pop("name"): rung for rung in rungs}
        assert by_name.keys() == {*cards[name]["cycles"], *about("latency")["host"]}
        for rung, found in by_name.items():
            assert found["clocks"] == pytest.approx(found["ns"] * 1e-9 * mhz * 1e6), rung
            if rung in cards[name]["cycles"]:
                assert found["clocks"] == cards[name]["cycles"][rung]
            else:
                assert found["ns"] == about("latency")["host"][rung]


def settings(number: int) -> list[dict]:
    dice = random.Random(number)
    cards = list(about("latency")["cards"])
    return [
        {
            "card": dice.choice(cards),
            "warps": dice.randint(1, 64),
            "bytes": dice.choice([4, 8, 12, 16, 32, 64]),
        }
        for _ in range(number)
    ]


def test_the_bytes_under_way_obey_littles_law(opened):
    page = opened(show("latency"))
    cases = settings(150)
    seen = set()
    for case, found in zip(cases, static(page, "little", [[c] for c in cases]), strict=True):
        gpu, figures = CARDS[case["card"]], about("latency")["cards"][case["card"]]
        latency_s = figures["cycles"]["memory"] / (figures["mhz"] * 1e6)
        bandwidth = gpu.bandwidth_gbs * 1e9
        held = min(case["warps"], warptrace.occupancy(gpu.capability, 0, 0, 128).warps)
        flight = gpu.sms * held * LANES * case["bytes"]
        assert found["needed"] == pytest.approx(latency_s * bandwidth)
        assert found["flight"] == flight
        # Throughput is what is in flight over the latency, up to what the memory delivers.
        assert found["rate"] == pytest.approx(min(bandwidth, flight / latency_s))
        assert found["share"] == pytest.approx(found["rate"] / bandwidth)
        seen.add(found["share"] == 1)
    assert seen == {True, False}


def test_the_figures_of_an_h100(opened):
    page = opened(show("latency"))
    assert facts(page) == {
        "Needed": "1.26 MB",
        "Under way": "270 kB",
        "Bandwidth, at most": "721 GB/s",
        "Of the peak": "21.51 %",
    }
    text = shown_text(page)
    assert "375 ns (as on the H100 PCIe) × 3,350 GB/s = 1.26 MB" in text
    assert "132 SMs × 16 warps × 32 lanes × 4 B = 270 kB" in text
    assert "The pipe has gaps" in text
    fill(page, "warps", 64)
    assert facts(page)["Of the peak"] == "86.04 %"
    assert "The pipe is nearly full." in shown_text(page)
    fill(page, "bytes", 3)
    assert state(page)["bytes"] == 8
    assert facts(page)["Of the peak"] == "100 %"
    live(page, "100 % of the bytes that keep the memory busy are under way. The pipe is full")


def test_a_card_holds_no_more_warps_than_it_can(opened):
    page = opened(show("latency", card="GeForce RTX 4090", warps=48))
    before = facts(page)
    assert "An SM of this card holds" not in shown_text(page)
    fill(page, "warps", 60)
    assert facts(page) == before
    assert "An SM of this card holds 48 warps." in shown_text(page)


def test_the_keyboard_climbs_the_ladder_and_each_rung_has_its_source(opened):
    page = opened(show("latency", card="A100 SXM4 80 GB"))
    page.get_by_role("grid", name="The ladder").focus()
    sources = set()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    assert state(page)["rung"] == "registers"
    live(
        page,
        "Registers: multiply-add: 2.84 ns · 4 clocks. If a clock took a second: 4 s. Source: Jia",
    )
    for _ in range(12):
        sources.add(page.locator("p.chosen").inner_text().split("Source: ")[1])
        page.keyboard.press("ArrowDown")
    assert state(page)["rung"] == "ssd"
    assert len(sources) == 6
    assert all(sources)
    live(page, "If a clock took a second: 33 h. Source: Lenovo's product guide of the Intel P4500.")


def test_a_rung_that_was_not_measured_is_not_drawn(opened):
    page = opened(show("latency", card="A100 SXM4 80 GB"))
    page.locator("table.ladder td", has_text="Another GPU").click()
    assert state(page)["rung"] == "peer"
    choose(page, "card", "GeForce RTX 4090")
    assert state(page)["rung"] == "memory"
    assert "Another GPU" not in page.locator("table.ladder").inner_text()
    assert "L40 at 2490 MHz" in shown_text(page)


def test_a_bar_grows_by_one_step_when_a_latency_grows_tenfold(opened):
    page = opened(show("latency"))
    lengths = page.evaluate(
        f"[...{FIRST}.shadowRoot.querySelectorAll('.rule')].map((r) => parseFloat(r.style.width))"
    )
    rungs = static(page, "ladder", [["H100 SXM5 80 GB"]])[0]
    places = {rung["name"]: (rung["ns"], width) for rung, width in zip(rungs, lengths, strict=True)}
    (far, a), (near, b) = places["ssd"], places["pcie"]
    assert far == 100 * near
    assert a - b == pytest.approx(40, abs=1e-3)
    assert lengths == sorted(lengths)
    assert lengths[-1] < 100
