"""Notice that Python could not read a cell: what it defines is then as it was before."""

import ast
import re
import sys

#: Where a cell defines a name at its top level: as a function, or by assignment.
DEFINES = r"(?m)^def {0}\b|^[\w, ]*\b{0}\b[\w, ]*=(?!=)"


def why_not_read() -> str:
    """Return what is wrong with the latest definition of a name in this cell's call, or ""."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return ""
    *earlier, this = shell.user_ns["In"]  # what IPython keeps of all cells, read or not
    for name in re.findall(r"[a-z_]\w*", this.partition(",")[2]):
        cells = (cell for cell in reversed(earlier) if re.search(DEFINES.format(name), cell))
        try:
            compile(next(cells, ""), "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            where = f"line {error.lineno}: {error.msg}"
            return f"Python cannot read the cell that defines `{name}`, {where}. Mend and run it."
    return ""
