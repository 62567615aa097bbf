"""The book's own Sphinx extension: one module for each job, all switched on here."""

MODULES = (
    "site_maths",
    "site_runs",
    "site_markdown",
    "site_captions",
    "site_directives",
    "site_style",
    "site_pages",
    "site_extras",
)


def setup(app):
    """Switch on every module."""
    for module in MODULES:
        app.setup_extension(module)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
