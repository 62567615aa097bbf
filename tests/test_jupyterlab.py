"""A real JupyterLab: links lead to sections, and what it writes into a notebook can be undone."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tools import colab_cell

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["appendix/failures.ipynb", "appendix/glossary.md", "cuda/scaling_out.ipynb"]
SAVED = "appendix/template.ipynb"
PATIENCE_S = 180
# A page that is opened by the click may show its top, whatever form the link has: JupyterLab looks
# for the section before all is drawn, and cells that are drawn later push it out of view. In a page
# that is open already, a click finds it. So a reader, and this test, may have to click again.
TRIES, SECONDS_A_TRY = 12, 8
# The link, and the heading that has to be in view after a click on it.
LINKS = [
    ("#a-race", "A race"),
    ("../cuda/scaling_out.ipynb#where-this-breaks", "Where this breaks"),
    ("glossary.md#bf16", "BF16"),
]
# Whether a heading of this text is shown, or was scrolled to and pushed on by less than a screen,
# since JupyterLab draws what stands above it only then.
IN_VIEW = """text => [...document.querySelectorAll("h2, h3")].some((heading) => {
  const { top } = heading.getBoundingClientRect();
  const shown = heading.checkVisibility() && Math.abs(top) < innerHeight;
  return shown && heading.textContent.replace("¶", "").trim() === text;
})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder for copies of pages."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(folder):
    """A JupyterLab over copies of pages; gives its address."""
    for page in [*PAGES, SAVED]:
        (folder / page).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "book" / page, folder / page)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    options += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += ["--LabApp.news_url=None"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    settings = {"JUPYTER_CONFIG_DIR": str(folder / ".config"), "PATH": "/usr/bin:/bin"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=settings, cwd=folder)
    address = f"http://127.0.0.1:{port}/lab"
    try:
        wait_for(address, server, folder / "log")
        yield address
    finally:
        # Asked to end, a busy server may wait for its kernels for ever; they end when it is gone.
        server.kill()
        server.wait()


def wait_for(address, server, log):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and server.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-1000:]}")


def test_links_lead_to_their_sections(lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(f"{lab}/tree/{PAGES[0]}?reset")
    page.locator(".jp-MarkdownOutput h1").first.wait_for()
    for link, heading in LINKS:
        # JupyterLab replaces the file in an address by one of its own, and keeps the fragment.
        fragment = link[link.index("#") :]
        anchor = page.locator(f'.jp-MarkdownOutput a[href$="{fragment}"]').first
        click_until_in_view(page, anchor, heading)
    context.close()


def click_until_in_view(page, anchor, heading):
    from playwright.sync_api import TimeoutError as NotInView

    for _ in range(TRIES):
        page.locator(".lm-TabBar-tabLabel", has_text=Path(PAGES[0]).name).first.click()
        anchor.click()
        try:
            return page.wait_for_function(IN_VIEW, arg=heading, timeout=1000 * SECONDS_A_TRY)
        except NotInView:
            continue
    pytest.fail(f"{TRIES} clicks did not lead to {heading!r}")


def test_a_notebook_that_was_unfolded_and_saved_gets_its_form_back(lab, folder, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(f"{lab}/tree/{SAVED}?reset")
    idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first
    idle.wait_for(state="attached")  # now it knows the kernel, and has written that down
    page.locator(".jp-InputPlaceholder").first.click()
    page.keyboard.press("Control+s")
    page.locator(".jp-mod-dirty").first.wait_for(state="detached")
    context.close()
    copy, original = folder / SAVED, (ROOT / "book" / SAVED).read_bytes()
    saved = copy.read_bytes()
    assert saved.count(b"source_hidden") == original.count(b"source_hidden") - 1
    kept = {key: value for key, value in language_of(saved).items() if key != "version"}
    assert kept == language_of(original), "all that holds on any machine is there already"
    assert colab_cell.update(copy, colab_cell.source(ROOT), write=True)
    assert copy.read_bytes() == original


def language_of(notebook):
    return json.loads(notebook)["metadata"]["language_info"]
