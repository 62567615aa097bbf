"""What the rules of calls share: arguments, and operations that are counted."""

import ast
from collections.abc import Callable

from ..faults import KernelError
from . import types
from .expressions import Expression, scalar


def arguments(scope, node: ast.Call, least: int, most: int | None = None) -> list[ast.expr]:
    """Return the arguments of a call, of which there must be `least` to `most`."""
    most = least if most is None else most
    if node.keywords or not least <= len(node.args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise scope.refuse(node, f"`{ast.unparse(node)}`: {wanted} arguments are needed")
    return node.args


def scalars(scope, node: ast.Call, least: int, most: int | None = None) -> list[Expression]:
    """Return the arguments of a call compiled, each a number or a truth value."""
    return [scalar(scope, argument) for argument in arguments(scope, node, least, most)]


def constant_argument(scope, node: ast.Call, argument: ast.expr):
    """Return what must be known before the kernel runs, such as a shape."""
    expression = scope.expression(argument)
    if not expression.known:
        raise scope.refuse(node, f"`{ast.unparse(argument)}` must be a constant")
    return expression.const


def operation(scope, node, compute: Callable, kind, runs: list, flops: int = 0) -> Expression:
    """Return an operation on values, counted as one instruction and `flops` flops per lane."""
    counter = scope.counter(node)
    name = types.flops_counter(kind) if flops else ""

    def run(machine):
        counter.tick(machine)
        if name:
            setattr(counter, name, getattr(counter, name) + flops * machine.active)
        return compute(*(value(machine) for value in runs))

    return Expression(kind, run)


def of_machine(scope, node, kind, compute: Callable) -> Expression:
    """Return what `compute(machine)` gives, counted as one instruction."""
    counter = scope.counter(node)

    def run(machine):
        counter.tick(machine)
        return compute(machine)

    return Expression(kind, run)


def located(line, step: Callable) -> Callable:
    """Return `step` with its errors carrying the line."""

    def run(machine):
        try:
            return step(machine)
        except KernelError as error:
            if error.line is None:
                raise KernelError(str(error), line, error.thread) from None
            raise

    return run


def acting(site, act: Callable, values: list[Expression]) -> Callable:
    """Return a function that calls `act(machine, site, *values)`; its errors carry the line."""
    runs = [value.run for value in values]

    def run(machine):
        site.counter.tick(machine)
        return act(machine, site, *(value(machine) for value in runs))

    return located(site.line, run)
