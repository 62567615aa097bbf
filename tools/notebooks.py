"""The notebooks of the book, what each one's result depends on, and where the result is kept.

A notebook has to run again when its key changes: its code cells, the modules of the book that it
imports (directly or through others), the explorables, records and data files that it or they read,
the data sets that it names and whether they are here, the pinned packages, the Python version.
Its prose is not part of the key.

A result is the executed copy in `_build/executed`, a notebook like any other; its metadata says
under which key it was executed, when, where and for how long. There is no other store.
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

from helpers.data.catalogue import Packaged, datasets
from tools import reading

PACKAGES = ["helpers", "warptrace"]
EXECUTED = Path("_build") / "executed"
# How notebooks and scripts read the book's files: the call, and the file that its literal names.
READ_CALLS = {
    "recorded.load": "recorded/{}.json",
    "recorded.lookup": "recorded/{}.json",
    "recorded.script": "recorded/{}.py",
    "explorable": "explorables/{}.js",
    "explore.explorable": "explorables/{}.js",
    "resources.path": "{}",
    "sheet": "data/{}.yml",
}
# How notebooks and scripts ask for data sets: every argument names one.
DATA_CALLS = ["data.missing", "data.packaged"]
# Read whenever the key of the pair is: a record is stale when its script has changed.
COMPANIONS = {"recorded/{}.json": "recorded/{}.py", "explorables/{}.js": "explorables/base.js"}


def without_magics(source: str) -> str:
    """Return the source of a cell with IPython's magic lines empty."""
    return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)


def parse(source: str) -> ast.Module | None:
    """Parse the source of a cell; return None where it is not Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def imported(nodes: list[ast.AST], package: str) -> Iterator[str]:
    """Yield the dotted names that `nodes`, those of a module of `package`, may import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def module_file(root: Path, name: str) -> Path | None:
    """Return the file of the module `name` of the book's packages, if there is one."""
    if name.split(".")[0] not in PACKAGES:
        return None
    stem = root.joinpath(*name.split("."))
    files = [stem / "__init__.py", stem.with_name(stem.name + ".py")]
    return next((file for file in files if file.is_file()), None)


def every_module(root: Path) -> list[Path]:
    """Return all modules of the book's packages."""
    files = [file for package in PACKAGES for file in (root / package).rglob("*.py")]
    return [file for file in files if "tests" not in file.parts]


def dotted(node: ast.expr) -> str:
    """Return `a.b` for a name or an attribute of a name, an empty text for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def literal_start(node: ast.expr) -> tuple[str, bool]:
    """Return the literal text with which `node` begins, and whether it is all of it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, True
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return node.values[0].value, False
    return "", False


def read_patterns(nodes: list[ast.AST], *, general: bool) -> Iterator[str]:
    """Yield what the read calls among `nodes` name, as patterns of files under `book/`.

    A name that is only known when the code runs may be any file of that kind. `general` says that
    they are of a module of the helpers, where such a name is the caller's, and counts there.
    """
    for call in (node for node in nodes if isinstance(node, ast.Call) and node.args):
        pattern = READ_CALLS.get(dotted(call.func))
        if pattern is None:
            continue
        text, whole = literal_start(call.args[0])
        if whole or not general:
            for each in filter(None, [pattern, COMPANIONS.get(pattern)]):
                stem = text.split(".")[0] if each.startswith("recorded") else text
                yield each.format(stem if whole else f"{text}*")


def data_sets(source: str) -> set[str]:
    """Return the sets that `source` asks for; all of them where it gives a name as no literal."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [arg for call in calls if dotted(call.func) in DATA_CALLS for arg in call.args]
    literal = {name.value for name in names if isinstance(name, ast.Constant)}
    return literal if len(literal) == len({ast.dump(name) for name in names}) else set(datasets())


@cache
def reach_of(source: str, package: str, general: bool) -> tuple[set[str], set[str]]:
    """Return the modules and the patterns of files that the source of a module may reach."""
    nodes = list(ast.walk(ast.parse(source)))
    return set(imported(nodes, package)), set(read_patterns(nodes, general=general))


class Reach:
    """What a set of cells reaches: modules, and files of `book/`, each looked into once."""

    def __init__(self, root: Path):
        """Begin with nothing reached in the repository at `root`."""
        self.root = root
        self.files: set[Path] = set()
        self.modules: set[str] = set()

    def add(self, source: str, package: str = "", *, general: bool = False) -> None:
        """Add what `source`, the text of a module of `package`, imports and reads."""
        names, patterns = reach_of(source, package, general)
        for name in names:
            self.add_module(name)
        for path in (path for pattern in patterns for path in (self.root / "book").glob(pattern)):
            self.add_file(path)

    def add_file(self, path: Path) -> None:
        """Add a file, where it is there, and what it reaches itself if it is a script."""
        if path.is_file() and path not in self.files:
            self.files.add(path)
            if path.suffix == ".py":
                self.add(path.read_text("utf-8"))

    def add_module(self, name: str) -> None:
        """Add the module `name` and its parents, where they are the book's own."""
        if name in self.modules:
            return
        self.modules.add(name)
        if "." in name:
            self.add_module(name.rpartition(".")[0])
        file = module_file(self.root, name)
        if file is None or file in self.files:
            return
        self.files.add(file)
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        self.add(file.read_text("utf-8"), package, general=True)


def ids(notebook: dict) -> list[str]:
    """Return the ids of the code cells, by which outputs find their place."""
    return [cell.get("id") for cell in notebook["cells"] if cell["cell_type"] == "code"]


@dataclass(frozen=True)
class Notebook:
    """A notebook of the book: `path` is relative to `root`, the folder of the repository."""

    root: Path
    path: str

    @cached_property
    def content(self) -> dict:
        """The notebook's JSON."""
        return reading.notebook(self.root / self.path)

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

    @cached_property
    def plain_cells(self) -> list[str | None]:
        """The Python of each code cell; None where it cannot be parsed."""
        sources = [without_magics(cell["source"]) for cell in self.code_cells]
        return [source if parse(source) else None for source in sources]

    @property
    def checks(self) -> Path:
        """The file that its exercises are checked by, whether there is one or not."""
        inside = Path(self.path).relative_to("book").with_suffix(".py")
        return self.root / "book" / "checks" / inside

    def files(self) -> list[Path]:
        """Return the modules and the files of `book/` that its results depend on."""
        reach = Reach(self.root)
        for source in self.plain_cells:
            if source is None:
                reach.files.update(every_module(self.root))
            else:
                reach.add(source)
        reach.add_file(self.checks)
        return sorted(reach.files)

    def sets(self) -> list[Packaged]:
        """Return the data sets inside packages that its cells and its checks ask for."""
        checks = [self.checks.read_text("utf-8")] if self.checks.is_file() else []
        sources = filter(None, [*self.plain_cells, *checks])
        names = set().union(*map(data_sets, sources))
        return [one for name, one in datasets().items() if name in names] if names else []

    @cached_property
    def key(self) -> str:
        """A digest that changes whenever the notebook has to run again."""
        kernel = self.content["metadata"].get("kernelspec", {}).get("name")
        sets = [(one.name, one.identity, one.fetched()) for one in self.sets()]
        about = [self.code_cells, self.measures, kernel, sys.version_info[:2], *sets]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        for file in [self.root / "constraints.txt", *self.files()]:
            digest.update(f"\n{file.relative_to(self.root)}\n".encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()

    @property
    def copy(self) -> Path:
        """Where the executed copy is kept."""
        return self.root / EXECUTED / self.path

    def result(self) -> dict | None:
        """Return the executed copy, or None where there is none for the present key and cells."""
        try:
            executed = json.loads(self.copy.read_text("utf-8"))
            present = executed["metadata"]["execution"]["key"] == self.key
            return executed if present and ids(executed) == ids(self.content) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def spoilt(self) -> bool:
        """Tell whether there is something in the place of the executed copy that is none."""
        try:
            return "key" not in json.loads(self.copy.read_text("utf-8"))["metadata"]["execution"]
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return True

    def run(self) -> dict | None:
        """Return under what the present result was executed, or None where there is none."""
        result = self.result() if (self.root / self.path).is_file() else None
        return result and result["metadata"]["execution"]


@dataclass(frozen=True)
class Contents:
    """What `_toc.yml` names: pages without suffix, the front page first, and captions of parts."""

    pages: list[str]
    captions: list[str]


def toc(root: Path) -> Contents:
    """Read `_toc.yml`, the order of the book.

    Raises:
        UnusableError: it does not hold one.
    """
    content = reading.settings(root / "_toc.yml")
    try:
        parts = content.get("parts") or []
        chapters = [page["file"] for part in parts for page in part["chapters"] or []]
        pages = [content["root"], *chapters]
        plain = [page.removesuffix(".md").removesuffix(".ipynb") for page in pages]
        return Contents(plain, [part["caption"] for part in parts])
    except (KeyError, TypeError, AttributeError) as error:
        raise reading.UnusableError(
            f"{root / '_toc.yml'}: it needs `root`, and of each part `caption` and `chapters`, "
            f"each with its `file` ({type(error).__name__}: {error})."
        ) from error


def notebooks(root: Path) -> list[Notebook]:
    """Return the notebooks among the pages of `_toc.yml`, in the order of the book."""
    paths = [f"{page}.ipynb" for page in toc(root).pages]
    return [Notebook(root, path) for path in paths if (root / path).is_file()]
