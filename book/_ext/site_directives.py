"""Directives for the book's `.md` pages: tables made from data, and explorables."""

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from site_runs import notebook_of
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.notebooks import notebooks


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


def page_link(path, docname) -> addnodes.pending_xref:
    """Return a link from the page `docname` to that of the notebook `path`, with its title."""
    title = addnodes.pending_xref(
        "",
        refdomain="std",
        reftype="doc",
        reftarget="/" + path.rsplit(".", 1)[0],
        refdoc=docname,
        refexplicit=False,
        refwarn=True,
    )
    title += nodes.inline(text=path)
    return title


#: Behind a figure whose source a sceptic need not accept.
WEAK = "†"


class StatusTable(SphinxDirective):
    """Show what the notebooks were executed with, and how long each took."""

    def run(self):
        """Return a table of machines and one of notebooks."""
        root = Path(self.env.srcdir)
        book = [notebook_of(root, notebook.path) for notebook in notebooks(root)]
        for notebook in book:
            self.env.note_dependency(str(notebook.copy))
        runs = {notebook.path: run for notebook in book if (run := notebook.run())}
        labels = ("python", "torch", "platform", "cpu", "cores", "gpu", "date")
        facts = [
            [label.upper() if label in ("cpu", "gpu") else label.capitalize(), known(runs, label)]
            for label in labels
        ]
        rows = [self.row(path, run) for path, run in runs.items()]
        return [
            table(["Environment", "Value"], facts),
            table(["Notebook", "Seconds", "Ran"], rows, ["numbers"]),
        ]

    def row(self, path, run):
        """Return one row: a link to the page, the time, alone or beside another."""
        title = page_link(path, self.env.docname)
        alone = "alone, 2 threads" if run["alone"] else "beside another, 1 thread"
        return [title, f"{run['seconds']:.1f}", alone]


def known(runs, label) -> str:
    """Return what the runs say under `label`, each value once: results may be of several days."""
    values = {run.get(label) for run in runs.values()}
    return ", ".join(str(value) for value in sorted(filter(None, values))) or "none"


class GpuRegistry(SphinxDirective):
    """Show the registry of GPUs; each figure points to its source and the day it was checked."""

    figures: ClassVar = {
        "year": "Year",
        "capability": "Capability",
        "sms": "SMs",
        "fp32_tflops": "FP32 TFLOP/s",
        "tensor_tflops": "Tensor TFLOP/s",
        "memory_gb": "Memory GB",
        "bandwidth_gbs": "GB/s",
        "watts": "W",
    }

    def run(self):
        """Return the table and the numbered list of its sources."""
        from helpers import resources
        from helpers.facts import registry

        self.env.note_dependency(str(resources.path("data/gpus.yml")))
        numbers = {}
        rows = [self.row(gpu, numbers) for gpu in registry.load()]
        head = ["GPU", *self.figures.values(), "Ridge FLOP/B"]
        items = [self.source(source, number) for source, number in numbers.items()]
        sources = nodes.enumerated_list("", *items, enumtype="arabic", classes=["sources"])
        return [table(head, rows, ["numbers"]), nodes.rubric(text="Sources of the table"), sources]

    def row(self, gpu, numbers):
        """Return one row; `numbers` collects the sources in the order in which they are named."""
        cells = [
            self.figure(getattr(gpu, field), gpu.sources.get(field), numbers)
            for field in self.figures
        ]
        return [gpu.name, *cells, f"{gpu.ridge():.0f}"]

    @staticmethod
    def figure(value, source, numbers):
        """Return the nodes of one figure: its value, and a small link to its source."""
        if value is None:
            return nodes.Text("–")
        text = ".".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"
        if source is None:
            return nodes.Text(text)
        number = numbers.setdefault(source, len(numbers) + 1)
        mark = nodes.reference("", str(number), refid=f"gpu-source-{number}", internal=True)
        shown = text + WEAK if source.weak else text
        return [nodes.Text(shown), nodes.superscript("", "", mark)]

    @staticmethod
    def source(source, number):
        """Return one entry of the list of sources."""
        day = f"checked {source.checked}" if source.checked else "not checked"
        weak = f"; weak {WEAK}" if source.weak else ""
        note = f". {source.note}" if source.note else ""
        said = nodes.Text(f", {day}{weak}{note}")
        text = nodes.paragraph("", "", link(source.title, source.url), said)
        return nodes.list_item("", text, ids=[f"gpu-source-{number}"])


class PublishedPoints(SphinxDirective):
    """Show what others measured, a table for each of our scripts that it stands beside."""

    def run(self):
        """Return for each script its record's title, then each method and a table of its points."""
        from helpers import recorded, resources
        from helpers.facts import sheet

        self.env.note_dependency(str(resources.path("data/published.yml")))
        beside = {}
        for point in sheet("published").points:
            beside.setdefault(point.record, {}).setdefault(point.method, []).append(point)
        shown = []
        for name, methods in beside.items():
            shown.append(nodes.rubric(text=recorded.load(name).title))
            for method, points in methods.items():
                head = ["What", "On, and when published", "Value", "The source says"]
                shown.append(nodes.paragraph(text=method))
                shown.append(table(head, [self.row(point) for point in points]))
        return shown

    @staticmethod
    def row(point):
        """Return one row; the quotation holds the number, and the link leads to where it stands."""
        source = point.source
        where = link(source.title, source.url)
        note = f". {source.note}" if source.note else ""
        said = nodes.Text(f"“{point.quotation}”, ")
        on = f"{point.machine}, {point.year or 'undated'}"
        value = f"{point.value:,.6g} {point.unit}"
        read = nodes.Text(f", read {source.checked}{note}")
        return [point.quantity, on, value, [said, where, read]]


class DataSets(SphinxDirective):
    """Show the data sets: `packaged` or `published`, the kind that the argument names."""

    required_arguments = 1
    languages: ClassVar = {"en": "English", "zh": "Chinese", "none": "no language"}

    def run(self):
        """Return a list that says of each set what it is, what it asks and who uses it."""
        from helpers import resources
        from helpers.data.catalogue import datasets
        from tools.data import published

        self.env.note_dependency(str(resources.path("data/datasets.yml")))
        book = notebooks(Path(self.env.srcdir))
        for notebook in book:
            self.env.note_dependency(str(notebook.root / notebook.path))
        chosen = {"packaged": datasets, "published": published}[self.arguments[0]]().values()
        users = {one.name: [n.path for n in book if one in n.sets()] for one in chosen}
        items = [self.item(one, users[one.name]) for one in chosen]
        return [nodes.definition_list("", *items, classes=["data-sets"])]

    def item(self, dataset, users):
        """Return the entry of one set; `users` are the notebooks that ask for it."""
        ids = [f"data-{dataset.name.replace('_', '-')}"]
        name = nodes.literal("", dataset.name)
        term = nodes.term("", "", name, nodes.Text(f": {dataset.title}"), ids=ids)
        pages = [page_link(path, self.env.docname) for path in users]
        source = link(dataset.source.title, dataset.source.url)
        languages = " and ".join(self.languages[short] for short in dataset.languages)
        facts = {
            "What": f"{dataset.items} ({languages})",
            "Fetched": f"{dataset.bytes / 1e6:.1f} MB",
            "Licence": f"{dataset.licence}; {dataset.terms}",
            "Asks": f"{dataset.terms_note[:1].upper()}{dataset.terms_note[1:]}",
            "Made by": dataset.attribution,
            "Take care": dataset.traps,
            "Full version": self.full(dataset.full),
            "Where": [source, nodes.Text(f", checked {dataset.source.checked}")],
            "Used by": [part for page in pages for part in (nodes.Text(", "), page)][1:],
        }
        rows = [self.fact(label, value) for label, value in facts.items() if value]
        described = nodes.definition("", nodes.bullet_list("", *rows))
        return nodes.definition_list_item("", term, described)

    @staticmethod
    def full(where):
        """Return the way to the full version: an address, or the command for a published set."""
        if not where or where.startswith("http"):
            return link(where, where) if where else ""
        return nodes.literal("", f"make data SET={where}")

    @staticmethod
    def fact(label, value):
        """Return one line: a label and what is said under it."""
        parts = value if isinstance(value, list) else [value]
        said = [part if isinstance(part, nodes.Node) else nodes.Text(part) for part in parts]
        return nodes.list_item("", nodes.paragraph("", "", nodes.Text(f"{label}: "), *said))


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
    app.add_directive("published-points", PublishedPoints)
    app.add_directive("data-sets", DataSets)
    app.add_directive("explorable", Explorable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
