"""Put a form under the stub of each exercise, and the scripts that judge and remember its answers.

Without scripts a page is as it would be without forms. A value or a choice is judged in the page;
kernels have an editor of their own; any other exercise gets a sentence and a tick.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from docutils import nodes
from site_style import digest
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from helpers import check
from helpers.check.carried import TYPE, carried
from tools.notebooks import notebooks, parse, without_magics

BOOK = Path(__file__).resolve().parent.parent
#: A script of the site: the modules that it is made of, in their order.
SCRIPTS = {
    "progress.js": ["live/progress_strings.js", "live/progress.js"],
    "exercises.js": [
        "explorables/base.js",
        "live/following.js",
        "live/fields_strings.js",
        "live/numbers.js",
        "live/verdicts.js",
        "live/fields.js",
        "live/progress_strings.js",
        "live/progress_page.js",
    ],
}
KINDS = ("value", "choice", "function", "properties", "kernel")


@dataclass(frozen=True)
class Asked:
    """A call of a checker: kind, name after the dot, the reader's variables, if it measures."""

    kind: str
    name: str
    variables: tuple[str, ...]
    measures: bool


def asked_in(source: str) -> Iterator[Asked]:
    """Yield the exercises that a cell checks."""
    tree = parse(without_magics(source)) if "check." in source else None
    for call in ast.walk(tree) if tree else ():
        if not isinstance(call, ast.Call) or not call.args:
            continue
        owner, _, kind = ast.unparse(call.func).rpartition(".")
        if owner == "check" and kind in KINDS:
            first, *answer = call.args
            variables = [n.id for part in answer for n in getattr(part, "elts", [part])]
            name = ast.literal_eval(first).rpartition(".")[-1]
            yield Asked(kind, name, tuple(variables), bool(call.keywords))


def exercises(notebook: dict) -> Iterator[tuple[int, Asked]]:
    """Yield the exercises of a notebook, each with the number of the cell that checks it."""
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            for asked in asked_in("".join(cell["source"])):
                yield number, asked


def stub_of(asked: Asked, cells: list[dict]) -> int:
    """Return the number of the last of `cells` that leaves the answer to the reader.

    Raises:
        SphinxError: there is none.
    """
    for number in reversed(range(len(cells))):
        source = "".join(cells[number]["source"])
        known = any(re.search(rf"\b{name}\b", source) for name in asked.variables)
        if cells[number]["cell_type"] == "code" and known and "..." in source:
            return number
    raise SphinxError(f"No cell before its check leaves {asked.name} to the reader.")


def with_forms(notebook: dict, executed: dict, page: str) -> dict:
    """Return `notebook`, of which `executed` is the executed copy, with forms after its stubs."""
    outputs = {cell["id"]: cell.get("outputs", []) for cell in executed["cells"]}
    forms: dict[int, list[dict]] = {}
    for number, asked in exercises(notebook):
        chapter, outcome = page.removeprefix("book/"), outputs[notebook["cells"][number]["id"]]
        if asked.kind != "kernel":
            stub = stub_of(asked, notebook["cells"][:number])
            forms.setdefault(stub, []).append(
                form(asked, chapter, data_of(asked, chapter, outcome))
            )
    cells = ([cell, *forms.get(number, ())] for number, cell in enumerate(notebook["cells"]))
    return notebook | {"cells": [cell for group in cells for cell in group]}


def data_of(asked: Asked, chapter: str, outputs: list[dict]) -> str | None:
    """Return what a value or a choice is judged by, as text; None if no page can judge by it."""
    if asked.kind not in ("value", "choice"):
        return None
    if not asked.measures:
        return carried(check.exercise(f"{chapter}.{asked.name}").given({}))
    found = (output.get("data", {}).get(TYPE, {}).get("carried") for output in outputs)
    return next(filter(None, found), None)


def form(asked: Asked, chapter: str, data: str | None) -> dict:
    """Return the cell that holds the form of an exercise, or the sentence in its place."""
    elsewhere = "unmeasured" if asked.kind in ("value", "choice") else "elsewhere"
    given = {"asked": data} if data else {"elsewhere": elsewhere}
    given |= {"exercise": f"{chapter}.{asked.name}", "variables": ", ".join(asked.variables)}
    attributes = " ".join(f'data-{key}="{escape(text)}"' for key, text in given.items())
    source = f'<div class="answer"><gpu-exercise {attributes}></gpu-exercise></div>'
    return {"cell_type": "markdown", "id": f"form-{asked.name}", "metadata": {}, "source": source}


# The scripts


def script(name: str, root: Path) -> str:
    """Return a script of the site: its modules as one, which works from a disk as well."""
    parts = [plain((BOOK / module).read_text("utf-8")) for module in SCRIPTS[name]]
    if name == "progress.js":
        parts.insert(0, f"const EXERCISES = {json.dumps(by_chapter(root))};")
    return "\n".join(["(() => {", '"use strict";', *parts, "})();", ""])


def plain(module: str) -> str:
    """Return a module as part of a script: without imports, exports, indents and comments."""
    module = re.sub(r"(?m)^(?:import .*;|export \{.*\};)$", "", module)
    module = re.sub(r"(?m)^export ", "", module)
    module = re.sub(r"(?m)^\s*(?://.*|/\*\*.*\*/)$", "", module)
    return re.sub(r"\n\s*", "\n", module).strip()


@cache
def by_chapter(root: Path) -> dict[str, list[str]]:
    """Return the names of the exercises of each chapter, such as "cuda/memory"."""
    found = {}
    for notebook in notebooks(root):
        content = json.loads((root / notebook.path).read_text("utf-8"))
        chapter = notebook.path.removeprefix("book/").removesuffix(".ipynb")
        found[chapter] = [asked.name for _, asked in exercises(content)]
    return {chapter: names for chapter, names in found.items() if names}


class ProgressPanel(SphinxDirective):
    """Show what the reader has done, with the buttons to save it, take it in and clear it."""

    def run(self):
        """Return the place at which the script shows it."""
        html = "<gpu-progress></gpu-progress><noscript><p>{}</p></noscript>".format(
            "This needs JavaScript, and so do the forms of the chapters."
        )
        return [nodes.raw("", html, format="html")]


def prepare(app, config):
    """Make the scripts, and note their versions, so that pages are written again with a new one."""
    by_chapter.cache_clear()
    app.exercise_scripts = {name: script(name, Path(app.srcdir)) for name in SCRIPTS}
    config.exercise_versions = {name: digest(text) for name, text in app.exercise_scripts.items()}


def note(app, page, source):
    """Read a page again when the data of its exercises changes."""
    data = BOOK / "checks" / f"{page.removeprefix('book/')}.py"
    if data.exists():
        app.env.note_dependency(str(data))


def add_to_page(app, page, template, context, doctree):
    """Tell the template which scripts the page needs."""
    body = context.get("body") or ""
    context["exercise_scripts"] = app.config.exercise_versions
    context["has_exercises"] = "<gpu-exercise" in body or "<gpu-progress" in body


def write(app, error):
    """Put the scripts beside the other static files."""
    if error is None and app.builder.format == "html":
        for name, text in app.exercise_scripts.items():
            (Path(app.outdir) / "_static" / name).write_text(text, "utf-8")


def setup(app):
    """Make the scripts at the start, write them at the end."""
    app.add_config_value("exercise_versions", {}, "html")
    app.add_directive("progress", ProgressPanel)
    app.connect("config-inited", prepare)
    app.connect("source-read", note)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", write, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
