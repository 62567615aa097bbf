"""Notebook outputs come from the cache of executed notebooks; the site never runs one itself."""

import nbformat
from jupyter_cache import get_cache
from myst_nb.core import execute
from sphinx.errors import SphinxError


class CacheOnly(execute.NotebookClientCache):
    """Read a notebook's outputs from the cache, and refuse to fill a gap."""

    def start_client(self):
        """Merge the cached outputs into the notebook.

        Raises:
            SphinxError: this version of the notebook has not been executed.
        """
        if cached(self.nb_config.execution_cache_path, self.notebook) is None:
            raise SphinxError(
                f"{self.path} has no outputs for its present code. Run `make book`: it executes "
                "the notebooks first and then builds the site."
            )
        super().start_client()


def cached(cache_path, notebook):
    """Return the cache's record of `notebook`, or None where it has not been executed."""
    try:
        return get_cache(cache_path).match_cache_notebook(notebook)
    except KeyError:
        return None


def outdated(app, env, added, changed, removed):
    """Name the notebooks that were executed again since their page was last read."""
    if app.config.nb_execution_mode != "cache":
        return []
    seen, again = getattr(env, "notebook_runs", {}), []
    env.notebook_runs = {}
    for name in env.found_docs:
        path = env.doc2path(name)
        if not path.endswith(".ipynb"):
            continue
        record = cached(app.config.nb_execution_cache_path, nbformat.read(path, 4))
        run = record.created.isoformat() if record else None
        env.notebook_runs[name] = run
        if seen.get(name) != run:
            again.append(name)
    return again


def setup(app):
    """Put `CacheOnly` where MyST-NB looks for its client."""
    execute.NotebookClientCache = CacheOnly
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
