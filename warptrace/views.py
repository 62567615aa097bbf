"""What a trace looks like: text, and HTML that follows the page's light or dark mode."""

import html
from string import Template

from . import counters
from .memory import Sample
from .palette import PALETTE, colour, css_variables

#: Colours of sectors that lie side by side, and of the lanes that touch them.
ROLES = ("gpu", "memory", "compute", "cpu", "good", "warn")
CELL = 18
MOST_SECTORS = 32

_CSS = Template("""
.warptrace{color:$ink;font-size:.9rem;max-width:100%}
.warptrace-scroll{overflow-x:auto}
.warptrace table{border-collapse:collapse;background:none}
.warptrace th,.warptrace td{padding:.1rem .6rem;text-align:right;border:0;background:none;
color:$ink;white-space:nowrap}
.warptrace th{color:$muted;font-weight:600;
white-space:normal;max-width:7em;vertical-align:bottom;
border-bottom:1px solid $line}
.warptrace td.code,.warptrace th.code{text-align:left;font-family:monospace;white-space:pre}
.warptrace td.bad{color:$bad;font-weight:600}
.warptrace .muted{color:$muted}
.warptrace .fault{color:$bad}
.warptrace figure{margin:.8em 0}
.warptrace text{fill:$ink;font-size:9px}
""").substitute({role: colour(role) for role in PALETTE["light"]})


class View:
    """A trace as a notebook shows it: HTML there, the table in a terminal."""

    def __init__(self, trace):
        """Keep the trace."""
        self.trace = trace

    def _repr_html_(self) -> str:
        parts = [_heading(self.trace), _faults(self.trace), _source(self.trace)]
        parts += [_map(sample) for sample in self.trace.samples]
        parts.append(_all_counters(self.trace))
        return (
            f"<style>{css_variables()}{_CSS}</style>"
            f'<section class="warptrace" aria-label="Trace of {_text(self.trace.name)}">'
            f"{''.join(parts)}</section>"
        )

    def __repr__(self) -> str:
        return table(self.trace)


# What is said of a line

#: Column → (its heading, the value of a line's counters, whether that is bad).
_COLUMNS = {
    "loads": (
        "sectors per load",
        lambda n: _ratio(n, "global_load_sectors", "global_load_requests"),
        lambda value: value > 8,
    ),
    "stores": (
        "sectors per store",
        lambda n: _ratio(n, "global_store_sectors", "global_store_requests"),
        lambda value: value > 8,
    ),
    "shared loads": (
        "wavefronts per shared load",
        lambda n: _ratio(n, "shared_load_wavefronts", "shared_load_requests"),
        lambda value: value > 2,
    ),
    "shared stores": (
        "wavefronts per shared store",
        lambda n: _ratio(n, "shared_store_wavefronts", "shared_store_requests"),
        lambda value: value > 2,
    ),
    "atomics": (
        "atomic requests",
        lambda n: (n["global_atomic_requests"] + n["shared_atomic_requests"]) or None,
        lambda value: False,
    ),
    "divergent": (
        "divergent branches",
        lambda n: f"{n['divergent_branches']}/{n['branches']}" if n["branches"] else None,
        lambda value: not str(value).startswith("0/"),
    ),
    "barriers": ("barriers", lambda n: n["barriers"] or None, lambda value: False),
    "fp32": ("fp32 flops", lambda n: n["flops_fp32"] or None, lambda value: False),
    "fp64": ("fp64 flops", lambda n: n["flops_fp64"] or None, lambda value: True),
    "lanes": (
        "active lanes",
        lambda n: round(n["active_lanes"], 1) if n["instructions"] else None,
        lambda value: value < 16,
    ),
}


def _ratio(numbers, above, below):
    return round(numbers[above] / numbers[below], 2) if numbers[below] else None


def _used_columns(trace) -> list[str]:
    lines = trace.lines.values()
    return [
        name
        for name, (_, value, _) in _COLUMNS.items()
        if any(value(numbers) is not None for numbers in lines)
    ]


def _number_of(line) -> str:
    return f"{line[0]}:{line[1]}" if isinstance(line, tuple) else str(line)


def _shown(value) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if value == value else ""


def _cell(value) -> str:
    return value if isinstance(value, str) else _shown(value)


def summary(trace) -> str:
    """Return in one sentence what ran."""
    blocks = trace.grid[0] * trace.grid[1] * trace.grid[2]
    threads = trace.block[0] * trace.block[1] * trace.block[2]
    kinds = len(trace.faults)
    found = "no fault" if not kinds else f"{kinds} fault{'s' if kinds > 1 else ''}"
    many = f"{blocks:,} block{'s' if blocks > 1 else ''}"
    return f"{trace.name}: {many} of {threads:,} thread{'s' if threads > 1 else ''}, {found}"


# Text


def table(trace) -> str:
    """Return the annotated source, the faults and the counters of a trace as text."""
    columns = _used_columns(trace)
    rows = [["line", *columns, "source"]]
    for line, text in trace.source.items():
        numbers = trace.lines.get(line)
        cells = [_cell(_COLUMNS[name][1](numbers)) if numbers else "" for name in columns]
        rows.append([_number_of(line), *cells, text])
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns) + 1)]
    lines = [summary(trace)]
    for row in rows:
        left = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False))
        lines.append(f"{left}  {row[-1]}".rstrip())
    lines += [str(fault) for fault in trace.faults]
    lines += [
        f"{name:24} {_shown(round(n, 2) if isinstance(n, float) else n):>14}  {_metric(name)}"
        for name, n in trace.counters.items()
        if n
    ]
    return "\n".join(lines)


def _metric(name) -> str:
    return counters.METRICS[name][1]


def describe(sample: Sample) -> str:
    """Return in words what one warp's lanes touched."""
    touched = [address for address in sample.addresses if address >= 0]
    where = f"line {_number_of(sample.line)}, {sample.action} of {sample.array}"
    first = f"warp {sample.warp}, {len(touched)} active lanes"
    if sample.space == "branch":
        yes = sum(touched)
        return (
            f"line {_number_of(sample.line)}, branch: of {len(touched)} active lanes in warp "
            f"{sample.warp}, {yes} go one way and {len(touched) - yes} the other, in turn"
        )
    if sample.space == "shared":
        words = words_by_bank(sample)
        most = max(len(found) for found in words)
        banks = sum(1 for found in words if found)
        return f"{where}: {first} use {banks} of 32 banks, {most} different words in the fullest"
    sectors = len({address // counters.SECTOR_BYTES for address in touched})
    span = max(touched) - min(touched) + sample.itemsize
    return f"{where}: {first} touch {sectors} sectors of 32 bytes within {span:,} bytes"


def words_by_bank(sample: Sample) -> list[set]:
    """Return for each of the 32 banks the different words that a warp needs from it."""
    banks = [set() for _ in range(counters.BANKS)]
    for address in sample.addresses:
        if address < 0:
            continue
        first = address // counters.WORD_BYTES
        last = (address + sample.itemsize - 1) // counters.WORD_BYTES
        for word in range(first, last + 1):
            banks[word % counters.BANKS].add(word)
    return banks


# HTML


def _text(text) -> str:
    return html.escape(str(text), quote=True)


def _heading(trace) -> str:
    return f"<p><strong>{_text(summary(trace))}</strong></p>"


def _faults(trace) -> str:
    if not trace.faults:
        return ""
    items = "".join(f"<li>{_text(fault)}</li>" for fault in trace.faults)
    return f'<ul class="fault">{items}</ul>'


def _source(trace) -> str:
    columns = _used_columns(trace)
    headings = "".join(f'<th scope="col">{_text(_COLUMNS[name][0])}</th>' for name in columns)
    rows = "".join(_row(trace, line, text, columns) for line, text in trace.source.items())
    return (
        '<div class="warptrace-scroll" tabindex="0" role="group" aria-label="Source with counters">'
        f'<table><thead><tr><th scope="col">line</th><th scope="col" class="code">source</th>'
        f"{headings}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(trace, line, text, columns) -> str:
    numbers = trace.lines.get(line)
    cells = []
    for name in columns:
        _, value_of, is_bad = _COLUMNS[name]
        value = value_of(numbers) if numbers else None
        bad = ' class="bad"' if value is not None and is_bad(value) else ""
        cells.append(f"<td{bad}>{_text(_cell(value))}</td>")
    return (
        f'<tr><td class="muted">{_text(_number_of(line))}</td>'
        f'<td class="code">{_text(text) or " "}</td>{"".join(cells)}</tr>'
    )


def _all_counters(trace) -> str:
    rows = "".join(
        f'<tr><td class="code">{name}</td>'
        f"<td>{_shown(round(n, 2) if isinstance(n, float) else n)}</td>"
        f'<td class="code muted">{_text(_metric(name))}</td></tr>'
        for name, n in trace.counters.items()
        if n
    )
    return (
        "<details><summary>All counters, with the Nsight Compute metric of each</summary>"
        '<div class="warptrace-scroll" tabindex="0" role="group" aria-label="All counters">'
        f"<table>{rows}</table></div></details>"
    )


def _map(sample: Sample) -> str:
    """Return the map of one access or branch: lanes and sectors, banks, or ways."""
    drawings = {"shared": _bank_map, "branch": _branch_map}
    drawing = drawings.get(sample.space, _sector_map)(sample)
    caption = f'<figcaption class="muted">{_text(describe(sample))}</figcaption>'
    return f'<figure><div class="warptrace-scroll">{drawing}</div>{caption}</figure>'


def _svg(width, height, label, body) -> str:
    return (
        f'<svg role="img" aria-label="{_text(label)}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _box(x, y, width, height, role, title) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2" '
        f'style="fill:{colour(role)};stroke:{colour("paper")}"><title>{_text(title)}</title>'
        "</rect>"
    )


def _label(x, y, text) -> str:
    return f'<text x="{x}" y="{y}">{_text(text)}</text>'


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
