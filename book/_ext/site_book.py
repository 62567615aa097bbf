"""The book's own Sphinx extension: one module for each job, all switched on here."""

import sys
from pathlib import Path

# `jupyter-book build .` finds this folder alone; the modules import `tools` and `helpers` as well.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

MODULES = (
    "site_maths",
    "site_runs",
    "site_markdown",
    "site_outputs",
    "site_captions",
    "site_directives",
    "site_live",
    "site_exercises",
    "site_style",
    "site_pages",
    "site_extras",
)


def setup(app):
    """Switch on every module."""
    # Jupyter Book sets it by default, for an extension that the book leaves out.
    app.add_config_value("comments_config", {}, "html")
    for module in MODULES:
        app.setup_extension(module)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
