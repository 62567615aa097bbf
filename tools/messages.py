"""Extract every text that a translator needs: `.venv/bin/python -m tools.messages`.

The pages, the captions of the parts and the page template go through gettext into
`_build/gettext`. The explorables carry their own texts; each must have them in every language.
Nothing is executed.
"""

import sys
import time

from tools import ending, reading
from tools.notebooks import toc
from tools.sphinx_run import BUILD, ROOT, sphinx_build

OUT = BUILD / "gettext"
LANGUAGES = ("en", "zh_CN")


def missing_pages() -> list[str]:
    """Name the pages of `_toc.yml` whose catalogue was not written, and captions left out."""
    contents = toc(ROOT)
    missing = [
        f"{page}: no catalogue" for page in contents.pages if not (OUT / f"{page}.pot").exists()
    ]
    front = OUT / f"{contents.pages[0]}.pot"
    known = front.read_text("utf-8") if front.exists() else ""
    return missing + [
        f"part {caption!r}: its caption is in no catalogue"
        for caption in contents.captions
        if f'msgid "{caption}"' not in known
    ]


def missing_strings() -> list[str]:
    """Name the texts that an explorable has in one language and not in another."""
    from helpers import explore

    findings = []
    for name in explore.explorables():
        strings = explore.strings(name)
        every = set().union(*strings.values())
        for language in LANGUAGES:
            lacking = sorted(every - {k for k, v in strings.get(language, {}).items() if v.strip()})
            if lacking:
                findings.append(f"explorable {name}: no {language} text for {', '.join(lacking)}")
    return findings


def main() -> int:
    """Extract, check, and return the exit status."""
    started = time.monotonic()
    reading.clear(OUT)
    status = sphinx_build("gettext", OUT, BUILD / ".doctrees-gettext")
    findings = missing_strings() + ([] if status else missing_pages())
    for finding in findings:
        print(f"messages: {finding}", file=sys.stderr)
    if status or findings:
        print("messages: not complete, see above.", file=sys.stderr)
        return 1
    count = sum(path.read_text("utf-8").count("\nmsgid ") - 1 for path in OUT.rglob("*.pot"))
    print(f"messages: {count} texts in {OUT} ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    ending.end(main, reading.UnusableError)
