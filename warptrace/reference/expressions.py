"""Terms, operators, comparisons, choices, and elements of arrays, as Python text."""

import ast
import math
import operator

from ..names import DeviceNames, Intrinsic
from ..source import as_known
from . import kinds
from .arithmetic import (
    converted,
    floor_division,
    powered,
    remainder,
    shifted_left,
    shifted_right,
    true_division,
)
from .arrays import Store, is_array, store_of
from .kinds import OBJECT, ArrayKind
from .scope import UNKNOWN, Static, Value, convert, grouped, known

#: Operator → type of the result, text of two operands, and what computes it beforehand.
OPERATORS = {
    ast.Add: (kinds.arithmetic, "{a} + {b}", lambda a, b, kind: a + b),
    ast.Sub: (kinds.arithmetic, "{a} - {b}", lambda a, b, kind: a - b),
    ast.Mult: (kinds.arithmetic, "{a} * {b}", lambda a, b, kind: a * b),
    ast.Div: (
        kinds.division,
        "{a} / {b} if {b} else true_division({a}, {b})",
        lambda a, b, kind: true_division(a, b),
    ),
    ast.FloorDiv: (kinds.arithmetic, "floor_division({a}, {b}, {k!r})", floor_division),
    ast.Mod: (kinds.arithmetic, "remainder({a}, {b}, {k!r})", remainder),
    ast.Pow: (kinds.power, "powered({a}, {b}, {k!r})", None),
    ast.BitAnd: (kinds.bitwise, "{a} & {b}", None),
    ast.BitOr: (kinds.bitwise, "{a} | {b}", None),
    ast.BitXor: (kinds.bitwise, "{a} ^ {b}", None),
    ast.LShift: (kinds.shift, "shifted_left({a}, {b})", lambda a, b, kind: shifted_left(a, b)),
    ast.RShift: (kinds.shift, "shifted_right({a}, {b})", None),
}
#: Those of which an integer result may need cutting to 64 bits.
_GROWING = (ast.Add, ast.Sub, ast.Mult, ast.LShift)
_COMPARISONS = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}
RUNTIME = {f.__name__: f for f in (true_division, floor_division, remainder, powered)} | {
    f.__name__: f for f in (shifted_left, shifted_right)
}


def scalar(scope, node: ast.expr) -> Value:
    """Return `node` translated, which must be a number or a truth value."""
    value = scope.expression(node)
    if not kinds.is_scalar(value.kind):
        found = f"`{ast.unparse(node)}` is {kinds.name_of(value.kind)}"
        raise scope.refuse(node, f"{found}, a number is needed")
    return value


def condition(scope, node: ast.expr) -> Value:
    """Return the truth of `node`."""
    value = scalar(scope, node)
    if value.known:
        return known(bool(value.const))
    return value if value.kind == "bool" else Value("bool", f"({value.text} != 0)")


# Terms


def constant(scope, node: ast.Constant) -> Value:
    """Return a literal."""
    if node.value is None or isinstance(node.value, (bool, int, float, str)):
        return known(node.value)
    raise scope.refuse(
        node, f"`{ast.unparse(node)}` is not supported in a kernel; use real numbers"
    )


def name(scope, node: ast.Name) -> Value:
    """Return what a name stands for: a variable, else what it is outside the kernel."""
    variable = scope.env.get(node.id)
    if variable is None:
        if node.id in scope.assigned:
            raise scope.refuse(node, f"{node.id} is read before it is assigned")
        try:
            return outside(scope, node, scope.source.resolve(node.id))
        except KeyError:
            raise scope.refuse(node, f"{node.id} is not defined") from None
    if variable.problem:
        raise scope.refuse(node, f"{node.id} has no one type: {variable.problem}")
    if variable.const is not UNKNOWN and variable.sure:
        return of_const(scope, variable)
    text = scope.local(node.id, variable.kind)
    if not variable.sure:
        with scope.inside("try:"):
            scope.put(text)
        problem = f"{node.id} is read before it is assigned, by {{thread}}"
        scope.stop(node, problem, "except UnboundLocalError:", " from None")
    return Value(variable.kind, text)


def of_const(scope, variable) -> Value:
    """Return a variable whose value is known."""
    if isinstance(variable.const, Static):
        return Value(variable.kind, view_text(scope, variable.const), variable.const)
    if not kinds.is_scalar(variable.kind):
        return known(variable.const)
    return known(variable.const, variable.kind)


def outside(scope, node, value) -> Value:
    """Return what a global or a name of the enclosing function stands for in a kernel."""
    value = as_known(value)
    if isinstance(value, tuple):
        return grouped([outside(scope, node, item) for item in value])
    if kinds.of_constant(value) == OBJECT and is_array(value):
        return _constant_array(scope, node, value)
    return known(value)


def _constant_array(scope, node, value):
    stores, key = scope.program.stores, ("constant", id(value))
    if key not in scope.program.arrays:
        scope.program.arrays[key] = len(stores)
        stores.append(store_of(value, len(stores), ast.unparse(node), "constant"))
    return whole(scope, stores[scope.program.arrays[key]])


def whole(scope, store: Store) -> Value:
    """Return all of a store as one array."""
    strides = tuple(math.prod(store.shape[axis + 1 :]) for axis in range(len(store.shape)))
    static = Static(store, 0, store.shape, strides)
    kind = ArrayKind(store.dtype, len(store.shape), store.space)
    return Value(kind, view_text(scope, static), static)


def view_text(scope, static: Static) -> str:
    """Return the text that makes a view of an array whose place is known."""
    number = static.store.number
    parts = f"{static.offset}, {static.shape!r}, {static.strides!r}"
    return f"View(S[{number}], {scope.use(f'F{number}')}, {parts})"


def group(scope, node: ast.Tuple) -> Value:
    """Return a tuple."""
    return grouped([scope.expression(item) for item in node.elts])


# Operators


def operation(scope, node: ast.BinOp) -> Value:
    """Return an operator on two operands."""
    left, right = scope.expression(node.left), scope.expression(node.right)
    return binary(scope, node, left, node.op, right)


def binary(scope, node, left: Value, op, right: Value) -> Value:
    """Return `left op right`, typed as Numba types it."""
    if isinstance(left.kind, tuple) and isinstance(right.kind, tuple) and isinstance(op, ast.Add):
        return grouped([v.item(n) for v in (left, right) for n in range(len(v.kind))])
    typing, text, compute = OPERATORS.get(type(op), (None, None, None))
    if typing is None or not (kinds.is_scalar(left.kind) and kinds.is_scalar(right.kind)):
        found = f"{kinds.name_of(left.kind)} and {kinds.name_of(right.kind)}"
        way = "; write a loop over the elements" if "array" in found else ""
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported: {found}{way}")
    try:
        kind = typing(left.kind, right.kind)
    except TypeError as error:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {error}") from None
    if left.known and right.known and compute is not None:
        both = (converted(v.const, v.kind, kind) for v in (left, right))
        return known(converted(compute(*both, kind), kind, kind), kind)
    if isinstance(op, ast.Pow):
        op, right, text = _power(scope, node, left, right, kind, text)
    scope.count(node, kind if kinds.is_float(kind) else None)
    a, b = convert(left, kind), convert(right, kind)
    return arithmetic(scope, text.format(a=a, b=b, k=kind), kind, isinstance(op, _GROWING))


def _power(scope, node, left, right, kind, text):
    """Return operator, second operand and text of a power: a square is a product."""
    if kinds.is_float(kind):
        if right.known and right.const == 2:
            return ast.Mult(), left, "{a} * {b}"
        return ast.Pow(), right, text
    if kinds.is_unsigned(kind):
        return ast.Pow(), right, text
    scope.stop(node, "an integer to a negative power", f"if {right.text} < 0:")
    return ast.Pow(), right, text


def arithmetic(scope, text: str, kind: str, growing: bool = True) -> Value:
    """Compute a text and round or cut the result to its type."""
    if kind == "float32":
        cell = scope.use("cell")
        scope.put(f"{cell}[0] = {text}")
        return scope.value(f"{cell}[0]", kind)
    result = scope.value(text, kind)
    if growing and kind in ("int64", "uint64"):
        low, high = kinds.limits(kind)
        with scope.inside(f"if not {low} <= {result.text} <= {high}:"):
            scope.put(f"{result.text} = wrapped({result.text}, {kind!r})")
    return result


def unary(scope, node: ast.UnaryOp) -> Value:
    """Return an operator on one operand."""
    if isinstance(node.op, ast.Not):
        value = condition(scope, node.operand)
        return known(not value.const) if value.known else Value("bool", f"(not {value.text})")
    value = scalar(scope, node.operand)
    invert = isinstance(node.op, ast.Invert)
    if invert and kinds.is_float(value.kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a float has no bits to invert")
    kind = value.kind
    if kinds.is_integer(kind) and not (invert and kind == "bool"):
        kind = kinds.whole(kind, kind)
    sign = {ast.Invert: "~", ast.USub: "-", ast.UAdd: "+"}[type(node.op)]
    own = kind if value.kind == "bool" else value.kind
    if value.known and value.kind != "bool":
        found = {"~": operator.invert, "-": operator.neg, "+": operator.pos}[sign](value.const)
        return known(converted(found, kind, kind), kind)
    scope.count(node)
    text = f"{sign}{convert(value, own)}"
    if own == "bool":
        text = f"not {value.text}"
    elif kinds.is_integer(own) and sign != "+":
        text = f"wrapped({text}, {own!r})"
    return scope.value(cast_own(text, own, kind), kind)


def cast_own(text: str, own: str, kind: str) -> str:
    """Return a result of an operand's own type as the wider one of the expression."""
    return text if own == kind or kinds.is_float(kind) else f"wrapped({text}, {kind!r})"


# Truth


def comparison(scope, node: ast.Compare) -> Value:
    """Return a comparison, or a chain of them."""
    if isinstance(node.ops[0], (ast.In, ast.NotIn)) and len(node.ops) == 1:
        return _membership(scope, node)
    if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and len(node.ops) == 1:
        return _identity(scope, node)
    left = scope.expression(node.left)
    if len(node.ops) == 1:
        return compared(scope, node, left, node.ops[0], scope.expression(node.comparators[0]))
    result = scope.value("False", "bool")  # what stands in a chain is evaluated once, where needed
    depth, block, tests = scope.depth, scope.block, []
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = scope.expression(comparator)
        test = compared(scope, node, left, op, right)
        tests.append(test)
        scope.put(f"{result.text} = {test.text}")
        scope.put(f"if {result.text}:")
        scope.depth, scope.block, left = scope.depth + 1, None, right
    scope.put("pass")
    scope.depth, scope.block = depth, block
    if all(test.known for test in tests):
        return known(all(test.const for test in tests))
    return result


def compared(scope, node, left: Value, op, right: Value) -> Value:
    """Return a comparison of two numbers."""
    sign, compute = _COMPARISONS.get(type(op), (None, None))
    if sign is None or not (kinds.is_scalar(left.kind) and kinds.is_scalar(right.kind)):
        found = f"{kinds.name_of(left.kind)} and {kinds.name_of(right.kind)}"
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported: {found}")
    if left.known and right.known:
        return known(bool(compute(left.const, right.const)))
    a, b = left.text, right.text
    signs = {kinds.is_unsigned(v.kind) for v in (left, right) if v.kind != "bool"}
    if kinds.is_float(left.kind) or kinds.is_float(right.kind) or len(signs) == 2:
        kind = kinds.promoted(left.kind, right.kind)
        a, b = convert(left, kind), convert(right, kind)
    scope.count(node)
    return scope.value(f"{a} {sign} {b}", "bool")


def _membership(scope, node):
    items = node.comparators[0]
    if not isinstance(items, (ast.Tuple, ast.List)):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: write the values out, as in (1, 2)")
    left = scalar(scope, node.left)
    tests = [compared(scope, node, left, ast.Eq(), scalar(scope, item)) for item in items.elts]
    text = " or ".join(test.text for test in tests) or "False"
    negated = "not " if isinstance(node.ops[0], ast.NotIn) else ""
    return scope.value(f"{negated}({text})", "bool")


def _identity(scope, node):
    left, right = (scope.expression(n) for n in (node.left, node.comparators[0]))
    if not (right.known and right.const is None):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only `is None` is supported")
    same = left.known and left.const is None
    return known(same == isinstance(node.ops[0], ast.Is))


def boolean(scope, node: ast.BoolOp) -> Value:
    """Return `… and …` or `… or …`: what comes second runs where it is needed."""
    conjunction = isinstance(node.op, ast.And)
    result = scalar(scope, node.values[0])
    for one in node.values[1:]:
        if result.known:
            if bool(result.const) != conjunction:
                return result
            result = scalar(scope, one)
            continue
        result = _short_circuit(scope, result, one, conjunction)
    return result


def _short_circuit(scope, left, node, conjunction):
    block = scope.block
    with scope.aside() as lines:
        scope.block = None
        right = scalar(scope, node)
    scope.block = block
    kind = kinds.promoted(left.kind, right.kind)
    result = scope.value(convert(left, kind), kind)
    with scope.inside(f"if {result.text}:" if conjunction else f"if not {result.text}:"):
        scope.put(lines)
        scope.put(f"{result.text} = {convert(right, kind)}")
    return result


def choice(scope, node: ast.IfExp) -> Value:
    """Return `… if … else …`: each side runs where it is needed."""
    test = condition(scope, node.test)
    if test.known:
        return scope.expression(node.body if test.const else node.orelse)
    block, sides = scope.block, []
    for side in (node.body, node.orelse):
        with scope.aside() as lines:
            scope.block = None
            sides.append((scalar(scope, side), lines))
    scope.block = block
    kind = kinds.promoted(sides[0][0].kind, sides[1][0].kind)
    result = scope.program.fresh("v")
    for head, (value, lines) in zip((f"if {test.text}:", "else:"), sides, strict=True):
        with scope.inside(head):
            scope.put(lines)
            scope.put(f"{result} = {convert(value, kind)}")
    return Value(kind, result)


# Attributes and elements


def attribute(scope, node: ast.Attribute) -> Value:
    """Return an attribute: of an array, of a module, of `cuda`."""
    value = scope.expression(node.value)
    if isinstance(value.kind, ArrayKind):
        return _of_array(scope, node, value)
    if not (value.kind == OBJECT and value.known):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    try:
        found = as_known(getattr(value.const, node.attr))
    except AttributeError:
        ours = isinstance(value.const, DeviceNames)
        problem = "is not supported in a kernel" if ours else "does not exist"
        raise scope.refuse(node, f"`{ast.unparse(node)}` {problem}") from None
    if isinstance(found, Intrinsic):
        return position(scope, found.name) or known(found)
    return outside(scope, node, found)


def position(scope, which: str) -> Value | None:
    """Return where a thread is, such as `threadIdx.x`; None for another name."""
    name, _, axis = which.partition(".")
    launch = scope.program.launch
    if which == "warpsize":
        return known(32, "int32")
    if which == "laneid":
        return Value("int32", scope.use("laneid"))
    if not axis or name not in ("threadIdx", "blockIdx", "blockDim", "gridDim"):
        return None
    if name in ("blockDim", "gridDim"):
        extent = launch.block if name == "blockDim" else launch.grid
        return Value("int32", str(extent["xyz".index(axis)]))
    return Value("int32", scope.use(f"{name}_{axis}"))


def _of_array(scope, node, value):
    static = value.const if isinstance(value.const, Static) else None
    ndim = value.kind.ndim
    extents = [str(n) for n in static.shape] if static else []
    if not static and node.attr in ("shape", "size", "strides"):
        extents = [f"{value.text}.shape[{n}]" for n in range(ndim)]
    if node.attr == "shape":
        return grouped([Value("int64", text) for text in extents])
    if node.attr == "size":
        return Value("int64", f"({' * '.join(extents) or '1'})")
    if node.attr == "strides":
        size = kinds.SIZES[value.kind.dtype]
        steps = static.strides if static else [f"{value.text}.strides[{n}]" for n in range(ndim)]
        return grouped([Value("int64", f"({step} * {size})") for step in steps])
    if node.attr == "ndim":
        return known(ndim)
    if node.attr == "dtype":
        return known(value.kind.dtype)
    if node.attr == "T" and static:
        turned = Static(static.store, static.offset, static.shape[::-1], static.strides[::-1])
        return Value(value.kind, view_text(scope, turned), turned)
    if node.attr == "T":
        return scope.value(f"transposed({value.text})", value.kind)
    raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")


def subscript(scope, node: ast.Subscript) -> Value:
    """Return an element or a part of an array, or an item of a tuple."""
    value = scope.expression(node.value)
    if isinstance(value.kind, tuple):
        return _item(scope, node, value)
    if not isinstance(value.kind, ArrayKind):
        found = kinds.name_of(value.kind)
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {found} has no elements")
    keys, dropped = indices(scope, node, value.kind)
    if dropped == value.kind.ndim:
        return load(scope, node, value, keys)
    place, _ = scope.slot("point")
    kind = ArrayKind(value.kind.dtype, value.kind.ndim - dropped, value.kind.space)
    keys = "".join(f"{key}, " for key in keys)
    line = scope.line(node)
    return scope.value(f"part_of({value.text}, ({keys}), {scope.node}, {place}, {line!r})", kind)


def indices(scope, node: ast.Subscript, kind: ArrayKind) -> tuple[list[str], int]:
    """Return the texts of the indices, and how many of them are integers."""
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    keys, integers = [], 0
    for one in nodes:
        if isinstance(one, ast.Slice):
            if one.step is not None:
                text = ast.unparse(node)
                raise scope.refuse(node, f"`{text}`: a slice with a step is not supported")
            ends = [end and scalar(scope, end).text for end in (one.lower, one.upper)]
            keys.append(f"({ends[0]}, {ends[1]})")
            continue
        value = scope.expression(one)
        values = [value] if not isinstance(value.kind, tuple) else []
        values += [value.item(n) for n in range(len(value.kind))] if not values else []
        for item in values:
            if not kinds.is_integer(item.kind):
                found = kinds.name_of(item.kind)
                raise scope.refuse(node, f"`{ast.unparse(node)}`: an index of type {found}")
            keys.append(item.text)
            integers += 1
    if len(keys) > kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the array has {kind.ndim} dimensions")
    return keys, integers


def locate(scope, node, value: Value, keys: list[str], what: str) -> tuple[str, str, str]:
    """Find an element for a load, store or atomic.

    Returns the texts of the slot where the access is noted, of the place, and of the memory.
    """
    static = value.const if isinstance(value.const, Static) else None
    line = scope.line(node)
    place, found = scope.slot(what, node, store=static and static.store)
    index = "".join(f"{key}, " for key in keys)
    if static is None:
        view = scope.value(value.text, value.kind).text
        spot = scope.value(
            f"place_of({view}, ({index}), {scope.node}, {place}, {line!r})", "int64"
        ).text
        return found, spot, f"{view}.flat"
    terms = []
    for axis, (key, length) in enumerate(zip(keys, static.shape, strict=True)):
        more = f"{axis}, ({index}), {static.shape!r}, {static.store.name!r}, {scope.node}"
        checked = f"{key} if 0 <= {key} < {length} else back({key}, {length}, {more}"
        checked = scope.value(f"{checked}, {place}, {line!r})", "int64").text
        stride = static.strides[axis]
        terms.append(checked if stride == 1 else f"{checked} * {stride}")
    terms += [str(static.offset)] if static.offset or not terms else []
    spot = terms[0] if len(terms) == 1 and "*" not in terms[0] else None
    spot = spot or scope.value(" + ".join(terms), "int64").text
    return found, spot, scope.use(f"F{static.store.number}")


def noted(value: Value, spot: str, more: str = "") -> str:
    """Return the text of what is noted of an access: the place, and the array if it varies."""
    parts = [spot] + ([more] if more else [])
    if not isinstance(value.const, Static):
        parts.append(f"{value.text}.store")
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def load(scope, node, value: Value, keys: list[str]) -> Value:
    """Return an element that is read."""
    found, spot, flat = locate(scope, node, value, keys, "load")
    scope.count(node)
    scope.put(f"{found}[t] = {noted(value, spot)}")
    return scope.value(f"{flat}[{spot}]", value.kind.dtype)


def _item(scope, node, value):
    place = scalar(scope, node.slice)
    count = len(value.kind)
    if place.known:
        if not -count <= place.const < count:
            raise scope.refuse(node, f"`{ast.unparse(node)}`: no such item")
        return value.item(int(place.const) % count)
    if any(kind != value.kind[0] for kind in value.kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the items have several types")
    problem = f"out of bounds: a tuple of {count} items"
    scope.stop(node, problem, f"if not {-count} <= {place.text} < {count}:")
    return scope.value(f"{value.text}[{place.text}]", value.kind[0])


RULES = {
    ast.Constant: constant,
    ast.Name: name,
    ast.Tuple: group,
    ast.BinOp: operation,
    ast.UnaryOp: unary,
    ast.Compare: comparison,
    ast.BoolOp: boolean,
    ast.IfExp: choice,
    ast.Attribute: attribute,
    ast.Subscript: subscript,
}
