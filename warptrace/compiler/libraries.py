"""Functions that belong to a library: traced by a rule of their own, or refused by name."""

import ast
import inspect
import math

from .. import random
from ..source import read
from .expressions import Expression
from .functions import inlined

#: Modules whose functions are stubs, or made for a compiler.
_LIBRARIES = ("numba", "numba_cuda", "cupy", "cuda")


def library_function(scope, node: ast.Call, function) -> Expression | None:
    """Return a call of a function of a library, None if `function` is the user's.

    Raises:
        UnsupportedError: the library's function means something to its compiler only.
    """
    plain = getattr(function, "py_func", None) or function
    module = getattr(plain, "__module__", None) or getattr(function, "__module__", None) or ""
    name = getattr(plain, "__name__", "")
    if module == "numba.cuda.random" or module == random.__name__:
        own = random.DEVICE_FUNCTIONS.get(name)
        if own is not None:
            return inlined(scope, node, own, [scope.expression(arg) for arg in node.args], {})
        if module == random.__name__:
            return None
    if module.split(".")[0] in _LIBRARIES and _is_empty(plain):
        raise scope.refuse(node, f"`{ast.unparse(node.func)}` is not traced: {_instead(name)}")
    return None


def _is_empty(function) -> bool:
    """Return whether a function holds no statement: a stub that only its compiler understands."""
    if not inspect.isfunction(function):
        return True
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in read(function).tree.body
    )


def _instead(name: str) -> str:
    """Return what to write in place of a function of libdevice or another library."""
    plain = name.removeprefix("fast_").removesuffix("f")
    if hasattr(math, plain):
        return f"write `math.{plain}`"
    if plain == "rsqrt":
        return "write `1 / math.sqrt(x)`"
    return "write a function of your own that does the same"
