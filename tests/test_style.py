"""Figures: alt text is required, colours follow the page, ids do not clash, contrast is enough."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from colours import LEGIBLE, contrast

import warptrace
from helpers import style
from warptrace import samples


def drawn(title="a title"):
    figure, axes = style.subplots()
    axes.plot([1, 2, 3], label="line")
    axes.fill_between([0, 1, 2], [1, 2, 3])
    axes.set_title(title)
    axes.legend()
    return figure


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_colour_can_be_read_as_text(mode):
    palette = style.PALETTE[mode]
    for role in set(palette) - {"paper", "surface", "line"}:
        for ground in ("paper", "surface"):
            assert contrast(palette[role], palette[ground]) >= LEGIBLE, (mode, role, ground)


def test_both_modes_have_the_same_roles_and_no_colour_twice():
    assert style.PALETTE["light"].keys() == style.PALETTE["dark"].keys()
    light = list(style.PALETTE["light"].values())
    assert len(set(light)) == len(light), "a colour must tell its role"


def test_css_defines_every_role_for_both_modes():
    css = style.css_variables()
    for mode in ("light", "dark"):
        for role, colour in style.PALETTE[mode].items():
            assert f"--gpu-{role}:{colour}" in css
    assert "data-theme=dark" in css and "data-jp-theme-light=false" in css


@pytest.mark.parametrize(
    ("body", "mode"),
    [
        ("<body>", "light"),
        ('<body data-jp-theme-light="false">', "dark"),
        ('<body class="vscode-light">', "light"),
        ('<body class="vscode-dark">', "dark"),
        ('<body class="vscode-high-contrast">', "dark"),
        ('<body class="vscode-high-contrast vscode-high-contrast-light">', "light"),
    ],
)
def test_figures_and_traces_follow_the_page_that_shows_them(browser, body, mode):
    numbers = np.ones(32, np.float32)
    trace = warptrace.trace(samples.copy, 1, 32, numbers, numbers.copy())
    shown = style.show(drawn(), alt="a line")._repr_html_() + trace.show()._repr_html_()
    page = browser.new_page()
    page.set_content(body + shown)
    ink = (
        "[...document.body.children].map((e) => getComputedStyle(e).getPropertyValue('--gpu-ink'))"
    )
    assert set(page.evaluate(ink)) == {style.PALETTE[mode]["ink"]}
    page.close()


def test_bars_are_drawn_from_the_top_in_their_colours():
    values = {"here": 3.0, "recorded": 40.0}
    figure, axes = style.bars(values, ["cpu", "gpu"], xlabel="GB/s", least=0.5, mark=1)
    shown = style.show(figure, alt="bars")
    assert axes.get_xscale() == "log" and axes.get_xlim()[0] == 0.5
    assert axes.yaxis_inverted() and axes.get_xlabel() == "GB/s"
    assert [bar.get_width() for bar in axes.patches] == [3.0, 40.0]
    assert "--gpu-cpu" in shown.svg and "--gpu-gpu" in shown.svg
    plain = style.bars(values, "memory", xlabel="s")[1]
    assert plain.get_xscale() == "linear" and not plain.lines


def test_what_others_measured_is_hollow_and_below():
    figure, axes = style.bars({"here": 3.0}, "gpu", xlabel="GB/s")
    height = figure.get_figheight()
    style.hollow_bars(axes, {"there": 8.0, "elsewhere": 2.0}, "published, a card, 2022")
    ours, theirs, other = axes.patches
    assert figure.get_figheight() > height and axes.get_xlim()[1] > 8
    assert ours.get_y() < theirs.get_y() < other.get_y() and axes.yaxis_inverted()
    assert [bar.get_facecolor()[3] for bar in axes.patches] == [1, 0, 0]
    assert axes.get_legend().get_texts()[0].get_text() == "published, a card, 2022"
    assert "fill: none" in style.show(figure, alt="bars").svg


def test_labels_of_bars_are_legible_where_a_line_passes_behind():
    _, axes = style.bars({"here": 0.96, "there": 0.5}, xlabel="share", mark=1)
    style.hollow_bars(axes, {"elsewhere": 0.754}, "published")
    style.label_bars(axes)
    assert [text.get_text() for text in axes.texts] == ["0.96", "0.50", "0.75"]
    assert all(text.get_bbox_patch().get_facecolor()[3] == 1 for text in axes.texts)


def test_alt_text_is_required():
    with pytest.raises(ValueError, match="alt text"):
        style.show(drawn(), alt="")


def test_a_figure_is_well_formed_and_labelled():
    shown = style.show(drawn(), alt='a "line" & more', caption="<em>measured</em>")
    root = ElementTree.fromstring(shown.svg)
    assert root.get("role") == "img" and root.get("aria-label") == 'a "line" & more'
    assert "<em>measured</em>" in shown._repr_html_()
    assert repr(shown) == '[figure: a "line" & more]'


def test_no_colour_of_a_figure_is_fixed():
    svg = style.to_svg(drawn(), alt="a line")
    fixed = re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", svg)
    assert fixed == []
    for text in re.findall(r"<text [^>]*>", svg):
        assert "fill: var(--gpu-" in text


def test_two_figures_share_no_id():
    first = style.to_svg(drawn(), alt="first")
    second = style.to_svg(drawn(), alt="second")
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0] and not ids[0] & ids[1]
    for svg, known in zip((first, second), ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= known


def test_the_same_figure_gives_the_same_bytes():
    assert style.to_svg(drawn(), alt="same") == style.to_svg(drawn(), alt="same")
