"""One look for every figure: colours by meaning, legible in light and dark, alt text required."""

import hashlib
import html
import io
import re
from string import Template

from warptrace import palette

#: One palette for pages, figures and explorables. A role says what a colour means.
PALETTE = {
    "light": palette.PALETTE["light"] | {"surface": "#f5f7f3", "accent": "#2d6a1f"},
    "dark": palette.PALETTE["dark"] | {"surface": "#1d2425", "accent": "#9fd88a"},
}

#: Colours by meaning for Matplotlib. `show` lets them follow the page's light or dark mode.
COLOURS = PALETTE["light"]

# On a narrow screen a figure scrolls rather than shrink until its text cannot be read; what
# scrolls must be reachable from the keyboard.
_FIGURE_CSS = ".gpu-svg{display:block;height:auto;max-width:100%;min-width:30rem}"
_FIGURE = Template(
    '<figure class="gpu-figure" style="margin:1em 0;overflow-x:auto" tabindex="0">'
    "<style>$css</style>"
    "$svg$caption</figure>"
)
_CAPTION = Template('<figcaption style="color:var(--gpu-muted)">$text</figcaption>')
_UNUSED_ID = re.compile(r' id="(?P<name>[^"]+)"')


def css_variables() -> str:
    """Return CSS that defines `--gpu-<role>`; `warptrace.palette` says which pages are dark."""
    return palette.css_variables(PALETTE)


def rc_parameters() -> dict:
    """Return the Matplotlib settings that every figure of the book uses."""
    from cycler import cycler

    ink, muted, line = COLOURS["ink"], COLOURS["muted"], COLOURS["line"]
    order = [COLOURS[role] for role in ("gpu", "compute", "cpu", "memory", "bad", "warn")]
    return {
        "axes.axisbelow": True,
        "axes.edgecolor": line,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.labelcolor": ink,
        "axes.prop_cycle": cycler(color=order, linestyle=["-", "--", "-.", ":", "-", "--"]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": ink,
        "axes.titlelocation": "left",
        "axes.titlesize": "medium",
        "figure.constrained_layout.use": True,
        "figure.facecolor": "none",
        "figure.figsize": (7.0, 3.6),
        "grid.color": line,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "legend.labelcolor": ink,
        "svg.fonttype": "none",
        "text.color": ink,
        "xtick.color": muted,
        "ytick.color": muted,
    }


def subplots(rows: int = 1, columns: int = 1, **options):
    """Return `(figure, axes)` from `matplotlib.pyplot.subplots`, in the book's style.

    The style stays on, since Matplotlib draws what you add later (a legend, say) by it too.
    """
    import matplotlib.pyplot as plt

    plt.rcParams.update(rc_parameters())
    return plt.subplots(rows, columns, **options)


def bars(values: dict[str, float], roles="compute", *, xlabel: str, least=None, mark=None):
    """Return `(figure, axes)` with a bar for each of `values`, the first on top.

    Args:
        values: label to length.
        roles: the colour of all bars, or one for each, by roles of `PALETTE`.
        xlabel: what the lengths mean, with their unit.
        least: where a logarithmic axis begins; default a linear one.
        mark: a length to compare with, drawn as a line across.
    """
    figure, axes = subplots(figsize=(7, 0.8 + 0.42 * len(values)))
    chosen = [roles] * len(values) if isinstance(roles, str) else roles
    axes.barh(list(values), list(values.values()), color=[COLOURS[role] for role in chosen])
    axes.set(xlabel=xlabel)
    if least is not None:
        axes.set(xscale="log", xlim=(least, None))
    if mark is not None:
        axes.axvline(mark, color=COLOURS["ink"], linestyle="-", linewidth=1)
    axes.invert_yaxis()
    return figure, axes


def hollow_bars(axes, values: dict[str, float], label: str):
    """Add hollow bars below those of `axes`: what others measured, and in the legend who did."""
    names, lengths = list(values), list(values.values())
    axes.figure.set_figheight(axes.figure.get_figheight() + 0.3 * len(values))
    axes.barh(names, lengths, color="none", edgecolor=COLOURS["ink"], label=label)
    axes.set(xlim=(None, max(axes.get_xlim()[1], 1.1 * max(lengths))))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), fontsize="small")


def label_bars(axes, form: str = "%.2f"):
    """Write its length beside each bar, legible where a line passes behind."""
    plate = {"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 0.5}
    for bars in axes.containers:
        axes.bar_label(bars, fmt=form, padding=2, bbox=plate)


def to_svg(figure, *, alt: str) -> str:
    """Return `figure` as inline SVG whose colours follow the page; arguments as for `show`."""
    if not alt.strip():
        raise ValueError("A figure needs alt text: say what a reader should see in it.")
    import matplotlib as mpl

    # Matplotlib derives ids from this salt: two figures on one page must not share any.
    salt = hashlib.sha256(alt.encode()).hexdigest()[:8]
    buffer = io.StringIO()
    with mpl.rc_context(rc_parameters() | {"svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.S)
    svg = svg[svg.index("<svg") :]
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}" class="gpu-svg"', 1)
    return _follow_the_page(_drop_unused_ids(svg))


def _drop_unused_ids(svg: str) -> str:
    """Matplotlib numbers its groups alike in every figure; on one page those ids would clash."""
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
    return _UNUSED_ID.sub(lambda match: match[0] if match["name"] in used else "", svg)


def _follow_the_page(svg: str) -> str:
    for role, colour in COLOURS.items():
        svg = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--gpu-{role},{colour})", svg)
    # Text is drawn in the page's own font; a black default would vanish on a dark page.
    return re.sub(
        r'<text style="(?![^"]*fill:)', '<text style="fill: var(--gpu-ink,#1c2321); ', svg
    )


class Figure:
    """What `show` returns: HTML for a notebook, the alt text for a terminal."""

    def __init__(self, svg: str, alt: str, caption: str = ""):
        """Keep the pieces. `svg` is inline SVG text, `caption` may hold HTML."""
        self.svg, self.alt, self.caption = svg, alt, caption

    def _repr_html_(self) -> str:
        caption = _CAPTION.substitute(text=self.caption) if self.caption else ""
        return _FIGURE.substitute(css=css_variables() + _FIGURE_CSS, svg=self.svg, caption=caption)

    def __repr__(self) -> str:
        return f"[figure: {self.alt}]"


def show(figure, *, alt: str, caption: str = "") -> Figure:
    """Turn a Matplotlib figure into one that suits the page, and close the original.

    Make the call the last line of a cell: what it returns is displayed there.

    Args:
        figure: a Matplotlib figure that uses `COLOURS`.
        alt: what a reader who cannot see the figure needs to know.
        caption: HTML under the figure, such as `recorded.load(name).caption()`.

    Raises:
        ValueError: `alt` is empty.
    """
    import matplotlib.pyplot as plt

    shown = Figure(to_svg(figure, alt=alt), alt, caption)
    plt.close(figure)
    return shown
