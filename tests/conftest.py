"""What several test files share: one browser for all tests of pages, and pages in it."""

import tools.light_jsonschema  # noqa: F401, isort: skip
import os
import signal

import pytest
from explorable_page import opened, windows  # noqa: F401
from live_page import engine, served  # noqa: F401
from site_browser import required_browser

from tools.browser import FLAGS

#: The files that take longest, these first: begun early, none is waited for at the end.
LONGEST = [
    "test_site.py",
    "test_tools.py",
    "test_live.py",
    "test_commands.py",
    "test_launch.py",
    "test_live_exercises.py",
    "test_faults.py",
    "test_explorables.py",
    "test_cluster_files.py",
    "test_exercises.py",
    "test_exercises_page.py",
    "test_wheel.py",
    "test_codegen.py",
    "test_triton_here.py",
]


def pytest_sessionstart():
    """End on SIGTERM as on Ctrl-C, so that browsers, servers and folders are not left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_xdist_auto_num_workers():
    """Return how many files run at once: one for each core, the hyperthreads included."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Put long files first, and mark what needs the browser for `-m "not browser"`."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser():
    """Start one browser for all tests; without one, they are skipped, or fail where CI is set."""
    path = required_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe():
    """Return the accessibility checker."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()
