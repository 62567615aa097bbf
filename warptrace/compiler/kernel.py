"""A kernel as a whole, and the rules by which it is compiled."""

import ast
from collections.abc import Callable

from ..faults import UnsupportedError
from ..source import Source, read
from . import (
    branches,
    calls,
    conditions,
    elements,
    loops,
    matching,
    messages,
    nested,
    operators,
    statements,
    terms,
)
from .scope import Program, Rules, Scope, Variable

RULES = Rules(
    expressions={
        ast.Constant: terms.constant,
        ast.Name: terms.named,
        ast.Tuple: terms.group,
        ast.BinOp: operators.operation,
        ast.UnaryOp: operators.unary,
        ast.Compare: conditions.comparison,
        ast.BoolOp: conditions.boolean,
        ast.IfExp: conditions.choice,
        ast.Attribute: elements.attribute,
        ast.Subscript: elements.subscript,
        ast.Call: calls.call,
        ast.Lambda: nested.anonymous,
    },
    statements={
        ast.Pass: statements.nothing,
        ast.Expr: statements.bare_expression,
        ast.Assign: statements.assignment,
        ast.AnnAssign: statements.assignment,
        ast.AugAssign: statements.augmented,
        ast.If: branches.if_else,
        ast.While: loops.while_loop,
        ast.For: loops.for_loop,
        ast.Break: loops.break_,
        ast.Continue: loops.continue_,
        ast.Return: branches.return_,
        ast.Assert: messages.asserted,
        ast.Raise: messages.raised,
        ast.FunctionDef: nested.defined,
        ast.Match: matching.match,
    },
)


def compile_kernel(kernel, kinds: list, counters) -> tuple[Program, Source, list, Callable]:
    """Compile a kernel for arguments of certain types; nothing runs.

    Args:
        kernel: a function or a `cuda.jit` dispatcher.
        kinds: the types of its arguments; a function `name -> type` each.
        counters: where its lines are counted.

    Returns:
        The program, the source, the slots of the parameters, and a function that runs the
        kernel on a machine.

    Raises:
        UnsupportedError: the kernel holds what the tracer does not run.
    """
    source = read(kernel)
    program = Program(RULES, counters, source.filename)
    scope = Scope(program, source, (), ())
    parameters = source.tree.args
    names = [parameter.arg for parameter in parameters.posonlyargs + parameters.args]
    if parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise scope.refuse(source.tree, "`*` and `**` parameters are not supported")
    if len(names) != len(kinds):
        raise UnsupportedError(f"{source.name} takes {len(names)} arguments, {len(kinds)} given")
    for name, kind in zip(names, kinds, strict=True):
        scope.env[name] = Variable(kind(name))
    slots = [scope.slot(name, scope.env[name].kind) for name in names]
    body = scope.block(source.tree.body)
    return program, source, list(zip(names, slots, strict=True)), body
