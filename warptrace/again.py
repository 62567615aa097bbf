"""Run a launch once more that `launches` has told in text: in plain Python, as in a web page."""

import base64
import itertools
import linecache
import math
import random
import zlib
from dataclasses import dataclass

from . import reference
from .launches import ramp
from .reference import kinds
from .reference.arrays import as_element

#: The file name under which a program is run.
FILE = "kernel.py"


@dataclass(frozen=True)
class Number:
    """A number of a type, as an argument where there is no NumPy."""

    dtype: str
    value: object
    shape: tuple = ()

    def item(self):
        """Return the plain number."""
        return self.value


def run(said: dict):
    """Run a launch that `described` has told, in plain Python, and return its `Trace`.

    Raises:
        KernelError: as `trace` does.
        Exception: whatever the program's text raises while it is read, such as `SyntaxError`.
    """
    text = said["source"]
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    defined = {"__name__": "kernel"}
    exec(compile(text, FILE, "exec"), defined)
    arguments = map(restored, said["arguments"])
    sizes = tuple(said["grid"]), tuple(said["block"])
    return reference.trace(
        _kernel(defined, said["kernel"]), *sizes, *arguments, dynamic_shared=said.get("shared", 0)
    )


def _kernel(defined: dict, name: str):
    """Return the kernel of a program: by its name, or else the last one that it marks."""
    marked = [one for one in defined.values() if getattr(one, "device", None) is False]
    found = defined.get(name) or (marked[-1] if marked else None)
    if found is None:
        raise NameError(f"no kernel {name} is left: write a function under @cuda.jit")
    return found


def restored(said: dict):
    """Return an argument out of what `described` says of it; `random` fills it from a seed."""
    if "items" in said:
        return tuple(map(restored, said["items"]))
    if "value" in said:
        return Number(said["type"], as_element(said["value"], said["type"]))
    dtype, size = said["type"], math.prod(said["shape"])
    if "data" in said:
        content = zlib.decompress(base64.b64decode(said["data"]))
        values = memoryview(content).cast(kinds.CODES[dtype]).tolist()
    elif "random" in said:
        values = _random(random.Random(said["random"]), dtype, size)
    else:
        first, step = said.get("ramp", (said.get("fill", 0), 0))
        values = itertools.islice(ramp(first, step), size)
    return reference.Array(values, dtype, tuple(said["shape"]))


def _random(source, dtype: str, size: int):
    """Return numbers of a type: floats from 0 to 1, whole numbers from 0 to 9."""
    if kinds.is_float(dtype):
        return (source.random() for _ in range(size))
    return (source.randrange(2 if dtype == "bool" else 10) for _ in range(size))
