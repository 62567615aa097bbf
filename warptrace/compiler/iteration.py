"""Loops over arrays, `enumerate`, `zip` and `reversed`, written as loops over a `range`.

What is looped over is evaluated once, into variables that no kernel can name.
"""

import ast

from .terms import as_tuple
from .types import ArrayType


def is_range(node: ast.expr) -> bool:
    """Return whether `node` calls `range`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "range"


def plain_loop(scope, node: ast.For) -> tuple[list[ast.stmt], ast.For]:
    """Return statements to run first, and a loop over a `range` or a tuple that does the same."""
    called = _called(scope, node.iter)
    if called == "reversed":
        return [], _reversed(scope, node)
    if called in ("enumerate", "zip"):
        return _together(scope, node, called)
    name = _is_array(scope, node.iter)
    return _over(node, [node.iter], lambda items, _: items[0]) if name else ([], node)


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


def _together(scope, node, called):
    arguments, start = node.iter.args, ast.Constant(0)
    if called == "enumerate":
        arguments, rest = arguments[:1], arguments[1:]
        named = [keyword.value for keyword in node.iter.keywords if keyword.arg == "start"]
        start = (rest + named + [start])[0]
    elif node.iter.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}` is not supported in a kernel")

    for argument in arguments:
        if is_range(argument) and (len(argument.args) > 2 or argument.keywords):
            raise scope.refuse(node, f"`{ast.unparse(node.iter)}`: a `range` of one step")

    def item(items, place):
        if called == "zip":
            return ast.Tuple(items, ast.Load())
        return ast.Tuple([ast.BinOp(place, ast.Add(), start), *items], ast.Load())

    return _over(node, arguments, item)


def _over(node, sequences, item):
    """Return a loop over the places of `sequences`, whose variable is `item(elements, place)`."""
    before, held, lengths = [], [], []
    place = f"place in line {node.lineno}"
    here = ast.Name(place, ast.Load())
    for n, sequence in enumerate(sequences):
        found = _counted if is_range(sequence) else _kept
        steps, element, length = found(sequence, f"sequence {n} of line {node.lineno}", here)
        before += steps
        held.append(element)
        lengths.append(length)
    shortest = lengths[0]
    if len(lengths) > 1:
        shortest = ast.Call(ast.Name("min", ast.Load()), lengths, [])
    taken = ast.Assign([node.target], item(held, here))
    steps = ast.Call(ast.Name("range", ast.Load()), [shortest], [])
    loop = ast.For(ast.Name(place, ast.Store()), steps, [taken, *node.body], node.orelse)
    return [_placed(one, node) for one in before], _placed(loop, node)


def _kept(sequence, name, here):
    """Return how an array or tuple is kept, its element at the place `here`, and its length."""
    kept = ast.Name(name, ast.Load())
    length = ast.Call(ast.Name("len", ast.Load()), [kept], [])
    first = ast.Assign([ast.Name(name, ast.Store())], as_tuple(sequence))
    return [first], ast.Subscript(kept, here, ast.Load()), length


def _counted(sequence, name, here):
    """Return the same of a `range` of one step."""
    start, stop = ([ast.Constant(0), *sequence.args])[-2:]
    first, last = (ast.Name(f"{name}, {end}", ast.Load()) for end in ("start", "stop"))
    steps = [
        ast.Assign([ast.Name(kept.id, ast.Store())], end)
        for kept, end in ((first, start), (last, stop))
    ]
    size = ast.BinOp(last, ast.Sub(), first)
    length = ast.Call(ast.Name("max", ast.Load()), [size, ast.Constant(0)], [])
    return steps, ast.BinOp(first, ast.Add(), here), length


def _placed(made, node):
    """Return a made statement with the place of `node` where it has none."""
    return ast.fix_missing_locations(ast.copy_location(made, node))
