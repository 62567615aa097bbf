"""Assignments, branches and loops as Python text."""

import ast
from dataclasses import dataclass, field, replace
from functools import reduce

from . import kinds
from .calls import call, element
from .expressions import RULES, binary, condition, locate, noted, scalar
from .kinds import OBJECT, ArrayKind
from .scope import UNKNOWN, Lines, Region, Static, Value, Variable, cast, convert, grouped

_LEAVING = (ast.Return, ast.Break, ast.Continue)


@dataclass
class Loop:
    """A loop that is being translated: variables and pending casts at its jumps."""

    continues: list = field(default_factory=list)
    breaks: list = field(default_factory=list)


# Where control flow joins, a variable has one type


def join(environments: list) -> dict | None:
    """Return what is known of the variables where several paths meet, None if none does."""
    paths = [env for env in environments if env is not None]
    names = dict.fromkeys(name for env in paths for name in env)
    return {name: _joined([env.get(name) for env in paths]) for name in names} if paths else None


def _joined(variants):
    present = [variant for variant in variants if variant is not None]
    result = reduce(_both, present)
    missing = len(present) < len(variants)
    return replace(result, sure=False, const=UNKNOWN) if missing else result


def _both(first, second):
    problem = first.problem or second.problem
    try:
        kind = kinds.unified(first.kind, second.kind)
    except TypeError as error:
        return Variable(first.kind, problem=problem or str(error))
    alike = first.kind == second.kind and first.same(replace(second, sure=first.sure))
    const = first.const if alike else UNKNOWN
    return Variable(kind, const, first.sure and second.sure, problem)


def put_casts(scope, lines: Lines, source: dict | None, target: dict | None) -> None:
    """Add lines that give the variables of `source` the types that they have in `target`."""
    for name, variable in (source or {}).items():
        wanted = (target or {}).get(name)
        if wanted is None or wanted.kind in (OBJECT, variable.kind) or wanted.problem:
            continue
        old, new = scope.local(name, variable.kind), scope.local(name, wanted.kind)
        line = f"{new} = {cast(old, variable.kind, wanted.kind)}"
        if variable.sure:
            lines.append((0, line))
        else:
            lines += [(0, "try:"), (1, line), (0, "except UnboundLocalError:"), (1, "pass")]


# Values


def assignment(scope, node) -> None:
    """Translate `… = …`."""
    if node.value is None:
        return
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
    scope.target = targets[0].id if isinstance(targets[0], ast.Name) else ""
    value = scope.expression(node.value)
    scope.target = ""
    if len(targets) > 1 and not value.known:
        value = replace(scope.value(value.text, value.kind), const=value.const)
    for target in targets:
        assign(scope, target, value)


def assign(scope, target: ast.expr, value: Value) -> None:
    """Give a value to a name, an element, or a tuple of those."""
    if isinstance(target, ast.Name):
        scope.env[target.id] = Variable(value.kind, value.const)
        if value.kind != OBJECT:
            scope.put(f"{scope.local(target.id, value.kind)} = {value.text}")
    elif isinstance(target, ast.Subscript):
        _assign_element(scope, target, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _assign_items(scope, target, value)
    else:
        raise scope.refuse(target, f"`{ast.unparse(target)}` cannot be assigned in a kernel")


def _assign_items(scope, target, value):
    if not isinstance(value.kind, tuple) or len(value.kind) != len(target.elts):
        found = kinds.name_of(value.kind)
        text = f"{found} cannot be taken apart into {len(target.elts)} names"
        raise scope.refuse(target, text)
    items = [value.item(n) for n in range(len(target.elts))]
    # All are taken before the first is given, as in `a, b = b, a`.
    kept = [
        item if item.known else replace(item, text=scope.value(item.text, item.kind).text)
        for item in items
    ]
    for one, item in zip(target.elts, kept, strict=True):
        assign(scope, one, item)


def _assign_element(scope, target, value):
    array, keys = element(scope, target)
    if not kinds.is_scalar(value.kind):
        text = f"{kinds.name_of(value.kind)} cannot be an element"
        raise scope.refuse(target, f"{text}: write each number to an element of its own")
    store(scope, target, array, keys, convert(value, array.kind.dtype))


def store(scope, node, array: Value, keys: list[str], text: str, spot: str = "") -> None:
    """Write an element, whose place may be known already."""
    if spot:
        static = array.const if isinstance(array.const, Static) else None
        found = scope.slot("store", node, store=static and static.store)[1]
        flat = f"F{static.store.number}" if static else f"{array.text}.flat"
    else:
        found, spot, flat = locate(scope, node, array, keys, "store")
    scope.count(node)
    number = scope.value(text, array.kind.dtype).text
    scope.put(f"{flat}[{spot}] = {number}")
    scope.put(f"{found}[t] = {noted(array, spot, number)}")


def augmented(scope, node: ast.AugAssign) -> None:
    """Translate `… += …` and its like."""
    if isinstance(node.target, ast.Name):
        left = scope.expression(
            ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        )
        assign(scope, node.target, binary(scope, node, left, node.op, scope.expression(node.value)))
        return
    if not isinstance(node.target, ast.Subscript):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    array, keys = element(scope, node.target)
    if not isinstance(array.const, Static):
        array = scope.value(array.text, array.kind)
    dtype = array.kind.dtype
    found, spot, flat = locate(scope, node.target, array, keys, "load")
    scope.count(node.target)
    scope.put(f"{found}[t] = {noted(array, spot)}")
    left = scope.value(f"{flat}[{spot}]", dtype)
    value = binary(scope, node, left, node.op, scope.expression(node.value))
    store(scope, node.target, array, keys, convert(value, dtype), spot)


def bare(scope, node: ast.Expr) -> None:
    """Translate an expression whose value nobody uses."""
    if not isinstance(node.value, ast.Constant):
        scope.expression(node.value)


# Branches


def branch(scope, node: ast.If) -> None:
    """Translate `if … else …`."""
    test = condition(scope, node.test)
    if test.known:
        scope.statements(node.body if test.const else node.orelse)
        return
    before, block = scope.env, scope.block
    place = scope.note("test", node, test.text)
    scope.program.counters.line(scope.line(node))
    ends = []
    for head, body, truth in ((f"if {test.text}:", node.body, True), ("else:", node.orelse, False)):
        scope.env = dict(before)
        with scope.inside(head):
            scope.follow(place, truth)
            scope.statements(body)
            ends.append((scope.env, scope.hole()))
    scope.env = join([env for env, _ in ends])
    for env, hole in ends:
        put_casts(scope, hole, env, scope.env)
    leaves = any(isinstance(one, _LEAVING) for one in ast.walk(node))
    scope.block = None if leaves else block


def return_(scope, node: ast.Return) -> None:
    """Translate `return`."""
    nothing = node.value is None or (
        isinstance(node.value, ast.Constant) and node.value.value is None
    )
    if scope.callers:
        value = None if nothing and node.value is None else scope.expression(node.value)
        value = None if value is not None and value.kind == OBJECT else value
        scope.returns.append((scope.hole(), value))
    elif nothing:
        place = scope.note("exit", node)
        scope.put(f"return (*{scope.node}[0], {place})")
    else:
        raise scope.refuse(node, "a kernel returns nothing: write the result to an array")
    scope.env = None


# Loops


def _loop(scope, node, translate) -> None:
    """Translate a loop again until the types at its head stay the same.

    `translate(region, loop)` puts the lines once for the variables of `scope.env`, and returns
    those that hold where the loop ends by itself, with the lines to fill in there and at the end
    of each turn.
    """
    if node.orelse:
        text = "`else` after a loop is not supported in a kernel; set a variable before `break`"
        raise scope.refuse(node, text)
    entry, begin = dict(scope.env), scope.hole()
    outer, head = (scope.region, scope.node, scope.block), entry
    while True:
        scope.env, loop, region, done = dict(head), Loop(), Region(), len(scope.program.functions)
        returned = len(scope.returns)
        place = scope.slot("loop", region=region)[0]
        scope.loops.append(loop)
        with scope.aside() as lines:
            leaving, finish, repeat = translate(region, place, loop)
        scope.loops.pop()
        scope.region, scope.node, scope.block = outer
        following = join([head, scope.env, *(env for env, _ in loop.continues)])
        if all(name in head and head[name].same(following[name]) for name in following):
            break
        head = following
        del scope.region.slots[place:], scope.program.functions[done:], scope.returns[returned:]
    after = join([leaving, *(env for env, _ in loop.breaks)])
    put_casts(scope, begin, entry, head)
    put_casts(scope, repeat, scope.env, head)
    put_casts(scope, finish, leaving, after)
    for env, hole in loop.continues:
        put_casts(scope, hole, env, head)
    for env, hole in loop.breaks:
        put_casts(scope, hole, env, after)
    scope.put(lines)
    scope.env = after
    if any(isinstance(one, ast.Return) for one in ast.walk(node)):
        scope.block = None


def _enter(scope, region, place, turn) -> None:
    """Put the lines that go to the node of a turn."""
    name, inner = scope.program.keep("R", region), scope.program.fresh("n")
    turns, new = f"{scope.node}[{place}]", f"grow({scope.node}, {place}, {name})"
    scope.put(f"{inner} = {turns}[{turn}] if {turn} < len({turns}) else {new}")
    scope.region, scope.node = region, inner


def while_(scope, node: ast.While) -> None:
    """Translate `while`."""

    def translate(region, place, loop):
        turn, finish, outer = scope.program.fresh("k"), Lines(), scope.node
        scope.use("turns")
        with scope.inside(f"for {turn} in turns:"):
            _enter(scope, region, place, turn)
            scope.block = None
            test = condition(scope, node.test)
            leaving = None if test.known and test.const else dict(scope.env)
            tested = scope.note("test", node, test.text)
            with scope.inside(f"if not {test.text}:"):
                scope.put(finish)
                scope.put("break")
            scope.follow(tested, True)
            _watch(scope, node, turn)
            scope.statements(node.body)
            repeat = scope.hole()
        with scope.inside("else:"):
            scope.put(f"raise StopError((*{outer}[0], {place}), too_long, {scope.line(node)!r})")
        return leaving, finish, repeat

    scope.program.counters.line(scope.line(node))
    _loop(scope, node, translate)


def _watch(scope, node, turn) -> None:
    """Let others go on now and then, in case the loop waits for one of them."""
    names = [
        scope.local(name, variable.kind)
        for name, variable in scope.env.items()
        if (kinds.is_scalar(variable.kind) or isinstance(variable.kind, tuple)) and variable.sure
    ]
    place, _ = scope.slot("point")
    with scope.inside(f"if {turn} & 63 == 63:"):
        texts = [repr(scope.line(node)), *names]
        scope.put(scope.meet(place, "spin", *texts))


def for_(scope, node: ast.For) -> None:
    """Translate `for`, over a `range` or a tuple."""
    ranged = isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range"
    kind, values = (_range if ranged else _items)(scope, node)
    named = isinstance(node.target, ast.Name)
    target = node.target.id if named else f"item_{node.lineno}_{node.col_offset}"

    def translate(region, place, loop):
        turn, local = scope.program.fresh("k"), scope.local(target, kind)
        leaving, outer = dict(scope.env), (scope.region, scope.node)
        scope.env[target] = Variable(kind)
        with scope.inside(f"for {turn}, {local} in enumerate({values}):"):
            _enter(scope, region, place, turn)
            tested = scope.note("test", node)
            scope.follow(tested, True)
            if not named:
                assign(scope, node.target, Value(kind, local))
            scope.statements(node.body)
            repeat = scope.hole()
        body = scope.node
        scope.region, scope.node = outer
        with scope.inside("else:"):
            turn = scope.value(f"len({values})", "int64").text
            _enter(scope, region, place, turn)
            scope.put(f"{scope.node}[{tested}][t] = False")
            finish = scope.hole()
        scope.node = body
        return leaving, finish, repeat

    scope.program.counters.line(scope.line(node))
    _loop(scope, node, translate)


def _range(scope, node):
    """Return the type of a range's numbers, and the name that holds it at run time."""
    bounds = [scalar(scope, argument) for argument in node.iter.args]
    if not 1 <= len(bounds) <= 3 or node.iter.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}` is not supported in a kernel")
    if not all(kinds.is_integer(bound.kind) for bound in bounds):
        raise scope.refuse(node, f"`{ast.unparse(node.iter)}`: a bound is not an integer")
    unsigned = [kinds.is_unsigned(bound.kind) for bound in bounds]
    if any(unsigned):
        kind = "uint64" if all(unsigned) else "int64"
    else:
        kind = "int32" if all(kinds.SIZES[bound.kind] <= 4 for bound in bounds) else "int64"
    texts = [convert(bound, kind) for bound in bounds]
    if len(texts) == 3:
        scope.stop(node, "range() with a step of zero", f"if {texts[2]} == 0:")
    return kind, scope.value(f"range({', '.join(texts)})", kind).text


def _items(scope, node):
    """Return the common type of a tuple's items, and the name that holds them at run time."""
    items = scope.expression(node.iter)
    if not isinstance(items.kind, tuple) or not items.kind:
        text = "a `for` loop runs over `range(…)` or a tuple here; count with `range`"
        raise scope.refuse(node, text)
    try:
        kind = reduce(kinds.unified, items.kind)
    except TypeError as error:
        raise scope.refuse(node, f"the items of a loop have one type: {error}") from None
    if isinstance(kind, ArrayKind):
        raise scope.refuse(node, "a `for` loop runs over `range(…)` or a tuple of numbers")
    same = grouped([items.item(n) for n in range(len(items.kind))])
    return kind, scope.value(convert(same, (kind,) * len(items.kind)), kind).text


def _jump(which: str, word: str):
    def rule(scope, node):
        getattr(scope.loops[-1], which).append((scope.env, scope.hole()))
        scope.put(word)
        scope.env = None

    return rule


# What stops a kernel


def assert_(scope, node: ast.Assert) -> None:
    """Translate `assert`: a thread for which it does not hold stops the kernel."""
    test = condition(scope, node.test)
    said = f": {ast.unparse(node.msg)}" if node.msg else ""
    text = f"`assert {ast.unparse(node.test)}` fails{said}, for {{thread}}"
    scope.stop(node, text, f"if not {test.text}:")


def raise_(scope, node: ast.Raise) -> None:
    """Translate `raise`: a thread that comes here stops the kernel."""
    scope.stop(node, f"`{ast.unparse(node)}`, by {{thread}}")
    scope.env = None


RULES = RULES | {
    ast.Call: call,
    ast.Pass: lambda scope, node: None,
    ast.Expr: bare,
    ast.Assign: assignment,
    ast.AnnAssign: assignment,
    ast.AugAssign: augmented,
    ast.If: branch,
    ast.While: while_,
    ast.For: for_,
    ast.Break: _jump("breaks", "break"),
    ast.Continue: _jump("continues", "continue"),
    ast.Return: return_,
    ast.Assert: assert_,
    ast.Raise: raise_,
}
