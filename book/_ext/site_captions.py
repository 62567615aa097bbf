"""The captions of the parts, which stand in `_toc.yml`, take part in translation like the pages."""

from sphinx import addnodes
from sphinx.locale import init
from sphinx.transforms import SphinxTransform


class PartCaptions(SphinxTransform):
    """Offer each caption to gettext, and put its translation in where there is one."""

    # After sphinx-external-toc has put the table of contents into the page (100).
    default_priority = 110

    def apply(self, **kwargs):
        """Treat the table of contents of one document."""
        folders = [self.app.srcdir / folder for folder in self.config.locale_dirs]
        catalogue, found = init(folders, self.config.language, self.env.docname)
        for toctree in self.document.findall(addnodes.toctree):
            caption = toctree.get("caption")
            if caption:
                toctree["rawcaption"] = caption
                toctree["caption"] = catalogue.gettext(caption) if found else caption


def setup(app):
    """Register the transform."""
    app.add_transform(PartCaptions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
