"""What the page template shows around the text: addresses, buttons, the link to report."""

import hashlib
import json
import platform
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from docutils import nodes
from site_runs import notebook_of
from sphinx import addnodes

ISSUE_FORM = "cell_fails.yml"


def environment(root: Path, page: str) -> str:
    """Return in one line what a page's notebook was executed with, and from which commit."""
    parts = [f"commit {commit(root)}"]
    run = notebook_of(root, f"{page}.ipynb").run()
    if run:
        parts += [f"{key} {run[key]}" for key in ("python", "torch", "platform") if run.get(key)]
        parts.append(run.get("gpu") or "no GPU")
    else:
        parts.append(f"python {platform.python_version()}")
    return ", ".join(parts)


@cache
def commit(root: Path) -> str:
    """Return the short name of the commit that is checked out, or "unknown" outside git."""
    try:
        command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def description(doctree) -> str:
    """Return the opening of a page in at most 160 characters, for search engines and previews."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + " …"
    return ""


def report_link(repository: str, page: str, title: str, running: str) -> str:
    """Return the address of a new issue that already names the page and the environment."""
    fields = {
        "template": ISSUE_FORM,
        "title": f"{title}: ",
        "page": page,
        "environment": running,
    }
    return f"{repository}/issues/new?{urlencode(fields)}"


def add_to_page(app, page, template, context, doctree):
    """Give the template what it shows on this page."""
    options = app.config.html_theme_options
    repository, branch = options["repository_url"], options["repository_branch"]
    base = app.config.html_baseurl
    is_page = page in app.env.found_docs
    source = Path(app.env.doc2path(page)).name if is_page else ""
    notebook = source.endswith(".ipynb")
    title = app.env.titles[page].astext() if page in app.env.titles else app.config.html_title
    file = f"{Path(page).parent.as_posix()}/{source}"
    running = environment(Path(app.srcdir), page)
    context |= {
        "versions": app.site_versions,
        "has_maths": app.env.get_domain("math").data["has_equations"].get(page, False),
        "is_page": is_page,
        "is_front": page == app.config.root_doc,
        "is_notebook": notebook,
        "summary": description(doctree),
        "social_card": f"{base}_static/social-card.png",
        "repository": repository,
        "report_url": report_link(repository, file if is_page else page, title, running),
        "source_url": f"{repository}/blob/{branch}/{file}" if is_page else "",
    }
    if notebook:
        colab = options["launch_buttons"]["colab_url"].rstrip("/")
        owner = urlsplit(repository).path
        context["colab_url"] = f"{colab}/github{owner}/blob/{branch}/{file}"


def shape(app, env) -> str:
    """Return a digest of what every page shows of the others: titles and their order."""
    titles = {name: node.astext() for name, node in sorted(env.titles.items())}
    captions = [
        (tree.get("caption"), tree["entries"])
        for tree in env.get_doctree(app.config.root_doc).findall(addnodes.toctree)
    ]
    return hashlib.sha256(json.dumps([titles, captions]).encode()).hexdigest()


def pages_to_write(app, env):
    """Write every page again when a title or the order of the book has changed."""
    before, env.site_shape = getattr(env, "site_shape", None), shape(app, env)
    return list(env.found_docs) if before != env.site_shape else []


def setup(app):
    """Connect to the making of each page."""
    app.connect("env-updated", pages_to_write)
    app.connect("html-page-context", add_to_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
