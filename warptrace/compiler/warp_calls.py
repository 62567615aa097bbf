"""What lanes of a warp ask one another: shuffles, votes, matches."""

import ast

import numpy as np

from ..counters import WARP
from ..machine import warps
from . import types
from .expressions import Expression
from .operations import acting, arguments, of_machine, scalars
from .types import TupleType


def _shuffling(source):
    def rule(scope, node):
        members, value, which = scalars(scope, node, 3)
        if types.is_complex(value.kind):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: give `.real` and `.imag` one by one")

        def act(machine, site, members, value, which):
            site.counter.shuffles += machine.warps
            lane = source(machine.lane_numbers().astype(np.int64), which)
            return warps.shuffle(machine, site, members, value, lane)

        return Expression(value.kind, acting(scope.site(node), act, [members, value, which]))

    return rule


def _vote(kind, result):
    def rule(scope, node):
        operands = scalars(scope, node, 2)

        def act(machine, site, members, predicate):
            site.counter.shuffles += machine.warps
            return result(*warps.votes(machine, members, predicate))

        return Expression(kind, acting(scope.site(node), act, operands))

    return rule


def _match_any(scope, node):
    def act(machine, site, members, value):
        site.counter.shuffles += machine.warps
        return warps.matches(machine, members, value).astype(np.int32)

    return Expression(types.INT32, acting(scope.site(node), act, scalars(scope, node, 2)))


def _match_all(scope, node):
    def act(machine, site, members, value):
        site.counter.shuffles += machine.warps
        voting, _ = warps.votes(machine, members, True)
        same = warps.matches(machine, members, value) == voting
        return np.where(same, voting, 0).astype(np.int32), same

    kind = TupleType((types.INT32, types.BOOL))
    return Expression(kind, acting(scope.site(node), act, scalars(scope, node, 2)))


def _active_mask(scope, node):
    arguments(scope, node, 0)
    return of_machine(scope, node, types.UINT32, lambda m: m.lane_bits(m.mask).astype(np.uint32))


def _lanes_below(scope, node):
    arguments(scope, node, 0)
    return of_machine(
        scope,
        node,
        types.UINT32,
        lambda m: ((1 << m.lane_numbers().astype(np.int64)) - 1).astype(np.uint32),
    )


#: Name in `cuda` → rule of a call.
CALLS = {
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
}
