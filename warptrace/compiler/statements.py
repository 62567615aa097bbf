"""Statements that give values to variables and elements."""

import ast
from collections.abc import Callable
from dataclasses import replace

from ..machine import memory
from . import types
from .elements import part_at, written_element, written_place
from .expressions import UNKNOWN, Expression, convert, passing
from .operations import located
from .operators import binary
from .records import copied
from .scope import Variable
from .slices import filled
from .types import ArrayType, ConstantType, TupleType


def nothing(scope, node: ast.Pass) -> None:
    """Compile `pass`: there is nothing to do."""


def bare_expression(scope, node: ast.Expr) -> Callable | None:
    """Compile an expression whose value nobody uses."""
    if isinstance(node.value, ast.Constant):
        return None
    scope.discarded = node.value
    return scope.expression(node.value).run


def assignment(scope, node: ast.Assign | ast.AnnAssign) -> Callable | None:
    """Compile `… = …`."""
    if isinstance(node, ast.AnnAssign):
        if node.value is None:
            return None
        targets = [node.target]
    else:
        targets = node.targets
    scope.target = targets[0].id if isinstance(targets[0], ast.Name) else ""
    value = scope.expression(node.value)
    scope.target = ""
    if len(targets) == 1:
        return assign(scope, targets[0], value)
    # `a = b = c` computes c once.
    held = {}
    shared = replace(value, run=lambda machine: held["value"], slot=None)
    steps = [assign(scope, target, shared) for target in targets]

    def run(machine):
        held["value"] = value.run(machine)
        for step in steps:
            step(machine)

    return run


def assign(scope, target: ast.expr, value: Expression) -> Callable:
    """Return the assignment of `value` to a name, an element, or a tuple of those."""
    if isinstance(target, ast.Name):
        return _assign_name(scope, target, value)
    if isinstance(target, (ast.Subscript, ast.Attribute)):
        return _assign_place(scope, target, value)
    if isinstance(target, (ast.Tuple, ast.List)):
        return _assign_items(scope, target, value)
    raise scope.refuse(target, f"`{ast.unparse(target)}` cannot be assigned in a kernel")


def _assign_name(scope, target, value):
    const = value.const if value.known else UNKNOWN
    if value.kind is None:
        raise scope.refuse(target, f"{target.id} would get no value")
    scope.env[target.id] = Variable(value.kind, const, sure=value.slot is None)
    if isinstance(value.kind, ConstantType):
        return lambda machine: None
    slot, give = scope.slot(target.id, value.kind), passing(value)
    if isinstance(value.kind, ArrayType):
        return located(scope.line(target), lambda machine: give(machine, slot))
    return lambda machine: give(machine, slot)


def _assign_items(scope, target, value):
    if not isinstance(value.kind, TupleType) or len(value.kind.items) != len(target.elts):
        found = types.name(value.kind)
        raise scope.refuse(target, f"{found} cannot be taken apart into {len(target.elts)} names")
    held = {}
    steps = []
    for n, (element, kind) in enumerate(zip(target.elts, value.kind.items, strict=True)):
        const = value.const[n] if value.known else UNKNOWN
        item = Expression(kind, lambda machine, n=n: held["value"][n], const)
        steps.append(assign(scope, element, item))

    def run(machine):
        held["value"] = value.run(machine)
        for step in steps:
            step(machine)

    return run


def _assign_place(scope, target, value):
    array, keys, ndim = written_place(scope, target)
    if ndim or array.kind.dtype.names:
        part = part_at(scope, target, array, keys, ndim)
        return located(
            scope.line(target), (copied if not ndim else filled)(scope, target, part, value)
        )
    if not types.is_scalar(value.kind):
        raise scope.refuse(target, f"{types.name(value.kind)} cannot be an element")
    site, view, run = scope.site(target), array.run, convert(value, array.kind.dtype)

    def step(machine):
        number = run(machine)
        memory.store(machine, view(machine), [key(machine) for key in keys], number, site)

    return step


def augmented(scope, node: ast.AugAssign) -> Callable:
    """Compile `… += …` and its like."""
    if isinstance(node.target, ast.Name):
        load = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        left = scope.expression(load)
        value = binary(scope, node, left, node.op, scope.expression(node.value))
        return _assign_name(scope, node.target, value)
    if not isinstance(node.target, (ast.Subscript, ast.Attribute)):
        raise scope.refuse(node, f"`{ast.unparse(node)}` is not supported in a kernel")
    array, keys = written_element(scope, node.target)
    site, dtype, held = scope.site(node.target), array.kind.dtype, {}

    def current(machine):
        held["view"], held["keys"] = array.run(machine), [key(machine) for key in keys]
        return memory.load(machine, held["view"], held["keys"], site)

    left = Expression(dtype, current)
    value = binary(scope, node, left, node.op, scope.expression(node.value))
    run = convert(value, dtype)

    def step(machine):
        number = run(machine)
        memory.store(machine, held["view"], held["keys"], number, site)

    return step
