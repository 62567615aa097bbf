"""Text outputs on a page: a sentence wraps, and what stands in columns stays as it is."""

import re
from html import unescape

OPENS = r'<div class="output (?:stream|text_plain)[^>]*>\s*<div[^>]*><pre>'
TEXT = re.compile(f"({OPENS})(.*?)(</pre>)", re.DOTALL)
#: Two columns, or a line that stands under one.
COLUMNS = re.compile(r"\S {2,}\S|^ {8}")
WORD = re.compile(r"[^\W\d_]{2}")


def aligned(line: str) -> bool:
    """Tell whether a line of an output is a row of a table, of a matrix or of a drawing."""
    text = unescape(re.sub(r"<[^>]*>", "", line)).rstrip()
    return bool(COLUMNS.search(text) or (text and not WORD.search(text)))


def marked(output: str) -> str:
    """Return the HTML of an output with a mark on each line that may not wrap."""
    lines = output.split("\n")
    for number, line in enumerate(lines):
        whole = line.count("<span") == line.count("</span")  # no colour goes on in the next line
        if whole and aligned(line):
            lines[number] = f'<span class="aligned">{line}</span>'
    return "\n".join(lines)


def mark(app, page, template, context, doctree):
    """Mark the rows in all outputs of a page."""
    if "body" in context:
        body = TEXT.sub(lambda found: found[1] + marked(found[2]) + found[3], context["body"])
        context["body"] = body


def setup(app):
    """Connect to the making of each page."""
    app.connect("html-page-context", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
