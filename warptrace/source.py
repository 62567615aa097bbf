"""A kernel's source: its syntax tree, its line numbers, and what its names stand for."""

import ast
import builtins
import inspect
import sys
import textwrap
from dataclasses import dataclass

from . import names
from .faults import UnsupportedError


@dataclass(frozen=True)
class Source:
    """A function as the tracer sees it.

    Attributes:
        name: the function's name.
        filename: the file or notebook cell that it stands in.
        tree: its `ast.FunctionDef`, with line numbers of that file or cell.
        lines: number of each source line → its text.
        function: the plain Python function.
    """

    name: str
    filename: str
    tree: ast.FunctionDef
    lines: dict
    function: object

    @property
    def place(self) -> tuple:
        """Where the function stands: file or cell, and line."""
        return self.filename, self.tree.lineno

    def resolve(self, name: str):
        """Return what a name that is not a variable stands for.

        Raises:
            KeyError: it stands for nothing.
        """
        function = self.function
        cells = function.__closure__ or ()
        closure = dict(zip(function.__code__.co_freevars, cells, strict=True))
        if name in closure:
            try:
                return as_known(closure[name].cell_contents)
            except ValueError:
                raise KeyError(name) from None
        for scope in (function.__globals__, vars(builtins)):
            if name in scope:
                return as_known(scope[name])
        raise KeyError(name)


def plain_function(kernel):
    """Return the Python function behind a kernel, a dispatcher or a plain function.

    Raises:
        UnsupportedError: there is none.
    """
    kernel = getattr(kernel, "py_func", None) or getattr(kernel, "fn", None) or kernel
    if not inspect.isfunction(kernel):
        raise UnsupportedError(f"a kernel is a function, and this is a {type(kernel).__name__}")
    return kernel


def read(kernel) -> Source:
    """Return the source of `kernel`, a function or a `cuda.jit` dispatcher.

    Raises:
        UnsupportedError: the source is not to be had, or is no `def`.
    """
    function = plain_function(kernel)
    try:
        text, first = inspect.getsourcelines(function)
        module = ast.parse(textwrap.dedent("".join(text)))
    except (OSError, TypeError, SyntaxError) as error:
        raise UnsupportedError(
            f"the source of {function.__name__} cannot be read ({error}); "
            "define it with `def` in a file or a notebook cell"
        ) from None
    tree = module.body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise UnsupportedError("write the kernel as a function with `def`", first)
    first = max(first, 1)
    ast.increment_lineno(module, first - 1)
    lines = {first + n: line.rstrip("\n") for n, line in enumerate(text)}
    return Source(function.__name__, function.__code__.co_filename, tree, lines, function)


def as_known(value):
    """Return the tracer's own object for a name of `numba.cuda`, else `value`."""
    if "numba" not in sys.modules:
        return value
    if inspect.ismodule(value):
        return names.DEVICE_NAMES if value.__name__.startswith("numba.cuda") else value
    return _numba_names().get(id(value), value)


def _numba_names() -> dict:
    numba_cuda = getattr(sys.modules["numba"], "cuda", None)
    if numba_cuda is None:
        return {}
    known = [*names.INDICES, *names.SPACES, *names.FUNCTIONS]
    # Looked up as they stand there: a simulator's would act, and a plain number is no name.
    held = vars(numba_cuda)
    pairs = [(held.get(name), getattr(names.DEVICE_NAMES, name)) for name in known]
    return {id(t): ours for t, ours in pairs if t is not None and not isinstance(t, int)}
