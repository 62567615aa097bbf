"""Loops over arrays, `enumerate`, `zip` and `reversed`, written as loops over a `range`.

What is looped over is evaluated once, into variables that no kernel can name.
"""

import ast
from itertools import chain

from .types import ArrayType


def is_range(node: ast.expr) -> bool:
    """Return whether `node` calls `range`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "range"


def plain_loop(scope, node: ast.For) -> tuple[list[ast.stmt], ast.For]:
    """Return statements to run first, and a loop over a `range` or a tuple that does the same."""
    called = _called(scope, node.iter)
    if called == "reversed":
        return [], _reversed(scope, node)
    if called or _is_array(scope, node.iter):
        return _over(scope, node)
    return [], node


def _called(scope, node) -> str:
    """Return which of Python's functions `node` calls, "" if none."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return ""
    name = node.func.id
    if name not in ("enumerate", "zip", "reversed") or name in scope.env:
        return ""
    return name if scope.source.resolve(name) in (enumerate, zip, reversed) else ""


def _is_array(scope, node) -> bool:
    """Return whether `node`, which is no range, is an array; nothing of it is kept."""
    if is_range(node) or isinstance(node, (ast.Tuple, ast.List)):
        return False
    return isinstance(scope.expression(node).kind, ArrayType)


def _reversed(scope, node):
    (inside,) = node.iter.args or (None,)
    if node.iter.keywords or not is_range(inside) or len(inside.args) > 2 or inside.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}`: reverse a `range` of one step")
    first, last = ([ast.Constant(0), *inside.args])[-2:]
    minus = [ast.BinOp(end, ast.Sub(), ast.Constant(1)) for end in (last, first)]
    steps = ast.Call(ast.Name("range", ast.Load()), [*minus, ast.Constant(-1)], [])
    return _placed(ast.For(node.target, steps, node.body, node.orelse), node)


def _over(scope, node):
    """Return a loop over the places of what `node` runs over, and what comes before it."""
    here = ast.Name(f"place in line {node.lineno}", ast.Load())
    before, element, lengths = _parts(scope, node.iter, f"sequence of line {node.lineno}", here)
    shortest = lengths[0]
    if len(lengths) > 1:
        shortest = ast.Call(ast.Name("min", ast.Load()), lengths, [])
    taken = ast.Assign([node.target], element)
    steps = ast.Call(ast.Name("range", ast.Load()), [shortest], [])
    loop = ast.For(ast.Name(here.id, ast.Store()), steps, [taken, *node.body], node.orelse)
    return [_placed(one, node) for one in before], _placed(loop, node)


def _parts(scope, sequence, name, here):
    """Return what is kept of a sequence, its element at the place `here`, and its lengths."""
    called = _called(scope, sequence)
    if called == "zip" and not sequence.keywords and sequence.args:
        found = [_parts(scope, s, f"{name}, {n}", here) for n, s in enumerate(sequence.args)]
        steps, elements, lengths = zip(*found, strict=True)
        return [*chain(*steps)], ast.Tuple([*elements], ast.Load()), [*chain(*lengths)]
    if called == "enumerate":
        rest = [*sequence.args[1:], *(keyword.value for keyword in sequence.keywords)]
        steps, element, lengths = _parts(scope, sequence.args[0], name, here)
        number = ast.BinOp(here, ast.Add(), (*rest, ast.Constant(0))[0])
        return steps, ast.Tuple([number, element], ast.Load()), lengths
    if called:
        raise scope.refuse(sequence, f"`{ast.unparse(sequence)}`: write a `range` in its place")
    return (_counted if is_range(sequence) else _kept)(scope, sequence, name, here)


def _kept(scope, sequence, name, here):
    kept = ast.Name(name, ast.Load())
    length = ast.Call(ast.Name("len", ast.Load()), [kept], [])
    first = ast.Assign([ast.Name(name, ast.Store())], sequence)
    return [first], ast.Subscript(kept, here, ast.Load()), [length]


def _counted(scope, sequence, name, here):
    if len(sequence.args) > 2 or sequence.keywords:
        raise scope.refuse(sequence, f"`{ast.unparse(sequence)}`: take a `range` of one step here")
    start, stop = ([ast.Constant(0), *sequence.args])[-2:]
    first, last = (ast.Name(f"{name}, {end}", ast.Load()) for end in ("start", "stop"))
    steps = [
        ast.Assign([ast.Name(kept.id, ast.Store())], end)
        for kept, end in ((first, start), (last, stop))
    ]
    size = ast.BinOp(last, ast.Sub(), first)
    length = ast.Call(ast.Name("max", ast.Load()), [size, ast.Constant(0)], [])
    return steps, ast.BinOp(first, ast.Add(), here), [length]


def _placed(made, node):
    """Return a made statement with the place of `node` where it has none."""
    return ast.fix_missing_locations(ast.copy_location(made, node))
