"""What several test files share: one browser for all tests of pages, and pages in it."""

import warnings

import pytest
from explorable_page import opened  # noqa: F401
from site_browser import FLAGS, find_browser

NO_BROWSER = (
    "NO BROWSER: the pages were not looked at. Install Chromium or Chrome, for example with "
    "`apt-get install chromium`, and run `make test` again."
)


@pytest.fixture(scope="session")
def browser():
    """Start one browser for all tests, or skip them loudly."""
    path = find_browser()
    if path is None:
        warnings.warn(NO_BROWSER, stacklevel=1)
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()
