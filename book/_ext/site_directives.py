"""Directives for the book's `.md` pages: tables made from data, and explorables."""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

REPORT = Path("_build") / "executed" / "report.json"


def cell(content) -> nodes.entry:
    """Return a table cell that holds text, a node or a list of nodes."""
    inside = content if isinstance(content, list) else [content]
    paragraph = nodes.paragraph()
    for part in inside:
        paragraph += part if isinstance(part, nodes.Node) else nodes.Text(str(part))
    return nodes.entry("", paragraph)


def table(head, rows, classes=()) -> nodes.table:
    """Return a table with one heading row; `rows` holds lists of text or nodes."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", nodes.row("", *[cell(text) for text in head]))
    group += nodes.tbody("", *[nodes.row("", *[cell(text) for text in row]) for row in rows])
    return nodes.table("", group, classes=list(classes))


def link(text, address) -> nodes.reference:
    """Return a link out of the book."""
    return nodes.reference("", text, refuri=address)


class StatusTable(SphinxDirective):
    """Show what the notebooks were executed with, and how long each took."""

    def run(self):
        """Return an introduction and a table, or a note that nothing was executed yet."""
        path = Path(self.env.srcdir) / REPORT
        self.env.note_dependency(str(path))
        if not path.exists():
            return [nodes.paragraph(text="No notebook has been executed yet.")]
        report = json.loads(path.read_text("utf-8"))
        labels = ("python", "torch", "platform", "cpu", "cores", "gpu", "date")
        known = report["environment"]
        facts = [
            [
                label.upper() if label in ("cpu", "gpu") else label.capitalize(),
                known.get(label) or "none",
            ]
            for label in labels
        ]
        runs = [self.run_row(entry) for entry in report["notebooks"]]
        return [
            table(["Environment", "Value"], facts),
            table(["Notebook", "Seconds", "Result", "Runs"], runs, ["numbers"]),
        ]

    def run_row(self, entry):
        """Return one row: a link to the page, the time, the result, alone or beside another."""
        page = "/" + entry["path"].rsplit(".", 1)[0]
        title = addnodes.pending_xref(
            "",
            refdomain="std",
            reftype="doc",
            reftarget=page,
            refdoc=self.env.docname,
            refexplicit=False,
            refwarn=True,
        )
        title += nodes.inline(text=entry["path"])
        alone = "alone, 2 threads" if entry["measures"] else "beside another, 1 thread"
        return [title, f"{entry['seconds']:.1f}", entry["status"], alone]


class GpuRegistry(SphinxDirective):
    """Show the registry of GPUs, each row with its sources and the day they were checked."""

    def run(self):
        """Return the table."""
        from helpers import registry, resources

        self.env.note_dependency(str(resources.path("data/gpus.yml")))
        head = ["GPU", "Year", "SMs", "FP32 TFLOP/s", "Tensor TFLOP/s", "Memory GB", "GB/s", "W"]
        rows = [self.gpu_row(gpu) for gpu in registry.load()]
        return [table([*head, "Sources", "Checked"], rows, ["numbers", "registry"])]

    @staticmethod
    def gpu_row(gpu):
        """Return one row; a figure that has no value is a dash."""
        figures = (
            gpu.year,
            gpu.sms,
            gpu.fp32_tflops,
            gpu.tensor_tflops,
            gpu.memory_gb,
            gpu.bandwidth_gbs,
            gpu.watts,
        )
        links = []
        for number, address in enumerate(dict.fromkeys(gpu.sources), 1):
            links += [nodes.Text(" "), link(f"[{number}]", address)]
        shown = ["–" if figure is None else f"{figure:g}" for figure in figures]
        return [gpu.name, *shown, links[1:], str(gpu.checked)]


class Explorable(SphinxDirective):
    """Put the explorable that the argument names on the page."""

    required_arguments = 1

    def run(self):
        """Return the explorable's HTML."""
        from helpers import explore, resources

        self.env.note_dependency(str(resources.path(f"explorables/{self.arguments[0]}.js")))
        html = explore.explorable(self.arguments[0])._repr_html_()
        return [nodes.raw("", f'<div class="explorable">{html}</div>', format="html")]


class Repository(SphinxRole):
    """Link its text to the repository, whose address stands in `_config.yml`."""

    def run(self):
        """Return the link."""
        return [link(self.text, self.config.html_theme_options["repository_url"])], []


def setup(app):
    """Register the directives and the role."""
    app.add_role("repository", Repository())
    app.add_directive("status-table", StatusTable)
    app.add_directive("gpu-registry", GpuRegistry)
    app.add_directive("explorable", Explorable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
