"""What fits on a multiprocessor: `warptrace.occupancy`, and what the pictures show of it."""

import random

import pytest
from explorable_page import FIRST, about, choose, facts, fill, live, show, shown_text, state, static

import warptrace
from warptrace.occupancy import MULTIPROCESSORS

#: The name of each limit in the explorable → in `warptrace.occupancy`.
NAMES = {"warps": "warps", "blocks": "blocks", "registers": "registers", "shared": "shared memory"}


def settings(number: int) -> list[dict]:
    dice = random.Random(number)
    return [
        {
            "capability": dice.choice(list(MULTIPROCESSORS)),
            "registers": dice.choice([16, 24, 32, dice.randint(8, 255)]),
            "shared": dice.choice([0, 0, dice.randint(0, 12_000), dice.randint(0, 232_448)]),
            "threads": dice.choice([dice.randint(1, 1024), 32 * dice.randint(1, 32), 1024]),
        }
        for _ in range(number)
    ]


def counted(capability, registers, shared, threads) -> warptrace.Occupancy:
    return warptrace.occupancy(capability, registers, shared, threads)


def test_it_counts_as_the_tracer_does(opened):
    page = opened(show("occupancy"))
    cases = settings(150)
    seen = set()
    for case, found in zip(cases, static(page, "occupancy", [[c] for c in cases]), strict=True):
        expected = counted(**case)
        assert (found["blocks"], found["warps"]) == (expected.blocks, expected.warps), case
        assert found["fraction"] == pytest.approx(expected.fraction)
        assert {NAMES[name]: limit for name, limit in found["limits"].items()} == expected.limits
        assert " and ".join(NAMES[name] for name in found["limiters"]) == expected.limiter
        seen |= {expected.limiter}
    assert {"warps", "blocks", "registers", "shared memory"} <= seen


def test_the_relief_is_the_largest_value_with_which_more_fits(opened):
    page = opened(show("occupancy"))
    cases = settings(100)
    seen = set()
    for case, found in zip(cases, static(page, "relief", [[c] for c in cases]), strict=True):
        now = counted(**case)
        if now.limiter not in ("registers", "shared memory"):
            assert found is None
        elif found:
            step = {"registers": 1, "shared": 128}[found["name"]]
            assert counted(**case | {found["name"]: found["value"]}).blocks == found["blocks"]
            assert found["blocks"] > now.blocks
            assert counted(**case | {found["name"]: found["value"] + step}).blocks == now.blocks
            seen.add(found["name"])
    assert seen == {"registers", "shared"}


def test_the_fallback_table_is_right():
    (_, *memories), *rows = about("occupancy")["table"]
    shared = [0 if text.startswith("no ") else int(text.split()[0]) * 1024 for text in memories]
    for registers, *warps in rows:
        assert [counted("8.0", registers, size, 256).warps for size in shared] == warps


SLOTS = f"""() => [...{FIRST}.shadowRoot.querySelectorAll('.slots i')]
  .map((e) => [e.className, e.textContent, e.style.background])"""


@pytest.mark.parametrize("number", range(6))
def test_the_slots_show_the_warps_of_each_block(opened, number):
    case = settings(60)[number * 9]
    page = opened(show("occupancy", **case | {"threads": max(16, case["threads"])}))
    shown = state(page)
    expected = counted(*(shown[name] for name in ("capability", "registers", "shared", "threads")))
    slots = page.evaluate(SLOTS)
    warps = -(-shown["threads"] // 32)
    taken = [slot for slot in slots if "taken" in slot[0]]
    assert len(taken) == expected.warps
    assert len(slots) == round(expected.warps / expected.fraction) if expected.warps else slots
    assert sorted(text for _, text, _ in taken) == sorted(
        str(block) for block in range(expected.blocks) for _ in range(warps)
    )
    half = [text for kind, text, _ in taken if "half" in kind]
    assert len(half) == (expected.blocks if shown["threads"] % 32 else 0)
    assert len({paint for *_, paint in taken}) == min(2, expected.blocks)
    columns = len(slots) // 4
    for place, (kind, text, _) in enumerate(slots):  # warps go to the partitions in turn
        if text:
            block, warp = divmod(place % columns * 4 + place // columns, warps)
            assert int(text) == block
            assert ("half" in kind) == (warp == warps - 1 and shown["threads"] % 32 > 0)


def test_registers_push_blocks_out(opened):
    page = opened(show("occupancy", capability="8.0", registers=32, shared=0))
    assert facts(page) == {
        "Warps resident": "64 of 64",
        "Occupancy": "100 %",
        "Blocks resident": "8",
        "Limited by": "warp slots, registers",
    }
    assert "Every warp slot is taken" in shown_text(page)
    fill(page, "registers", 33)
    assert facts(page)["Warps resident"] == "48 of 64"
    assert facts(page)["Limited by"] == "registers"
    assert "registers: 6 × 10,240 = 61,440 of 65,536; room for 6 blocks" in shown_text(page)
    assert "With 32 or fewer registers per thread, 8 blocks would fit." in shown_text(page)
    live(page, "48 of 64 are taken by 6 blocks. Limited by registers. With 32")


def test_shared_memory_and_what_does_not_fit(opened):
    page = opened(show("occupancy", capability="7.5", registers=32, shared=20_000, threads=128))
    assert state(page)["shared"] == 20_096  # a multiple of the slider's step
    assert "shared memory: 3 × 20,224 = 60,672 of 65,536; room for 3 blocks" in shown_text(page)
    assert "With 16,384 or fewer bytes of shared memory per block, 4 blocks" in shown_text(page)
    fill(page, "shared", 0)
    assert "shared memory: not used" in shown_text(page)
    fill(page, "shared", 600)
    assert state(page)["shared"] == 600 * 128
    assert facts(page)["Blocks resident"] == "0"
    assert "Nothing fits" in shown_text(page)


def test_the_card_changes_the_slots(opened):
    page = opened(show("occupancy", capability="9.0", shared=0))
    assert len(page.evaluate(SLOTS)) == 64
    choose(page, "capability", "8.9")
    assert len(page.evaluate(SLOTS)) == 48
    choose(page, "capability", "7.5")
    assert len(page.evaluate(SLOTS)) == 32


def test_the_staircase_stands_where_the_registers_are(opened):
    page = opened(show("occupancy", capability="9.0", registers=100, shared=0))
    dot = f"{FIRST}.shadowRoot.querySelector('.dot')"
    warps = counted("9.0", 100, 0, 256).warps
    assert page.evaluate(f"{dot}.getAttribute('cx')") == "100"
    assert float(page.evaluate(f"{dot}.getAttribute('cy')")) == 64 - warps
    path = page.evaluate(f"{FIRST}.shadowRoot.querySelector('.stair').getAttribute('d')")
    heights = [float(piece.split("V")[1]) for piece in path.split("H")[1:]]
    assert heights == [64 - counted("9.0", r, 0, 256).warps for r in range(9, 256)]
