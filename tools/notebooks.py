"""The notebooks of the book, and what each one's results depend on.

A notebook has to run again when its key changes: its code cells, the helpers that it imports
(directly or through other helpers), the explorables, records and data files that it or they name,
the pinned packages, the Python version. Its prose is not part of the key.
"""

import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

SHARED = ["explorables", "recorded", "data"]
PACKAGES = ["helpers", "warptrace"]


def parse(source: str) -> ast.Module | None:
    """Parse the source of a cell or module; IPython's magic lines count as empty ones."""
    try:
        return ast.parse(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source))
    except SyntaxError:
        return None


def imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the dotted names that `tree`, a module of `package`, may import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def literals(tree: ast.Module) -> Iterator[str]:
    """Yield the string literals of `tree`, without docstrings and other bare strings."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


@cache
def module_file(root: Path, name: str) -> Path | None:
    """Return the file of the module `name` of the book's packages, if there is one."""
    if name.split(".")[0] not in PACKAGES:
        return None
    stem = root.joinpath(*name.split("."))
    files = [stem / "__init__.py", stem.with_name(stem.name + ".py")]
    return next((file for file in files if file.is_file()), None)


def reached(root: Path, trees: list[ast.Module]) -> dict[Path, ast.Module]:
    """Return the helper modules that `trees` import, directly or through other helpers."""
    found: dict[Path, ast.Module] = {}
    waiting = [name for tree in trees for name in imported(tree, "")]
    while waiting:
        name = waiting.pop()
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        file = module_file(root, name)
        if file is None or file in found:
            continue
        found[file] = ast.parse(file.read_text())
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        waiting.extend(imported(found[file], package))
    return found


def every_helper(root: Path) -> dict[Path, ast.Module]:
    """Return all helper modules: what a cell that cannot be parsed may import."""
    files = [file for package in PACKAGES for file in (root / package).rglob("*.py")]
    return {file: ast.parse(file.read_text()) for file in files if "tests" not in file.parts}


def shared_files(root: Path, texts: set[str]) -> Iterator[Path]:
    """Yield the explorables, records and data files whose stem stands as a word in `texts`."""
    joined = "\n".join(texts)
    for folder in SHARED:
        for file in (root / "book" / folder).rglob("*"):
            word = rf"(?<![A-Za-z0-9]){re.escape(file.stem)}(?![A-Za-z0-9])"
            if file.is_file() and re.search(word, joined):
                yield file


@dataclass(frozen=True)
class Notebook:
    """A notebook of the book: `path` is relative to `root`, the folder of the repository."""

    root: Path
    path: str

    @cached_property
    def content(self) -> dict:
        """The notebook's JSON."""
        return json.loads((self.root / self.path).read_text())

    @property
    def measures(self) -> bool:
        """Whether it measures time, and so has to run alone."""
        return bool(self.content["metadata"].get("book", {}).get("measures"))

    @property
    def code_cells(self) -> list[dict]:
        """The code cells, reduced to what decides or accompanies their output."""
        return [
            {"source": "".join(cell["source"]), "metadata": cell["metadata"]}
            for cell in self.content["cells"]
            if cell["cell_type"] == "code"
        ]

    def files(self) -> list[Path]:
        """Return the helpers, explorables, records and data files that its results depend on."""
        trees = [parse(cell["source"]) for cell in self.code_cells]
        known = [tree for tree in trees if tree is not None]
        helpers = every_helper(self.root) if None in trees else reached(self.root, known)
        texts = {text for tree in [*known, *helpers.values()] for text in literals(tree)}
        return sorted({*helpers, *shared_files(self.root, texts)})

    def key(self) -> str:
        """Return a digest that changes whenever the notebook has to run again."""
        kernel = self.content["metadata"].get("kernelspec")
        about = [self.code_cells, self.measures, kernel, sys.version_info[:2]]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        for file in [self.root / "constraints.txt", *self.files()]:
            digest.update(f"\n{file.relative_to(self.root)}\n".encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()


def toc_entries(root: Path) -> list[str]:
    """Return the pages that `_toc.yml` names, without suffix, in the order of the book."""
    toc = (root / "_toc.yml").read_text()
    named = re.findall(r"(?m)^\s*-?\s*(?:root|file):\s*[\"']?([^\"'\s#]+)", toc)
    return [page.removesuffix(".md").removesuffix(".ipynb") for page in named]


def notebooks(root: Path) -> list[Notebook]:
    """Return the notebooks among the pages of `_toc.yml`, in the order of the book."""
    paths = [f"{page}.ipynb" for page in toc_entries(root)]
    return [Notebook(root, path) for path in paths if (root / path).is_file()]
