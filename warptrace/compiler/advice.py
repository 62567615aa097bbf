"""What to write in place of a piece of Python that no kernel takes."""

import ast

#: Kind of syntax node → the way out.
INSTEAD = {
    ast.Dict: "use a tuple, or an array with an index for each key",
    ast.Set: "write the values out as a tuple",
    ast.List: "write a tuple, or fill a `cuda.local.array`",
    ast.ListComp: "fill a `cuda.local.array` in a loop",
    ast.SetComp: "fill a `cuda.local.array` in a loop",
    ast.DictComp: "fill a `cuda.local.array` in a loop",
    ast.GeneratorExp: "write the loop out",
    ast.JoinedStr: "give texts and numbers to `print`, separated by commas",
    ast.NamedExpr: "assign in a line of its own",
    ast.Starred: "name each item",
    ast.Try: "ask with `if` before the line that could fail",
    ast.With: "leave it out; a kernel holds nothing open",
    ast.Delete: "leave the line out",
    ast.Global: "leave the line out; a global is a constant, and what changes is an argument",
    ast.Nonlocal: "give the value back with `return`",
    ast.ClassDef: "define it outside the kernel; a kernel takes arrays, records and tuples",
    ast.Import: "import at the top of the file",
    ast.ImportFrom: "import at the top of the file",
    ast.Yield: "write the results to an array",
}


def refusal(node) -> str:
    """Return why a node is refused, and what to write instead."""
    if isinstance(node, ast.stmt):
        what = f"a `{type(node).__name__.lower()}` statement"
    else:
        what = f"`{ast.unparse(node)}`"
    way = INSTEAD.get(type(node))
    return f"{what} is not supported in a kernel" + (f": {way}" if way else "")
