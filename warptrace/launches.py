"""What a launch was asked for, told in text: its program, its sizes, its arguments before it.

So a web page that shows a trace can offer the kernel to be changed and run; see `again`.
"""

import ast
import base64
import inspect
import itertools
import math
import operator
import textwrap
import zlib
from dataclasses import dataclass

from .faults import UnsupportedError
from .names import DeviceNames
from .reference import kinds
from .source import read

#: Bytes of all arguments up to which a trace keeps what they held before the launch.
MOST_KEPT = 1 << 18
#: Characters of text up to which a page carries them, as `described` packs them.
MOST_CARRIED = 24 << 10
#: Numbers up to which a page, whose numbers are float64, has every integer.
EXACT = 1 << 53


class NotCarriedError(Exception):
    """A launch cannot be told in text; the message says why, for a reader of the page."""


@dataclass(frozen=True)
class Held:
    """An array as it was before a launch: type of its elements, shape, bytes."""

    dtype: str
    shape: tuple
    content: bytes


@dataclass(frozen=True)
class Launch:
    """A launch as it was asked for: kernel, sizes, and the arguments as they were before it."""

    kernel: object
    grid: tuple
    block: tuple
    dynamic_shared: int
    arguments: tuple

    def described(self) -> dict:
        """Return the launch as JSON takes it, for `again.run`; or why not, under "refused"."""
        try:
            return self._told()
        except (NotCarriedError, UnsupportedError) as error:
            return {"refused": str(error)}

    def _told(self) -> dict:
        source = read(self.kernel)
        names = source.tree.args.posonlyargs + source.tree.args.args
        pairs = zip(names, self.arguments, strict=True)
        arguments = [described(name.arg, argument) for name, argument in pairs]
        carried = sum(len(argument.get("data", "")) for argument in arguments)
        if carried > MOST_CARRIED:
            raise NotCarriedError(
                f"its arguments are {carried:,} characters as text, and a page carries "
                f"{MOST_CARRIED:,} at most"
            )
        return {
            "kernel": source.name,
            "source": program(source),
            "grid": list(self.grid),
            "block": list(self.block),
            "shared": self.dynamic_shared,
            "arguments": arguments,
        }


# Arguments


def kept(arguments: tuple) -> tuple:
    """Return the arguments as they are now: arrays as `Held`, too large ones as None."""
    views = [_view(argument) for argument in arguments]
    fits = sum(view.nbytes for view in views if view is not None) <= MOST_KEPT
    pairs = zip(views, arguments, strict=True)
    return tuple(
        _light(one) if view is None else _held(view, one) if fits else None for view, one in pairs
    )


def _light(argument):
    """Return a number or a tuple as it is, of anything else its type: a trace keeps it alive."""
    if isinstance(argument, (tuple, list)):
        return tuple(map(_light, argument))
    return argument if kinds.of_constant(argument) != kinds.OBJECT else type(argument)


def _view(argument):
    """Return the memory of an array, None of anything else."""
    if getattr(argument, "shape", (0,)) == ():
        return None  # a single number of NumPy
    try:
        return memoryview(argument)
    except (TypeError, ValueError, BufferError):
        return None


def _held(view, argument):
    """Return a copy of an array; of what has no place of its own in memory its type."""
    dtype = str(getattr(argument, "dtype", ""))
    if dtype not in kinds.SIZES or not view.c_contiguous or _begins_inside(argument):
        return type(argument)
    return Held(dtype, tuple(view.shape), view.tobytes())


def _begins_inside(argument) -> bool:
    """Whether an array begins within another, so that its address is not a buffer's."""
    owner = argument
    while hasattr(getattr(owner, "base", None), "__array_interface__"):
        owner = owner.base
    places = [one.__array_interface__["data"][0] for one in (argument, owner)]
    return places[0] != places[1]


def described(name: str, argument) -> dict:
    """Return an argument, as `kept` gives it, as JSON takes it, for `again.restored`.

    Raises:
        NotCarriedError: it is too large, or nothing that text can hold.
    """
    if argument is None:
        raise NotCarriedError(f"its arrays hold more than {MOST_KEPT >> 10} KB")
    if isinstance(argument, Held):
        said = {"name": name, "type": argument.dtype, "shape": list(argument.shape)}
        return said | _content(argument)
    if isinstance(argument, (tuple, list)):
        return {"name": name, "items": [described("", item) for item in argument]}
    dtype = kinds.of_constant(argument)
    if dtype == kinds.OBJECT or not math.isfinite(argument):
        raise NotCarriedError(f"its argument {name} is no plain array or number")
    value = argument.item() if hasattr(argument, "item") else argument
    if abs(value) > EXACT and isinstance(value, int):
        raise NotCarriedError(f"its argument {name} is too large a number for a page")
    return {"name": name, "type": dtype, "value": value}


def _content(held: Held) -> dict:
    """Return what an array holds, as a rule where there is one: all alike, or a ramp."""
    values = memoryview(held.content).cast(kinds.CODES[held.dtype]).tolist()
    first = values[0] if values else 0
    step = values[1] - first if len(values) > 1 else 0
    same = map(operator.eq, map(repr, values), map(repr, ramp(first, step)))  # -0.0 is not 0.0
    if abs(first) <= EXACT and abs(step) <= EXACT and all(same):
        return {"ramp": [first, step]} if step else {"fill": first}
    return {"data": base64.b64encode(zlib.compress(held.content, 9)).decode()}


def ramp(first, step):
    """Return `first` and what follows it, each `step` more."""
    return (first + step * n for n in itertools.count())


# The program


def program(source) -> str:
    """Return a text that defines a kernel and all that it uses: imports, constants, functions.

    Raises:
        NotCarriedError: it uses something that has no text.
    """
    imports, constants, functions = {}, {}, {}

    def put(table, name, text):
        if table.setdefault(name, text) != text:
            raise NotCarriedError(f"it uses two things that are called {name}")

    def add(source):
        known = source.name in functions
        put(functions, source.name, textwrap.dedent("\n".join(source.lines.values())).strip())
        for name in () if known else _outside(source):
            try:
                value = source.resolve(name)
            except KeyError:
                continue  # an error of the kernel's own, which it will show again
            if _is_function(value):
                inner = read(value)
                if inner.name != name:
                    raise NotCarriedError(f"it calls {inner.name} by the name {name}")
                add(inner)
            elif (line := _imported(name, value)) is not None:
                put(imports, name, line)
            else:
                put(constants, name, f"{name} = {_text(name, value, imports)}")

    add(source)
    lines = sorted(filter(None, imports.values()), key=lambda one: (one.startswith("from"), one))
    head = "\n\n".join(filter(None, ["\n".join(lines), "\n".join(constants.values())]))
    return "\n\n\n".join([head, *reversed(functions.values())]).lstrip() + "\n"


def _outside(source) -> list[str]:
    """Return the names that a function takes from around it, in their order."""
    named = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name)]
    parameters = {node.arg for node in ast.walk(source.tree) if isinstance(node, ast.arg)}
    own = parameters | {node.id for node in named if not isinstance(node.ctx, ast.Load)}
    return list(dict.fromkeys(node.id for node in named if node.id not in own))


def _is_function(value) -> bool:
    """Whether a value is a function of the kernel's author, marked or not."""
    plain = getattr(value, "py_func", value)
    return inspect.isfunction(plain) and not str(plain.__module__).startswith("numpy")


def _imported(name: str, value) -> str | None:
    """Return the line that imports `value` under `name`, "" if none is needed, None if none can."""
    if isinstance(value, DeviceNames):
        return "from warptrace import cuda" + ("" if name == "cuda" else f" as {name}")
    if inspect.ismodule(value) and value.__name__ in ("numpy", "math"):
        return f"import {value.__name__}" + ("" if name == value.__name__ else f" as {name}")
    if inspect.isbuiltin(value) and value.__module__ == "math":
        return f"from math import {value.__name__}" + (f" as {name}" * (name != value.__name__))
    if getattr(value, "__module__", "") == "builtins":
        return "" if callable(value) else None
    return None


def _text(name: str, value, imports: dict) -> str:
    """Return a constant as the text of an expression."""
    if isinstance(value, tuple):
        return "(" + "".join(f"{_text(name, item, imports)}, " for item in value).strip() + ")"
    dtype = kinds.named(value) if isinstance(value, type) else str(getattr(value, "dtype", ""))
    if dtype in kinds.SIZES and not getattr(value, "shape", None):
        imports.setdefault("np", "import numpy as np")
        typed = f"np.{dtype}" if dtype != "bool" else "np.bool_"
        return typed if isinstance(value, type) else f"{typed}({value.item()!r})"
    if isinstance(value, (bool, int, float)) and math.isfinite(value):
        return repr(value)
    raise NotCarriedError(f"it uses {name}, a {type(value).__name__} from around it")
