"""Parts of an array that are given a value: every element in turn."""

import ast
import itertools
from collections.abc import Callable

import numpy as np

from ..faults import KernelError
from ..machine import memory
from ..machine.lanes import is_vector
from . import types
from .expressions import Expression, convert
from .types import TupleType


def filled(scope, target: ast.expr, part: Expression, value: Expression) -> Callable:
    """Return the assignment of a number, or of a tuple of numbers, to a part of an array."""
    if isinstance(value.kind, TupleType) and part.kind.ndim == 1:
        return _with_items(scope, target, part, value)
    if not types.is_scalar(value.kind) or part.kind.dtype.names:
        raise scope.refuse(
            target,
            f"`{ast.unparse(target)}` takes a number: no array is copied into a part of another; "
            "write a loop over the elements",
        )
    site, view, run = scope.site(target), part.run, convert(value, part.kind.dtype)

    def step(machine):
        there, number = view(machine), run(machine)
        for place in _each_place(machine, there.shape):
            memory.store(machine, there, place, number, site)

    return step


def _with_items(scope, target, part, value):
    if len(set(value.kind.items)) > 1:
        raise scope.refuse(target, f"`{ast.unparse(target)}`: convert the numbers to one type")
    dtype, values, view = part.kind.dtype, value.run, part.run
    kinds, site = value.kind.items, scope.site(target)
    held: dict = {}
    items = [
        convert(Expression(kind, lambda m, n=n: held["value"][n]), dtype)
        for n, kind in enumerate(kinds)
    ]

    def step(machine):
        there = view(machine)
        if np.any((there.shape[0] != len(kinds)) & machine.mask):
            raise KernelError(f"{len(kinds)} numbers for a part of another length", site.line)
        held["value"] = values(machine)
        for (place,), item in zip(_each_place(machine, there.shape), items, strict=True):
            memory.store(machine, there, [place], item(machine), site)

    return step


def _each_place(machine, shape):
    """Yield the index of each element, with those lanes running whose part reaches so far."""
    before, active = machine.mask, machine.active
    most = [np.max(np.where(before, n, 0)) if is_vector(n) else n for n in shape]
    for place in itertools.product(*(range(int(n)) for n in most)):
        mask = before
        for key, n in zip(place, shape, strict=True):
            mask = mask & (key < n) if is_vector(n) else mask
        machine.set_mask(mask, active if mask is before else None)
        yield [np.int64(key) for key in place]
    machine.set_mask(before, active)
