"""What a kernel may hold: a small kernel for each feature, which is traced here and now.

`table()` says for each whether it is traced, or with which words it is refused, and whether Numba
compiles it; `tests/test_features.py` asks Numba's compiler.
"""

import ast
import linecache
import math
import re
from dataclasses import dataclass

import numpy as np

from . import random
from .compiler import complex_calls, mathematics, numpy_calls
from .compiler.calls import INTRINSICS
from .compiler.types import SCALARS
from .faults import UnsupportedError
from .feature_list import FEATURES, NAMES, Feature
from .maps import escaped
from .names import DEVICE_NAMES
from .tracer import trace
from .views import styled

_RECORD = np.dtype([("x", np.float32), ("n", np.int32)], align=True)
#: What the arguments of the small kernels are.
ARGUMENTS = {
    "a": lambda: np.arange(8.0),
    "b": lambda: np.arange(8.0) + 1,
    "n": lambda: np.arange(8),
    "m": lambda: np.zeros((4, 4), np.float32),
    "z": lambda: np.ones(8, np.complex128),
    "r": lambda: np.zeros(8, _RECORD),
    "h": lambda: np.zeros(8, np.float16),
    "states": lambda: random.create_xoroshiro128p_states(8, 1).copy_to_host(),
    "size": lambda: 4,
}


@dataclass(frozen=True)
class Table:
    """The features of Numba's CUDA Python: each with what the tracer says of it, "" if it runs."""

    rows: list
    names: dict

    def _repr_html_(self) -> str:
        names = ("feature", "Numba", "tracer")
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in names)
        rows = "".join(_row(*cells) for cells in self._cells())
        lists = (f"<p><strong>{k}</strong>: {', '.join(v)}</p>" for k, v in self.names.items())
        return styled(
            "What a kernel may hold",
            '<div class="warptrace-scroll" tabindex="0" role="group" aria-label="Features">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
            f"{''.join(lists)}",
        )

    def _cells(self):
        """Yield what a row says: the feature, what Numba does, what the tracer does."""
        for feature, refusal in self.rows:
            said = f"refuses: {refusal}" if refusal else "traces"
            yield feature.text, "compiles" if feature.numba else "refuses", said

    def __repr__(self) -> str:
        lines = [f"{text:44} {numba:9} {said}" for text, numba, said in self._cells()]
        return "\n".join(lines + [f"{k}: {', '.join(v)}" for k, v in self.names.items()])


def _row(*cells) -> str:
    first, second, third = (re.sub(r"`(.+?)`", r"<code>\1</code>", escaped(one)) for one in cells)
    said = f'<td style="text-align:left;white-space:normal;min-width:16em">{third}</td>'
    left = '<td style="text-align:left">'
    return f"<tr>{left}{first}</td>{left}{second}</td>{said}</tr>"


def table() -> Table:
    """Trace a kernel for each feature, and return what came of it."""
    names = {
        "types": list(SCALARS),
        "cuda": sorted(INTRINSICS),
        "math": sorted(mathematics.CALLS),
        "cmath": sorted(complex_calls.CALLS),
        "numpy": sorted(numpy_calls.CALLS),
        "random": sorted(random.DEVICE_FUNCTIONS),
    }
    return Table([(feature, refused(feature)) for feature in FEATURES], names)


def refused(feature: Feature) -> str:
    """Return with which words a feature is refused, "" if it is traced."""
    kernel, arguments = kernel_of(feature, DEVICE_NAMES)
    try:
        trace(kernel, 1, 4, *arguments)
    except UnsupportedError as error:
        text = str(error)
        return text.partition(": ")[2] if error.line else text
    return ""


def kernel_of(feature: Feature, cuda) -> tuple:
    """Return the kernel of a feature, with a source to read, and its arguments.

    `cuda` is the tracer's, or Numba's own.
    """
    used = {node.id for node in ast.walk(ast.parse(feature.body)) if isinstance(node, ast.Name)}
    given = [name for name in ARGUMENTS if name in used] or ["a"]
    body = "".join(f"    {line}\n" for line in feature.body.splitlines())
    source = f"def kernel({', '.join(given)}):\n    i = cuda.threadIdx.x\n{body}"
    file = f"<feature {abs(hash((feature, id(cuda))))}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"cuda": cuda, "math": math, "np": np, **NAMES}
    exec(compile(source, file, "exec"), names)
    return names["kernel"], [ARGUMENTS[name]() for name in given]
