"""The chip to zoom into: the registry's cards, the occupancy rules, and what each level shows."""

import importlib
import re

import pytest
from explorable_page import FIRST, about, choose, facts, live, show, shown_text, state, static

import warptrace
from helpers.facts import registry, sheet

RULES = importlib.import_module("warptrace.occupancy")
CARDS = {gpu.name: gpu for gpu in registry.load()}
CACHES = sheet("hierarchy").caches
LANES = {entry.capability: entry.value for entry in sheet("hierarchy").lanes}
TENSOR_CORES = {entry.capability: entry.value for entry in sheet("hierarchy").tensor_cores}
LEVELS = ["chip", "sm", "partition", "lane"]
WARP = 32


def capability(name: str) -> str:
    return ".".join(map(str, CARDS[name].capability))


def test_the_cards_are_the_registrys():
    embedded = about("chip")
    assert embedded["options"]["card"]["choices"] == list(embedded["cards"])
    assert embedded["options"]["level"]["choices"] == LEVELS
    for name, figures in embedded["cards"].items():
        gpu = CARDS[name]
        caches = next((entry for entry in CACHES if name in entry.cards), None)
        wanted = [gpu.sms, gpu.fp32_tflops, gpu.memory_gb, gpu.bandwidth_gbs]
        assert figures == [capability(name), *wanted, caches and caches.l2_mb], name


def test_an_sm_has_the_limits_of_the_occupancy_rules():
    embedded = about("chip")
    assert set(embedded["sm"]) == {card[0] for card in embedded["cards"].values()}
    for version, (_, warps, blocks, shared, tensor_cores) in embedded["sm"].items():
        rules = RULES.MULTIPROCESSORS[version]
        assert [warps, blocks, shared * RULES.KIB] == [rules.warps, rules.blocks, rules.shared]
        assert tensor_cores == TENSOR_CORES[version]


def test_the_lanes_of_an_sm_explain_the_peak_of_each_card():
    """The FP32 peak is SMs × lanes × 2 × boost clock: a wrong lane count gives no likely clock."""
    for name in about("chip")["cards"]:
        gpu = CARDS[name]
        lanes = about("chip")["sm"][capability(name)][0]
        assert lanes == LANES[capability(name)]
        clock_ghz = gpu.fp32_tflops * 1e3 / (gpu.sms * lanes * 2)
        assert 1.4 < clock_ghz < 2.6, name


def test_the_counts_follow(opened):
    page = opened(show("chip"))
    names = list(about("chip")["cards"])
    for name, found in zip(names, static(page, "count", [[n] for n in names]), strict=True):
        gpu, rules = CARDS[name], RULES.MULTIPROCESSORS[capability(name)]
        lanes = about("chip")["sm"][capability(name)][0]
        full = warptrace.occupancy(gpu.capability, 0, 0, 256)
        assert found["threads"] == gpu.sms * full.warps * WARP
        assert full.fraction == 1
        assert found["all"] == gpu.sms * lanes
        assert found["each"] == full.warps * WARP / lanes
        assert found["slots"] * RULES.PARTITIONS == rules.warps
        assert found["clocks"] * lanes / RULES.PARTITIONS == WARP
        assert found["clock"] * 1e9 * found["all"] * 2 == pytest.approx(gpu.fp32_tflops * 1e12)


def test_the_registers_that_fill_an_sm_are_the_most_at_full_occupancy(opened):
    page = opened(show("chip"))
    names = list(about("chip")["cards"])
    for name, found in zip(names, static(page, "count", [[n] for n in names]), strict=True):
        at = {
            more: warptrace.occupancy(capability(name), found["full"] + more, 0, 128).fraction
            for more in (0, 1)
        }
        assert at[0] == 1, name
        assert at[1] < 1, name


def test_the_constants_are_those_of_the_occupancy_rules():
    source = show("chip")
    told = {name: int(value) for name, value in re.findall(r"const ([A-Z_]+) = (\d+);", source)}
    assert told["WARP"] == RULES.WARP
    assert told["PARTITIONS"] == RULES.PARTITIONS
    assert told["REGISTERS"] == RULES.REGISTERS_PER_SM
    assert told["MOST_REGISTERS"] == RULES.MAX_REGISTERS_PER_THREAD


def test_the_fallback_table_is_right():
    (_, *names), *rows = about("chip")["table"]
    cards = {
        "T4": "Tesla T4",
        "A100": "A100 SXM4 40 GB",
        "H100": "H100 SXM5 80 GB",
        "RTX 4090": "GeForce RTX 4090",
    }
    for column, name in enumerate(names, start=1):
        gpu, (lanes, warps, *_) = CARDS[cards[name]], about("chip")["sm"][capability(cards[name])]
        wanted = [gpu.sms, lanes, gpu.sms * lanes, gpu.sms * warps * WARP]
        assert [row[column] for row in rows] == wanted


def test_the_figures_of_a_card(opened):
    page = opened(show("chip"))
    assert facts(page) == {
        "SMs": "132",
        "FP32 lanes": "16,896",
        "Resident threads, most": "270,336",
        "Threads per lane": "16",
    }
    choose(page, "card", "A100 SXM4 40 GB")
    assert facts(page)["Threads per lane"] == "32"
    assert "Memory, 40 GB · 1,555 GB/s" in shown_text(page)
    assert "L2 cache, 40 MB, shared by all SMs" in shown_text(page)
    live(page, "Chip. 108 SMs share one L2 cache and one memory.")
    choose(page, "card", "L4")
    assert "L2 cache, shared by all SMs" in shown_text(page)


def pressed(page) -> list[str]:
    return page.evaluate(
        f"""[...{FIRST}.shadowRoot.querySelectorAll('.levels button')]
        .filter((b) => b.ariaPressed === 'true').map((b) => b.name)"""
    )


def test_the_buttons_and_the_picture_zoom(opened):
    page = opened(show("chip"))
    stage = page.locator(".stage")
    for level in LEVELS[1:]:
        stage.click()
        assert state(page)["level"] == level
        assert pressed(page) == [level]
    stage.click()
    assert state(page)["level"] == "lane", "there is nothing below a lane"
    page.get_by_role("button", name="SM").focus()
    page.keyboard.press("Enter")
    assert pressed(page) == ["sm"]
    live(page, "SM. An SM has four partitions")
    live(page, "Here run blocks, up to 32 at once.")


@pytest.mark.parametrize("name", ["Tesla T4", "A100 SXM4 40 GB", "H100 SXM5 80 GB", "L4"])
def test_each_level_draws_what_it_counts(opened, name):
    lanes, warps, blocks, shared, tensor_cores = about("chip")["sm"][capability(name)]
    page = opened("".join(show("chip", card=name, level=level, label=level) for level in LEVELS))
    drawn = page.evaluate(
        """[...document.querySelectorAll('gpu-chip')].map((e) =>
        [...e.shadowRoot.querySelectorAll('.stage .cells')].map((c) => c.children.length))"""
    )
    quarter, slots = lanes // 4, warps // 4
    halves = [-(-CARDS[name].sms // 2), CARDS[name].sms // 2]
    registers = static(page, "count", [[name]])[0]["full"]
    assert drawn == [halves, [quarter] * 4, [slots, quarter], [registers]]
    chip, sm, partition, lane = page.evaluate(
        "[...document.querySelectorAll('gpu-chip')].map((e) => e.shadowRoot.textContent)"
    )
    assert f"{CARDS[name].sms} SMs share one L2 cache" in chip
    assert f"up to {shared} KB" in sm
    assert f"{lanes} lanes, {warps} warps of 32 threads resident" in sm
    assert f"up to {blocks} at once" in sm
    drawn = "2 tensor cores" if tensor_cores == 8 else "Tensor core"
    assert (sm.count(drawn), partition.count(drawn)) == (4, 1)
    assert f"Clocks that {quarter} lanes need for it: {32 // quarter}." in partition
    assert "Registers, 64 KB" in partition
    assert f"= {CARDS[name].fp32_tflops} TFLOP/s" in lane
    assert f"Up to 255 registers of 4 bytes; {registers} if the SM is full" in lane
