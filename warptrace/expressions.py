"""Expressions of a kernel, turned into functions that compute them for all lanes at once."""

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import memory, types
from .faults import KernelError
from .machine import is_vector
from .types import ArrayType, ConstantType, TupleType

#: Stands where an expression's value is not known before the kernel runs.
UNKNOWN = object()


@dataclass(frozen=True)
class Expression:
    """A compiled expression.

    Attributes:
        kind: its type.
        run: computes it; takes the machine, returns a scalar or one value per lane.
        const: its value where that is known in advance, else `UNKNOWN`.
    """

    kind: object
    run: Callable
    const: object = UNKNOWN

    @property
    def known(self) -> bool:
        """Whether the value is known in advance."""
        return self.const is not UNKNOWN


@dataclass(frozen=True)
class Site:
    """A place of the source: its line, its counters, and a key of its own."""

    line: object
    counter: object
    key: tuple


def known(value) -> Expression:
    """Return the expression of a value known in advance."""
    try:
        number = types.constant(value)
    except TypeError:
        return Expression(ConstantType(value, id(value)), lambda machine: value, value)
    return Expression(number.dtype, lambda machine: number, value)


def cast(value, kind):
    """Return a scalar or vector as `kind`, truncating as a C cast does."""
    if isinstance(kind, TupleType):
        return tuple(map(cast, value, kind.items))
    if not types.is_scalar(kind) or value.dtype == kind:
        return value
    return value.astype(kind)


def convert(expression: Expression, kind) -> Callable:
    """Return a function that computes `expression` as `kind`."""
    if expression.kind == kind:
        return expression.run
    if expression.known and types.is_scalar(kind):
        number = cast(types.constant(expression.const), kind)
        return lambda machine: number
    run = expression.run
    return lambda machine: cast(run(machine), kind)


def compile_expression(scope, node: ast.expr) -> Expression:
    """Return `node` compiled.

    Raises:
        UnsupportedError: the tracer, or Numba, does not know such an expression.
    """
    rule = _RULES.get(type(node))
    if rule is None:
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    return rule(scope, node)


def scalar(scope, node: ast.expr) -> Expression:
    """Return `node` compiled, which must be a number or a truth value."""
    expression = compile_expression(scope, node)
    if not types.is_scalar(expression.kind):
        raise scope.refuse(
            node, f"`{ast.unparse(node)}` is {types.name(expression.kind)}, a number is needed"
        )
    return expression


def condition(scope, node: ast.expr) -> Expression:
    """Return the truth of `node`, bool."""
    expression = scalar(scope, node)
    if expression.known:
        return known(bool(expression.const))
    if expression.kind == types.BOOL:
        return expression
    run = expression.run
    return Expression(types.BOOL, lambda machine: run(machine) != 0)


def _constant(scope, node):
    if node.value is None or isinstance(node.value, (bool, int, float, str)):
        return known(node.value)
    raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")


def _name(scope, node):
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
    kind = variable.kind
    if variable.const is not UNKNOWN and variable.sure:
        value = known(variable.const)
        return value if value.kind == kind or not types.is_scalar(kind) else _as(value, kind)
    if isinstance(kind, ConstantType):
        return known(kind.value)
    slot, name, line = scope.slot(node.id, kind), node.id, scope.line(node)
    if variable.sure:
        return Expression(kind, lambda machine: machine.slots[slot][0])
    return Expression(kind, lambda machine: machine.read(slot, name, line))


def _as(value: Expression, kind) -> Expression:
    return Expression(kind, convert(value, kind), kind.type(value.const))


def outside(scope, node, value) -> Expression:
    """Return what a global or a name of the enclosing function stands for in a kernel."""
    if isinstance(value, tuple):
        return _tuple_of([outside(scope, node, item) for item in value])
    if isinstance(value, np.ndarray):
        return scope.constant_array(node, value)
    return known(value)


def _tuple(scope, node):
    return _tuple_of([compile_expression(scope, item) for item in node.elts])


def _tuple_of(items):
    kind = TupleType(tuple(item.kind for item in items))
    const = tuple(item.const for item in items) if all(i.known for i in items) else UNKNOWN
    runs = [item.run for item in items]
    return Expression(kind, lambda machine: tuple(run(machine) for run in runs), const)


# Operators

_OPERATORS = {
    ast.Add: (np.add, types.arithmetic),
    ast.Sub: (np.subtract, types.arithmetic),
    ast.Mult: (np.multiply, types.arithmetic),
    ast.Div: (np.true_divide, types.true_division),
    ast.FloorDiv: (np.floor_divide, types.arithmetic),
    ast.Mod: (np.remainder, types.arithmetic),
    ast.Pow: (None, types.power),
    ast.BitAnd: (np.bitwise_and, types.bitwise),
    ast.BitOr: (np.bitwise_or, types.bitwise),
    ast.BitXor: (np.bitwise_xor, types.bitwise),
    ast.LShift: (np.left_shift, types.shift),
    ast.RShift: (np.right_shift, types.shift),
}
_FOLDED = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.LShift, ast.Div)
_COMPARISONS = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}


def _binary(scope, node):
    left, right = (compile_expression(scope, side) for side in (node.left, node.right))
    return binary(scope, node, left, node.op, right)


def binary(scope, node, left: Expression, operator: ast.operator, right: Expression):
    """Return `left operator right`, typed as Numba types it."""
    tuples = isinstance(left.kind, TupleType) and isinstance(right.kind, TupleType)
    if tuples and isinstance(operator, ast.Add):
        return _joined(left, right)
    ufunc, typing = _OPERATORS.get(type(operator), (None, None))
    if typing is None or not (types.is_scalar(left.kind) and types.is_scalar(right.kind)):
        kinds = f"{types.name(left.kind)} and {types.name(right.kind)}"
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported: {kinds}")
    try:
        kind = typing(left.kind, right.kind)
    except TypeError as error:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {error}") from None
    folded = _fold(left, right, operator, kind)
    if folded is not None:
        return folded
    if ufunc is None:
        return _power(scope, node, left, right, kind)
    first, second = convert(left, kind), convert(right, kind)
    return Expression(kind, _counted(scope, node, ufunc, first, second, kind))


def _counted(scope, node, ufunc, first, second, kind):
    counter = scope.counter(node)
    if types.is_float(kind):
        flops = f"flops_fp{kind.itemsize * 8}"

        def run(machine):
            counter.tick(machine)
            setattr(counter, flops, getattr(counter, flops) + machine.active)
            return ufunc(first(machine), second(machine))

    else:

        def run(machine):
            counter.tick(machine)
            return ufunc(first(machine), second(machine))

    return run


def _joined(left, right):
    kind = TupleType(left.kind.items + right.kind.items)
    return Expression(kind, lambda machine: left.run(machine) + right.run(machine))


def _fold(left, right, operator, kind):
    """Compute what the compiler computes: integers and floats known in advance."""
    if not (left.known and right.known and isinstance(operator, _FOLDED)):
        return None
    ufunc = _OPERATORS[type(operator)][0]
    with np.errstate(all="ignore"):
        value = ufunc(kind.type(left.const), kind.type(right.const))
    return _as(known(value.item()), kind)


def _power(scope, node, left, right, kind):
    if not types.is_float(kind):
        return _integer_power(scope, node, left, right, kind)
    first, second = convert(left, kind), convert(right, kind)
    if right.known and right.const == 2:
        return Expression(kind, _counted(scope, node, np.multiply, first, first, kind))
    return Expression(kind, _counted(scope, node, np.power, first, second, kind))


def _integer_power(scope, node, left, right, kind):
    line = scope.line(node)

    def power(base, exponent):
        if np.any(exponent < 0):
            raise KernelError("an integer to a negative power", line)
        return np.power(base, exponent)

    first, second = convert(left, kind), convert(right, kind)
    return Expression(kind, _counted(scope, node, power, first, second, kind))


def _unary(scope, node):
    if isinstance(node.op, ast.Not):
        return _not(scope, node)
    operand = scalar(scope, node.operand)
    if isinstance(node.op, ast.Invert):
        if not types.is_integer(operand.kind):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: a float has no bits to invert")
        kind = operand.kind if operand.kind == types.BOOL else types.sign(operand.kind)
        ufunc = np.invert
    else:
        kind = types.sign(operand.kind)
        ufunc = np.negative if isinstance(node.op, ast.USub) else np.positive
    if operand.known and operand.kind != types.BOOL:
        return _as(known(ufunc(kind.type(operand.const)).item()), kind)
    run, counter = convert(operand, kind), scope.counter(node)

    def compute(machine):
        counter.tick(machine)
        return ufunc(run(machine))

    return Expression(kind, compute)


def _not(scope, node):
    operand = condition(scope, node.operand)
    if operand.known:
        return known(not operand.const)
    run = operand.run
    return Expression(types.BOOL, lambda machine: np.logical_not(run(machine)))


def _compare(scope, node):
    if isinstance(node.ops[0], (ast.In, ast.NotIn)) and len(node.ops) == 1:
        return _membership(scope, node)
    if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and len(node.ops) == 1:
        return _identity(scope, node)
    left, result = compile_expression(scope, node.left), None
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = compile_expression(scope, comparator)
        test = _comparison(scope, node, left, operator, right)
        result = test if result is None else _both(scope, result, test)
        left = right
    return result


def _comparison(scope, node, left, operator, right):
    ufunc = _COMPARISONS.get(type(operator))
    if ufunc is None or not (types.is_scalar(left.kind) and types.is_scalar(right.kind)):
        kinds = f"{types.name(left.kind)} and {types.name(right.kind)}"
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported: {kinds}")
    if left.known and right.known:
        return known(bool(ufunc(left.const, right.const)))
    first, second = left.run, right.run
    if types.is_float(left.kind) or types.is_float(right.kind):
        kind = types.arithmetic(left.kind, right.kind)
        first, second = convert(left, kind), convert(right, kind)
    counter = scope.counter(node)

    def run(machine):
        counter.tick(machine)
        return ufunc(first(machine), second(machine))

    return Expression(types.BOOL, run)


def _membership(scope, node):
    items = compile_expression(scope, node.comparators[0])
    if not isinstance(items.kind, TupleType) or not isinstance(
        node.comparators[0], (ast.Tuple, ast.List)
    ):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: write the values out, as in (1, 2)")
    left, result = scalar(scope, node.left), None
    for item in node.comparators[0].elts:
        test = _comparison(scope, node, left, ast.Eq(), scalar(scope, item))
        result = test if result is None else _either(result, test)
    if isinstance(node.ops[0], ast.NotIn):
        run = result.run
        return Expression(types.BOOL, lambda machine: np.logical_not(run(machine)))
    return result


def _either(first, second):
    return Expression(types.BOOL, lambda m: np.logical_or(first.run(m), second.run(m)))


def _identity(scope, node):
    left, right = (compile_expression(scope, n) for n in (node.left, node.comparators[0]))
    if not (right.known and right.const is None):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: only `is None` is supported")
    same = left.known and left.const is None
    return known(same == isinstance(node.ops[0], ast.Is))


def _both(scope, first, second):
    if first.known and second.known:
        return known(bool(first.const and second.const))
    return Expression(types.BOOL, _short_circuit(first.run, second.run, types.BOOL, True))


def _boolean(scope, node):
    conjunction = isinstance(node.op, ast.And)
    result = scalar(scope, node.values[0])
    for value in node.values[1:]:
        if result.known:
            if bool(result.const) != conjunction:
                return result
            result = scalar(scope, value)
            continue
        right = scalar(scope, value)
        kind = types.unify(result.kind, right.kind)
        run = _short_circuit(convert(result, kind), convert(right, kind), kind, conjunction)
        result = Expression(kind, run)
    return result


def _short_circuit(first, second, kind, conjunction):
    """Return `first and second` (or `or`): the second runs in the lanes that need it."""

    def run(machine):
        left = first(machine)
        truth = left != 0 if kind != types.BOOL else left
        holds, fails = machine.split(truth)
        needed = holds if conjunction else fails
        if needed is None:
            return left
        before, active = machine.mask, machine.active
        machine.set_mask(needed)
        right = second(machine)
        machine.set_mask(before, active)
        if needed is before:
            return right
        return np.where(needed, right, left)

    return run


def _choice(scope, node):
    test = condition(scope, node.test)
    if test.known:
        return compile_expression(scope, node.body if test.const else node.orelse)
    first, second = scalar(scope, node.body), scalar(scope, node.orelse)
    kind = types.unify(first.kind, second.kind)
    return Expression(kind, _select(test.run, convert(first, kind), convert(second, kind)))


def _select(test, first, second):
    def run(machine):
        holds, fails = machine.split(test(machine))
        if fails is None:
            return first(machine)
        if holds is None:
            return second(machine)
        before, active = machine.mask, machine.active
        machine.set_mask(holds)
        left = first(machine)
        machine.set_mask(fails)
        right = second(machine)
        machine.set_mask(before, active)
        return np.where(holds, left, right)

    return run


# Attributes and elements


def _attribute(scope, node):
    value = compile_expression(scope, node.value)
    if isinstance(value.kind, ArrayType):
        return _array_attribute(scope, node, value)
    if not isinstance(value.kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    try:
        found = getattr(value.const, node.attr)
    except AttributeError:
        raise scope.refuse(node, f"`{ast.unparse(node)}` does not exist") from None
    from .intrinsics import VALUES
    from .source import as_known

    found = as_known(found)
    rule = VALUES.get(getattr(found, "name", None)) if _is_intrinsic(found) else None
    return rule(scope, node) if rule else outside(scope, node, found)


def _is_intrinsic(thing) -> bool:
    from .stand_in import Intrinsic

    return isinstance(thing, Intrinsic)


def _array_attribute(scope, node, value):
    ndim, run = value.kind.ndim, value.run
    extents = TupleType((types.INT64,) * ndim)
    if node.attr == "shape":
        return Expression(extents, lambda m: tuple(map(np.int64, run(m).shape)))
    if node.attr == "strides":
        return Expression(extents, lambda m: _byte_strides(run(m)))
    if node.attr == "size":
        return Expression(types.INT64, lambda m: np.int64(math.prod(run(m).shape)))
    if node.attr == "ndim":
        return known(ndim)
    if node.attr == "dtype":
        return known(value.kind.dtype)
    if node.attr == "T":
        return Expression(value.kind, lambda m: _transposed(run(m)))
    raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")


def _byte_strides(view):
    return tuple(np.int64(stride * view.storage.unit) for stride in view.strides)


def _transposed(view):
    return memory.View(view.storage, view.offset, view.shape[::-1], view.strides[::-1])


def _subscript(scope, node):
    value = compile_expression(scope, node.value)
    if isinstance(value.kind, TupleType):
        return _item(scope, node, value)
    if not isinstance(value.kind, ArrayType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {types.name(value.kind)} has no elements")
    keys, dropped = index(scope, node, value.kind)
    site, array = scope.site(node), value.run
    if dropped == value.kind.ndim:
        return Expression(
            value.kind.dtype, lambda m: memory.load(m, array(m), [key(m) for key in keys], site)
        )
    kind = value.kind
    part = ArrayType(kind.dtype, kind.ndim - dropped, kind.space, kind.origins)
    line = site.line
    return Expression(part, lambda m: array(m).part(m, [key(m) for key in keys], line))


def index(scope, node: ast.Subscript, kind: ArrayType) -> tuple[list, int]:
    """Return a function per index of `node`, and how many of them are integers."""
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    keys, integers = [], 0
    for one in nodes:
        if isinstance(one, ast.Slice):
            keys.append(_slice(scope, one))
            continue
        for expression in _flattened(compile_expression(scope, one)):
            if not types.is_integer(expression.kind):
                found = types.name(expression.kind)
                raise scope.refuse(node, f"`{ast.unparse(node)}`: an index of type {found}")
            keys.append(expression.run)
            integers += 1
    if len(keys) > kind.ndim:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the array has {kind.ndim} dimensions")
    return keys, integers


def _flattened(expression):
    if not isinstance(expression.kind, TupleType):
        return [expression]
    return [_picked(expression, n) for n in range(len(expression.kind.items))]


def _picked(expression, n):
    run = expression.run
    return Expression(expression.kind.items[n], lambda machine: run(machine)[n])


def _slice(scope, node):
    if node.step is not None:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a slice with a step is not supported")
    ends = [None if end is None else scalar(scope, end).run for end in (node.lower, node.upper)]
    return lambda machine: slice(*(end and end(machine) for end in ends))


def _item(scope, node, value):
    place = scalar(scope, node.slice)
    items = value.kind.items
    if place.known:
        try:
            n = range(len(items))[int(place.const)]
        except IndexError:
            raise scope.refuse(node, f"`{ast.unparse(node)}`: no such item") from None
        if value.known:
            return known(value.const[n])
        return _picked(value, n)
    kind = items[0]
    if any(item != kind for item in items) or not types.is_scalar(kind):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: the items have several types")
    return Expression(kind, _any_item(scope, node, value.run, place.run, len(items)))


def _any_item(scope, node, values, place, count):
    line = scope.line(node)

    def run(machine):
        items, at = values(machine), place(machine)
        at = np.where(at < 0, at + count, at)
        if (((at < 0) | (at >= count)) & machine.mask).any():
            raise KernelError(f"out of bounds: a tuple of {count} items", line)
        if not is_vector(at):
            return items[int(at)]
        stacked = np.stack([machine.vector(item) for item in items])
        return stacked[np.clip(at, 0, count - 1), np.arange(machine.lanes)]

    return run


def _call(scope, node):
    from .intrinsics import compile_call

    return compile_call(scope, node)


_RULES = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _tuple,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _choice,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
