"""Print the built site as one PDF, `_build/html/gpus-and-ai.pdf`: `.venv/bin/python -m tools.pdf`.

The browser that looks at pages in the tests prints each page without scripts, so that explorables
stand there as their tables; pypdf joins the prints. The links between pages then lead inside the
file, and the headings are its bookmarks. The front page of the site links to the file.
"""

import re
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import Fit, NameObject, TextStringObject

from helpers.files import write_atomically
from tools import ending
from tools.browser import FLAGS, find_browser
from tools.site_server import HTML, ROOT, serve

NAME = "gpus-and-ai.pdf"
INDEX = "book/index.html"
FRONT = "front.html"  # of the PDF alone: title and contents, in no folder of the site
ROOM_MB = 300
NO_SITE = "pdf: there is no site to print. Run `make book`, then `make pdf`."
NO_BROWSER = (
    "pdf: no Chromium or Chrome was found, and it prints the pages. Install one (for example "
    "`apt-get install chromium`), or name it with CHROME_PATH, and run `make pdf` again."
)
NO_ROOM = (
    "pdf: {free} MB are free on the disk of {folder}, and printing needs {need} MB. Free some."
)
NO_GLYPHS = (
    "pdf: {count} characters are boxes, since no font here has them (in {pages}). Install a font "
    "with Chinese, for example `apt-get install fonts-noto-cjk`, and run `make pdf` again."
)
NO_PRINT = (
    "pdf: the browser {path} did not print: {why}. Is memory short? Free some, or name another "
    "browser with CHROME_PATH, and run `make pdf` again."
)
STYLE = """
@page { size: A4; margin: 18mm 18mm 20mm;
  @bottom-center { content: counter(page); font: 9pt sans-serif; color: #444; } }
html { counter-reset: page %d; }
.names { position: absolute; top: 0; left: 0; font-size: 1px; line-height: 1; }
.names a { display: inline-block; width: 1px; height: 1px; }
"""
FRONT_STYLE = """
@page { size: A4; margin: 18mm 18mm 20mm; }
h1 { margin-top: 35%; } .sheet { break-after: page; }
h2.part { font-size: 1.1rem; border: 0; padding: 0; margin: 1.1em 0 .3em; }
p.entry { display: flex; gap: .5em; margin: 0 0 .2em; max-width: none; }
p.entry i { flex: 1; border-bottom: 1px dotted #777; margin-bottom: .35em; }
"""
FRONT_PAGE = """<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<title>{title}</title><link rel="stylesheet" href="_static/site.css"><style>{style}</style></head>
<body><article><div class="sheet"><h1>{title}</h1><p>{author}</p>
<p>Version {version}, printed on {day} from commit {commit}</p>
<p>Text and figures: CC BY 4.0. Code: MIT licence.</p>
<p>On the site the pictures can be played with, and the code can be copied and run:
<a href="{address}">{address}</a></p></div><h2>Contents</h2>{entries}</article></body></html>"""


@dataclass
class Chapter:
    """A page of the site, and its place in the PDF once it is printed."""

    name: str
    title: str
    part: str
    first: int = 0
    reader: PdfReader | None = None


def soup(text: str) -> BeautifulSoup:
    """Return the tree of an HTML text."""
    return BeautifulSoup(text, "html.parser")


def read_contents(text: str) -> list[Chapter]:
    """Return the pages of the book in their order, from the list on its front page."""
    found = [Chapter(INDEX, "About this book", "")]
    part = ""
    for tag in soup(text).select("nav#contents p.caption, nav#contents li a"):
        if tag.name == "p":
            part = tag.get_text(strip=True)
        else:
            name = urlsplit(urljoin(INDEX, tag["href"])).path
            found.append(Chapter(name, tag.get_text(" ", strip=True), part))
    return found


def commit_of(text: str) -> str:
    """Return the commit that a page says it was built from."""
    found = re.search(r"environment=commit\+(\w+)", text)
    return found[1] if found else "unknown"


# ---------------------------------------------------------------- a page as it is printed


def prepare(text: str, pages_before: int) -> str:
    """Return a page of the site as it is printed after so many pages."""
    tree = soup(text)
    for tag in tree.select(
        "script, header.bar, #contents, aside.there, details.here, p.pdf, button"
    ):
        tag.decompose()
    language = tree.html.get("lang", "en").replace("_", "-")
    for tag in tree.select(".gpu-fallback > p[lang]"):
        if tag["lang"] != language:
            tag.decompose()
    for tag in tree.select("details"):
        tag["open"] = ""
    list_addresses(tree)
    name_targets(tree)
    style = tree.new_tag("style")
    style.string = STYLE % pages_before
    tree.head.append(style)
    return str(tree)


def list_addresses(tree: BeautifulSoup) -> None:
    """Number the links that leave the book, and print each address once, at the end."""
    article = tree.select_one("article")
    numbers: dict[str, int] = {}
    for link in article.select("a[href^='http://'], a[href^='https://']"):
        address = link["href"]
        if link.get_text(strip=True) == address:
            continue
        number = tree.new_tag("sup")
        number.string = f"[{numbers.setdefault(address, len(numbers) + 1)}]"
        link.insert_after(number)
    if numbers:
        items = "".join(f"<li>{escape(address)}</li>" for address in numbers)
        article.append(soup(f'<p class="rubric">Addresses</p><ol class="addresses">{items}</ol>'))


def name_targets(tree: BeautifulSoup) -> None:
    """Link to every anchor of the page out of sight: a browser keeps the places of such alone."""
    names = tree.new_tag("div", attrs={"class": "names"})
    for tag in tree.select("article [id]"):
        names.append(tree.new_tag("a", href=f"#{tag['id']}"))
    tree.body.insert(0, names)


def front_page(chapters: list[Chapter], about: dict) -> str:
    """Return the title page and the contents, with the page on which each chapter begins."""
    lines, part = [], ""
    for chapter in chapters:
        if chapter.part != part:
            part = chapter.part
            lines.append(f'<h2 class="part">{escape(part)}</h2>')
        lines.append(
            f'<p class="entry"><a href="{chapter.name}">{escape(chapter.title)}</a><i></i>'
            f"<span>{chapter.first + 1}</span></p>"
        )
    shown = {key: escape(value) for key, value in about.items()}
    return FRONT_PAGE.format(style=FRONT_STYLE, entries="".join(lines), **shown)


def read_about(commit: str) -> dict:
    """Return what the title page says."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "title": config["title"],
        "author": config["author"],
        "address": config["html"]["baseurl"],
        "version": project["version"],
        "day": date.today().strftime("%-d %B %Y"),
        "commit": commit,
    }


# ---------------------------------------------------------------- print


class Press:
    """A browser that prints HTML as if it stood in the site."""

    def __init__(self, browser, site: str):
        """Print for the site that is served at `site`."""
        context = browser.new_context(java_script_enabled=False, color_scheme="light")
        self.page, self.site = context.new_page(), site
        self.page.set_default_timeout(120_000)

    def print(self, name: str, text: str) -> PdfReader:
        """Return the PDF of `text`, shown at the address of the page `name`."""
        address, kind = self.site + name, "text/html; charset=utf-8"
        self.page.route(address, lambda route: route.fulfill(body=text, content_type=kind))
        self.page.goto(address)
        # A browser knows the headings of a tagged document alone.
        content = self.page.pdf(
            prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
        return PdfReader(BytesIO(content))


def print_all(press: Press, chapters: list[Chapter], folder: Path, about: dict) -> PdfReader:
    """Print every chapter, its pages numbered on from the last one's; return the front."""
    front = press.print(FRONT, front_page(chapters, about))
    pages = len(front.pages)
    for number, chapter in enumerate(chapters, 1):
        chapter.first = pages
        text = (folder / chapter.name).read_text("utf-8")
        chapter.reader = press.print(chapter.name, prepare(text, pages))
        pages += len(chapter.reader.pages)
        print(f"pdf: {number}/{len(chapters)}  {chapter.name}", flush=True)
    return press.print(FRONT, front_page(chapters, about))


# ---------------------------------------------------------------- join


def links_of(reader: PdfReader) -> Iterator[tuple[int, list, str]]:
    """Take the links off the pages of a print: the page, the place and the target of each."""
    for number, page in enumerate(reader.pages):
        for one in page.pop("/Annots", ()):
            one = one.get_object()
            low, high = one["/Rect"][1], one["/Rect"][3]
            target = one.get("/A", {}).get("/URI") or "#" + str(one.get("/Dest", "")).lstrip("/")
            if high - low > 2:  # not one of `name_targets`
                yield number, one["/Rect"], str(target)


def places(chapters: list[Chapter]) -> dict[tuple[str, str], tuple[int, float | None]]:
    """Return where each page and each anchor is: page of the PDF, height on it."""
    found = {}
    for chapter in chapters:
        found[chapter.name, ""] = (chapter.first, None)
        for name, place in chapter.reader.named_destinations.items():
            number = chapter.reader.get_destination_page_number(place)
            found[chapter.name, unquote(name.lstrip("/"))] = (chapter.first + number, place.top)
    return found


def fit(top: float | None) -> Fit:
    """Return the view that begins at a height, or at the top of a page."""
    return Fit.fit() if top is None else Fit.xyz(top=top)


def add_link(writer: PdfWriter, page: int, box: list, target: str | tuple) -> None:
    """Put a link on a page: to an address, or to a page and a height."""
    if isinstance(target, str):
        writer.add_annotation(page, Link(rect=box, url=target))
    else:
        inside = Link(rect=box, target_page_index=target[0], fit=fit(target[1]))
        writer.add_annotation(page, inside)


def resolve(target: str, name: str, site: str, public: str, known: dict) -> str | tuple:
    """Return where a link of the page `name` leads: a place in the PDF, or a public address."""
    address, anchor = urldefrag(urljoin(site + name, target))
    if not address.startswith(site):
        return target
    page = address.removeprefix(site)
    inside = known.get((page, unquote(anchor))) or known.get((page, ""))
    return inside or public + page


def add_bookmarks(writer: PdfWriter, chapters: list[Chapter]) -> None:
    """Make the parts, the chapters in them and their headings the bookmarks."""
    add, parts = writer.add_outline_item, {"": None}
    for chapter in chapters:
        place = {"page_number": chapter.first, "fit": fit(None)}
        if chapter.part not in parts:
            parts[chapter.part] = add(title=chapter.part, is_open=False, **place)
        parent = parts[chapter.part]
        above = add(title=chapter.title, parent=parent, is_open=False, **place)
        headings = chapter.reader.outline
        add_headings(writer, chapter, headings[1] if len(headings) > 1 else [], above)


def add_headings(writer: PdfWriter, chapter: Chapter, headings: list, parent) -> None:
    """Add the headings below `parent`; a list holds those below the heading before it."""
    last = parent
    for one in headings:
        if isinstance(one, list):
            add_headings(writer, chapter, one, last)
        else:
            number = chapter.first + chapter.reader.get_destination_page_number(one)
            place = {"page_number": number, "fit": fit(one.top), "parent": parent}
            last = writer.add_outline_item(title=one.title, is_open=False, **place)


def join(front: PdfReader, chapters: list[Chapter], site: str, about: dict) -> PdfWriter:
    """Return one document of the front and the chapters, with links and bookmarks."""
    known = places(chapters)
    writer = PdfWriter()
    sheets = [Chapter(FRONT, about["title"], "", 0, front), *chapters]
    links = [(sheet, *link) for sheet in sheets for link in links_of(sheet.reader)]
    for sheet in sheets:
        for page in sheet.reader.pages:
            writer.add_page(page)
    for sheet, number, box, target in links:
        goal = resolve(target, sheet.name, site, about["address"], known)
        add_link(writer, sheet.first + number, box, goal)
    add_bookmarks(writer, chapters)
    writer.add_metadata({"/Title": about["title"], "/Author": about["author"]})
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")
    writer.create_viewer_preferences().display_doctitle = True
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects()
    return writer


# ---------------------------------------------------------------- what a reader needs to know


def missing_glyphs(reader: PdfReader) -> int:
    """Count the characters that no font here has: they are drawn with a font's glyph 0."""
    count = 0
    for page in reader.pages:
        for shown in re.findall(rb"<([0-9A-Fa-f]+)>\s*Tj", page.get_contents().get_data()):
            count += sum(shown[i : i + 4] == b"0000" for i in range(0, len(shown), 4))
    return count


def note_missing(chapters: list[Chapter]) -> None:
    """Say which chapters hold characters that could not be drawn."""
    counts = {chapter.name: missing_glyphs(chapter.reader) for chapter in chapters}
    pages = [name for name, count in counts.items() if count]
    if pages:
        count, names = sum(counts.values()), ", ".join(pages)
        print(NO_GLYPHS.format(count=count, pages=names), file=sys.stderr)


def link_from(text: str, size_mb: float) -> str:
    """Return the front page of the site with a link to the PDF at its end."""
    line = f'<p class="pdf"><a href="../{NAME}">The book as one PDF</a> ({size_mb:.0f} MB)</p>'
    text = re.sub(r'<p class="pdf">.*?</p>\s*', "", text)
    return text.replace("</article>", f"{line}\n</article>", 1)


def check(folder: Path) -> str:
    """Return the browser's path.

    Raises:
        SystemExit: something is missing; the message says how to get it.
    """
    if not (folder / INDEX).exists():
        sys.exit(NO_SITE)
    browser = find_browser()
    if browser is None:
        sys.exit(NO_BROWSER)
    free = shutil.disk_usage(folder).free // 10**6
    if free < ROOM_MB:
        sys.exit(NO_ROOM.format(free=free, folder=folder, need=ROOM_MB))
    return browser


@contextmanager
def pressed(folder: Path, path: str) -> Iterator[Press]:
    """Start the browser at `path` and print the site in `folder` with it.

    Raises:
        SystemExit: it does not start, or does not print; the message says why.
    """
    from playwright.sync_api import Error, sync_playwright

    with serve(folder) as site, sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield Press(browser, site)
            browser.close()
        except Error as error:
            sys.exit(NO_PRINT.format(path=path, why=str(error).splitlines()[0]))


def make(folder: Path) -> Path:
    """Print the site in `folder` and return the path of the PDF."""
    path = check(folder)
    index = (folder / INDEX).read_text("utf-8")
    chapters, about = read_contents(index), read_about(commit_of(index))
    with pressed(folder, path) as press:
        front = print_all(press, chapters, folder, about)
    note_missing(chapters)
    content = BytesIO()
    join(front, chapters, press.site, about).write(content)
    write_atomically(folder / NAME, content.getvalue())
    write_atomically(folder / INDEX, link_from(index, len(content.getvalue()) / 1e6))
    return folder / NAME


def main() -> int:
    """Print the site, one run at a time."""
    started = time.monotonic()
    with ending.turn(ROOT / "_config.yml", "builds the site"):
        path = make(HTML)
    pages = len(PdfReader(path).pages)
    size_mb, seconds = path.stat().st_size / 1e6, time.monotonic() - started
    print(f"pdf: {pages} pages, {size_mb:.1f} MB, in {seconds:.0f} s. Open {path}")
    return 0


if __name__ == "__main__":
    ending.end(main)
