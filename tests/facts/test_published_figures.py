"""Each page that loads a record shows what others measured beside it: hollow, below our own."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers import recorded, style, timing
from helpers.facts import published, registry, sheet

CARDS = {card.name: card for card in registry.load()}


def sectors_per_read(stride, offset=0):
    return 4 + offset


def given(name):
    """Return what the cells before a drawing leave it."""
    record = recorded.load(name)
    there = {"record": record, "run": record.run("cuda"), "cards": CARDS}
    return there | {"found": [4.0], "sectors_per_read": sectors_per_read}


#: Record → chapter, its cell that draws, and how many hollow things stand in each of its axes.
DRAWN = {
    "matmul_ladder": ("cuda/matmul", "ladder", [8]),
    "reductions": ("cuda/divergence", "published", [7]),
    "copy_strides": ("cuda/memory", "offset", [1]),
    "transpose": ("cuda/memory", "measure-transpose", [3]),
    "peaks": ("background/anatomy", "claims", [2]),
    "block_sizes": ("cuda/first_kernel", "sizes", [8]),
    "asynchrony": ("cuda/asynchrony", "links", [9, 4]),
    "faster": ("cnn/faster", "published", [5]),
    "triton_kernels": ("cuda/triton", "record", [1]),
    "scaling": ("cuda/scaling_out", "links", [3]),
}
#: What a chapter's first cells import; here no kernel runs on a GPU.
NO_GPU = SimpleNamespace(works=False, reason="not asked for")
IMPORTS = {"np": np, "recorded": recorded, "style": style, "registry": registry, "timing": timing}
IMPORTS |= {"published": published, "warptrace": SimpleNamespace(hardware=lambda: NO_GPU)}


def test_no_record_with_published_points_is_left_out():
    assert set(DRAWN) == {point.record for point in sheet("published").points}


def test_a_label_says_what_a_point_is():
    first, *_ = published("matmul_ladder")
    assert first.label == "published, RTX A6000, 2022" and first.unit == "GFLOP/s"
    assert published("peaks")[0].label.endswith(", undated")
    assert published("none of ours") == []


@pytest.fixture(scope="module")
def drawn():
    """Return the axes of a record's figure and what is said of it."""
    made = {}

    def draw(record, monkeypatch):
        if record not in made:
            chapter, cell, _ = DRAWN[record]
            said = {}
            monkeypatch.setattr(style, "show", lambda figure, **words: said.update(words))
            module = recorded.chapter(chapter, cell, **IMPORTS, **given(record))
            made[record] = module.figure.axes, said
        return made[record]

    return draw


def hollow(axes):
    """Return the labels of what is drawn hollow in `axes`, and where on it."""
    bars = [bar for group in axes.containers for bar in group if bar.get_facecolor()[3] == 0]
    lines = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    return bars, lines


@pytest.mark.parametrize("record", DRAWN)
def test_its_points_are_drawn_hollow_below_our_own(drawn, monkeypatch, record):
    every, said = drawn(record, monkeypatch)
    counts = []
    for axes in every:
        bars, lines = hollow(axes)
        counts.append(len(bars) + sum(len(line.get_xdata()) for line in lines))
        if bars:
            ours = [bar for group in axes.containers for bar in group if bar not in bars]
            assert axes.yaxis_inverted() and ours
            assert min(b.get_y() for b in bars) > max(b.get_y() for b in ours)
            assert max(b.get_width() for b in bars) < axes.get_xlim()[1]
        if bars or lines:
            legend = [text.get_text() for text in axes.get_legend().get_texts()]
            assert any(text.startswith("published") for text in legend)
    assert counts == DRAWN[record][2]
    assert "ollow" in said["alt"] and "Hollow: " in said["caption"]


@pytest.mark.parametrize("record", DRAWN)
def test_every_machine_is_named_in_its_figure(drawn, monkeypatch, record):
    every, _ = drawn(record, monkeypatch)
    legends = [axes.get_legend() for axes in every if axes.get_legend()]
    texts = [text for legend in legends for text in legend.get_texts()]
    words = " ".join(text.get_text() for axes in every for text in texts + axes.get_yticklabels())
    machines = {point.machine.removeprefix("Tesla ") for point in published(record)}
    first = {name.split(" ")[0].rstrip(",") for name in machines}
    assert [name for name in first if name not in words] == []
