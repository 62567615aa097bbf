"""Arrays that a kernel makes: shared, local, constant."""

import ast
import math

import numpy as np

from ..machine.block_memory import block_array, dynamic_array
from . import types
from .expressions import Expression
from .operations import arguments, constant_argument
from .types import ArrayType

#: Static shared memory that one block may have, in bytes, on every NVIDIA GPU so far.
MAX_STATIC_SHARED = 48 * 1024


def _shape_and_type(scope, node):
    given = dict(zip(("shape", "dtype"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords}
    if not {"shape", "dtype"} <= set(given) or len(node.args) > 2:
        raise scope.refuse(node, f"`{ast.unparse(node)}`: a shape and a dtype are needed")
    found = scope.expression(given["shape"])
    if not found.known:
        raise scope.refuse(
            node,
            f"`{ast.unparse(given['shape'])}` must be a constant: a number or a global one. A "
            "size that a launch chooses is dynamic shared memory, `cuda.shared.array(0, dtype)`, "
            "with its bytes after the stream: `kernel[grid, block, 0, bytes]`",
        )
    shape = found.const
    shape = shape if isinstance(shape, tuple) else (shape,)
    wanted = constant_argument(scope, node, given["dtype"])
    dtype = types.SCALARS.get(wanted) if isinstance(wanted, str) else types.as_dtype(wanted)
    if dtype is None:
        raise scope.refuse(node, f"`{ast.unparse(given['dtype'])}` is no type of a kernel")
    if not all(isinstance(n, (int, np.integer)) and n >= 0 for n in shape):
        raise scope.refuse(node, f"`{ast.unparse(given['shape'])}` is no shape")
    return tuple(int(n) for n in shape), dtype


def _shared(scope, node):
    shape, dtype = _shape_and_type(scope, node)
    name, key, program = scope.target or "shared", scope.site(node).key, scope.program
    kind = ArrayType(dtype, len(shape), "shared")
    if shape == (0,):
        if dtype.names:
            raise scope.refuse(node, "records have no place in dynamic shared memory here")
        program.dynamic.add(dtype)
        return Expression(kind, lambda m: dynamic_array(m, key, name, dtype, program.dynamic))
    program.shared[key] = math.prod(shape) * dtype.itemsize
    if program.shared_bytes > MAX_STATIC_SHARED:
        raise scope.refuse(
            node,
            f"{program.shared_bytes} bytes of static shared memory per block, "
            f"{MAX_STATIC_SHARED} at most; use dynamic shared memory",
        )
    return Expression(kind, lambda m: block_array(m, key, name, "shared", shape, dtype))


def _local(scope, node):
    shape, dtype = _shape_and_type(scope, node)
    name, key = scope.target or "local", scope.site(node).key
    scope.program.local[key] = math.prod(shape) * dtype.itemsize
    kind = ArrayType(dtype, len(shape), "local")
    return Expression(kind, lambda m: block_array(m, key, name, "local", shape, dtype))


def _constant_like(scope, node):
    (argument,) = arguments(scope, node, 1)
    array = scope.expression(argument)
    if not isinstance(array.kind, ArrayType) or array.kind.space != "constant":
        raise scope.refuse(node, f"`{ast.unparse(argument)}` must be a global array")
    return array


#: Name in `cuda` → rule of a call.
CALLS = {
    "shared.array": _shared,
    "local.array": _local,
    "const.array_like": _constant_like,
}
