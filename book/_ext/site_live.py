"""Put what pages need to run and to judge kernels, which `tools` makes, into the site."""

import json
import runpy
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from site_directives import link, table
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from helpers import resources
from tools import live, live_kernels


class LiveLicences(SphinxDirective):
    """Show whose work the pages load when a kernel is run: name, version, licence, source."""

    def run(self):
        """Return the table."""
        self.env.note_dependency(str(live.LOCK))
        rows = [[link(part.name, part.source), part.version, part.licence] for part in live.parts()]
        return [table(["What", "Version", "Licence"], rows)]


class Playground(SphinxDirective):
    """Offer the tracer's sample kernels, and a small one, to begin with."""

    def run(self):
        """Return the place at which the page opens its editor."""
        kernels = [live.BEGINNING, *live.sample_launches()]
        texts = [escape(json.dumps(one)) for one in (live.BEGINNING, kernels)]
        html = f'<div data-launch="{texts[0]}" data-kernels="{texts[1]}"></div>'
        return [nodes.raw("", html, format="html")]


class FrontKernel(SphinxDirective):
    """Show the trace of the kernel of the front page, which can be changed there."""

    def run(self):
        """Return the trace, as a notebook shows one."""
        path = live.SOURCES / "front.py"
        self.env.note_dependency(str(path))
        html = runpy.run_path(str(path))["trace"]().show()._repr_html_()
        return [nodes.raw("", f'<div class="explorable">{html}</div>', format="html")]


def prepare(app, config):
    """Make the engine, and note its version, so that pages are written again when it changes."""
    try:
        made = live.engine()
    except live.EngineError as error:
        raise SphinxError(str(error)) from error
    if made:
        config.live_engine = {"version": made.version, "bytes": made.transferred}


def exercises(app, page) -> list:
    """Return the exercises of a page that ask for a kernel."""
    path = Path(app.env.doc2path(page))
    chapter = page.removeprefix("book/")
    return list(live_kernels.kernels(path, chapter)) if path.suffix == ".ipynb" else []


def source_of(cell) -> str:
    """Return the code of a cell; its number is none to go by, since cells may have been added."""
    return next((code.astext() for code in cell.findall(nodes.literal_block)), "").strip()


def put_exercises(app, doctree):
    """Mark the place below each stub of a kernel where a page can offer to write it."""
    page = app.env.docname
    asked = {one.stub.strip(): one for one in exercises(app, page)}
    if not asked:
        return
    data = resources.path(f"checks/{page.removeprefix('book/')}.py")
    for path in (live_kernels.__file__, data):
        app.env.note_dependency(str(path))
    for node in list(doctree.findall(nodes.container)):
        if node.get("nb_element") == "cell_code" and (one := asked.get(source_of(node))):
            place = {"data-kernel": one.exercise, "data-file": f"{one.file}?v={one.version()}"}
            told = " ".join(f'{name}="{escape(value)}"' for name, value in place.items())
            html = nodes.raw("", f"<div {told}></div>", format="html")
            node.parent.insert(node.parent.index(node) + 1, html)


def add_to_page(app, page, template, context, doctree):
    """Tell the template what there is to run, and with what."""
    context["live"] = app.config.live_engine
    body = context.get("body") or ""
    context["has_launches"] = "data-launch=" in body or "data-kernel=" in body


def write(app, error):
    """Put the files of the engine, and those of the exercises, beside the pages."""
    if error is not None or app.builder.name != "html":
        return
    kernels = Path(app.outdir) / "_static" / "kernels"
    shutil.rmtree(kernels, ignore_errors=True)
    kernels.mkdir()
    for page in app.env.found_docs:
        for one in exercises(app, page):
            (kernels / one.file).write_text(one.text(), "utf-8")
    folder = Path(app.outdir) / "_static" / "live"
    mark = folder / "version.txt"
    version = (app.config.live_engine or {}).get("version")
    if version is None:
        shutil.rmtree(folder, ignore_errors=True)
    elif not mark.exists() or mark.read_text("utf-8") != version:
        live.engine().write(folder)
        mark.write_text(version, "utf-8")


def setup(app):
    """Make the engine before any page is read, and write it at the end."""
    app.add_config_value("live_engine", None, "html")
    app.add_directive("live-licences", LiveLicences)
    app.add_directive("playground", Playground)
    app.add_directive("front-kernel", FrontKernel)
    app.connect("config-inited", prepare)
    app.connect("doctree-read", put_exercises)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", write, priority=960)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
