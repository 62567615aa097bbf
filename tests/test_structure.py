"""The book is in order: contents, chapters, links, and what the documents promise."""

import copy
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from tools import address, anatomy, colab_cell, notebooks

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = colab_cell.paths(ROOT)
PAGES = sorted((ROOT / "book").rglob("*.md"))
DOCUMENTS = [
    *(ROOT / document for document in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(ROOT / "warptrace" / document for document in ("README.md", "CHANGELOG.md")),
]


def name(path):
    return path.relative_to(ROOT).as_posix()


def contents():
    return notebooks.toc(ROOT).pages


def test_every_entry_of_the_contents_exists():
    missing = [
        page
        for page in contents()
        if not any((ROOT / f"{page}{suffix}").is_file() for suffix in [".md", ".ipynb"])
    ]
    assert missing == []


def test_every_notebook_is_in_the_contents_once():
    listed = [f"{page}.ipynb" for page in contents() if (ROOT / f"{page}.ipynb").is_file()]
    assert sorted(listed) == [name(path) for path in NOTEBOOKS]


@pytest.mark.parametrize("notebook", notebooks.notebooks(ROOT), ids=lambda one: one.path)
def test_a_chapter_fetches_little_and_names_the_makers_where_it_must(notebook):
    assert sum(one.bytes for one in notebook.sets()) <= 90e6
    asked = [one for one in notebook.sets() if one.terms != "free"]
    text = (ROOT / notebook.path).read_text()
    assert not asked or "appendix/data.md" in text
    assert [one.name for one in asked if one.attribution.split(",")[0] not in text] == []


def test_no_page_has_a_number_in_its_name():
    assert [page for page in contents() if re.search(r"/\d|\d+[_-]", page)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_notebook_follows_the_anatomy(path):
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    assert anatomy.complaints(notebook, path) == []


CHAPTERS = [page for page in contents() if "/appendix/" not in page and "index" not in page]


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_next_of_a_chapter_leads_on(page):
    cells = nbformat.read(ROOT / f"{page}.ipynb", nbformat.NO_CONVERT).cells
    (last,) = (cell.source for cell in cells if cell.source.startswith("## Next"))
    links = re.findall(r"\]\(([^)#]+)\.ipynb", last.split("**References**")[0])
    first = [(ROOT / page).parent.joinpath(link).resolve() for link in links[:1]]
    at = contents().index(page)
    assert [name(one) for one in first if name(one) not in contents()[at + 1 :]] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_of_a_document_resolve(path):
    assert list(anatomy.link_complaints(path.read_text(), path)) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_of_a_page_work_in_jupyterlab_too(path):
    assert list(anatomy.jupyter_complaints(path.read_text(), path)) == []
    assert list(anatomy.picture_complaints(path.read_text())) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_page_language(path):
    text = path.read_text()
    assert not re.search(r"\bsimply\b", text, re.IGNORECASE)
    assert not anatomy.EMOJI.search(text)


# The rules themselves: a good chapter passes, and each way to break it is refused.

WORDS = "word " * anatomy.MIN_WORDS


def markdown(text, id):
    return nbformat.v4.new_markdown_cell(text, id=id)


HIDDEN = {"tags": ["hide-input"], "jupyter": {"source_hidden": True}, "cellView": "form"}


def chapter():
    """A notebook that breaks no rule."""
    cell = nbformat.v4.new_code_cell
    opening = (
        "# Title\n\nWhy does it matter? You measure it.\n\n"
        "15 minutes to read, 25 for the exercises · CPU is enough\n\n"
        "You will be able to count.\n\n**Predict.** How many?\n\n> **Takeaway.** Many.\n\n" + WORDS
    )
    cells = [
        markdown(opening, "title"),
        cell(colab_cell.source(ROOT), id="colab", metadata=colab_cell.METADATA),
        cell("import math", id="setup"),
        cell("# @title Draw\ndraw(x)", id="drawing", metadata=HIDDEN),
    ]
    for exercise in ["one", "two", "three"]:
        folded = "<details><summary>Solution</summary>\n\n```python\nx = 1\n```\n\n</details>"
        cells += [
            cell("x = ...", id=f"exercise-{exercise}"),
            cell(f'check.value("chapter.{exercise}", x)', id=f"check-{exercise}"),
            markdown(folded, f"solution-{exercise}"),
        ]
    closing = ["Where this breaks", "Summary", "Exercises", "Next"]
    cells += [markdown(f"## {title}", f"section-{n}") for n, title in enumerate(closing)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    notebook.nbformat_minor = 5
    return notebook


def broken(change):
    notebook = copy.deepcopy(chapter())
    change(notebook, {cell.id: cell for cell in notebook.cells})
    return anatomy.complaints(notebook, Path("/elsewhere/book/cnn/chapter.ipynb"))


def test_a_good_chapter_passes():
    assert broken(lambda notebook, cells: None) == []


def replace(id, old, new):
    def change(notebook, cells):
        assert old in cells[id].source
        cells[id].source = cells[id].source.replace(old, new)

    return change


def append(id, text):
    def change(notebook, cells):
        cells[id].source += text

    return change


def without(id):
    def change(notebook, cells):
        notebook.cells.remove(cells[id])

    return change


def metadata(id, **values):
    def change(notebook, cells):
        cells[id].metadata.update(values)

    return change


def long_drawing(notebook, cells):
    cells["setup"].metadata.update(HIDDEN)
    cells["setup"].source = "# @title Draw\n" + "import math\n" * 35 + "style.show()"


def time_limit(notebook, cells):
    notebook.metadata["execution"] = {"allow_errors": True}


def swap(notebook, cells):
    notebook.cells[-1], notebook.cells[-3] = notebook.cells[-3], notebook.cells[-1]


def other_kernel(notebook, cells):
    notebook.metadata.kernelspec.name = "mine"


BREAKS = {
    "time limit": (time_limit, "metadata `execution`"),
    "kernel": (other_kernel, "kernelspec"),
    "raises": (metadata("setup", tags=["raises-exception"]), "may raise"),
    "empty cell": (replace("drawing", "# @title Draw\ndraw(x)", ""), "is empty"),
    "setup": (append("setup", "\nx = 1"), "does more than import"),
    "long setup": (append("setup", "\nimport math" * 6), "more than 6 lines"),
    "half hidden": (metadata("drawing", cellView="code"), "hidden in one place"),
    "untitled": (replace("drawing", "# @title Draw", ""), "begin with `# @title`"),
    "two steps": (append("check-one", "\nx = 1"), "is not one call"),
    "an import": (replace("check-one", "check.value", "import math\ncheck.value"), "not one call"),
    "no check": (replace("check-one", "check.value", "print"), "does not call a checker"),
    "another's": (replace("check-one", "chapter.one", "chapter.two"), "does not name its exercise"),
    "given away": (replace("check-one", ", x)", ", x, expected=1)"), "more than the reader's"),
    "a number": (replace("check-one", ", x)", ", (x, 1))"), "more than the reader's"),
    "myst": (append("title", "\n```{note}\n```"), "MyST"),
    "role": (append("title", " {term}`warp`"), "MyST"),
    "emoji": (append("title", " \U0001f600"), "emoji"),
    "filler": (append("title", " Simply run it."), "simply"),
    "title": (replace("title", "# Title", "Title"), "`# Title`"),
    "promise": (replace("title", "matter?", "matter."), "question"),
    "meta": (replace("title", "minutes", "min"), "meta line"),
    "too short": (replace("title", "25 for", "10 for"), "asks for"),
    "abilities": (replace("title", "You will be able to", "You"), "able to"),
    "predict": (replace("title", "Predict", "Guess"), "predict"),
    "takeaway": (replace("title", "Takeaway", "Moral"), "Takeaway"),
    "section": (without("section-0"), "Where this breaks"),
    "order": (swap, "not in the order"),
    "two exercises": (without("exercise-one"), "exercise-one"),
    "no checker": (without("check-two"), "lacks check-two"),
    "no stub": (replace("exercise-two", "...", "2"), "stub"),
    "bare solution": (replace("solution-two", "<details>", ""), "folded"),
    "long cell": (append("exercise-one", "\nx" * 25), "26 lines"),
    "long drawing": (long_drawing, "draws in 37 lines"),
    "long kernel": (append("exercise-one", "\n@cuda.jit" + "\nx" * 34), "36 lines"),
    "words": (replace("title", WORDS, ""), "words"),
    "image": (append("title", "\n![](data:image/png;base64,AA)"), "alternative text"),
    "anchor": (append("title", " [x](#where-this-breaks)"), '<a id="where-this-breaks"></a>'),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_chapter_is_refused(case):
    change, complaint = BREAKS[case]
    found = broken(change)
    assert any(complaint in line for line in found), found


def test_a_number_in_a_name_is_refused():
    found = anatomy.check_name(chapter(), Path("/elsewhere/book/cnn/01_chapter.ipynb"))
    assert list(found) == ["the file name carries a number"]


def test_anchors_are_found_however_they_are_written(tmp_path):
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    page.write_text('## Shared memory\n\n(old)=\n### `x` and *y*\n\n<a id="here"></a>\n')
    assert {"shared-memory", "old", "x-and-y", "here"} <= anatomy.anchors(page)
    assert anatomy.jupyter_anchors(page.read_text()) == {"Shared-memory", "x-and-y", "here"}
    assert not list(anatomy.link_complaints("[a](page.md#shared-memory)", other))
    assert list(anatomy.link_complaints("[a](page.md#shared)", other))
    assert list(anatomy.link_complaints("[a](gone.md)", other))
    assert not list(anatomy.jupyter_complaints("[a](page.md#here) [b](page.md#x-and-y)", other))
    assert list(anatomy.jupyter_complaints("[a](page.md#shared-memory)", other))


# Documents


def targets():
    return set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_documents_name_only_targets_that_exist(path):
    code = re.findall(r"`([^`]+)`|(?m:^(?:    |\$ )?(make .*)$)", path.read_text())
    named = [m for line in code for m in re.findall(r"^make ([a-z-]+)", "".join(line))]
    assert set(named) <= targets()


def test_help_lists_every_public_target():
    stdout = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True).stdout
    listed = set(re.findall(r"^  make ([a-z-]+)", stdout, re.MULTILINE))
    steps = {"checkout", "environment", "execute", "site", "messages", "unit"}
    steps |= {"together", "alone", "looked"}
    assert listed == targets() - steps


def tracked():
    command = ["git", "-C", ROOT, "ls-files"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    texts = [ROOT / line for line in listed.splitlines()]
    return [p for p in texts if p.suffix not in {".png", ".ico", ".woff2", ".mo"} and p.is_file()]


def test_no_private_path_is_in_the_repository():
    private = re.compile("/(?:root|work|home/[a-z]+|Users/[A-Za-z]+)/" + r"\w")
    found = [
        f"{name(path)}: {match[0]}"
        for path in tracked()
        if (match := private.search(path.read_text(errors="replace")))
    ]
    assert found == []


def test_the_address_stands_in_the_configuration_and_is_repeated_rightly():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    url = config["repository"]["url"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert project["urls"]["Repository"] == url
    assert citation["repository-code"] == url
    assert citation["url"] == config["html"]["baseurl"]
    assert url in (ROOT / "README.md").read_text()
    tracer = tomllib.loads((ROOT / "warptrace/pyproject.toml").read_text())["project"]
    assert tracer["urls"]["Repository"] == url
    assert f'"git+{url}#subdirectory=warptrace"' in (ROOT / "warptrace/README.md").read_text()
    owners = re.compile(r"https://github\.com/([\w-]+/gpus-and-ai)")
    for path in tracked():
        for found in owners.findall(path.read_text(errors="replace")):
            assert url.endswith(found), path


def test_the_tool_knows_every_file_that_repeats_the_address():
    here = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    known = {path for pattern in address.REPEATED_IN for path in ROOT.glob(pattern)}
    files = [path for path in tracked() if path.parent != ROOT / "tests"]
    repeat = {path for path in files if here in path.read_text(errors="replace")}
    assert ROOT / "warptrace/README.md" in repeat
    assert repeat <= known


def test_nobody_is_told_to_install_a_name_that_is_not_ours():
    by_name = re.compile(r"pip3? install [^\n]*?(?<![\w/=#])warptrace(?!\S* @)")
    assert by_name.search("pip install -U 'warptrace'") and by_name.search("pip install warptrace")
    assert not by_name.search('pip install "warptrace[numba] @ git+https://host/it"')
    assert not by_name.search("pip install ./warptrace")
    texts = [path for path in tracked() if path != Path(__file__).resolve()]
    found = [name(path) for path in texts if by_name.search(path.read_text(errors="replace"))]
    assert found == []


def test_the_licence_is_the_same_wherever_it_stands():
    assert (ROOT / "warptrace/LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_version_is_the_same_wherever_it_stands():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == project["version"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()


# The address tool


@pytest.fixture
def clone(tmp_path):
    for path in {p for pattern in address.REPEATED_IN for p in ROOT.glob(pattern)}:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


def texts(root):
    return {p.relative_to(root): p.read_text() for p in root.rglob("*") if p.is_file()}


def test_address_goes_everywhere_and_back(clone):
    before = texts(clone)
    old = yaml.safe_load(before[Path("_config.yml")])["repository"]["url"]
    changed = address.set_address(clone, "https://github.com/Some-One/gpu.book")
    assert {p.name for p in changed} >= {"_config.yml", "README.md", "CITATION.cff"}
    config = yaml.safe_load((clone / "_config.yml").read_text())
    assert config["repository"]["url"] == "https://github.com/Some-One/gpu.book"
    assert config["html"]["baseurl"] == "https://some-one.github.io/gpu.book/"
    cell = colab_cell.source(clone)
    for path in colab_cell.paths(clone):
        assert anatomy.code(nbformat.read(path, 4))[0].source == cell
    owner = old.removeprefix("https://")
    assert [path for path, text in texts(clone).items() if owner in text] == []
    assert address.set_address(clone, "https://github.com/Some-One/gpu.book") == []


def test_address_leaves_longer_names_alone(clone):
    url = yaml.safe_load((clone / "_config.yml").read_text())["repository"]["url"]
    (clone / "README.md").write_text(f"{url} {url}-two {url}.git {url}.\n")
    address.set_address(clone, "https://github.com/a/b")
    new = "https://github.com/a/b"
    assert (clone / "README.md").read_text() == f"{new} {url}-two {new}.git {new}.\n"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "github.com/a/b",
        "http://github.com/a/b",
        "https://github.com/a",
        "https://github.com/address_not_set/b",
        "https://github.com/-a/b",
        "https://github.com/a/b/tree/main",
        "https://example.org/a/b",
        'https://github.com/a/b"; rm',
    ],
)
def test_address_refuses_what_is_not_a_repository(clone, url):
    before = texts(clone)
    with pytest.raises(ValueError, match=r"make address URL="):
        address.set_address(clone, url)
    assert texts(clone) == before


def test_a_user_site_has_no_folder():
    assert address.site_url("Ada", "ada.github.io") == "https://ada.github.io/"
