"""The appendix of data sets: made from their file, with the pages that use each."""

import io
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from helpers.data.catalogue import datasets
from tools.data import published

APPENDIX = Path(__file__).resolve().parents[1] / "book" / "appendix"


@pytest.fixture(scope="module")
def data_page(tmp_path_factory):
    """The page of data sets, built alone beside one chapter that uses a set."""
    root = tmp_path_factory.mktemp("book")
    (root / "book" / "appendix").mkdir(parents=True)
    text = (APPENDIX / "data.md").read_text(encoding="utf-8")
    (root / "book" / "appendix" / "data.md").write_text(text, encoding="utf-8")
    cell = nbformat.v4.new_code_cell("missing = data.missing('pairs')")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, root / "book" / "chapter.ipynb")
    (root / "book" / "chapter.md").write_text("# A chapter\n")
    chapters = [{"file": "book/chapter"}]
    contents = {"root": "book/appendix/data", "parts": [{"caption": "x", "chapters": chapters}]}
    (root / "_toc.yml").write_text(yaml.safe_dump(contents))
    options = {"extensions": ["myst_parser", "site_directives"], "root_doc": "book/appendix/data"}
    with docutils_namespace():
        app = Sphinx(root, None, root / "out", root / "tree", "html", options, None, io.StringIO())
        app.build()
    html = (root / "out" / "book" / "appendix" / "data.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser")


def test_the_page_of_data_sets_says_of_each_what_it_is_and_asks(data_page):
    for name, one in (datasets() | published()).items():
        entry = data_page.find(id=f"data-{name.replace('_', '-')}")
        said = entry.find_next_sibling("dd").get_text().replace("’", "'")
        assert entry.get_text().replace("’", "'") == f"{name}: {one.title}"
        for words in (one.licence, one.terms, one.attribution, one.traps, one.items):
            assert words in said, (name, words)
        assert one.terms_note.lower() in said.lower()
        assert one.source.url in str(entry.find_next_sibling("dd"))


def test_the_page_of_data_sets_names_the_pages_that_use_one(data_page):
    used = data_page.find(id="data-pairs").find_next_sibling("dd")
    assert used.find("a", href="../chapter.html").get_text() == "A chapter"
    assert "make data SET=tatoeba" in used.get_text()
    unused = data_page.find(id="data-encoder").find_next_sibling("dd")
    assert "Used by" in used.get_text() and "Used by" not in unused.get_text()
