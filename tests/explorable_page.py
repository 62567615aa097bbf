"""What the tests of explorables share: a page that holds one, and ways to act on it."""

import pytest

from helpers import explore, style

#: JavaScript for the first explorable of the page.
FIRST = "document.querySelector('[options]')"
READY = "[...document.querySelectorAll('[options]')].every((e) => e.matches(':defined'))"


def about(name: str) -> dict:
    """Return the object with which an element's file describes itself."""
    return explore._about(name)


def show(name: str, **options) -> str:
    """Return the HTML that a notebook shows for an explorable."""
    return explore.explorable(name, **options)._repr_html_()


def document(body: str, *, language="en", theme="light") -> str:
    """Return a page that holds `body` as the site would: landmarks, headings, the palette."""
    return (
        f'<!doctype html><html lang="{language}" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>An explorable</title><style>{style.css_variables()}"
        "body{margin:0;background:var(--gpu-paper);color:var(--gpu-ink)}</style></head>"
        f"<body><main><h1>Chapter</h1><h2>Section</h2>{body}</main></body></html>"
    )


class Windows:
    """Browser windows that tests hand on, since a new one costs more than most of the tests.

    Each is led to a blank page in between, which ends every script and leaves no state behind.
    """

    def __init__(self, browser):
        self.browser = browser
        self.free = {True: [], False: []}
        self.taken = []
        self.errors = []

    def new(self, javascript: bool):
        """Return another window; what goes wrong in it is noted."""
        page = self.browser.new_context(java_script_enabled=javascript).new_page()
        note = self.errors.append
        page.on("pageerror", lambda error: note(str(error)))
        page.on("console", lambda m: note(m.text) if m.type == "error" else None)
        page.on("request", lambda r: note(r.url) if r.url.startswith("http") else None)
        return page

    def take(self, javascript: bool):
        """Return a window that shows nothing, and that belongs to the caller until `give_back`."""
        free = self.free[javascript]
        page = free.pop() if free else self.new(javascript)
        self.taken.append((javascript, page))
        return page

    def give_back(self) -> list[str]:
        """Clear all windows that were taken; return what went wrong in them."""
        for javascript, page in self.taken:
            page.mouse.move(0, 0)
            page.goto("about:blank")
            self.free[javascript].append(page)
        found = self.errors[:]
        self.taken.clear()
        self.errors.clear()
        return found


@pytest.fixture(scope="session")
def windows(browser):
    """Keep the windows of a whole run; they close with the browser."""
    return Windows(browser)


@pytest.fixture
def opened(windows):
    """Return a function that opens a page with the given body; any console error fails the test.

    What is announced is said after `pause` milliseconds; None leaves the delay that readers have.
    """

    def open_page(body, *, width=1280, javascript=True, motion="no-preference", pause=0, **options):
        page = windows.take(javascript)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(reduced_motion=motion)
        page.set_content(document(body, **options))
        if javascript:
            page.wait_for_function(READY)
            page.evaluate("ms => { if (ms !== null) GpuElement.pause = ms; }", pause)
        return page

    yield open_page
    errors = windows.give_back()
    assert not errors, errors


def settled(page):
    """Wait until all that was to be announced without delay has been."""
    page.evaluate("new Promise((done) => setTimeout(done, 20))")


def live(page, expected: str):
    """Wait until the first explorable's live region says `expected`."""
    page.wait_for_function(
        f"text => {FIRST}.live.textContent.includes(text)", arg=expected, timeout=5000
    )


def shown_text(page) -> str:
    """Return all that the first explorable shows."""
    return page.evaluate(f"{FIRST}.shadowRoot.querySelector('section').textContent")


def state(page) -> dict:
    """Return the state of the first explorable."""
    return page.evaluate(f"({{...{FIRST}.state}})")


def static(page, function: str, cases: list) -> list:
    """Return what a static function of the first explorable's class makes of each case."""
    return page.evaluate(f"cases => cases.map((c) => {FIRST}.constructor.{function}(...c))", cases)


def facts(page) -> dict:
    """Return the figures that the first explorable shows, by their labels."""
    return page.evaluate(
        f"""() => Object.fromEntries([...{FIRST}.shadowRoot.querySelectorAll('.facts div')]
        .map((d) => [d.querySelector('dt').textContent, d.querySelector('dd').textContent]))"""
    )


def fill(page, name: str, value):
    """Set a slider or a number of the first explorable that has one of that name."""
    page.locator(f"input[name={name}]").fill(str(value))


def choose(page, name: str, value: str):
    """Set a choice of the first explorable."""
    page.locator(f"select[name={name}]").select_option(value)
