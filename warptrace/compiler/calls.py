"""What a kernel may call: `cuda.*`, `math.*`, a few built-ins, types, other functions."""

import ast
import inspect

from ..names import Intrinsic
from ..source import as_known
from . import atomics, bits, block_arrays, grids, position, synchronisation, warp_calls
from .builtin_calls import builtin, conversion
from .complex_calls import complex_function, made
from .expressions import Expression
from .functions import inlined
from .libraries import library_function
from .mathematics import mathematical
from .messages import printed
from .methods import method, named_tuple
from .nested import Nested
from .numpy_calls import numpy_function
from .tuples import item_of
from .types import ConstantType, TupleType

#: Name in `cuda` → rule of a call.
INTRINSICS = {
    **position.CALLS,
    **synchronisation.CALLS,
    **warp_calls.CALLS,
    **bits.CALLS,
    **block_arrays.CALLS,
    **atomics.CALLS,
    **grids.CALLS,
}


#: What is tried in turn; each gives None where the function is none of its own.
_RULES = (
    *(conversion, made, mathematical, complex_function, numpy_function, builtin, printed),
    *(named_tuple, library_function),
)


def call(scope, node: ast.Call) -> Expression:
    """Return a call compiled, by what is called."""
    found = method(scope, node)
    if found is not None:
        return found
    callee = scope.expression(node.func)
    if not isinstance(callee.kind, ConstantType):
        raise scope.refuse(node, f"`{ast.unparse(node.func)}` cannot be called in a kernel")
    function = as_known(callee.const)
    if isinstance(function, Intrinsic):
        rule = INTRINSICS.get(function.name)
        if rule is None:
            raise scope.refuse(node, f"cuda.{function.name} cannot be called")
        scope.program.used.add(function.name)
        return rule(scope, node)
    for rule in (*_RULES, _own_function):
        result = rule(scope, node, function)
        if result is not None:
            return result
    raise scope.refuse(node, f"`{ast.unparse(node.func)}` is not supported in a kernel")


def _own_function(scope, node, function):
    plain = getattr(function, "py_func", None) or getattr(function, "fn", None) or function
    if not isinstance(function, Nested) and not inspect.isfunction(plain):
        return None
    if any(keyword.arg is None for keyword in node.keywords):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: `**` is not supported")
    named = {keyword.arg: scope.expression(keyword.value) for keyword in node.keywords}
    given = [one for argument in node.args for one in _arguments(scope, node, argument)]
    return inlined(scope, node, function, given, named)


def _arguments(scope, node, argument) -> list[Expression]:
    """Return an argument, or each item of a tuple that is given with `*`."""
    if not isinstance(argument, ast.Starred):
        return [scope.expression(argument)]
    whole = scope.expression(argument.value)
    if not isinstance(whole.kind, TupleType):
        raise scope.refuse(node, f"`{ast.unparse(node)}`: `*` takes a tuple")
    return [item_of(whole, n) for n in range(len(whole.kind.items))]
