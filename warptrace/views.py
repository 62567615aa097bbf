"""What a trace looks like: text, and HTML that follows the page's light or dark mode."""

import json
from string import Template

from . import counters
from .footprints import line_number
from .maps import draw, escaped
from .palette import PALETTE, colour, css_variables

_CSS = Template("""
.warptrace{color:$ink;font-size:.9rem;max-width:100%}
.warptrace-scroll{overflow-x:auto}
.warptrace table{border-collapse:collapse;background:none}
.warptrace th,.warptrace td{padding:.1rem .3rem;text-align:right;border:0;background:none;
color:$ink;white-space:nowrap;font-size:.8rem;vertical-align:top}
.warptrace th{color:$muted;font-weight:600;
white-space:normal;max-width:6em;vertical-align:bottom;font-size:.72rem;
border-bottom:1px solid $line}
.warptrace td.code,.warptrace th.code{text-align:left;font-family:monospace}
.warptrace td.code{white-space:pre-wrap;min-width:16rem;text-indent:-2em;padding-left:2.4em}
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
        parts.append(_prints(self.trace))
        parts += [draw(sample) for sample in self.trace.samples]
        parts.append(_all_counters(self.trace))
        return styled(f"Trace of {self.trace.name}", "".join(parts), _launch(self.trace))

    def __repr__(self) -> str:
        return table(self.trace)


def styled(label: str, body: str, attributes: str = "") -> str:
    """Return HTML in the colours and sizes of a trace."""
    return (
        f"<style>{css_variables()}{_CSS}</style>"
        f'<section class="warptrace" aria-label="{escaped(label)}"{attributes}>{body}</section>'
    )


def _launch(trace) -> str:
    """Return the attribute by which a page that can runs the launch again; no reader sees it."""
    if trace.launch is None:
        return ""
    return f' data-launch="{escaped(json.dumps(trace.launch.described(), ensure_ascii=False))}"'


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
    if trace.independent:
        found += f"; each {trace.independent} progresses by itself, since some wait for others"
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
        rows.append([line_number(line), *cells, text])
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns) + 1)]
    lines = [summary(trace)]
    for row in rows:
        left = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False))
        lines.append(f"{left}  {row[-1]}".rstrip())
    lines += [str(fault) for fault in trace.faults]
    lines += _said(trace)
    lines += [
        f"{name:24} {_shown(round(n, 2) if isinstance(n, float) else n):>14}  {_metric(name)}"
        for name, n in trace.counters.items()
        if n
    ]
    return "\n".join(lines)


def _said(trace) -> list[str]:
    """Return what the threads printed, a line each."""
    lines = [f"{thread} prints: {text}" for thread, text in trace.printed]
    return [*lines, f"and {trace.unprinted:,} lines more"] if trace.unprinted else lines


def _metric(name) -> str:
    return counters.METRICS[name][1]


# HTML


def _heading(trace) -> str:
    return f"<p><strong>{escaped(summary(trace))}</strong></p>"


def _faults(trace) -> str:
    if not trace.faults:
        return ""
    items = "".join(f"<li>{escaped(fault)}</li>" for fault in trace.faults)
    return f'<ul class="fault">{items}</ul>'


def _prints(trace) -> str:
    if not trace.printed:
        return ""
    lines = "\n".join(escaped(line) for line in _said(trace))
    return (
        '<details><summary>What the threads printed</summary><div class="warptrace-scroll" '
        f'tabindex="0" role="group" aria-label="Printed lines"><pre>{lines}</pre></div></details>'
    )


def _source(trace) -> str:
    columns = _used_columns(trace)
    headings = "".join(f'<th scope="col">{escaped(_COLUMNS[name][0])}</th>' for name in columns)
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
        cells.append(f"<td{bad}>{escaped(_cell(value))}</td>")
    return (
        f'<tr><td class="muted">{escaped(line_number(line))}</td>'
        f'<td class="code">{escaped(text) or " "}</td>{"".join(cells)}</tr>'
    )


def _all_counters(trace) -> str:
    rows = "".join(
        f'<tr><td class="code">{name}</td>'
        f"<td>{_shown(round(n, 2) if isinstance(n, float) else n)}</td>"
        f'<td class="code muted">{escaped(_metric(name))}</td></tr>'
        for name, n in trace.counters.items()
        if n
    )
    return (
        "<details><summary>All counters, with the Nsight Compute metric of each</summary>"
        '<div class="warptrace-scroll" tabindex="0" role="group" aria-label="All counters">'
        f"<table>{rows}</table></div></details>"
    )
