"""`if`, and `return`: lanes part, and some of them end."""

import ast
from collections.abc import Callable

from ..machine.counting import branch
from .expressions import cast, condition
from .joins import casts, join


def if_else(scope, node: ast.If) -> Callable:
    """Compile `if … else …`."""
    test = condition(scope, node.test)
    if test.known:
        return scope.block(node.body if test.const else node.orelse)
    before = scope.env
    scope.env = dict(before)
    then = scope.block(node.body)
    after_then, scope.env = scope.env, dict(before)
    otherwise = scope.block(node.orelse)
    after_otherwise = scope.env
    scope.env = join([after_then, after_otherwise])
    then = _followed(then, casts(scope, after_then, scope.env))
    otherwise = _followed(otherwise, casts(scope, after_otherwise, scope.env))
    return _branching(test.run, then, otherwise, scope.counter(node))


def _followed(body, steps):
    if not steps:
        return body

    def run(machine):
        body(machine)
        if machine.active:
            for step in steps:
                step(machine)

    return run


def _branching(test, then, otherwise, counter):
    def run(machine):
        holds, fails = branch(machine, test(machine), counter)
        if fails is None:
            return then(machine)
        if holds is None:
            return otherwise(machine)
        before, active = machine.mask, machine.active
        machine.set_mask(holds)
        then(machine)
        after, left = machine.mask, machine.active
        machine.set_mask(fails)
        otherwise(machine)
        left += machine.active
        if left == active:
            machine.set_mask(before, active)
        else:
            machine.set_mask(after | machine.mask, left)
        return None

    return run


def return_(scope, node: ast.Return) -> Callable:
    """Compile `return`."""
    if scope.is_kernel:
        if node.value is not None and not (
            isinstance(node.value, ast.Constant) and node.value.value is None
        ):
            raise scope.refuse(node, "a kernel returns nothing: write the result to an array")
        scope.env = None
        return lambda machine: machine.exit()
    value = None if node.value is None else scope.expression(node.value)
    scope.returns.append(value.kind if value else None)
    scope.env = None
    if value is None:
        return lambda machine: machine.nobody()

    def run(machine):
        kind = scope.return_kind
        machine.assign(scope.slot("return", kind), cast(value.run(machine), kind))
        machine.nobody()

    return run
