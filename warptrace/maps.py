"""Maps of what one warp touched: SVG that follows the page's light or dark mode."""

import html

from . import counters
from .footprints import Sample, describe, words_by_bank
from .palette import colour

#: Colours of sectors that lie side by side, and of the lanes that touch them.
ROLES = ("gpu", "memory", "compute", "cpu", "good", "warn")
CELL = 18
MOST_SECTORS = 32


def escaped(text) -> str:
    """Return `text` as it stands in HTML."""
    return html.escape(str(text), quote=True)


def draw(sample: Sample) -> str:
    """Return the map of one access or branch: lanes and sectors, banks, or ways."""
    drawings = {"shared": _bank_map, "branch": _branch_map}
    drawing = drawings.get(sample.space, _sector_map)(sample)
    caption = f'<figcaption class="muted">{escaped(describe(sample))}</figcaption>'
    return f'<figure><div class="warptrace-scroll">{drawing}</div>{caption}</figure>'


def _svg(width, height, label, body) -> str:
    return (
        f'<svg role="img" aria-label="{escaped(label)}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _box(x, y, width, height, role, title) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2" '
        f'style="fill:{colour(role)};stroke:{colour("paper")}"><title>{escaped(title)}</title>'
        "</rect>"
    )


def _label(x, y, text) -> str:
    return f'<text x="{x}" y="{y}">{escaped(text)}</text>'


def _sector_map(sample: Sample) -> str:
    """Return lanes above, the sectors that they touch below, lines between."""
    touched = {a // counters.SECTOR_BYTES for a in sample.addresses if a >= 0}
    sectors = sorted(touched)[:MOST_SECTORS]
    place = {sector: n for n, sector in enumerate(sectors)}
    wide = counters.WARP * CELL / max(1, len(sectors))
    body = [_label(0, 10, "lanes 0 to 31"), _label(0, 112, "32-byte sectors")]
    for sector, n in place.items():
        role = ROLES[sector % len(ROLES)]
        gap = n and sectors[n - 1] + 1 != sector
        title = f"sector at byte {sector * counters.SECTOR_BYTES}"
        body.append(_box(n * wide + (3 if gap else 1), 80, wide - 4, CELL, role, title))
    for lane, address in enumerate(sample.addresses):
        sector = address // counters.SECTOR_BYTES if address >= 0 else None
        body.append(_lane(lane, address, sector, place, wide))
    return _svg(counters.WARP * CELL, 118, describe(sample), "".join(body))


def _lane(lane, address, sector, place, wide) -> str:
    x = lane * CELL
    if sector is None:
        return _box(x, 16, CELL - 2, CELL, "line", f"lane {lane} is not active")
    role = ROLES[sector % len(ROLES)]
    box = _box(x, 16, CELL - 2, CELL, role, f"lane {lane}: byte {address}")
    to = (place[sector] + 0.5) * wide
    line = (
        f'<line x1="{x + CELL / 2}" y1="{16 + CELL}" x2="{to:.1f}" y2="80" '
        f'style="stroke:{colour(role)}"/>'
    )
    return box + line


def _branch_map(sample: Sample) -> str:
    """Return the lanes of a warp in two rows: those where the test held, and the others."""
    body = [_label(0, 10, "lanes where the test holds, and below those where it does not")]
    said = {1: "the test holds", 0: "the test does not hold", -1: "not active"}
    for lane, way in enumerate(sample.addresses):
        for row in (1, 0):
            role = ("gpu" if row else "cpu") if way == row else "line"
            top = 16 if row else 16 + CELL
            title = f"lane {lane}: {said[way]}"
            body.append(_box(lane * CELL, top, CELL - 2, CELL - 2, role, title))
    return _svg(counters.WARP * CELL, 18 + 2 * CELL, describe(sample), "".join(body))


def _bank_map(sample: Sample) -> str:
    """Return the banks side by side, the different words needed from each stacked up."""
    banks = words_by_bank(sample)
    most = max(1, max(len(words) for words in banks))
    high = max(3, min(CELL, 160 // most))
    body = [_label(0, 10, "words needed from each of the 32 banks")]
    base = 20 + most * high
    for bank, words in enumerate(banks):
        role = "good" if len(words) <= max(1, sample.itemsize // counters.WORD_BYTES) else "bad"
        for n, word in enumerate(sorted(words)):
            top = base - (n + 1) * high
            title = f"bank {bank}: word {word}"
            body.append(_box(bank * CELL, top, CELL - 2, high - 1, role, title))
        body.append(_label(bank * CELL + 2, base + 11, bank))
    return _svg(counters.WARP * CELL, base + 16, describe(sample), "".join(body))
