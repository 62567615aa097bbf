"""The built site: every page in a real browser, and what can be seen without one.

The pages are those that `make book` left in `_build/html`.
"""

import hashlib
import itertools
import re
import urllib.error
import urllib.request
from xml.etree import ElementTree

import pytest
import remembered
import site_style
import yaml
from colours import LEGIBLE, contrast
from pygments.token import STANDARD_TYPES
from remembered import Memory, digest
from site_browser import (
    ROOT,
    Inspector,
    Page,
    Visit,
    broken_addresses,
    broken_links,
    broken_styles,
    foreign_forms,
    read_site,
    report_fields,
    shown_errors,
)

from helpers.style import PALETTE
from tools import site_server
from tools.notebooks import toc

HTML = ROOT / "_build" / "html"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
BASE = site_server.base_path()
COLAB = "https://colab.research.google.com/github/"


PAGES = toc(ROOT).pages
FILES = [*[f"{page}.html" for page in PAGES], "search.html", "404.html"]


@pytest.fixture(scope="session", autouse=True)
def built():
    """Fail at once where there is no site."""
    if not (HTML / f"{PAGES[0]}.html").exists():
        pytest.fail("There is no site in _build/html. Run `make book` first.")


@pytest.fixture(scope="session")
def site():
    """Serve the site as it will be served, and give its address."""
    with site_server.serve(HTML, BASE) as address:
        yield address


@pytest.fixture(scope="session")
def parsed():
    """Return every page of the site, read once for all tests."""
    return read_site(HTML)


@pytest.fixture(scope="session")
def inspector(browser, axe, site):
    """Return what looks at the pages of this site."""
    return Inspector(browser, axe, site, HTML, site_server.sent)


@pytest.fixture(scope="session")
def memory(browser, axe):
    """Return what is known of pages that passed under the same checks in the same browser."""
    sources = [ROOT / "tests" / "site_browser.py", ROOT / "tools" / "site_server.py"]
    checker = "".join([browser.version, axe.axe_script, *map(digest, sources)])
    return Memory(ROOT / "_build" / "looked_at", HTML, hashlib.sha256(checker.encode()).hexdigest())


@pytest.fixture
def desk(browser):
    """Return a browser window 1280 pixels wide, in light mode."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    yield context
    context.close()


@pytest.mark.parametrize("file", FILES)
def test_page_is_sound(file, inspector, memory):
    if memory.holds(file):
        return  # byte for byte what passed before
    assert inspector.inspect(file) == []
    memory.keep(file, inspector.files)


def test_every_page_of_the_contents_is_built_and_no_other(parsed):
    built_pages = {p.relative_to(HTML).as_posix() for p in parsed}
    assert built_pages == {*FILES, "index.html"}


def test_no_link_is_broken(parsed):
    assert broken_addresses(parsed, HTML, BASE) + broken_styles(HTML) == []


def test_no_page_shows_an_error_or_asks_for_an_account(parsed):
    findings = []
    for file, page in parsed.items():
        text = file.read_text("utf-8")
        findings += [f"{file.name}: {line}" for line in shown_errors(page, text)]
        findings += [f"{file.name}: {line}" for line in foreign_forms(page)]
    assert findings == []


def test_no_page_judges_an_answer_that_nobody_gave(parsed):
    judged = [file.name for file in parsed if ": not attempted." in file.read_text("utf-8")]
    assert judged == []


def test_no_id_stands_twice_on_a_page(parsed):
    assert {f.name: p.repeated for f, p in parsed.items() if p.repeated} == {}


def test_colab_button_on_notebooks_only_and_at_the_right_address(parsed):
    owner = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    start = f"{COLAB}{owner}/blob/main/"
    for file, page in parsed.items():
        name = file.relative_to(HTML).with_suffix("").as_posix()
        shown = [link for link in page.links if link.startswith(COLAB)]
        notebook = (ROOT / f"{name}.ipynb").exists()
        assert shown == ([f"{start}{name}.ipynb"] if notebook else []), name


@pytest.mark.parametrize("page", PAGES[1:])
def test_source_can_be_downloaded(page, parsed):
    source = next(ROOT.glob(f"{page}.*"))
    copy = HTML / "_sources" / source.relative_to(ROOT)
    same = copy.read_bytes() == source.read_bytes()
    assert same, "The site was built from another source: run `make book`."
    links = parsed[HTML / f"{page}.html"].links
    assert any(link.endswith(f"_sources/{source.relative_to(ROOT).as_posix()}") for link in links)


@pytest.mark.parametrize("page", PAGES)
def test_page_introduces_itself(page):
    head = (HTML / f"{page}.html").read_text("utf-8").split("</head>")[0]
    address = f"{CONFIG['html']['baseurl']}{page}.html"
    assert f'<link rel="canonical" href="{address}"' in head
    assert f'property="og:url" content="{address}"' in head
    for name in ("og:title", "og:description", "og:image"):
        assert re.search(f'property="{name}" content="[^"]+"', head), name
    assert re.search('name="description" content="[^"]{20,}"', head)


def test_pictures_that_introduce_the_book():
    from PIL import Image

    with Image.open(HTML / "_static" / "social-card.png") as card:
        assert card.size == (1200, 630)
    with Image.open(HTML / "_static" / "favicon.ico") as icon:
        assert icon.size[0] >= 32


def test_sitemap_lists_every_page_once():
    tree = ElementTree.parse(HTML / "sitemap.xml")
    found = sorted(node.text for node in tree.findall(".//{*}loc"))
    assert found == sorted(f"{CONFIG['html']['baseurl']}{page}.html" for page in PAGES)


@pytest.mark.parametrize("lost", ["nowhere.html", "book/cnn/no/such/depth/"])
def test_404_at_any_depth_leads_back(lost, site):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(site + lost)
    import gzip

    page = Page(gzip.decompress(caught.value.read()).decode())
    assert caught.value.code == 404
    for link in page.links:
        assert link.startswith(BASE) and (HTML / link.removeprefix(BASE)).is_file(), link
    assert len(page.links) >= 2


def test_root_leads_to_the_front_page(desk, site):
    visit = Visit(desk, site, site)
    visit.page.wait_for_url(f"**/{PAGES[0]}.html")


def test_report_link_names_page_and_environment(desk, site):
    page = next(p for p in PAGES if (ROOT / f"{p}.ipynb").exists())
    visit = Visit(desk, f"{site}{page}.html", site)
    address = visit.page.locator("a.report").get_attribute("href")
    assert address.startswith(f"{CONFIG['repository']['url']}/issues/new?")
    fields = report_fields(address)
    assert fields["template"] == "cell_fails.yml"
    assert fields["page"] == f"{page}.ipynb"
    assert fields["title"].strip()
    assert "commit " in fields["environment"] and "browser: Mozilla" in fields["environment"]


def test_search_finds_a_page_from_any_page(desk, site):
    wanted = next(p for p in PAGES if (ROOT / f"{p}.ipynb").exists())
    heading = re.search(r"<h1>(.*?)<", (HTML / f"{wanted}.html").read_text("utf-8"))[1]
    visit = Visit(desk, f"{site}{PAGES[1]}.html", site)
    visit.page.keyboard.press("Control+k")
    visit.page.keyboard.type(max(re.findall("[A-Za-z]+", heading), key=len))
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#search-results li a", timeout=10_000)
    links = visit.page.locator("#search-results li a")
    assert any(f"{wanted}.html" in link.get_attribute("href") for link in links.all())
    assert visit.complaints == [] and visit.foreign_requests() == []


def test_colours_follow_the_system_and_the_button_and_are_remembered(desk, site):
    def theme():
        return visit.page.evaluate("document.documentElement.dataset.theme")

    visit = Visit(desk, f"{site}{PAGES[0]}.html", site)
    assert theme() == "light"
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    button = visit.page.locator("button.mode")
    button.click()
    assert theme() == "light" and "light" in button.get_attribute("aria-label")
    visit.page.reload()
    assert theme() == "light"
    button.click()
    visit.page.emulate_media(color_scheme="light")
    assert theme() == "dark"


@pytest.mark.parametrize("word", ["constructor", "__proto__", "nosuchwordanywhere"])
def test_a_search_ends_whatever_is_looked_for(desk, site, word):
    visit = Visit(desk, f"{site}search.html?q={word}", site)
    ended = "document.querySelector('.search-summary').textContent !== ''"
    visit.page.wait_for_function(ended, timeout=10_000)
    assert visit.complaints == []
    assert visit.page.locator("#search-results a[href*=undefined]").count() == 0


def test_a_search_from_disk_finds_titles_and_says_why_no_more(desk):
    page, complaints = desk.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{(HTML / 'search.html').as_uri()}?q=warp")
    page.wait_for_function("document.querySelectorAll('#search-results a').length > 3")
    assert page.locator("#from-disk").is_visible() and complaints == []


@pytest.mark.parametrize("key", ["mode", "gpus-and-ai mode"])
def test_what_another_site_of_the_host_has_stored_is_no_colour(desk, site, key):
    desk.add_init_script(f"localStorage.setItem('{key}', 'sepia')")
    visit = Visit(desk, f"{site}{PAGES[0]}.html", site)
    assert visit.page.evaluate("document.documentElement.dataset.mode") == "auto"
    assert "null" not in visit.page.locator("button.mode").get_attribute("aria-label")
    visit.page.locator("button.mode").click()
    assert visit.page.evaluate("localStorage.getItem('gpus-and-ai mode')") == "light"
    assert visit.page.evaluate("localStorage.getItem('mode')") in (None, "sepia")
    assert visit.complaints == []


def test_code_can_be_copied(desk, site):
    desk.grant_permissions(["clipboard-read", "clipboard-write"])
    visit = Visit(desk, f"{site}{PAGES[0]}.html", site)
    block = visit.page.locator("article div.highlight").first
    block.hover()
    block.locator("button.copy").click()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == block.locator("pre").inner_text().rstrip()


def test_contents_open_on_a_narrow_screen(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    visit = Visit(context, f"{site}{PAGES[0]}.html", site)
    contents = visit.page.locator("#contents")
    assert not contents.is_visible()
    visit.page.locator("button.menu").click()
    assert contents.is_visible()
    contents.get_by_role("link").last.click()
    visit.page.wait_for_url(f"**/{PAGES[-1]}.html")
    context.close()


def test_what_is_wider_than_its_column_shows_that_it_goes_on(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(f"{site}book/cuda/memory.html")
    wide = "e => e.scrollWidth > e.clientWidth + 2"
    for part in ("article pre", "figure.gpu-figure", ".warptrace-scroll"):
        shown = page.locator(part).first
        shown.scroll_into_view_if_needed()
        page.wait_for_function("e => e.classList.contains('goes-on')", arg=shown.element_handle())
        assert shown.evaluate(wide)
        shown.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
        page.wait_for_function("e => !e.classList.contains('goes-on')", arg=shown.element_handle())
    context.close()


def test_reading_order_is_offered_on_every_page():
    for before, page in itertools.pairwise(PAGES):
        text = (HTML / f"{page}.html").read_text("utf-8")
        assert 'rel="prev" href="' in text, page
        assert 'rel="next" href="' in (HTML / f"{before}.html").read_text("utf-8"), before


def test_outputs_keep_the_page_colour_in_dark_mode(browser, site):
    context = browser.new_context(color_scheme="dark")
    page = next(p for p in PAGES if "text_html" in (HTML / f"{p}.html").read_text("utf-8"))
    visit = Visit(context, f"{site}{page}.html", site)
    colour = "e => getComputedStyle(e).backgroundColor"
    painted = visit.page.locator(".output.text_html").evaluate_all(f"all => all.map({colour})")
    assert set(painted) == {"rgba(0, 0, 0, 0)"}
    context.close()


# ---------------------------------------------------------------- the colours of code

#: What colours code in the site's stylesheet, as [mode, class, colour]; no page numbers its lines.
TOKENS = [
    found
    for found in re.findall(
        r'html\[data-theme="(\w+)"\] \.highlight \.([\w-]+) \{[^}]*?(?<!-)color: (#\w+)',
        site_style.code_colours(),
    )
    if "lineno" not in found[1]
]
KNOWN = {name for name in STANDARD_TYPES.values() if name}
TOKEN = re.compile(r"<span([^>]*)>")
BLOCK = re.compile(r'<div class="highlight"><pre>(.*?)</pre>', re.S)


def test_code_is_legible_in_both_modes():
    assert len(TOKENS) > 100 and {mode for mode, *_ in TOKENS} == {"light", "dark"}
    for mode, name, colour in TOKENS:
        for ground in ("surface", "paper"):  # a cell's code, and its output
            assert contrast(colour, PALETTE[mode][ground]) >= LEGIBLE, (mode, name, ground)


def test_code_on_pages_has_no_colours_but_these():
    blocks = [block for file in HTML.rglob("*.html") for block in BLOCK.findall(file.read_text())]
    found = {tag for block in blocks for tag in TOKEN.findall(block)} - {""}
    assert len(blocks) > 100
    assert {tag for tag in found if not re.fullmatch(' class="[^"]+"', tag)} == set()
    # A row of an output is marked, too, and that is no colour.
    assert {name for tag in found for name in tag.split('"')[1].split()} <= KNOWN | {"aligned"}


def test_nothing_paints_over_the_colours_of_code(desk, site):
    visit = Visit(desk, f"{site}{PAGES[0]}.html", site)
    spans = "".join(f'<span class="{name}">x</span>' for name in {name for _, name, _ in TOKENS})
    visit.page.evaluate(
        "spans => { document.querySelector('article .highlight pre').innerHTML = spans; }", spans
    )
    for mode in ("light", "dark"):
        visit.page.emulate_media(color_scheme=mode)
        visit.page.wait_for_function(f"document.documentElement.dataset.theme === '{mode}'")
        shown = visit.page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('.highlight pre span')]
            .map((e) => [e.className, getComputedStyle(e).color]))"""
        )
        wanted = {name: colour for of, name, colour in TOKENS if of == mode}
        assert {name: as_rgb(colour) for name, colour in wanted.items()}.items() <= shown.items()


def as_rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_no_formula_has_a_colour_of_its_own():
    assert [file.name for file in HTML.rglob("*.html") if "mathcolor=" in file.read_text()] == []


# ---------------------------------------------------------------- the checks themselves

GOOD = "<h1>A page</h1><main><p>Text.</p></main>"
SHIFTING = (
    "<div id=a></div><p style='font-size:5rem'>Text that moves a lot</p><script>setTimeout(() => "
    "document.getElementById('a').style.height = '500px', 100)</script>"
)
BAD = {
    "asks https://example.invalid/x.png": '<img alt="x" src="https://example.invalid/x.png">',
    "console error": "<script>console.error('no')</script>",
    "script error": "<script>throw new Error('no')</script>",
    "axe button-name": "<button></button>",
    "axe color-contrast": '<p style="color:#bbb;background:#fff">Faint</p>',
    "dark: axe color-contrast": (
        "<style>@media (prefers-color-scheme: dark) {p.x {color:#333;background:#222}}</style>"
        "<p class=x>Faint in the dark</p>"
    ),
    "390 px: dark: axe target-size": (
        "<style>button {display: block} @media (max-width: 500px) {button {font-size: 4px;"
        "border: 0; padding: 0; height: 8px}}</style><button>One</button><button>Two</button>"
    ),
    "390 px: dark: axe button-name": (
        "<style>@media (min-width: 500px) {button {display: none}}</style><button></button>"
    ),
    "390 px: the page is": '<div style="width:700px">Wide</div>',
    "layout shifts": SHIFTING,
    "weighs": '<img alt="x" src="noise.bin">',
}


def write_page(folder, body):
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>t</title>'
    )
    icon = '<link rel="icon" href="data:,">'
    text = (
        f'<!DOCTYPE html><html lang="en"><head>{head}{icon}</head><body><main>{body}</main></body>'
    )
    (folder / "page.html").write_text(text, "utf-8")


def findings(folder, browser, axe):
    with site_server.serve(folder, "/") as address:
        return Inspector(browser, axe, address, folder, site_server.sent).inspect("page.html")


@pytest.mark.parametrize("finding", BAD)
def test_a_bad_page_is_found_out(finding, tmp_path, browser, axe):
    import random

    (tmp_path / "noise.bin").write_bytes(random.Random(0).randbytes(400 * 1024))
    write_page(tmp_path, f"<h1>Bad</h1>{BAD[finding]}")
    found = findings(tmp_path, browser, axe)
    assert any(finding in line for line in found), found


def test_a_good_page_passes(tmp_path, browser, axe):
    write_page(tmp_path, "<h1>Good</h1><p>Text.</p>")
    assert findings(tmp_path, browser, axe) == []


def test_broken_links_are_found_out(tmp_path):
    write_page(tmp_path, '<p id="here"></p><a href="#here">ok</a><a href="page.html">ok</a>')
    assert broken_links(tmp_path) == []
    write_page(tmp_path, '<a href="#gone">x</a><a href="gone.html">x</a><img src="gone.png">')
    (tmp_path / "a.css").write_text("b{background:url(gone.woff2)}")
    assert len(broken_links(tmp_path)) == 4


def test_errors_accounts_and_repeated_ids_are_found_out():
    text = '<div class="output stderr"></div><pre>Traceback (most recent call last)</pre>'
    assert len(shown_errors(Page(text), text)) == 2
    assert foreign_forms(Page('<form action="https://example.com/login"></form>'))
    assert foreign_forms(Page('<form action="" method="post"></form>'))
    assert not foreign_forms(Page('<form action="search.html" method="get"></form>'))
    assert Page('<p id="a"></p><p id="a"></p>').repeated == ["a"]


# ---------------------------------------------------------------- what passed before


@pytest.fixture
def little(tmp_path, monkeypatch):
    """Return the memory of a site of one page, which passed, and its files."""
    monkeypatch.setattr(remembered, "THOROUGH", False)
    (tmp_path / "site").mkdir()
    files = [tmp_path / "site" / name for name in ("page.html", "style.css")]
    files[0].write_text('<a href="issues/new?environment=commit+1&amp;x">Report</a><p>Text.</p>')
    files[1].write_text("p {}")
    memory = Memory(tmp_path / "looked_at", tmp_path / "site", "these checks")
    assert not memory.holds("page.html")
    memory.keep("page.html", files)
    return memory, files


def test_a_page_that_passed_is_remembered_whatever_the_commit(little):
    memory, (page, _) = little
    assert memory.holds("page.html")
    page.write_text(page.read_text().replace("commit+1", "commit+2"))
    assert memory.holds("page.html")
    assert [file.name for file in memory.folder.iterdir()] == ["page.html.json"]


def test_a_page_is_looked_at_again_when_anything_has_changed(little, monkeypatch):
    memory, files = little
    for file in files:
        before = file.read_text()
        file.write_text(before + " ")
        assert not memory.holds("page.html")
        file.write_text(before)
        assert memory.holds("page.html")
    assert not Memory(memory.folder, memory.site, "other checks").holds("page.html")
    monkeypatch.setattr(remembered, "THOROUGH", True)
    assert not memory.holds("page.html")
    monkeypatch.setattr(remembered, "THOROUGH", False)
    files[1].unlink()
    assert not memory.holds("page.html")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"files": 3}', '{"files": {}}', "\udcff"])
def test_what_cannot_be_read_is_not_remembered(little, text):
    memory, _ = little
    memory.place("page.html").write_text(text, "utf-8", "surrogateescape")
    assert not memory.holds("page.html")
