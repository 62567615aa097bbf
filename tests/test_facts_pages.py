"""The pages of others' figures: weak ones are marked, and each point shows its source."""

import io
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from helpers.facts import registry, sheet

APPENDIX = Path(__file__).resolve().parents[1] / "book" / "appendix"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The two pages, built without the rest of the book."""
    root = tmp_path_factory.mktemp("book")
    (root / "book" / "appendix").mkdir(parents=True)
    for name in ("gpus", "published"):
        text = (APPENDIX / f"{name}.md").read_text(encoding="utf-8")
        (root / "book" / "appendix" / f"{name}.md").write_text(text, encoding="utf-8")
    (root / "_toc.yml").write_text(yaml.safe_dump({"root": "book/appendix/gpus"}))
    options = {"extensions": ["myst_parser", "site_directives"], "root_doc": "book/appendix/gpus"}
    with docutils_namespace():
        app = Sphinx(root, None, root / "out", root / "tree", "html", options, None, io.StringIO())
        app.build()
    out = root / "out" / "book" / "appendix"
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in out.glob("*.html")
    }


def test_a_weak_figure_is_marked_in_the_table_and_in_its_source(pages):
    weak = [source for gpu in registry.load() for source in gpu.sources.values() if source.weak]
    assert weak
    cells = [cell for cell in pages["gpus"].find("table").find_all("td") if "†" in cell.text]
    assert len(cells) == len(weak)
    for cell in cells:
        source = pages["gpus"].find(id=cell.find("a")["href"].removeprefix("#"))
        assert "weak †" in source.text
    listed = [item for item in pages["gpus"].find_all("li") if "weak †" in item.text]
    assert len(listed) == len(set(weak))


def test_every_point_is_shown_with_its_quotation_and_a_link(pages):
    rows = pages["published"].find_all("tr")
    for point in sheet("published").points:
        row = next(row for row in rows if point.quotation in row.text and point.machine in row.text)
        assert row.find("a", href=point.source.url)
        method = row.find_parent("table").find_previous("p", string=True)
        assert method.text.replace("’", "'") == point.method
        assert point.unit in row.text
        assert str(point.year or "undated") in row.text
