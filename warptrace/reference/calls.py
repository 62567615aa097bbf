"""What a kernel may call: types, `math`, built-ins, `cuda.*`, other functions."""

import ast
import inspect

from ..names import Intrinsic
from ..source import as_known, plain_function, read
from . import arithmetic as numbers
from . import kinds
from .arrays import Store
from .expressions import (
    arithmetic,
    condition,
    indices,
    locate,
    noted,
    outside,
    scalar,
    whole,
)
from .kinds import OBJECT, ArrayKind
from .scope import Scope, Static, Value, Variable, cast, convert, grouped, known

#: Static shared memory that one block may have, in bytes.
MAX_STATIC_SHARED = 48 * 1024
NOTHING = Value(OBJECT, "None", None)


def call(scope, node: ast.Call) -> Value:
    """Return a call translated, by what is called."""
    callee = scope.expression(node.func)
    if not (callee.kind == OBJECT and callee.known) and not isinstance(callee.const, str):
        raise scope.refuse(node, f"`{ast.unparse(node.func)}` cannot be called in a kernel")
    function = as_known(callee.const)
    if isinstance(function, Intrinsic):
        rule = CUDA.get(function.name)
        if rule is None:
            raise scope.refuse(node, f"cuda.{function.name} cannot be called")
        return rule(scope, node)
    kind = kinds.named(function)
    if kind is not None:
        return _conversion(scope, node, function, kind)
    if function is print:
        return _print(scope, node)
    if inspect.isbuiltin(function) and function in BUILTINS:
        return BUILTINS[function](scope, node)
    if getattr(function, "__module__", None) == "math":
        return _of_math(scope, node, function)
    plain = getattr(function, "py_func", None) or getattr(function, "fn", None) or function
    if inspect.isfunction(plain) and plain.__module__ != "numpy":
        return _own(scope, node, plain)
    raise scope.refuse(
        node,
        f"`{ast.unparse(node.func)}` is not supported in a kernel; use `math`, `cuda` or a "
        "function of your own",
    )


def arguments(scope, node: ast.Call, least: int, most: int | None = None) -> list[ast.expr]:
    """Return the arguments of a call, of which there must be `least` to `most`."""
    most = least if most is None else most
    if node.keywords or not least <= len(node.args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {wanted} arguments are needed")
    return node.args


def scalars(scope, node: ast.Call, least: int, most: int | None = None) -> list[Value]:
    """Return the arguments of a call translated, each a number."""
    return [scalar(scope, argument) for argument in arguments(scope, node, least, most)]


def fixed(scope, node, argument: ast.expr):
    """Return what must be known before the kernel runs, such as a shape."""
    value = scope.expression(argument)
    if not value.known:
        raise scope.refuse(node, f"`{ast.unparse(argument)}` must be a constant")
    return value.const


# Types, built-ins, mathematics


def _conversion(scope, node, function, kind):
    (value,) = scalars(scope, node, 1)
    if function is int and kinds.is_integer(value.kind):
        return value
    if function is float and kinds.is_float(value.kind):
        return value
    if kind == "bool":
        return condition(scope, node.args[0])
    if value.known and kinds.is_float(kind):
        return known(numbers.converted(value.const, value.kind, kind), kind)
    return Value(kind, convert(value, kind))


def _extreme(least: bool):
    def rule(scope, node):
        values = scalars(scope, node, 2, 32)
        kind, better = values[0].kind, "<" if least else ">"
        for value in values[1:]:
            kind = kinds.promoted(kind, value.kind)
        if all(value.known for value in values):
            consts = [numbers.converted(v.const, v.kind, kind) for v in values]
            return known((min if least else max)(consts), kind)
        result = values[0]
        for value in values[1:]:
            both = kinds.promoted(result.kind, value.kind)
            a, b = convert(result, both), convert(value, both)
            scope.count(node)
            text = f"{b} if {b} {better} {a} else {a}"
            if result.kind == value.kind and kinds.is_float(both):
                text = f"{'least' if least else 'greatest'}({a}, {b})"
            result = scope.value(text, both)
        return Value(kind, convert(result, kind))

    return rule


def _absolute(scope, node):
    (value,) = scalars(scope, node, 1)
    scope.count(node)
    text = f"abs({value.text})"
    return scope.value(
        cast(text, "uint64", value.kind) if value.kind[0] == "i" else text, value.kind
    )


def _round(scope, node):
    values = scalars(scope, node, 1, 2)
    kind = values[0].kind
    if not kinds.is_float(kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only a float can be rounded")
    scope.count(node)
    if len(values) == 1:
        return scope.value(f"saturated(to_even({values[0].text}), {kind!r}, 'int64')", "int64")
    scale = literal_power(int(fixed(scope, node, node.args[1])))
    return arithmetic(scope, f"to_even({values[0].text} * {scale}) / {scale}", kind)


def literal_power(digits: int) -> str:
    """Return the text of a power of ten."""
    return repr(10.0**digits)


def _length(scope, node):
    (argument,) = arguments(scope, node, 1)
    value = scope.expression(argument)
    if isinstance(value.kind, tuple):
        return known(len(value.kind))
    if not isinstance(value.kind, ArrayKind):
        found = kinds.name_of(value.kind)
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {found} has no length")
    static = isinstance(value.const, Static)
    return Value("int64", str(value.const.shape[0]) if static else f"{value.text}.shape[0]")


BUILTINS = {
    min: _extreme(True),
    max: _extreme(False),
    abs: _absolute,
    round: _round,
    len: _length,
}
_TESTS = ("isnan", "isinf", "isfinite")
_SAFE = (
    *("sqrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh"),
    *("tanh", "fabs", "degrees", "radians", "asin", "acos", "atan", "asinh", "acosh", "atanh"),
    *("erf", "erfc", "gamma", "lgamma", "pow", "fmod", "hypot", "atan2", "copysign"),
)
_TWO = ("pow", "fmod", "hypot", "atan2", "copysign")


def _of_math(scope, node, function):
    name = function.__name__
    if name in _TESTS:
        (value,) = scalars(scope, node, 1)
        scope.count(node)
        return scope.value(f"{scope.program.keep('m', function)}({value.text})", "bool")
    if name not in _SAFE and name not in numbers.ROUNDING:
        raise scope.refuse(node, f"math.{name} is not supported in a kernel; write it out")
    values = scalars(scope, node, 2 if name in _TWO else 1)
    kind = kinds.of_math(*(value.kind for value in values))
    scope.count(node, kind)
    texts = [convert(value, kind) for value in values]
    held = scope.program.keep("m", numbers.ROUNDING.get(name, function))
    text = (
        f"{held}({texts[0]})" if name in numbers.ROUNDING else f"safely({held}, {', '.join(texts)})"
    )
    return arithmetic(scope, text, kind)


# Position, bits


def _per_axis(here: bool):
    def rule(scope, node):
        (argument,) = arguments(scope, node, 1)
        count = fixed(scope, node, argument)
        if count not in (1, 2, 3):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: 1, 2 or 3 dimensions")
        scope.count(node)
        launch = scope.program.launch
        sizes = [str(g * b) for g, b in zip(launch.grid, launch.block, strict=True)]
        texts = [scope.use(f"grid_{axis}") for axis in "xyz"[:count]] if here else sizes[:count]
        values = [Value("int64", text) for text in texts]
        return values[0] if count == 1 else grouped(values)

    return rule


def _bits(text: str, result=None, narrow: bool = True, own: bool = True):
    """Return the rule of a function of bits; `{v}` is the operand, unsigned, `{n}` its bits."""

    def rule(scope, node):
        (value,) = scalars(scope, node, 1)
        if not kinds.is_integer(value.kind):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: an integer is needed")
        if kinds.SIZES[value.kind] < 4 and not narrow:
            raise scope.refuse(node, f"`{ast.unparse(node)}`: convert to np.int32 or np.int64")
        kind = value.kind if own or value.kind == "uint64" else "uint32"
        bits = 8 * kinds.SIZES[kind]
        plain = scope.value(f"{convert(value, kind)} & {2**bits - 1}", kind)
        scope.count(node)
        out = result or kind
        computed = text.format(v=plain.text, n=bits)
        return scope.value(cast(f"({computed})", "uint64", out), out)

    return rule


def _fused(scope, node):
    values = scalars(scope, node, 3)
    kind = kinds.of_math(*(value.kind for value in values))
    scope.count(node, kind, 2)
    return arithmetic(scope, f"fused({', '.join(convert(v, kind) for v in values)})", kind)


def _cube_root(scope, node):
    (value,) = scalars(scope, node, 1)
    kind = kinds.of_math(value.kind)
    scope.count(node, kind)
    return arithmetic(scope, f"cube_root({convert(value, kind)})", kind)


def _selected(scope, node):
    test, first, second = scalars(scope, node, 3)
    kind = kinds.promoted(first.kind, second.kind)
    scope.count(node)
    text = f"{convert(first, kind)} if {test.text} else {convert(second, kind)}"
    return scope.value(text, kind)


# Meeting points


def _barrier(name: str, votes: bool):
    def rule(scope, node):
        texts = [value.text for value in scalars(scope, node, int(votes))]
        scope.count(node)
        place = scope.note("barrier", node)
        text = scope.meet(place, name, *texts, repr(scope.line(node)))
        if votes:
            return scope.value(text, "int32")
        scope.put(text)
        return NOTHING

    return rule


def _syncwarp(scope, node):
    values = scalars(scope, node, 0, 1)
    scope.count(node)
    members = values[0].text if values else "0xFFFFFFFF"
    place = scope.note("syncwarp", node, members)
    scope.put(scope.meet(place, "syncwarp", members, repr(scope.line(node))))
    return NOTHING


def _fence(scope, node):
    arguments(scope, node, 0)
    scope.count(node)
    scope.note("fence", node)
    return NOTHING


def _no_step(count: int):
    def rule(scope, node):
        scalars(scope, node, count)
        scope.count(node)
        return NOTHING

    return rule


def _together(name: str, count: int, kind=None):
    """Return the rule of a shuffle (of its operand's type) or vote among the lanes of a warp."""

    def rule(scope, node):
        values = scalars(scope, node, count)
        scope.count(node)
        place = scope.note("shuffle", node)
        texts = [value.text for value in values]
        text = scope.meet(place, name, *texts, repr(scope.line(node)))
        return scope.value(text, kind or values[1].kind)

    return rule


def _active_mask(scope, node):
    arguments(scope, node, 0)
    scope.count(node)
    place, _ = scope.slot("point")
    return scope.value(scope.meet(place, "activemask"), "uint32")


def _lanes_below(scope, node):
    arguments(scope, node, 0)
    scope.count(node)
    return Value("uint32", f"((1 << {scope.use('laneid')}) - 1)")


# Arrays and atomics


def _made(space: str):
    def rule(scope, node):
        shape, dtype = _shape_and_type(scope, node)
        key = (space, *scope.prefix, node.lineno, node.col_offset)
        program, dynamic = scope.program, space == "shared" and shape == (0,)
        if key not in program.arrays:
            if dynamic:
                shape = (program.launch.dynamic_shared // kinds.SIZES[dtype],)
            program.arrays[key] = len(program.stores)
            store = Store(len(program.stores), scope.target or space, space, dtype, shape)
            store.dynamic, store.written = dynamic, True
            program.stores.append(store)
            _check_shared(scope, node)
        return whole(scope, program.stores[program.arrays[key]])

    return rule


def _shape_and_type(scope, node):
    given = dict(zip(("shape", "dtype"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords}
    if not {"shape", "dtype"} <= set(given) or len(node.args) > 2:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a shape and a dtype are needed")
    shape = fixed(scope, node, given["shape"])
    shape = shape if isinstance(shape, tuple) else (shape,)
    dtype = kinds.named(fixed(scope, node, given["dtype"]))
    if dtype is None:
        raise scope.refuse(node, f"`{ast.unparse(given['dtype'])}` is no type of a kernel")
    if not all(hasattr(n, "__index__") and n >= 0 for n in shape):
        raise scope.refuse(node, f"`{ast.unparse(given['shape'])}` is no shape")
    return tuple(map(int, shape)), dtype


def _check_shared(scope, node):
    shared = [s for s in scope.program.stores if s.space == "shared" and not s.dynamic]
    needed = sum(store.size * store.itemsize for store in shared)
    if needed > MAX_STATIC_SHARED:
        raise scope.refuse(
            node,
            f"{needed} bytes of static shared memory per block, "
            f"{MAX_STATIC_SHARED} at most; use dynamic shared memory",
        )
    if len({s.dtype for s in scope.program.stores if s.dynamic}) > 1:
        raise scope.refuse(
            node,
            "dynamic shared memory under two types is not supported in the reference; "
            "give each type an array of a constant size",
        )


def _constant_like(scope, node):
    (argument,) = arguments(scope, node, 1)
    array = scope.expression(argument)
    if not isinstance(array.kind, ArrayKind) or array.kind.space != "constant":
        raise scope.refuse(node, f"`{ast.unparse(argument)}` must be a global array")
    return array


def element(scope, node: ast.Subscript) -> tuple[Value, list[str]]:
    """Return the array of an element that is written, and the texts of its indices."""
    array = scope.expression(node.value)
    if not isinstance(array.kind, ArrayKind):
        found = kinds.name_of(array.kind)
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {found} is no array")
    if array.kind.space == "constant":
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a global array cannot be written")
    keys, integers = indices(scope, node, array.kind)
    if integers != array.kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only single elements can be written")
    written = [array.const.store] if isinstance(array.const, Static) else scope.program.stores
    for store in written:  # an array known only later may be any of its type
        store.written |= (store.space, store.dtype) == (array.kind.space, array.kind.dtype)
    return array, keys


def _atomic(name: str, count: int):
    def rule(scope, node):
        array, index, *operands = arguments(scope, node, 2 + count)
        target = ast.copy_location(ast.Subscript(array, index, ast.Load()), node)
        return _change(scope, node, target, name, operands)

    return rule


def _compare_and_swap(scope, node):
    array, old, new = arguments(scope, node, 3)
    zero = ast.copy_location(ast.Constant(0), node)
    target = ast.copy_location(ast.Subscript(array, zero, ast.Load()), node)
    return _change(scope, node, target, "cas", [old, new])


def _change(scope, node, target, name, operands):
    given = [scalar(scope, operand) for operand in operands]
    array, keys = element(scope, target)
    kind, space = array.kind.dtype, array.kind.space
    wanted, fits = "numbers", True
    if name in ("and_", "or_", "xor", "exch", "cas"):
        wanted, fits = "integers", kind[0] in "iu"
    elif name in ("inc", "dec"):
        wanted, fits = "unsigned integers", kind[0] == "u"
    if not fits or kinds.SIZES[kind] < 4:
        found = f"these are {kind}"
        raise scope.refuse(node, f"atomic.{name} takes {wanted} of 32 or 64 bits, and {found}")
    values = [convert(value, kind) for value in given]
    found, spot, flat = locate(scope, node, array, keys, "atomic")
    scope.count(node)
    # Lanes come here in the order of the program and their numbers, as in step.
    scope.put(scope.meet(int(found.rpartition("[")[2][:-1]), "in turn"))
    old = scope.value(f"{flat}[{spot}]", kind)
    operands = "".join(f"{value}, " for value in values)
    new = scope.value(f"changed({name!r}, {old.text}, ({operands}), {kind!r}, {space!r})", kind)
    scope.put(f"{flat}[{spot}] = {new.text}")
    scope.put(f"{found}[t] = {noted(array, spot, new.text)}")
    return old


# Own functions, print


def _own(scope, node, function):
    starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    if starred or any(keyword.arg is None for keyword in node.keywords):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: `*` and `**` are not supported")
    callers = (*scope.callers, plain_function(scope.source.function))
    if function in callers:
        text = f"`{ast.unparse(node)}`: recursion is not supported; write a loop"
        raise scope.refuse(node, text)
    prefix = (*scope.prefix, node.lineno, node.col_offset)
    inner = Scope(scope.program, read(function), callers, prefix)
    given = [scope.expression(argument) for argument in node.args]
    named = {keyword.arg: scope.expression(keyword.value) for keyword in node.keywords}
    pairs = _parameters(scope, node, inner, given, named)
    texts = []
    for name, value in pairs.items():
        inner.env[name] = Variable(value.kind, value.const)
        fixed_array = isinstance(value.const, Static) and name not in inner.assigned
        if value.kind != OBJECT and not fixed_array:
            texts.append((inner.local(name, value.kind), value.text))
    _, found = scope.slot("call", region=inner.region)
    result, kind = finish(inner, [name for name, _ in texts], node)
    text = f"{result}({', '.join([found, 'me', *(text for _, text in texts)])})"
    if inner.waits:
        scope.waits, text = True, f"(yield from {text})"
    # What the call noted belongs to its own node, the operations after it to this one.
    if kind is None:
        scope.put(text)
        return NOTHING
    return scope.value(text, kind)


def _parameters(scope, node, inner, given, named) -> dict:
    tree = inner.source.tree
    if tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs:
        raise inner.refuse(tree, "`*` and `**` parameters are not supported")
    names = [parameter.arg for parameter in tree.args.posonlyargs + tree.args.args]
    # Python has evaluated them when the function was defined, and so they stay.
    defaults = [outside(scope, node, v) for v in inner.source.function.__defaults__ or ()]
    placed = dict(zip(names, given, strict=False))
    found = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)) | placed | named
    wrong = set(placed) & set(named) or set(named) - set(names)
    if len(given) > len(names) or wrong or set(found) != set(names):
        text = f"{inner.source.name} takes {', '.join(names)}: `{ast.unparse(node)}` does not fit"
        raise scope.refuse(node, text)
    return {name: found[name] for name in names}


def finish(inner: Scope, parameters: list[str], node) -> tuple[str, object]:
    """Translate a function's body and add it to the program; return its name and what it gives."""
    head = _beginning(inner)
    inner.statements(inner.source.tree.body)
    kind = _returned(inner, node)
    for hole, value in inner.returns:
        text = "return" if kind is None else f"return {convert(value, kind)}"
        hole.append((0, text))
    for name in sorted(inner.uses):
        text = f"me.{name}" if not name.startswith("F") else f"me.flats[{name[1:]}]"
        head.append((0, f"{name} = {text}"))
    name = inner.program.fresh("f")
    lines = [f"def {name}({', '.join(['n0', 'me', *parameters])}):", *inner.lines.render()]
    inner.program.functions.append("\n".join(lines))
    return name, kind


def _beginning(inner):
    """Return the lines at a function's beginning that are filled in at its end."""
    inner.put("t = me.lane")
    return inner.hole()


def _returned(inner, node):
    """Return the type of what a function gives, None if nothing."""
    values = [value for _, value in inner.returns if value is not None]
    if not values or not inner.callers:
        return None
    if inner.env is not None or len(values) < len(inner.returns):
        text = f"not every path through {inner.source.name} returns a value"
        raise inner.refuse(node, text)
    kind = values[0].kind
    for value in values[1:]:
        try:
            kind = kinds.unified(kind, value.kind)
        except TypeError as error:
            text = f"what {inner.source.name} returns: {error}"
            raise inner.refuse(node, text) from None
    return kind


def _print(scope, node):
    if node.keywords:
        text = f"`{ast.unparse(node)}`: `print` takes no `sep` and no `end`"
        raise scope.refuse(node, text)
    texts = [_spelled(scope, node, scope.expression(argument)) for argument in node.args]
    scope.note("print", node, f"' '.join([{', '.join(texts)}])")
    return NOTHING


def _spelled(scope, node, value) -> str:
    """Return the text that spells a value, as the device's `printf` does."""
    if isinstance(value.kind, tuple):
        inner = [_spelled(scope, node, value.item(n)) for n in range(len(value.kind))]
        end = "',)'" if len(inner) == 1 else "')'"
        return f"'(' + ', '.join([{', '.join(inner)}]) + {end}"
    if value.known and isinstance(value.const, str):
        return repr(value.const)
    if not kinds.is_scalar(value.kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: print texts and numbers")
    if kinds.is_float(value.kind):
        return f"format({value.text}, 'f')"
    return f"str({'bool' if value.kind == 'bool' else 'int'}({value.text}))"


#: Name in `cuda` → rule of a call.
CUDA = {
    "grid": _per_axis(True),
    "gridsize": _per_axis(False),
    "popc": _bits("{v}.bit_count()"),
    "clz": _bits("{n} - {v}.bit_length()"),
    "ffs": _bits("({v} & -{v}).bit_length()", "uint32", narrow=False),
    "brev": _bits("reversed_bits({v}, {n})", own=False),
    "fma": _fused,
    "cbrt": _cube_root,
    "selp": _selected,
    "syncthreads": _barrier("barrier", False),
    **{f"syncthreads_{name}": _barrier(name, True) for name in ("count", "and", "or")},
    "syncwarp": _syncwarp,
    "threadfence": _fence,
    "threadfence_system": _fence,
    "threadfence_block": _no_step(0),
    "nanosleep": _no_step(1),
    "shfl_sync": _together("shfl", 3),
    **{f"shfl_{name}_sync": _together(name, 3) for name in ("up", "down", "xor")},
    **{f"{name}_sync": _together(name, 2, "bool") for name in ("all", "any", "eq")},
    "ballot_sync": _together("ballot", 2, "int32"),
    "match_any_sync": _together("match_any", 2, "int32"),
    "match_all_sync": _together("match_all", 2, ("int32", "bool")),
    "activemask": _active_mask,
    "lanemask_lt": _lanes_below,
    "shared.array": _made("shared"),
    "local.array": _made("local"),
    "const.array_like": _constant_like,
    "atomic.compare_and_swap": _compare_and_swap,
    **{f"atomic.{name}": _atomic(name, 2 if name == "cas" else 1) for name in numbers.ATOMICS},
}
