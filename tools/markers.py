"""Compare the numbers that prose cites, `<!-- rec: … -->`, with what was recorded."""

import re

from helpers import recorded

_MARKER = re.compile(r"<!--\s*rec:\s*(?P<key>[\w.@:-]+)\s*-->")
_NUMBER_BEFORE = re.compile(r"(?P<number>-?[\d,]*\.?\d+)(?P<between>[^\d<]{0,12})$")


def wrong(text: str) -> list[str]:
    """Return what is wrong with the `<!-- rec: … -->` markers of `text`; empty when nothing is.

    Each marker follows a number, which must equal the recorded one at the precision printed.
    """
    problems = []
    for marker in _MARKER.finditer(text):
        before = _NUMBER_BEFORE.search(text[: marker.start()])
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
