"""Plain Markdown that the site dresses: `> **Takeaway.** …` becomes a callout."""

from docutils import nodes
from sphinx.transforms import SphinxTransform

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


def setup(app):
    """Register the transform."""
    app.add_transform(Callouts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
