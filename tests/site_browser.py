"""The checks that `test_site.py` makes on pages, in a browser and without one.

Every check returns its findings as sentences, so that it can be tried on pages made to fail.
"""

import gzip
import os
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urldefrag, urljoin, urlsplit

import pytest

from tools.browser import NONE, find_browser

ROOT = Path(__file__).resolve().parent.parent
BUDGET = 300 * 1024
SHIFT = 0.05
WIDTHS = (1280, 390)
#: axe's rules that another colour mode can break, and those that another width can.
COLOUR_RULES = ("color-contrast", "link-in-text-block")
LAYOUT_RULES = ("scrollable-region-focusable", "target-size")
#: What is the same at every width: the text of a page, but for its title.
CONTENT = "article > section > *:not(h1)"
RUN_AXE = """([context, options]) =>
  axe.run(context ?? document, options).then(({ violations }) => violations)"""
# Whether a text is legible follows from its colours, its size and its weight, and from those of the
# text around it. So the colour rules, by far the slowest, look at three texts of each such kind.
RUN_ON_KINDS = """([rules]) => {
  const texts = (root) => [...root.querySelectorAll("*")].flatMap((element) => [
    ...([...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) ? [element] : []),
    ...(element.shadowRoot ? texts(element.shadowRoot) : [])]);
  const above = (element) => element.parentElement ?? element.getRootNode().host;
  const ground = (element) => {
    for (let e = element; e; e = above(e)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
      if (backgroundColor !== "rgba(0, 0, 0, 0)" || backgroundImage !== "none" || opacity !== "1")
        return [backgroundColor, backgroundImage, opacity];
    }
    return [];
  };
  const kinds = new Map();
  for (const element of texts(document.body).filter((e) => e.checkVisibility())) {
    const look = getComputedStyle(element);
    const kind = [element.tagName, look.color, look.fontSize, look.fontWeight, look.textShadow,
      look.textDecorationLine, getComputedStyle(above(element)).color, ...ground(element),
      !!element.closest("[disabled], [aria-disabled=true]"),
      !!element.closest("[aria-hidden=true]")].join();
    kinds.set(kind, [...kinds.get(kind) ?? [], element]);
  }
  const some = [...kinds.values()].flatMap((all) =>
    [...new Set([all[0], all[all.length >> 1], all.at(-1)])]);
  return some.length && axe.run({ include: some }, { runOnly: rules, preload: false })
    .then(({ violations }) => violations) || [];
}"""
FIGURE = re.compile(r'<svg[^>]*class="gpu-svg".*?</svg>', re.S)
WATCH_SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def required_browser() -> str:
    """Return the path of the browser; without one, fail where CI is set, else skip, loudly."""
    path = find_browser()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NONE, pytrace=False)
        warnings.warn(NONE, stacklevel=1)
        pytest.skip(NONE)
    return path


# Code and formulas are thousands of small spans, on which axe spends most of its time. The colours
# of code are checked by themselves, for all pages at once; a formula has those of its text.
FLATTEN = """() => {
  const blocks = document.querySelectorAll(".highlight pre");
  for (const block of blocks) block.textContent = block.textContent;
  for (const formula of document.querySelectorAll(".katex-html")) formula.remove();
}"""

SCROLL_THROUGH = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await frame();
  }
  scrollTo(0, 0);
  await frame();
}"""


# ---------------------------------------------------------------- without a browser


class Page(HTMLParser):
    """What the checks need to know of one HTML file."""

    def __init__(self, text: str):
        """Read `text`."""
        super().__init__()
        self.links, self.ids, self.classes, self.forms = [], set(), set(), []
        self.repeated = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note the addresses, ids and classes of a tag."""
        found = dict(attrs)
        if found.get("id"):
            if found["id"] in self.ids:
                self.repeated.append(found["id"])
            self.ids.add(found["id"])
        self.classes |= set((found.get("class") or "").split())
        addresses = [found.get("href"), found.get("src"), found.get("poster")]
        addresses += [part.split()[0] for part in (found.get("srcset") or "").split(",") if part]
        self.links += [address for address in addresses if address]
        if tag == "form":
            self.forms.append(found)


def read_site(folder: Path) -> dict[Path, Page]:
    """Return every HTML file of a site, parsed."""
    files = sorted(folder.rglob("*.html"))
    return {file: Page(file.read_text("utf-8")) for file in files if "_sources" not in file.parts}


def broken_links(folder: Path, base: str = "/") -> list[str]:
    """Name every link, image, script, style or anchor that leads nowhere inside a site."""
    return broken_addresses(read_site(folder), folder, base) + broken_styles(folder)


def broken_addresses(site: dict[Path, Page], folder: Path, base: str) -> list[str]:
    """Name every address in the pages of a site that leads nowhere inside it."""
    findings = []
    for file, page in site.items():
        here = base + file.relative_to(folder).as_posix()
        for link in page.links:
            address, anchor = urldefrag(urljoin(f"http://site{here}", link))
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or parts.netloc != "site":
                continue
            path = unquote(parts.path)
            target = folder / path.removeprefix(base)
            target = target / "index.html" if target.is_dir() else target
            if not path.startswith(base) or not target.is_file():
                findings.append(f"{here}: {link} leads to no file")
            elif anchor and target in site and unquote(anchor) not in site[target].ids:
                findings.append(f"{here}: {link} leads to no anchor")
    return findings


def broken_styles(folder: Path) -> list[str]:
    """Name every file that a stylesheet asks for and that is not there."""
    findings = []
    for file in folder.rglob("*.css"):
        for address in re.findall(r"url\(['\"]?([^)'\"]+)", file.read_text("utf-8")):
            if not address.startswith(("data:", "#")) and not (file.parent / address).exists():
                findings.append(f"{file.name}: url({address}) leads to no file")
    return findings


def shown_errors(page: Page, text: str) -> list[str]:
    """Say where a page shows an error output."""
    findings = [
        f"an output of class {name}"
        for name in ("stderr", "traceback", "error")
        if name in page.classes
    ]
    return findings + (["a traceback"] if "Traceback (most recent call last)" in text else [])


def foreign_forms(page: Page) -> list[str]:
    """Name the forms that send what a reader types anywhere but to this site."""
    return [
        f"a form sends to {form.get('action')} by {form.get('method', 'get')}"
        for form in page.forms
        if urlsplit(form.get("action") or "").netloc or form.get("method", "get").lower() != "get"
    ]


# ---------------------------------------------------------------- in a browser


class Visit:
    """One page, opened in a browser at one width in one colour mode."""

    def __init__(self, context, address: str, site: str):
        """Open `address`, which belongs to the site at `site`, and wait until it is quiet."""
        self.site, self.requests, self.complaints = site, [], []
        self.page = context.new_page()
        self.page.add_init_script(WATCH_SHIFTS)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("console", self.note)
        self.page.goto(address, wait_until="load")
        self.page.wait_for_timeout(250)

    def scroll_through(self):
        """Show every part of the page once, as a reader does: some are made ready only then."""
        self.page.evaluate(SCROLL_THROUGH)

    def note(self, message):
        """Keep what the page writes to the console as an error or a warning."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def foreign_requests(self) -> list[str]:
        """Name the requests that left the site."""
        own = (self.site, "data:", "blob:")
        return [f"asks {url}" for url in self.requests if not url.startswith(own)]

    def shift(self) -> list[str]:
        """Say by how much the layout shifted, where that is too much."""
        shift = self.page.evaluate("window.shifts")
        return [f"layout shifts by {shift:.3f}, limit {SHIFT}"] if shift >= SHIFT else []

    def overflow(self) -> list[str]:
        """Say whether the page is wider than its window."""
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return [f"the page is {wide} px wider than the window"] if wide > 0 else []

    def files(self, folder: Path) -> list[Path]:
        """Return the files of the site in `folder` that the page asked for, itself included."""
        own = [url for url in dict.fromkeys(self.requests) if url.startswith(self.site)]
        base = urlsplit(self.site).path
        paths = [folder / unquote(urlsplit(url).path.removeprefix(base)) for url in own]
        return [path for path in paths if path.is_file()]

    def weight(self, folder: Path, sent) -> int:
        """Return the bytes that travel for the page, without the page's own figures."""
        total = 0
        for file in self.files(folder):
            if file.is_relative_to(folder / "_images"):
                continue
            text = file.read_text("utf-8") if file.suffix == ".html" else None
            total += (
                len(gzip.compress(FIGURE.sub("", text).encode(), 6)) if text else len(sent(file))
            )
        return total


def violations(page, axe, *, only=None, without=()) -> list[str]:
    """Name what axe finds: with all rules or `only` some, `without` some parts of the page."""
    context = {"exclude": [[part] for part in without]} if without else None
    options = {"resultTypes": ["violations"], "preload": False}
    if only:
        options["runOnly"] = list(only)
    if only or without:
        return named(page, axe, RUN_AXE, context, options)
    options["rules"] = {rule: {"enabled": False} for rule in COLOUR_RULES}
    return named(page, axe, RUN_AXE, context, options) + illegible(page, axe)


def illegible(page, axe) -> list[str]:
    """Name what the rules on colours find, in some texts of each kind on the page."""
    return named(page, axe, RUN_ON_KINDS, list(COLOUR_RULES))


def named(page, axe, script: str, *given) -> list[str]:
    """Let a script run axe on the page, and name what it finds."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
    return [
        f"axe {one['id']}: {one['help']}: {node['html'][:160]}"
        for one in page.evaluate(script, given)
        for node in one["nodes"]
    ]


class Inspector:
    """Looks at the pages of a site, each wide and narrow, light and dark."""

    def __init__(self, browser, axe, site: str, folder: Path, sent):
        """Look at the site that is served at `site` from `folder`; `sent` gives a file's bytes."""
        self.browser, self.axe, self.site = browser, axe, site
        self.folder, self.sent = folder, sent
        self.files: set[Path] = set()

    def inspect(self, name: str) -> list[str]:
        """Return all that is wrong with a page; `files` are then those that it is made of."""
        self.files = set()
        return [
            *self.look(name, WIDTHS[0], "light", self.wide),
            *self.look(name, WIDTHS[1], "dark", self.narrow),
        ]

    def look(self, name: str, width: int, mode: str, read) -> list[str]:
        """Open a page at one width and return what is wrong with it there."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=mode, reduced_motion="reduce"
        )
        visit = Visit(context, self.site + name, self.site)
        visit.scroll_through()
        found = visit.foreign_requests() + visit.shift() + visit.overflow() + self.heavy(visit)
        visit.page.evaluate(FLATTEN)
        found += read(visit.page)
        # Last, so that what the checks above provoke is heard too.
        found += visit.complaints
        self.files |= set(visit.files(self.folder))
        context.close()
        return [f"{width} px: {line}" for line in found]

    def heavy(self, visit: Visit) -> list[str]:
        """Say whether more travels for the page than may."""
        weight = visit.weight(self.folder, self.sent)
        over = weight > BUDGET
        return [f"weighs {weight // 1024} KB, limit {BUDGET // 1024} KB"] if over else []

    def wide(self, page) -> list[str]:
        """Apply every rule in light mode, and those about colours in dark mode."""
        light = violations(page, self.axe)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        dark = illegible(page, self.axe)
        return [f"light: {line}" for line in light] + [f"dark: {line}" for line in dark]

    def narrow(self, page) -> list[str]:
        """Apply the rules that a width can break, and all to what only a narrow page shows."""
        found = violations(page, self.axe, only=LAYOUT_RULES)
        found += violations(page, self.axe, without=[CONTENT])
        return [f"dark: {line}" for line in found]


def report_fields(address: str) -> dict[str, str]:
    """Return what the link to report a problem fills in."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
