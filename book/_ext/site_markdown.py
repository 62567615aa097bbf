"""Plain Markdown that the site dresses: `> **Takeaway.** …` becomes a callout, and the like."""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

ANCHOR = re.compile(r'<a id="([\w-]+)"></a>')
CALLOUTS = {
    "Takeaway.": "takeaway",
    "Predict.": "predict",
    "Try this.": "try",
    "Notice that": "try",
}


class Callouts(SphinxTransform):
    """Give a blockquote that opens with a bold word of `CALLOUTS` the class of that callout."""

    # Before the translation of messages (20): the words below are those of the source.
    default_priority = 10

    def apply(self, **kwargs):
        """Mark the blockquotes of one document."""
        for quote in self.document.findall(nodes.block_quote):
            first = next(iter(quote.findall(nodes.strong)), None)
            opens = first is not None and quote.astext().startswith(first.astext())
            if opens and first.astext() in CALLOUTS:
                quote["classes"] += ["callout", CALLOUTS[first.astext()]]


class Anchors(SphinxTransform):
    """Drop the anchors written by hand above a heading: here the heading has that id itself.

    JupyterLab and the classic notebook need them, whose headings keep capitals in their ids.
    """

    default_priority = 10

    def apply(self, **kwargs):
        """Remove the paragraphs of one document that are such an anchor and nothing else."""
        for paragraph in list(self.document.findall(nodes.paragraph)):
            found = ANCHOR.fullmatch("".join(part.astext() for part in paragraph))
            if found and found[1] in self.document.ids:
                paragraph.parent.remove(paragraph)


def setup(app):
    """Register the transforms."""
    app.add_transform(Callouts)
    app.add_transform(Anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
