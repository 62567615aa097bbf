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


@pytest.fixture
def opened(browser):
    """Return a function that opens a page with the given body; any console error fails the test."""
    contexts, errors = [], []

    def open_page(body, *, width=1280, javascript=True, motion="no-preference", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            reduced_motion=motion,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: errors.append(r.url) if r.url.startswith("http") else None)
        page.set_content(document(body, **options))
        if javascript:
            page.wait_for_function(READY)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors


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
