"""What a kernel may call: `cuda.*`, `math.*`, a few built-ins, types, other functions."""

import ast
import builtins
import inspect
import math

import numpy as np

from . import memory, stand_in, types, warps
from .atomics import OPERATIONS
from .counters import WARP
from .expressions import (
    Expression,
    compile_expression,
    condition,
    convert,
    known,
    scalar,
)
from .faults import KernelError
from .races import History
from .source import as_known
from .types import ArrayType, ConstantType, TupleType

#: Static shared memory that one block may have, in bytes, on every NVIDIA GPU so far.
MAX_STATIC_SHARED = 48 * 1024


def compile_call(scope, node: ast.Call) -> Expression:
    """Return a call compiled, by what is called."""
    callee = compile_expression(scope, node.func)
    if not isinstance(callee.kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node.func)}` cannot be called in a kernel")
    function = as_known(callee.const)
    if isinstance(function, stand_in.Intrinsic):
        rule = _CALLS.get(function.name)
        if rule is None:
            raise scope.refuse(node, f"cuda.{function.name} cannot be called")
        return rule(scope, node)
    for rule in (_conversion, _mathematical, _builtin, _own_function):
        result = rule(scope, node, function)
        if result is not None:
            return result
    raise scope.refuse(node, f"`{ast.unparse(node.func)}` is not supported in a kernel")


def _arguments(scope, node, least: int, most: int | None = None) -> list:
    most = least if most is None else most
    if node.keywords or not least <= len(node.args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {wanted} arguments are needed")
    return node.args


def _scalars(scope, node, least, most=None) -> list[Expression]:
    return [scalar(scope, argument) for argument in _arguments(scope, node, least, most)]


def _constant_argument(scope, node, argument):
    """Return what must be known before the kernel runs, such as a shape."""
    expression = compile_expression(scope, argument)
    if not expression.known:
        raise scope.refuse(node, f"`{ast.unparse(argument)}` must be a constant")
    return expression.const


# Types, math, built-ins, functions of the reader


def _conversion(scope, node, function):
    kind = types.as_dtype(function)
    if kind is None:
        return None
    (value,) = _scalars(scope, node, 1)
    if function is int and not types.is_float(value.kind):
        return value
    if function is float and types.is_float(value.kind):
        return value
    if kind == types.BOOL:
        return condition(scope, node.args[0])
    if value.known and kind.kind == "f":
        return Expression(kind, convert(value, kind), kind.type(value.const))
    return Expression(kind, convert(value, kind))


def _each(function):
    """Return `function` of `math` for arrays."""

    def compute(values):
        flat = np.ravel(values)
        results = np.fromiter((_attempt(function, float(v)) for v in flat), float, flat.size)
        return results.reshape(np.shape(values)).astype(values.dtype)[()]

    return compute


def _attempt(function, value):
    try:
        return function(value)
    except (ValueError, OverflowError):
        return math.nan if value <= 0 else math.inf


#: Functions of `math` → (NumPy's, number of arguments).
MATH = {
    **{name: (getattr(np, name), 1) for name in ("sqrt", "exp", "expm1", "log", "log2", "log10")},
    **{name: (getattr(np, name), 1) for name in ("log1p", "sin", "cos", "tan", "sinh", "cosh")},
    **{name: (getattr(np, name), 1) for name in ("tanh", "floor", "ceil", "trunc", "fabs")},
    **{name: (getattr(np, name), 1) for name in ("degrees", "radians")},
    **{name: (getattr(np, f"arc{name[1:]}"), 1) for name in ("asin", "acos", "atan")},
    **{name: (getattr(np, f"arc{name[1:]}"), 1) for name in ("asinh", "acosh", "atanh")},
    **{name: (_each(getattr(math, name)), 1) for name in ("erf", "erfc", "gamma", "lgamma")},
    "pow": (np.power, 2),
    "fmod": (np.fmod, 2),
    "hypot": (np.hypot, 2),
    "atan2": (np.arctan2, 2),
    "copysign": (np.copysign, 2),
}
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}


def _mathematical(scope, node, function):
    name = getattr(function, "__name__", "")
    if getattr(function, "__module__", None) != "math":
        return None
    if name in _TESTS:
        (value,) = _scalars(scope, node, 1)
        return _operation(scope, node, _TESTS[name], types.BOOL, [value.run])
    if name not in MATH:
        return None
    ufunc, count = MATH[name]
    values = _scalars(scope, node, count)
    kind = types.mathematical(*(value.kind for value in values))
    runs = [convert(value, kind) for value in values]
    return _operation(scope, node, ufunc, kind, runs, flops=1)


def _operation(scope, node, compute, kind, runs, flops=0):
    """Return an operation on values, counted as one instruction and `flops` flops per lane."""
    counter = scope.counter(node)
    name = f"flops_fp{kind.itemsize * 8}" if types.is_float(kind) and flops else ""

    def run(machine):
        counter.tick(machine)
        if name:
            setattr(counter, name, getattr(counter, name) + flops * machine.active)
        return compute(*(value(machine) for value in runs))

    return Expression(kind, run)


def _builtin(scope, node, function):
    rule = _BUILTINS.get(function) if getattr(builtins, _name(function), None) else None
    return rule(scope, node) if rule else None


def _name(function):
    return getattr(function, "__name__", "")


def _least(scope, node):
    return _extreme(scope, node, lambda first, second: np.where(second < first, second, first)[()])


def _greatest(scope, node):
    return _extreme(scope, node, lambda first, second: np.where(second > first, second, first)[()])


def _extreme(scope, node, choose):
    values = _scalars(scope, node, 2, 32)
    kind = values[0].kind
    for value in values[1:]:
        kind = types.unify(kind, value.kind)
    if all(value.known for value in values):
        best = values[0].const
        for value in values[1:]:
            best = choose(best, value.const)
        return known(kind.type(best).item())
    result = values[0]
    for value in values[1:]:
        runs = [convert(result, kind), convert(value, kind)]
        result = _operation(scope, node, choose, kind, runs)
    return result


def _absolute(scope, node):
    (value,) = _scalars(scope, node, 1)
    return _operation(scope, node, np.abs, value.kind, [value.run])


def _round(scope, node):
    values = _scalars(scope, node, 1, 2)
    if not types.is_float(values[0].kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only a float can be rounded")
    if len(values) == 1:
        run = values[0].run
        return _operation(scope, node, lambda v: np.rint(v).astype(np.int64), types.INT64, [run])
    digits = int(_constant_argument(scope, node, node.args[1]))
    return _operation(scope, node, lambda v: np.round(v, digits), values[0].kind, [values[0].run])


def _length(scope, node):
    (argument,) = _arguments(scope, node, 1)
    value = compile_expression(scope, argument)
    if isinstance(value.kind, TupleType):
        return known(len(value.kind.items))
    if not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} has no length")
    run = value.run
    return Expression(types.INT64, lambda machine: np.int64(run(machine).shape[0]))


_BUILTINS = {min: _least, max: _greatest, abs: _absolute, round: _round, len: _length}


def _own_function(scope, node, function):
    plain = getattr(function, "py_func", None) or getattr(function, "fn", None) or function
    if not inspect.isfunction(plain) or plain.__module__ in ("math", "numpy"):
        return None
    if node.keywords:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: give the arguments by position")
    return scope.call(node, function, [compile_expression(scope, arg) for arg in node.args])


# Where a thread is


def _axis_value(read):
    def rule(scope, node):
        axis = stand_in.AXES.index(node.attr)
        return Expression(types.INT32, lambda machine: read(machine, axis))

    return rule


#: Names that stand for a value without being called → rule.
VALUES = {
    "laneid": lambda scope, node: Expression(types.INT32, lambda m: m.lane_numbers()),
    "warpsize": lambda scope, node: Expression(
        types.INT32, lambda m: np.int32(WARP), np.int32(WARP)
    ),
}
for _index, _read in {
    "threadIdx": lambda machine, axis: machine.thread_index(axis),
    "blockIdx": lambda machine, axis: machine.block_index(axis),
    "blockDim": lambda machine, axis: np.int32(machine.launch.block[axis]),
    "gridDim": lambda machine, axis: np.int32(machine.launch.grid[axis]),
}.items():
    VALUES |= {f"{_index}.{axis}": _axis_value(_read) for axis in stand_in.AXES}


def _per_axis(read):
    def rule(scope, node):
        (argument,) = _arguments(scope, node, 1)
        count = int(_constant_argument(scope, node, argument))
        if count not in (1, 2, 3):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: 1, 2 or 3 dimensions")
        counter = scope.counter(node)

        def one(machine):
            counter.tick(machine)
            return read(machine, 0)

        if count == 1:
            return Expression(types.INT64, one)
        kind = TupleType((types.INT64,) * count)
        return Expression(kind, lambda m: (one(m), *(read(m, axis) for axis in range(1, count))))

    return rule


def _grid_size(machine, axis):
    return np.int64(machine.launch.grid[axis]) * np.int64(machine.launch.block[axis])


# Meeting points


def _procedure(count_least, count_most, act):
    """Return the rule of a call that gives no value; `act(machine, site, *values)`."""

    def rule(scope, node):
        values = _scalars(scope, node, count_least, count_most)
        site = scope.site(node)
        return Expression(ConstantType(None, id(None)), _located(site, act, values))

    return rule


def _located(site, act, values):
    """Return a function that acts, and whose errors carry the line."""
    runs = [value.run for value in values]

    def run(machine):
        site.counter.tick(machine)
        try:
            return act(machine, site, *(value(machine) for value in runs))
        except KernelError as error:
            if error.line is None:
                raise KernelError(str(error), site.line, error.thread) from None
            raise

    return run


def _barrier(machine, site):
    machine.barrier(site.counter)


def _syncwarp(machine, site, members=warps.ALL_LANES):
    machine.sync_warps(members)


def _voting_barrier(result):
    def rule(scope, node):
        (predicate,) = _scalars(scope, node, 1)

        def act(machine, site, value):
            machine.barrier(site.counter)
            return result(machine, warps.per_block(machine, value))

        return Expression(types.INT32, _located(scope.site(node), act, [predicate]))

    return rule


def _everybody(machine, yes):
    running = machine.mask.reshape(machine.blocks, -1).sum(axis=1)
    return (yes == running.repeat(machine.launch.lanes_per_block)).astype(np.int32)


# Warps


def _shuffling(source):
    def rule(scope, node):
        members, value, which = _scalars(scope, node, 3)

        def act(machine, site, members, value, which):
            site.counter.shuffles += machine.warps
            lane = source(machine.lane_numbers().astype(np.int64), which)
            return warps.shuffle(machine, site, members, value, lane)

        return Expression(value.kind, _located(scope.site(node), act, [members, value, which]))

    return rule


def _vote(kind, result):
    def rule(scope, node):
        operands = _scalars(scope, node, 2)

        def act(machine, site, members, predicate):
            site.counter.shuffles += machine.warps
            return result(*warps.votes(machine, members, predicate))

        return Expression(kind, _located(scope.site(node), act, operands))

    return rule


def _match_any(scope, node):
    def act(machine, site, members, value):
        site.counter.shuffles += machine.warps
        return warps.matches(machine, members, value).astype(np.int32)

    return Expression(types.INT32, _located(scope.site(node), act, _scalars(scope, node, 2)))


def _match_all(scope, node):
    def act(machine, site, members, value):
        site.counter.shuffles += machine.warps
        voting, _ = warps.votes(machine, members, True)
        same = warps.matches(machine, members, value) == voting
        return np.where(same, voting, 0).astype(np.int32), same

    kind = TupleType((types.INT32, types.BOOL))
    return Expression(kind, _located(scope.site(node), act, _scalars(scope, node, 2)))


def _active_mask(scope, node):
    _arguments(scope, node, 0)
    return _operation_on_machine(
        scope, node, types.UINT32, lambda m: m.lane_bits(m.mask).astype(np.uint32)
    )


def _lanes_below(scope, node):
    _arguments(scope, node, 0)
    return _operation_on_machine(
        scope,
        node,
        types.UINT32,
        lambda m: ((1 << m.lane_numbers().astype(np.int64)) - 1).astype(np.uint32),
    )


def _operation_on_machine(scope, node, kind, compute):
    counter = scope.counter(node)

    def run(machine):
        counter.tick(machine)
        return compute(machine)

    return Expression(kind, run)


# Bits and arithmetic


def _unsigned(value):
    return value.astype(np.dtype(f"u{value.dtype.itemsize}"))


def _bit_function(compute, result=lambda kind: kind):
    def rule(scope, node):
        (value,) = _scalars(scope, node, 1)
        if not types.is_integer(value.kind):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: an integer is needed")
        kind = types.INT32 if value.kind.itemsize < 4 else value.kind
        out = result(kind)
        return _operation(
            scope, node, lambda v: compute(_unsigned(v)).astype(out), out, [convert(value, kind)]
        )

    return rule


def _leading_zeros(value):
    bits = value.dtype.itemsize * 8
    count = np.full(np.shape(value), bits, dtype=np.int64)
    for place in range(bits):
        count = np.where(value >> value.dtype.type(place) != 0, bits - 1 - place, count)
    return count[()] if count.ndim else np.int64(count)


def _first_set(value):
    lowest = value & (~value + value.dtype.type(1))
    zeros = _leading_zeros(lowest)
    return np.where(value == 0, 0, value.dtype.itemsize * 8 - zeros)[()]


def _reversed_bits(value):
    result = np.zeros_like(value)
    one = value.dtype.type(1)
    for _ in range(value.dtype.itemsize * 8):
        result = (result << one) | (value & one)
        value = value >> one
    return result


def _fused(scope, node):
    values = _scalars(scope, node, 3)
    kind = types.mathematical(*(value.kind for value in values))
    runs = [convert(value, kind) for value in values]
    wide = np.longdouble if kind == types.FLOAT64 else np.float64

    def compute(a, b, c):
        return (a.astype(wide) * b.astype(wide) + c.astype(wide)).astype(kind)

    return _operation(scope, node, compute, kind, runs, flops=2)


def _cube_root(scope, node):
    (value,) = _scalars(scope, node, 1)
    kind = types.mathematical(value.kind)
    return _operation(scope, node, np.cbrt, kind, [convert(value, kind)], flops=1)


def _selected(scope, node):
    test, first, second = _scalars(scope, node, 3)
    kind = types.unify(first.kind, second.kind)
    runs = [test.run, convert(first, kind), convert(second, kind)]
    return _operation(scope, node, lambda t, a, b: np.where(t != 0, a, b)[()], kind, runs)


# Arrays


def _array_arguments(scope, node):
    given = dict(zip(("shape", "dtype"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords}
    if not {"shape", "dtype"} <= set(given) or len(node.args) > 2:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a shape and a dtype are needed")
    shape = _constant_argument(scope, node, given["shape"])
    shape = shape if isinstance(shape, tuple) else (shape,)
    dtype = types.as_dtype(_constant_argument(scope, node, given["dtype"]))
    if dtype is None:
        raise scope.refuse(node, f"`{ast.unparse(given['dtype'])}` is no type of a kernel")
    if not all(isinstance(n, (int, np.integer)) and n >= 0 for n in shape):
        raise scope.refuse(node, f"`{ast.unparse(given['shape'])}` is no shape")
    return tuple(int(n) for n in shape), dtype


def _block_array(space):
    def rule(scope, node):
        shape, dtype = _array_arguments(scope, node)
        name = scope.target or space
        kind = ArrayType(dtype, len(shape), space)
        key = scope.site(node).key
        if space == "shared" and shape == (0,):
            scope.program.dynamic.add(dtype)
            return Expression(kind, _dynamic(key, name, dtype, scope.program))
        size = math.prod(shape) * dtype.itemsize
        if space == "shared":
            scope.program.shared[key] = size
            if scope.program.shared_bytes > MAX_STATIC_SHARED:
                raise scope.refuse(
                    node,
                    f"{scope.program.shared_bytes} bytes of static shared memory per block, "
                    f"{MAX_STATIC_SHARED} at most; use dynamic shared memory",
                )
        else:
            scope.program.local[key] = size
        return Expression(kind, lambda machine: _made(machine, key, name, space, shape, dtype))

    return rule


def _made(machine, key, name, space, shape, dtype):
    if key not in machine.arrays:
        history = None
        if space == "shared":
            cells = machine.blocks * math.prod(shape)
            history = History(cells, dtype.itemsize, machine.launch.lanes)
        machine.arrays[key] = memory.make_block_array(machine, name, space, shape, dtype, history)
    return machine.arrays[key]


def _dynamic(key, name, dtype, program):
    def run(machine):
        if key not in machine.arrays:
            arena, history, initialised = _arena(machine, program)
            view = memory.make_dynamic_array(machine, name, dtype, arena, history)
            view.storage.initialised = initialised
            machine.arrays[key] = view
        return machine.arrays[key]

    return run


def _arena(machine, program):
    """Return the dynamic shared memory of all blocks, its history and what is initialised."""
    if machine.arena is None:
        per_block = -(-machine.launch.dynamic_shared // 16) * 16
        arena = np.full(machine.blocks * per_block, 0xA5, dtype=np.uint8)
        cell = min(dtype.itemsize for dtype in program.dynamic)
        history = History(arena.size // cell, cell, machine.launch.lanes)
        # Where one memory is read under several types, elements do not correspond.
        single = len(program.dynamic) == 1
        initialised = np.zeros(arena.size // cell, dtype=bool) if single else None
        machine.arena = (arena, history, initialised)
    return machine.arena


def _constant_like(scope, node):
    (argument,) = _arguments(scope, node, 1)
    array = compile_expression(scope, argument)
    if not isinstance(array.kind, ArrayType) or array.kind.space != "constant":
        raise scope.refuse(node, f"`{ast.unparse(argument)}` must be a global array")
    return array


def _atomic(name):
    operation, count = OPERATIONS[name]

    def rule(scope, node):
        wanted = node is not scope.discarded
        arguments = _arguments(scope, node, 2 + count)
        target = ast.copy_location(ast.Subscript(arguments[0], arguments[1], ast.Load()), node)
        return _atomic_expression(scope, node, target, operation, arguments[2:], wanted)

    return rule


def _compare_and_swap(scope, node):
    wanted = node is not scope.discarded
    array, old, new = _arguments(scope, node, 3)
    zero = ast.copy_location(ast.Constant(0), node)
    target = ast.copy_location(ast.Subscript(array, zero, ast.Load()), node)
    return _atomic_expression(scope, node, target, OPERATIONS["cas"][0], [old, new], wanted)


def _atomic_expression(scope, node, target, operation, operands, wanted):
    from .compile import element

    array, keys = element(scope, target)
    dtype, view, site = array.kind.dtype, array.run, scope.site(node)
    runs = [convert(scalar(scope, operand), dtype) for operand in operands]

    def run(machine):
        values = [value(machine) for value in runs]
        places = [key(machine) for key in keys]
        return memory.atomic(machine, view(machine), places, operation, values, site, wanted=wanted)

    return Expression(dtype, run)


_CALLS = {
    "grid": _per_axis(lambda machine, axis: machine.global_index(axis)),
    "gridsize": _per_axis(_grid_size),
    "syncthreads": _procedure(0, 0, _barrier),
    "syncthreads_count": _voting_barrier(lambda machine, yes: yes),
    "syncthreads_and": _voting_barrier(_everybody),
    "syncthreads_or": _voting_barrier(lambda machine, yes: (yes > 0).astype(np.int32)),
    "syncwarp": _procedure(0, 1, _syncwarp),
    "threadfence": _procedure(0, 0, lambda machine, site: machine.fence()),
    "threadfence_system": _procedure(0, 0, lambda machine, site: machine.fence()),
    "threadfence_block": _procedure(0, 0, lambda machine, site: None),
    "nanosleep": _procedure(1, 1, lambda machine, site, time: None),
    "shfl_sync": _shuffling(lambda lane, which: which % WARP),
    "shfl_up_sync": _shuffling(lambda lane, delta: lane - delta),
    "shfl_down_sync": _shuffling(lambda lane, delta: lane + delta),
    "shfl_xor_sync": _shuffling(lambda lane, bits: lane ^ bits),
    "all_sync": _vote(types.BOOL, lambda voting, yes: yes == voting),
    "any_sync": _vote(types.BOOL, lambda voting, yes: yes != 0),
    "eq_sync": _vote(types.BOOL, lambda voting, yes: (yes == voting) | (yes == 0)),
    "ballot_sync": _vote(types.INT32, lambda voting, yes: yes.astype(np.int32)),
    "match_any_sync": _match_any,
    "match_all_sync": _match_all,
    "activemask": _active_mask,
    "lanemask_lt": _lanes_below,
    "popc": _bit_function(np.bitwise_count),
    "clz": _bit_function(_leading_zeros),
    "ffs": _bit_function(_first_set, lambda kind: np.dtype(f"u{kind.itemsize}")),
    "brev": _bit_function(_reversed_bits),
    "fma": _fused,
    "cbrt": _cube_root,
    "selp": _selected,
    "shared.array": _block_array("shared"),
    "local.array": _block_array("local"),
    "const.array_like": _constant_like,
    "atomic.compare_and_swap": _compare_and_swap,
    **{f"atomic.{name}": _atomic(name) for name in OPERATIONS},
}
