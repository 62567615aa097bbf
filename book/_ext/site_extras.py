"""Files beside the pages: sitemap, robots.txt, 404, front door, icons."""

import shutil
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from helpers import style

#: What the search page loads; the theme's other static files serve its own layout.
KEPT = {
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "language_data.js",
    "searchtools.js",
    "search.js",
    "site.css",
    "site.js",
    "progress.js",
    "exercises.js",
    "katex",
    "live",
    "kernels",
    "favicon.svg",
    "favicon.ico",
    "social-card.png",
}


def sitemap(app) -> str:
    """Return a sitemap with one address for each page."""
    base = app.config.html_baseurl
    pages = [
        f"<url><loc>{escape(base + page)}.html</loc></url>" for page in sorted(app.env.found_docs)
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return (
        head
        + '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>\n'.format(
            "".join(pages)
        )
    )


def front_door(app) -> str:
    """Return the page at the root, which leads to the front page of the book."""
    target = f"{app.config.root_doc}.html"
    return (
        f'<!DOCTYPE html><html lang="{app.config.language}"><head><meta charset="utf-8">'
        f"<title>{escape(app.config.html_title)}</title>"
        f'<link rel="canonical" href="{escape(app.config.html_baseurl + target)}">'
        f'<meta http-equiv="refresh" content="0; url={target}"></head>'
        f'<body><p><a href="{target}">{escape(app.config.html_title)}</a></p></body></html>\n'
    )


def lost(app, page, template, context, doctree):
    """Give the 404 page addresses that hold at any depth, and its colours."""
    if page == "404":
        base = urlsplit(app.config.html_baseurl).path
        context["home"] = f"{base}{app.config.root_doc}.html"
        context["icon"] = f"{base}_static/favicon.ico"
        context["search"] = f"{base}search.html"
        context["palette"] = style.css_variables()


def draw_lanes(draw, box, side, colours):
    """Draw a square grid of lanes, one of them waiting."""
    left, top, size = box
    step = size / side
    for row in range(side):
        for column in range(side):
            waiting = (row, column) == (side // 2, side // 2)
            x, y = left + column * step, top + row * step
            circle = (x + step * 0.12, y + step * 0.12, x + step * 0.88, y + step * 0.88)
            draw.ellipse(circle, fill=colours[1] if waiting else colours[0])


def social_card(title: str, path: Path):
    """Draw the picture that a link to the book shows elsewhere, 1200 by 630 pixels."""
    from matplotlib import font_manager
    from PIL import Image, ImageDraw, ImageFont

    dark = style.PALETTE["dark"]
    image = Image.new("RGB", (1200, 630), dark["paper"])
    draw = ImageDraw.Draw(image)
    draw_lanes(draw, (760, 115, 400), 8, (dark["gpu"], dark["line"]))
    face = font_manager.findfont(font_manager.FontProperties(family="DejaVu Serif", weight="bold"))
    small = font_manager.findfont("DejaVu Sans")
    first, _, second = title.partition(", ")
    draw.text(
        (80, 170),
        f"{first},\n{second}",
        font=ImageFont.truetype(face, 68),
        fill=dark["ink"],
        spacing=22,
    )
    draw.text(
        (80, 410),
        "A book that runs everything\nit claims",
        spacing=12,
        font=ImageFont.truetype(small, 34),
        fill=dark["muted"],
    )
    image.save(path, optimize=True)


def icon(path: Path):
    """Draw the icon for browsers that do not take SVG."""
    from PIL import Image, ImageDraw

    light = style.PALETTE["light"]
    image = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 127, 127), 24, fill=light["gpu"])
    draw_lanes(draw, (16, 16, 96), 3, (light["paper"], "#a5bf8a"))
    image.save(path, sizes=[(16, 16), (32, 32), (48, 48)])


def drop_pages_that_are_gone(app):
    """Remove the pages of chapters that the book no longer has; Sphinx leaves them behind."""
    out = Path(app.outdir)
    for folder, suffix in ((out / "book", ".html"), (out / "_sources" / "book", "")):
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            page = f"book/{path.relative_to(folder).as_posix().removesuffix(suffix)}"
            if page not in app.env.found_docs and page.rsplit(".", 1)[0] not in app.env.found_docs:
                path.unlink()


def write(app, error):
    """Write the files, and take away those that no page uses."""
    if error is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    drop_pages_that_are_gone(app)
    (out / "sitemap.xml").write_text(sitemap(app), "utf-8")
    (out / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\nSitemap: {app.config.html_baseurl}sitemap.xml\n", "utf-8"
    )
    (out / "index.html").write_text(front_door(app), "utf-8")
    (out / ".nojekyll").touch()
    static = out / "_static"
    for path in static.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not (static / "social-card.png").exists():
        social_card(app.config.html_title, static / "social-card.png")
        icon(static / "favicon.ico")


def setup(app):
    """Add the 404 page, and write the rest when the pages stand."""
    app.config.html_additional_pages = {"404": "404.html"}
    app.connect("html-page-context", lost)
    app.connect("build-finished", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
