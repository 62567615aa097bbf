"""Where a thread is: `cuda.threadIdx.x`, `cuda.grid(1)` and their like."""

import ast

import numpy as np

from ..counters import WARP
from ..names import AXES
from . import types
from .expressions import Expression
from .operations import arguments, constant_argument
from .types import TupleType


def _axis_value(read):
    def rule(scope, node):
        axis = AXES.index(node.attr)
        return Expression(types.INT32, lambda machine: read(machine, axis))

    return rule


#: Names that stand for a value without being called → rule.
VALUES = {
    "laneid": lambda scope, node: Expression(types.INT32, lambda m: m.lane_numbers()),
    "warpsize": lambda scope, node: Expression(
        types.INT32, lambda m: np.int32(WARP), np.int32(WARP)
    ),
}
for _index, _read in {
    "threadIdx": lambda machine, axis: machine.thread_index(axis),
    "blockIdx": lambda machine, axis: machine.block_index(axis),
    "blockDim": lambda machine, axis: np.int32(machine.launch.block[axis]),
    "gridDim": lambda machine, axis: np.int32(machine.launch.grid[axis]),
}.items():
    VALUES |= {f"{_index}.{axis}": _axis_value(_read) for axis in AXES}


def _per_axis(read):
    def rule(scope, node):
        (argument,) = arguments(scope, node, 1)
        count = int(constant_argument(scope, node, argument))
        if count not in (1, 2, 3):
            raise scope.refuse(node, f"`{ast.unparse(node)}`: 1, 2 or 3 dimensions")
        counter = scope.counter(node)

        def one(machine):
            counter.tick(machine)
            return read(machine, 0)

        if count == 1:
            return Expression(types.INT64, one)
        kind = TupleType((types.INT64,) * count)
        return Expression(kind, lambda m: (one(m), *(read(m, axis) for axis in range(1, count))))

    return rule


def _grid_size(machine, axis):
    return np.int64(machine.launch.grid[axis]) * np.int64(machine.launch.block[axis])


#: Name in `cuda` → rule of a call.
CALLS = {
    "grid": _per_axis(lambda machine, axis: machine.global_index(axis)),
    "gridsize": _per_axis(_grid_size),
}
