"""One stylesheet for the site: the palette, the colours of code, then `_static/site/*.css`."""

import hashlib
import re
from pathlib import Path

from pydata_sphinx_theme.pygments import get_pygments_stylesheet

from helpers import style

PARTS = Path(__file__).resolve().parent.parent / "_static" / "site"
CODE_STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")


def print_palette() -> str:
    """Return CSS that gives paper the light palette, whichever mode the screen is in."""
    light = ";".join(f"--gpu-{role}:{colour}" for role, colour in style.PALETTE["light"].items())
    return f"@media print{{html:root[data-theme]{{{light}}}}}"


def code_colours() -> str:
    """Return the colours of code for both modes, without backgrounds: those are the page's."""
    css = get_pygments_stylesheet(*CODE_STYLES)
    css = re.sub(r"/\*.*?\*/", "", css)
    css = re.sub(r"background(-color)?:[^;}]*;?", "", css)
    return re.sub(r"[^\n{}]*\{\s*\}", "", css)


def minified(css: str) -> str:
    """Return `css` without comments and needless white space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,]) ?", r"\1", css).strip()


def stylesheet() -> str:
    """Return the text of the site's stylesheet."""
    parts = [path.read_text("utf-8") for path in sorted(PARTS.glob("*.css"))]
    return minified("\n".join([style.css_variables(), code_colours(), *parts, print_palette()]))


def digest(text: str) -> str:
    """Return a short name for this version of a file, for its address."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def prepare(app):
    """Make the stylesheet once, and note its version for the pages."""
    app.site_css = stylesheet()
    script = (PARTS.parent / "site.js").read_text("utf-8")
    app.site_versions = {"css": digest(app.site_css), "js": digest(script)}


def write(app, error):
    """Put the stylesheet beside the other static files."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "_static" / "site.css").write_text(app.site_css, "utf-8")


def setup(app):
    """Make the stylesheet at the start, write it at the end."""
    app.connect("builder-inited", prepare)
    app.connect("build-finished", write, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
