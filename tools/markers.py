"""Compare the numbers that prose cites, `<!-- rec: … -->`, with what was recorded."""

import re

from helpers import recorded

#: Any comment that begins with `rec` means to be a marker, whatever is mistyped in it.
_MARKER = re.compile(r"<!--\s*(?P<meant>rec\b(?:(?!-->).)*)(?:-->|$)", re.IGNORECASE | re.DOTALL)
_WRITTEN = re.compile(r"rec:\s*(?P<key>[\w.@:-]+)\s*")
_NUMBER_BEFORE = re.compile(r"(?P<number>-?[\d,]*\.?\d+)(?P<between>[^\d<]{0,12})$")


def wrong(text: str) -> list[str]:
    """Return what is wrong with the `<!-- rec: … -->` markers of `text`; empty when nothing is.

    Each marker follows a number, which must equal the recorded one at the precision printed.
    """
    problems = []
    for comment in _MARKER.finditer(text):
        marker = _WRITTEN.fullmatch(comment["meant"])
        if marker is None or not comment[0].endswith("-->"):
            start = " ".join(comment[0][:60].split())
            problems.append(f"{start}: write a marker as <!-- rec: record.kind.quantity -->.")
            continue
        before = _NUMBER_BEFORE.search(text[: comment.start()])
        if before is None:
            problems.append(f"{marker['key']}: no number stands before the marker.")
            continue
        printed = before["number"].replace(",", "")
        decimals = len(printed.partition(".")[2])
        try:
            expected = f"{recorded.lookup(marker['key']):.{decimals}f}"
        except recorded.RecordError as error:
            problems.append(str(error))
            continue
        if expected != printed:
            problems.append(f"{marker['key']}: the text says {printed}, recorded is {expected}.")
    return problems
