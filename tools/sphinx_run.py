"""Run Sphinx with the configuration that `_config.yml` stands for."""

import sys
from pathlib import Path

import tools.light_jsonschema  # noqa: F401
from tools import reading

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"


def configuration(**overrides) -> dict:
    """Return the Sphinx configuration that `_config.yml` stands for, with `overrides` on top."""
    from jupyter_book.config import get_final_config

    reading.settings(ROOT / "_config.yml")  # names the file and the line, where it is broken
    config, _ = get_final_config(
        user_yaml=ROOT / "_config.yml",
        sourcedir=ROOT,
        cli_config={"latex_individualpages": False},
    )
    return config | overrides


def sphinx_build(builder: str, out: Path, doctrees: Path, **overrides) -> int:
    """Run one Sphinx builder; return 0, or 1 when there was a warning or an error."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    with patch_docutils(), docutils_namespace():
        try:
            app = Sphinx(
                srcdir=ROOT,
                confdir=None,
                outdir=out,
                doctreedir=doctrees,
                buildername=builder,
                confoverrides=configuration(**overrides),
                status=None,
                warningiserror=True,
                keep_going=True,
            )
            app.build()
        except SphinxError as error:
            print(f"site: {error}", file=sys.stderr)
            return 1
        return app.statuscode
