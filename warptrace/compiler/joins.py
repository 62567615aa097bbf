"""Variables where control flow joins: each has one type there, as in Numba."""

from dataclasses import replace

from . import types
from .expressions import UNKNOWN, cast
from .scope import Variable
from .types import ConstantType


def join(environments: list) -> dict | None:
    """Return what is known of the variables where several paths meet, None if none does."""
    paths = [env for env in environments if env is not None]
    if not paths:
        return None
    return {name: _join_variable([env.get(name) for env in paths]) for name in _names(paths)}


def _names(paths):
    return list(dict.fromkeys(name for env in paths for name in env))


def _join_variable(variants: list) -> Variable:
    present = [variant for variant in variants if variant is not None]
    joined = present[0]
    for other in present[1:]:
        joined = _join_two(joined, other)
    if len(present) < len(variants):
        joined = replace(joined, sure=False, const=UNKNOWN)
    return joined


def _join_two(first: Variable, second: Variable) -> Variable:
    problem = first.problem or second.problem
    try:
        kind = types.unify(first.kind, second.kind)
    except TypeError as error:
        return Variable(first.kind, problem=problem or str(error))
    alike = first.kind == second.kind and first.same(replace(second, sure=first.sure))
    const = first.const if alike else UNKNOWN
    return Variable(kind, const, first.sure and second.sure, problem)


def casts(scope, source: dict | None, target: dict | None) -> list:
    """Return the steps that give the variables of `source` the types that they have in `target`.

    A variable whose value was known and is no longer is written out.
    """
    if source is None or target is None:
        return []
    steps = []
    for name, variable in source.items():
        wanted = target[name]
        if isinstance(wanted.kind, ConstantType) or wanted.problem:
            continue
        if variable.kind != wanted.kind:
            steps.append(_recast(scope.slot(name, variable.kind), scope.slot(name, wanted.kind)))
    return steps


def _recast(old, new):
    kind = new[2]

    def run(machine):
        if old in machine.slots:
            machine.assign(new, cast(machine.slots[old][0], kind))

    return run
