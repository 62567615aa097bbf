"""What the tests of kernels in the page share: the site's template, script and engine, served."""

import hashlib
import re

import jinja2
import pytest
import site_style
from explorable_page import document
from site_browser import ROOT, violations

from tools import live, site_server

CELLS = "gpu-live, gpu-kernel"
CELL = "document.querySelector('gpu-live')"


def assert_open_to_all(page, axe):
    """Assert that axe finds nothing in either mode, and that a page is no wider than its window."""
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert violations(page, axe) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


@pytest.fixture(scope="session")
def engine():
    """Make the engine; without it there is nothing to look at."""
    made = live.engine()
    if made is None:
        pytest.skip("Without a network there are no kernels in pages.")
    return made


def door(engine) -> str:
    """Return what the site's template puts under a page that holds launches."""
    layout = (ROOT / "book" / "_templates" / "layout.html").read_text("utf-8")
    part = re.search(r"\{%- if has_launches %\}.*?\{%- endif %\}\s*\{%- endif %\}", layout, re.S)[0]
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    environment.install_null_translations()
    about = engine and {"version": engine.version, "bytes": engine.transferred}
    return environment.from_string(part).render(
        has_launches=True, live=about, pathto=lambda path, _: path.removeprefix("_static/")
    )


def page_of(*traces, engine, **options) -> str:
    """Return a page that shows traces, given as their HTML, as the site would."""
    body = '<button class="mode"></button><a class="report" href="/report">Report</a>'
    body += "".join(traces) + door(engine) + '<script defer src="site.js"></script>'
    css = f"<style>{site_style.stylesheet()}</style>"
    data = 'data-copy="Copy" data-auto="auto" data-light="light" data-dark="dark"'
    return document(body, **options).replace("<body>", f"<body {data}>").replace("</head>", css)


class Site:
    """A folder that is served, and a window that opens its pages."""

    def __init__(self, folder, address, page):
        self.folder, self.address, self.page = folder, address, page
        self.requests, self.complaints = [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, html, fragment=""):
        """Show a page, without having anything of it loaded before."""
        name = f"{hashlib.sha256(html.encode()).hexdigest()[:8]}.html"  # a page may be cached
        (self.folder / name).write_text(html, "utf-8")
        self.page.goto("about:blank")
        self.requests.clear()
        self.page.goto(f"{self.address}{name}{fragment}")

    def press(self):
        """Open the first kernel of the page that is not open yet."""
        cells = self.page.locator(CELLS).count()
        self.page.locator("p.live button").first.click()
        self.page.wait_for_function(f"document.querySelectorAll('{CELLS}').length > {cells}")

    def ran(self, number=0):
        """Run a cell; return what page.py answered, or the problem that it shows."""
        answer = f"""new Promise((done) => {{
          const cell = document.querySelectorAll("gpu-live")[{number}];
          cell.addEventListener("ran", (event) => done(event.detail), {{ once: true }});
          cell.run().then(() => done(cell.problem.textContent));
        }})"""
        return self.page.evaluate(answer)

    def says(self, part):
        """Return what stands in one part of the first cell: status or problem."""
        return self.page.evaluate(f"{CELL}.{part}.textContent")


@pytest.fixture(scope="module")
def served(tmp_path_factory, engine, browser):
    """Serve the engine beside pages that the tests write, in one window that keeps its cache."""
    folder = tmp_path_factory.mktemp("live")
    engine.write(folder / "live")
    script = (ROOT / "book" / "_static" / "site.js").read_text("utf-8")
    (folder / "site.js").write_text(script, "utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    with site_server.serve(folder, "/") as address:
        yield Site(folder, address, context.new_page())
    context.close()
