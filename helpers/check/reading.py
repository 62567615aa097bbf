"""Notice that a cell failed before it defined a name: what the name holds is then as before."""

import re
import sys
from traceback import walk_tb

#: Where a cell defines a name at its top level: as a function, or by assignment.
DEFINES = r"(?m)^def {0}\b|^[\w, ]*\b{0}\b[\w, ]*=(?!=)"

_before: dict[str, int] = {}  # what each name held when the cell began
_cells: list[tuple] = []  # each cell, the names that it left as they were, and what to say


def watch() -> None:
    """Keep, in IPython, what became of each cell from now on."""
    if shell := getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)():
        shell.events.register("pre_run_cell", lambda _: _before.update(_held(shell)))
        shell.events.register("post_run_cell", lambda result: _keep(shell, result))


def why_not_defined() -> str:
    """Return why the latest definition of a name in this cell's call is none, or ""."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    call = shell.user_ns["In"][-1] if shell else ""
    for name in re.findall(r"[a-z_]\w*", call.partition(",")[2]):
        cells = (cell for cell in reversed(_cells) if re.search(DEFINES.format(name), cell[0]))
        _, left, say = next(cells, ("", (), ""))
        if name in left:
            return say % name
    return ""


def _held(shell) -> dict[str, int]:
    return {name: id(value) for name, value in shell.user_ns.items()}


def _keep(shell, result) -> None:
    held, say = _held(shell), ""
    left = [name for name, value in held.items() if value == _before.get(name)]
    if error := result.error_before_exec:  # also where earlier lines have run
        left, line = list(held), getattr(error, "lineno", None)
        say = f"Python cannot read the cell that defines `%s`, line {line}: "
        say += _literal(getattr(error, "msg", error))
    elif error := result.error_in_exec:
        lines = (n for frame, n in walk_tb(error.__traceback__) if frame.f_globals is shell.user_ns)
        say = f"`%s` is as it was: the cell that defines it failed in line {next(lines, 1)}: "
        say += _literal(f"{type(error).__name__}: {error}")
    _cells.append((result.info.raw_cell, left if say else (), say))


def _literal(error) -> str:
    return str(error).partition("\n")[0].rstrip(".").replace("%", "%%") + ". Mend and run it."
