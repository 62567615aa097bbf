"""What users of this ecosystem type first works on a book of two chapters made of the book's parts.

`jupyter-book build .` executes and builds, `pytest --nbmake` passes, and a page opens from disk.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from site_browser import Visit, broken_links

ROOT = Path(__file__).resolve().parents[1]
PARTS = ["_config.yml", "constraints.txt", "pyproject.toml", "helpers", "warptrace", "tools"]
PARTS += ["book/_ext", "book/_static", "book/_templates", "book/live", "book/explorables"]
CONTENTS = """\
format: jb-book
root: book/index
parts:
  - caption: A part
    chapters:
      - file: book/part/first
      - file: book/part/second
"""
V4 = nbformat.v4


def chapter(*cells):
    kernel = {"name": "python3", "display_name": "Python 3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}, "book": {}}
    return V4.new_notebook(cells=list(cells), metadata=about)


CHAPTERS = {
    "first": chapter(
        V4.new_markdown_cell("# First?\n\nSee [there](second.ipynb#what-comes-out) and $x^2$."),
        V4.new_code_cell("from helpers import style\n\nprint('seven times six is', 7 * 6)"),
    ),
    "second": chapter(
        V4.new_markdown_cell('# Second\n\n<a id="what-comes-out"></a>\n\n## What comes out'),
        V4.new_code_cell("import warptrace\n\nprint('sectors of', 32 * 4 // 32)"),
    ),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of two chapters, built by Jupyter Book's own command."""
    root = tmp_path_factory.mktemp("small")
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, root / name)
    (root / "_toc.yml").write_text(CONTENTS)
    (root / "book/index.md").write_text("# A small book\n\nIt has [one](part/first.ipynb) part.\n")
    (root / "book/part").mkdir()
    for name, notebook in CHAPTERS.items():
        nbformat.write(notebook, root / f"book/part/{name}.ipynb")
    return root, command(root, "jupyter-book", "build", ".")


def command(root, program, *arguments):
    """Run a program of this environment, as somebody who has activated it would."""
    line = [Path(sys.executable).with_name(program), *arguments]
    return subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=300)


def html(root, page):
    return (root / "_build/html/book/part" / f"{page}.html").read_text("utf-8")


def test_jupyter_book_executes_with_progress_and_builds(small):
    root, done = small
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2/2  passed" in done.stdout
    assert "WARNING" not in done.stdout + done.stderr
    assert "seven times six is 42" in html(root, "first")
    assert "sectors of 4" in html(root, "second")
    assert broken_links(root / "_build/html", "/gpus-and-ai/") == []


def test_an_anchor_above_a_heading_is_for_other_readers(small):
    root, _ = small
    assert html(root, "second").count('id="what-comes-out"') == 1
    assert 'href="second.html#what-comes-out"' in html(root, "first")


def test_a_second_build_executes_what_changed_alone_and_shows_it(small):
    root, _ = small
    mark = root / "_build/.site"
    mark.write_text("of the last `make book`")
    path = root / "book/part/first.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source += "\nprint('and', 8 * 6)"
    nbformat.write(notebook, path)
    done = command(root, "jupyter-book", "build", ".")
    assert "Executing 1 of 2" in done.stdout, done.stdout + done.stderr
    assert "and 48" in html(root, "first")
    assert not mark.exists(), "the pages are no longer those of that build"


def test_a_failing_notebook_ends_the_build_and_is_named(small):
    root, _ = small
    path = root / "book/part/second.ipynb"
    good = path.read_bytes()
    try:
        notebook = json.loads(good)
        notebook["cells"][1]["source"] = "1 / 0"
        path.write_text(json.dumps(notebook))
        done = command(root, "jupyter-book", "build", ".")
        assert done.returncode != 0
        assert "ZeroDivisionError" in done.stdout + done.stderr
        assert "second.ipynb" in done.stdout + done.stderr
    finally:
        path.write_bytes(good)


def test_nbmake_passes(small):
    root, _ = small
    done = command(root, "pytest", "--nbmake", "book")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_page_opens_from_disk(small, browser):
    root, _ = small
    context = browser.new_context()
    address = (root / "_build/html/book/part/second.html").as_uri()
    visit = Visit(context, address, (root / "_build/html").as_uri())
    assert visit.page.locator("h1").inner_text().startswith("Second")
    assert "sectors of 4" in visit.page.locator(".output").first.inner_text()
    fonts = visit.page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
    assert fonts != "32px", "the style sheet is not loaded"
    visit.page.get_by_role("link", name="First?").first.click()
    visit.page.wait_for_url("**/first.html")
    assert visit.foreign_requests() == []
    assert visit.complaints == []
    context.close()
