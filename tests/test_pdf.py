"""`make pdf` on two chapters: pages, links, bookmarks, fonts, glyphs, what can be in its way."""

import re
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from io import StringIO

import numpy as np
import pytest
from pypdf import PdfReader
from site_browser import required_browser

import warptrace
from tools import pdf
from warptrace import cuda

HEAD = '<!DOCTYPE html><html lang="en"><head><title>A book</title></head><body>'
CONTENTS = """<nav id="contents"><p><a href="index.html">About</a></p>
<p class="caption">One part</p><ul><li><a href="one/first.html">First?</a></li></ul>
<p class="caption">Other part</p><ul><li><a href="two/second.html">Second</a></li></ul></nav>"""
LONG = "".join(f"<p>Paragraph {number}.</p>" for number in range(60))
PAGES = {
    "index": f"""{HEAD}{CONTENTS}<article><section id="a-book"><h1>A book</h1>
        <p>It has <a href="two/second.html#deep-down">a second chapter</a>.</p></section></article>
        <a href="https://example.org/?environment=commit+1a2b3c4%2C+python">Report</a>""",
    "one/first": f"""{HEAD}<article><section id="first"><h1>First?</h1>
        <p><a href="#here">Here</a>, <a href="../two/second.html#deep-down">there</a>,
        <a href="../two/second.html">anywhere</a>, <a href="../../_sources/first.ipynb">a file</a>,
        <a href="https://example.org/x?a=1&amp;b=2">outside</a>,
        <a href="https://example.org/x?a=1&amp;b=2">outside again</a>,
        <a href="https://example.org/plain">https://example.org/plain</a></p>
        <details><summary>Solution</summary><p>unfolded</p></details>
        <div class="gpu-fallback"><p lang="en">A table.</p><p lang="zh-CN">一张表。</p></div>
        <button>Run</button><script>document.body.append("scripted")</script>
        <svg width="90" height="40"><path d="M0 0L90 40" stroke="black"/></svg>
        <section id="here"><h2>Here</h2></section></section></article>""",
    "two/second": f"""{HEAD}<article><section id="second"><h1>Second</h1>{LONG}
        <section id="deep-down"><h2>Deep down</h2><section id="deeper"><h3>Deeper</h3>
        <p>\U000f1234\U000f1235 表格</p></section></section></section></article>""",
}
Link = namedtuple("Link", "page goal height")


def made(folder):
    """Make the PDF in a thread: where other tests have a browser open, this one can start none."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(pdf.make, folder).result()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    for name, text in PAGES.items():
        (root / "book" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "book" / f"{name}.html").write_text(text + "</body></html>", "utf-8")
    return root


@pytest.fixture(scope="module")
def printed(folder):
    """The PDF, and what was said while it was made."""
    required_browser()
    with redirect_stderr(StringIO()) as said:
        path = made(folder)
    return PdfReader(path), said.getvalue()


@pytest.fixture(scope="module")
def reader(printed):
    return printed[0]


def links(reader):
    """Every link: its page, and the page and height, or the address, to which it leads."""
    pages = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    for number, page in enumerate(reader.pages, 1):
        for one in page.get("/Annots", ()):
            one = one.get_object()
            if "/Dest" in one:
                sheet, _, *place = one["/Dest"]
                yield Link(number, pages[sheet.indirect_reference.idnum], place[1:2])
            else:
                yield Link(number, one["/A"]["/URI"], [])


def text(reader, number):
    return reader.pages[number - 1].extract_text()


def test_title_and_contents_come_first_and_every_chapter_on_a_page_of_its_own(reader):
    assert len(reader.pages) == 7
    title = text(reader, 1)
    assert "GPUs and AI, measured" in title and "Version 0." in title and "1a2b3c4" in title
    assert "CC BY 4.0" in title and "MIT" in title
    contents = text(reader, 2)
    for name, page in {"About this book": 3, "First?": 4, "Second": 5}.items():
        assert re.search(rf"{re.escape(name)}\s+{page}\b", contents), contents
        assert text(reader, page).splitlines()[0] == str(page), "the page says its number"
    assert "Deep down" in text(reader, 7)


def test_links_between_pages_and_within_them_lead_inside(reader):
    inside = [link for link in links(reader) if isinstance(link.goal, int)]
    assert [link[:2] for link in inside] == [(2, 3), (2, 4), (2, 5), (3, 7), (4, 4), (4, 7), (4, 5)]
    to_heading = [link.height for link in inside if link.goal == 7]
    assert to_heading[0] == to_heading[1] and 100 < to_heading[0][0] < 800


def test_links_out_keep_their_address_and_print_it_once(reader):
    outside = [link.goal for link in links(reader) if isinstance(link.goal, str) and link.page == 4]
    assert sorted(set(outside)) == [
        "https://address_not_set.github.io/gpus-and-ai/_sources/first.ipynb",
        "https://example.org/plain",
        "https://example.org/x?a=1&b=2",
    ]
    assert text(reader, 4).count("https://example.org/x?a=1&b=2") == 1
    assert text(reader, 4).count("https://example.org/plain") == 1
    assert text(reader, 4).count("[1]") == 2


def test_the_bookmarks_are_parts_chapters_and_headings(reader):
    def names(items):
        page = reader.get_destination_page_number
        return [names(i) if isinstance(i, list) else (i.title, page(i) + 1) for i in items]

    assert names(reader.outline) == [
        ("About this book", 3),
        ("One part", 4),
        [("First?", 4), [("Here", 4)]],
        ("Other part", 5),
        [("Second", 5), [("Deep down", 7), [("Deeper", 7)]]],
    ]


def test_paper_shows_what_unfolds_and_nothing_to_press(reader):
    shown = text(reader, 4)
    assert "unfolded" in shown and "A table." in shown
    assert "scripted" not in shown and "Run" not in shown and "表" not in shown


def test_fonts_are_embedded_and_drawings_stay_vectors(reader):
    for page in reader.pages:
        assert not page.images
        for font in page["/Resources"]["/Font"].values():
            below = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
            held = below.get("/FontDescriptor", {})
            embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(held)
            assert embedded or font["/Subtype"] == "/Type3"


def test_a_character_that_no_font_has_is_counted_and_its_page_named(printed):
    _, said = printed
    # The two that no font in the world has, and two of Chinese, where no font here has them.
    assert re.search("[24] characters are boxes", said) and "book/two/second.html" in said
    assert "first" not in said and "fonts-noto-cjk" in said


def test_the_front_page_links_to_it_once(folder, printed):
    front = (folder / "book/index.html").read_text("utf-8")
    assert front.count('href="../gpus-and-ai.pdf"') == 1 and (folder / "gpus-and-ai.pdf").exists()
    assert pdf.link_from(front, 1).count("gpus-and-ai.pdf") == 1
    assert pdf.NAME not in pdf.prepare(front, 0), "the PDF does not link to itself"


# ---------------------------------------------------------------- what can be in its way


def test_without_a_site_the_cure_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"no site.*make book"):
        pdf.check(tmp_path)


def test_without_a_browser_the_cure_is_named(folder, monkeypatch):
    monkeypatch.setenv("CHROME_PATH", "/no/browser")
    with pytest.raises(SystemExit, match=r"apt-get install chromium.*CHROME_PATH"):
        pdf.make(folder)


def test_a_browser_that_does_not_start_is_named_with_the_cure(folder, tmp_path, monkeypatch):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CHROME_PATH", str(broken))
    with pytest.raises(SystemExit, match=rf"{broken} did not print: .* CHROME_PATH"):
        made(folder)


def test_without_room_it_says_how_much(folder, monkeypatch):
    monkeypatch.setattr(pdf, "find_browser", lambda: "chromium")
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(pdf.shutil, "disk_usage", lambda _: usage(free=5 * 10**6))
    with pytest.raises(SystemExit, match=r"5 MB are free .* needs 300 MB\. Free some"):
        pdf.make(folder)


# ---------------------------------------------------------------- the print style


@cuda.jit
def queue(source, target):
    tile = cuda.shared.array((32, 32), "float32")
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    tile[y, x] = source[y, x]
    cuda.syncthreads()
    target[y, x] = tile[x, y] if tile[x, y] > 0.123456789 and x * y > 987654321 else source[y, x]


def test_the_table_of_a_trace_is_not_cut_off_on_paper(browser):
    square = np.ones((32, 32), np.float32)
    view = warptrace.trace(queue, 1, (32, 32), square, square.copy()).show()
    between_margins = {"width": 658, "height": 900}  # of A4, in px
    page = browser.new_context(viewport=between_margins).new_page()
    css = (pdf.ROOT / "book/_static/site/print.css").read_text("utf-8")
    page.set_content(f"<style>{css} body {{ margin: 0 }}</style>{view._repr_html_()}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    cut = """[...document.querySelectorAll('.warptrace-scroll')].map(
        (part) => part.scrollWidth > part.clientWidth)"""
    assert any(page.evaluate(cut)), "nothing here is wider than paper, so nothing is tried"
    page.emulate_media(media="print")
    assert not any(page.evaluate(cut))
    page.context.close()
