"""Notebook outputs come from the executed copies; what has none yet is executed first."""

import json
import sys
from functools import cache
from pathlib import Path

from site_exercises import with_forms
from sphinx.errors import SphinxError

from helpers.check.verdict import NOT_ATTEMPTED
from tools import ending, reading
from tools.build_site import MARK
from tools.notebooks import Notebook


@cache
def notebook_of(root: Path, path: str) -> Notebook:
    """Return a notebook, the same at each call of a build, so that its key is computed once."""
    return Notebook(root, path)


def execute(app):
    """Execute what is stale, as `make book` does, so that any way to build the site is whole."""
    notebook_of.cache_clear()  # of a build before this one
    if app.builder.name == "gettext":  # translators need the sources alone
        return
    command = [sys.executable, "-m", "tools.execute", "--quiet"]
    if ending.child(command, cwd=app.srcdir):
        # Jupyter Book shows the traceback of any error, but not of this.
        sys.exit("\nNot every notebook could be executed, see above; so there is no site.")


def unmark(app):
    """Forget the last good build before its pages are touched, whichever command does that."""
    if app.builder.name == "html":
        reading.clear(MARK)


def fill(app, page, source):
    """Put the outputs of the executed copy into the source of a notebook, cell by cell.

    Raises:
        SphinxError: the notebook has no result for its present code.
    """
    path = Path(app.env.doc2path(page))
    if path.suffix != ".ipynb" or app.builder.name == "gettext":
        return
    notebook = notebook_of(Path(app.srcdir), path.relative_to(app.srcdir).as_posix())
    executed = notebook.result()
    if executed is None:
        raise SphinxError(f"{notebook.path} has no outputs for its present code: make book")
    app.env.note_dependency(str(notebook.copy))
    shown = with_forms(filled(json.loads(source[0]), executed), executed, page)
    source[0] = json.dumps(shown, ensure_ascii=False)


def filled(notebook: dict, executed: dict) -> dict:
    """Return `notebook` with the outputs that the cells of the same ids have in `executed`.

    But for verdicts on answers that nobody gave: they are for who runs the notebook.
    """
    outputs = {cell["id"]: cell for cell in executed["cells"] if cell["cell_type"] == "code"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            found = outputs[cell["id"]]["outputs"]
            cell["outputs"] = [output for output in found if not unasked(output)]
            cell["execution_count"] = outputs[cell["id"]]["execution_count"]
    return notebook


def unasked(output: dict) -> bool:
    """Tell whether an output is the verdict on an answer that is still to be written."""
    text = "".join(output.get("data", {}).get("text/plain", output.get("text", "")))
    return f": {NOT_ATTEMPTED}. " in text and "\n" not in text.strip()


def setup(app):
    """Execute before anything is read, and fill each notebook as it is read."""
    app.connect("builder-inited", execute)
    app.connect("builder-inited", unmark)
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
