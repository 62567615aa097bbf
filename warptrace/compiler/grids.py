"""Cooperative groups: the grid as a whole, and its barrier."""

from ..machine import meeting
from ..names import Intrinsic
from .expressions import Expression, known
from .operations import acting, arguments
from .types import ConstantType


class GridGroup:
    """What `cuda.cg.this_grid()` gives: all threads of a launch."""

    def __init__(self):
        """Know its one method."""
        self.sync = Intrinsic("cg.this_grid().sync")


GRID = GridGroup()


def _this_grid(scope, node):
    arguments(scope, node, 0)
    scope.program.cooperative = True
    return known(GRID)


def _sync(scope, node):
    arguments(scope, node, 0)

    def act(machine, site):
        meeting.grid_barrier(machine, site.counter)

    return Expression(ConstantType(None, id(None)), acting(scope.site(node), act, []))


#: Name in `cuda` → rule of a call.
CALLS = {"cg.this_grid": _this_grid, "cg.this_grid().sync": _sync}
