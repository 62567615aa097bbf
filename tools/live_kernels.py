"""Make what a page needs to judge a kernel: its stub, what stands around it, what it is tried with.

The data of `book/checks` is evaluated here, with NumPy; a page has none. What is expected travels
packed, so that nobody reads it by chance.
"""

import ast
import base64
import copy
import dataclasses
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers import check
from tools.notebooks import parse, without_magics
from warptrace.launches import described, kept

CALL = "check.kernel("
#: Modules of which a page has what a kernel needs.
MODULES = ("math", "numpy", "warptrace")
#: What a constant may be computed of, besides numbers.
PLAIN = (ast.UnaryOp, ast.BinOp, ast.Tuple, ast.Name, ast.operator, ast.unaryop, ast.Load)
DEVICE = "cuda.jit(device=True)"


@dataclass(frozen=True)
class Asked:
    """An exercise to write a kernel.

    Attributes:
        exercise: its full name, such as "cuda/memory.transpose".
        kernel: what the notebook calls the kernel.
        stub: the source of the cell that a reader changes.
        around: source of what the notebook defines before it and a kernel may use.
        names: the names that `around` defines.
    """

    exercise: str
    kernel: str
    stub: str
    around: str
    names: list[str]

    @property
    def file(self) -> str:
        """The name of the file that a page asks for."""
        return self.exercise.replace("/", ".") + ".json"

    def text(self) -> str:
        """Return that file: the stub and its names to be read, the rest packed."""
        asked = check.exercise(self.exercise, check.Kernel)
        held = {"exercise": self.exercise, "around": self.around} | _told(asked)
        packed = base64.b64encode(zlib.compress(json.dumps(held).encode(), 9)).decode()
        shown = {"kernel": self.kernel, "stub": self.stub, "names": self.names}
        return json.dumps(shown | {"held": packed}, ensure_ascii=False)

    def version(self) -> str:
        """Return a short name of exactly this file."""
        return hashlib.sha256(self.text().encode()).hexdigest()[:8]


def kernels(notebook: Path, chapter: str) -> Iterator[Asked]:
    """Yield the exercises of a notebook that ask for a kernel; `chapter` is as "cuda/memory"."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    sources = {c["id"]: "".join(c["source"]) for c in cells if c["cell_type"] == "code"}
    for cell, source in sources.items():
        if cell.startswith("check-") and CALL in source:
            stem = cell.removeprefix("check-")
            stub = f"exercise-{stem}"
            kernel = re.search(r"check\.kernel\([^,]+, (\w+)\)", source)[1]
            around, names = _before(sources, stub)
            yield Asked(f"{chapter}.{stem}", kernel, sources[stub], around, names)


def _before(sources: dict[str, str], stub: str) -> tuple[str, list[str]]:
    """Return what the cells before a stub define for kernels, and the names of that."""
    parts, names = [], []
    for cell, source in sources.items():
        if cell == stub:
            break
        if cell.startswith("exercise-"):
            continue
        tree = parse(without_magics(source))
        for node in tree.body if tree else ():
            if defined := _for_kernels(node, names):
                parts.append(ast.unparse(node))
                names += [name for name in defined if name not in names]
    return "\n".join(parts) + "\n", names


def _for_kernels(node: ast.stmt, known: list[str]) -> list[str]:
    """Return the names that a statement defines for kernels: an import, a function, a constant."""
    match node:
        case ast.Import(names) if all(name.name in MODULES for name in names):
            return [name.asname or name.name for name in names]
        case ast.ImportFrom(module, names) if module in MODULES:
            return [name.asname or name.name for name in names]
        case ast.FunctionDef(name, decorator_list=[mark]) if ast.unparse(mark) == DEVICE:
            return [name]
        case ast.Assign([ast.Name(name)], value) if name.isupper() and _is_plain(value, known):
            return [name]
    return []


def _is_plain(value: ast.expr, known: list[str]) -> bool:
    """Whether an expression is made of numbers, and of names that are known."""

    def fits(part) -> bool:
        if isinstance(part, ast.Constant):
            return isinstance(part.value, (int, float))
        return isinstance(part, PLAIN) and getattr(part, "id", None) in (None, *known)

    return all(map(fits, ast.walk(value)))


def _told(asked: check.Kernel) -> dict:
    """Return a kernel's exercise as JSON takes it; `book/live/judging.py` reads it."""
    return {
        "launches": [_launch(launch) for launch in asked.launches],
        "limits": [dataclasses.asdict(limit) for limit in asked.limits],
        "tolerance": asked.tolerance,
        "hints": asked.hints,
    }


def _launch(launch: check.Launch) -> dict:
    import numpy as np

    told = {field.name: getattr(launch, field.name) for field in dataclasses.fields(launch)}
    places = list(launch.expected)
    needed = [np.array(launch.expected[place], order="C") for place in places]
    given = [_array(one) for one in kept(copy.deepcopy(launch.arguments))]
    return told | {
        "arguments": given,
        "expected": [[place, _array(one)] for place, one in zip(places, kept(needed), strict=True)],
    }


def _array(argument) -> dict:
    """Return an argument or an array as text: it has no name of its own here."""
    return described("", argument)
