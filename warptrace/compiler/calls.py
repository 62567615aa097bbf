"""What a kernel may call: `cuda.*`, `math.*`, a few built-ins, types, other functions."""

import ast
import inspect

from ..names import Intrinsic
from ..source import as_known
from . import atomics, bits, block_arrays, position, synchronisation, warp_calls
from .builtin_calls import builtin, conversion
from .expressions import Expression
from .functions import inlined
from .mathematics import mathematical
from .messages import printed
from .types import ConstantType

#: Name in `cuda` → rule of a call.
INTRINSICS = {
    **position.CALLS,
    **synchronisation.CALLS,
    **warp_calls.CALLS,
    **bits.CALLS,
    **block_arrays.CALLS,
    **atomics.CALLS,
}


def call(scope, node: ast.Call) -> Expression:
    """Return a call compiled, by what is called."""
    callee = scope.expression(node.func)
    if not isinstance(callee.kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node.func)}` cannot be called in a kernel")
    function = as_known(callee.const)
    if isinstance(function, Intrinsic):
        rule = INTRINSICS.get(function.name)
        if rule is None:
            raise scope.refuse(node, f"cuda.{function.name} cannot be called")
        return rule(scope, node)
    for rule in (conversion, mathematical, builtin, printed, _own_function):
        result = rule(scope, node, function)
        if result is not None:
            return result
    raise scope.refuse(node, f"`{ast.unparse(node.func)}` is not supported in a kernel")


def _own_function(scope, node, function):
    plain = getattr(function, "py_func", None) or getattr(function, "fn", None) or function
    if not inspect.isfunction(plain) or plain.__module__ in ("math", "numpy"):
        return None
    starred = [isinstance(argument, ast.Starred) for argument in node.args]
    if any(starred) or any(keyword.arg is None for keyword in node.keywords):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: `*` and `**` are not supported")
    named = {keyword.arg: scope.expression(keyword.value) for keyword in node.keywords}
    return inlined(scope, node, function, [scope.expression(arg) for arg in node.args], named)
