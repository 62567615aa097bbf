"""Functions of the kernel's author, compiled where they are called."""

import ast

from ..source import plain_function, read
from . import types
from .expressions import UNKNOWN, Expression
from .nested import Nested
from .scope import Scope, Variable
from .terms import outside
from .types import ConstantType


def inlined(
    scope, node: ast.Call, function, arguments: list[Expression], named: dict[str, Expression]
) -> Expression:
    """Return a call of another function of the kernel, compiled in place."""
    callers = (*scope.callers, scope.source.function)
    if _identity(function) in callers:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: recursion is not supported: write a loop")
    prefix = (*scope.prefix, node.lineno, node.col_offset)
    if isinstance(function, Nested):
        inner = Scope(scope.program, function.source, prefix, (*callers, function), function.scope)
    else:
        inner = Scope(scope.program, read(function), prefix, callers)
    arguments = _with_defaults(scope, node, inner, arguments, named)
    for name, argument in arguments.items():
        const = argument.const if argument.known else UNKNOWN
        inner.env[name] = Variable(argument.kind, const, sure=argument.slot is None)
    body = inner.block(inner.source.tree.body)
    inner.return_kind = _return_kind(inner, node)
    pairs = [(inner.slot(name, argument.kind), argument) for name, argument in arguments.items()]
    kind = inner.return_kind
    result = inner.slot("return", kind)
    return Expression(
        kind if kind is not None else ConstantType(None, id(None)),
        _calling(prefix, pairs, body, result, kind is not None),
    )


def _identity(function):
    return function if isinstance(function, Nested) else plain_function(function)


def _defaults(scope, node, inner) -> list[Expression]:
    """Return the values of parameters that a call may leave out.

    Python has evaluated them when the function was defined, and so they stay.
    """
    if inner.outer is None:
        return [outside(scope, node, v) for v in inner.source.function.__defaults__ or ()]
    found = [inner.outer.expression(default) for default in inner.source.tree.args.defaults]
    if not all(value.known for value in found):
        raise scope.refuse(node, f"a default of {inner.source.name} must be a constant")
    return found


def _with_defaults(scope, node, inner, arguments, named) -> dict:
    """Return each parameter with what the call gives it, else its default."""
    parameters = inner.source.tree.args
    if parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise inner.refuse(inner.source.tree, "`*` and `**` parameters are not supported")
    names = [parameter.arg for parameter in parameters.posonlyargs + parameters.args]
    defaults = _defaults(scope, node, inner)
    given = dict(zip(names, arguments, strict=False))
    twice, unknown = set(given) & set(named), set(named) - set(names)
    found = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)) | given | named
    if len(arguments) > len(names) or twice or unknown or set(found) != set(names):
        raise scope.refuse(
            node,
            f"{inner.source.name} takes {', '.join(names)}: `{ast.unparse(node)}` does not fit",
        )
    return {name: found[name] for name in names}


def _return_kind(scope, node):
    if scope.env is not None and any(kind is not None for kind in scope.returns):
        raise scope.refuse(node, f"not every path through {scope.source.name} returns a value")
    if not scope.returns or scope.returns[0] is None:
        return None
    unified = scope.returns[0]
    for kind in scope.returns[1:]:
        try:
            unified = types.unify(unified, kind)
        except (TypeError, AttributeError) as error:
            raise scope.refuse(node, f"what {scope.source.name} returns: {error}") from None
    return unified


def _calling(prefix, pairs, body, result, returns):
    computed = [(slot, argument.run) for slot, argument in pairs if argument.slot is None]
    passed = [(slot, argument.slot) for slot, argument in pairs if argument.slot is not None]

    def run(machine):
        before, active = machine.mask, machine.active
        values = [value(machine) for _, value in computed]
        # Variables of an earlier call of this function are no longer there.
        for slot in [slot for slot in machine.slots if slot[0] == prefix]:
            del machine.slots[slot]
        for (slot, _), value in zip(computed, values, strict=True):
            machine.assign(slot, value)
        for slot, source in passed:
            machine.pass_on(source, slot)
        body(machine)
        machine.set_mask(before, active)
        return machine.slots[result][0] if returns else None

    return run
