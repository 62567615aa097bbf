"""Results recorded on real machines: load them and cite them.

A record is `book/recorded/<name>.json`, and the script that made it stands beside it as
`<name>.py`. The file holds one run for each machine, and each run says what it ran on, with
which software, from which commit, when, how often, and by which statistic. `tools.recording` makes
and checks them.
"""

import ast
import hashlib
import importlib.util
import io
import json
import re
import statistics
import sys
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

from helpers import resources

SCHEMA = 2
#: What a script says of itself; CONTRIBUTING.md says what each means.
SAID = {"TITLE", "METHOD", "KINDS", "NEEDS", "DATA", "MINUTES"}
_NUMBER, _LARGEST = int | float | None, sys.float_info.max
STATISTICS = {"min": min, "max": max, "mean": statistics.fmean, "median": statistics.median}


class RecordError(ValueError):
    """A record is missing, malformed or does not hold what was asked for."""


@dataclass(frozen=True)
class Quantity:
    """One measured quantity: a number, or a list of them in the order they were taken."""

    value: float | list
    unit: str
    statistic: str  # such as "median", "each seed", "counted"
    n: int  # how many measurements stand behind it

    @property
    def median(self) -> float:
        """Return the median of the numbers, or the number."""
        return statistics.median(self.numbers())

    def numbers(self) -> list:
        """Return all its numbers in one list, in the order they were taken."""
        return list(_flat(self.value))


@dataclass(frozen=True)
class Run:
    """What one machine measured, and how it can be told apart from every other run."""

    device: dict
    software: dict
    commit: str
    date: str  # ISO 8601, UTC
    script_sha256: str
    values: dict[str, Quantity]
    stale: bool = field(default=False, compare=False)

    def __getitem__(self, key: str) -> Quantity:
        if key not in self.values:
            known = ", ".join(sorted(self.values))
            raise RecordError(f"This run has no {key!r}. It has: {known}.")
        return self.values[key]

    def caption(self) -> str:
        """Return one sentence of provenance, generated from the run."""
        device, software = self.device, self.software
        details = [f"{device['cores']} cores"] if device.get("cores") else []
        if device.get("driver"):
            details.append(f"driver {device['driver']}")
        if device.get("power_limit_w"):
            details.append(f"{device['power_limit_w']:.0f} W limit")
        detail = f" ({', '.join(details)})" if details else ""
        text = (
            f"Recorded on {device['name']}{detail}, torch {software['torch']}, "
            f"Python {software['python']}, {self.date[:10]}, commit {self.commit[:7]}."
        )
        if self.stale:
            text += " Stale: the script has changed since this was recorded."
        return text


@dataclass(frozen=True)
class Record:
    """A recorded result: its question, its method, and one run for each machine."""

    name: str
    title: str
    method: str
    runs: tuple[Run, ...]

    def run(self, kind: str) -> Run | None:
        """Return the newest run on a kind of device, or `None` if there is none.

        Args:
            kind: `"cpu"` or `"cuda"`; `"cuda@t4"` is a device with "t4" in its name.
        """
        return max(self.runs_on(kind), key=lambda run: run.date, default=None)

    def runs_on(self, kind: str) -> list[Run]:
        """Return the runs on a kind of device, named as in `run`."""
        kind, _, name = kind.partition("@")
        return [
            run
            for run in self.runs
            if run.device["kind"] == kind and name in run.device["name"].lower().replace(" ", "-")
        ]

    def caption(self, *kinds: str) -> str:
        """Return title and provenance of the newest run on each kind of device.

        Args:
            kinds: default the CPU and NVIDIA's GPUs. Where none is recorded, the caption says so.
        """
        runs = {kind: self.run(kind) for kind in kinds or ("cpu", "cuda")}
        names = {"cpu": "a CPU", "cuda": "an NVIDIA GPU"}
        parts = [
            run.caption() if run else f"Not yet recorded on {names.get(kind, kind)}."
            for kind, run in runs.items()
        ]
        return " ".join([f"{self.title}.", *parts])


def load(name: str, *, folder: Path | None = None) -> Record:
    """Load the record `name`.

    A record whose script is there, but which no machine has made yet, has no runs.

    Args:
        name: the file's stem.
        folder: where to look; default the book's own records.

    Raises:
        RecordError: there is no such record, or its file does not hold one.
    """
    folder = folder or resources.root() / "recorded"
    records, scripts = ({p.stem: p for p in folder.glob(f"*.{kind}")} for kind in ("json", "py"))
    if name not in records and name in scripts:
        return Record(name, *_title_and_method(scripts[name]), runs=())
    if name not in records:
        known = ", ".join(sorted(records)) or "none"
        raise RecordError(f"There is no record {name!r}; there are: {known}.")
    script_now = script_hash(scripts[name]) if name in scripts else ""
    try:
        return _record(_json(records[name]), script_now)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        said = f"no {error}" if isinstance(error, KeyError) else error
        problem = f"{name}.json is not a record ({said}). Record it again with `make record`."
        raise RecordError(problem) from error


def _json(path: Path):
    """Return what a file says in JSON; a RecordError names one that says nothing."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path.name} cannot be read: {error}") from error


def script(name: str):
    """Return the module of the script that makes the record `name`, with the kernels it times.

    Raises:
        RecordError: there is no such script.
    """
    path = resources.root() / "recorded" / f"{name}.py"
    if not path.exists():
        raise RecordError(f"There is no script for a record {name!r}.")
    spec = importlib.util.spec_from_file_location(f"recorded_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def chapter(name: str, cells: str, **given):
    """Return some cells of a chapter as a module, so that a record runs the very code of its page.

    Args:
        name: the notebook's, as in `"cnn/training"`.
        cells: the ids of the cells to run, with spaces between them, in the order to run them.
        given: names that the cells find, in place of cells that would make them.

    Raises:
        RecordError: the chapter is not here (an installed package has none), or has no such cell.
    """
    module = type(ast)(f"chapter_{Path(name).name}")
    module.__dict__.update(given)
    for cell, source in chapter_cells(name, cells).items():
        exec(compile(source, f"{name}, {cell}", "exec"), module.__dict__)
    return module


def chapter_cells(name: str, cells: str, *, book: Path | None = None) -> dict[str, str]:
    """Return {id: source} of some cells of a chapter; arguments and errors as for `chapter`."""
    path = (book or resources.root()) / f"{name}.ipynb"
    if not path.exists():
        raise RecordError(f"There is no chapter {name!r} here: record in a checkout of the book.")
    sources = {cell["id"]: "".join(cell["source"]) for cell in _json(path)["cells"]}
    if missing := [cell for cell in cells.split() if cell not in sources]:
        raise RecordError(f"{path.name} has no cell {missing[0]!r}.")
    return {cell: sources[cell] for cell in cells.split()}


def _title_and_method(path: Path) -> tuple[str, str]:
    """Read a script's title and method without running it."""
    assigned = _assigned(path)
    if missing := [name for name in ("TITLE", "METHOD") if name not in assigned]:
        raise RecordError(f"{path.name} does not say its {missing[0]}: assign a text to it.")
    return ast.literal_eval(assigned["TITLE"]), ast.literal_eval(assigned["METHOD"])


def _assigned(path: Path) -> dict[str, ast.expr]:
    """Return what a script assigns to names at its top level, without running it."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError, ValueError) as error:
        raise RecordError(f"{path} cannot be read: {error}. Mend it.") from error
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    return {getattr(node.targets[0], "id", ""): node.value for node in assigned}


def _record(content: dict, script_now: str) -> Record:
    """Make a record of what a file holds."""
    if content["schema"] != SCHEMA:
        raise RecordError(f"schema must be {SCHEMA}")
    _check(content, name=str, title=str, method=str, runs=list)
    runs = []
    for run in content["runs"]:
        _check(run, commit=str, date=str, script_sha256=str)
        _check({"power_limit_w": None} | run["device"], kind=str, name=str, power_limit_w=_NUMBER)
        _check(run["software"], python=str, torch=str)
        values = {key: _quantity(key, quantity) for key, quantity in run["values"].items()}
        stale = bool(script_now) and run["script_sha256"] != script_now
        runs.append(Run(**run | {"values": values}, stale=stale))
    return Record(content["name"], content["title"], content["method"], tuple(runs))


def _quantity(key: str, saved: dict) -> Quantity:
    _check(saved, f"{key}.", unit=str, statistic=str, n=int)
    quantity = Quantity(**saved)
    if not quantity.numbers() or not all(map(is_number, quantity.numbers())):
        raise RecordError(f"{key}.value must be finite numbers")
    return quantity


def _check(said: dict, where: str = "", **kinds) -> None:
    for name, kind in kinds.items():
        value = said[name]
        if not isinstance(value, kind) or isinstance(value, bool) or value != value:  # NaN
            raise RecordError(f"{where}{name} must not be {value!r:.60}")


def is_number(value) -> bool:
    """Tell whether a value is a finite number, which True is not."""
    return type(value) is not bool and isinstance(value, int | float) and abs(value) <= _LARGEST


def script_hash(path: Path) -> str:
    """Return the SHA-256 of what runs in a record's script, or an empty text if not all is here.

    Comments, docstrings and what the script says of itself (`SAID`) may change without making
    the record stale. The cells that a script runs, those in `CELLS` of the chapter `CHAPTER`,
    belong to it.
    """
    if not path.exists():
        return ""
    sources = [path.read_text(encoding="utf-8")]
    if "CELLS" in (assigned := _assigned(path)):
        name, cells = (ast.literal_eval(assigned[key]) for key in ("CHAPTER", "CELLS"))
        book = path.parent.parent
        if not (book / f"{name}.ipynb").exists():  # an installed package brings no chapters
            return ""
        sources += chapter_cells(name, cells, book=book).values()
    return hashlib.sha256("\n".join(map(what_runs, sources)).encode()).hexdigest()


def what_runs(source: str) -> str:
    """Return the lines of `source` that compute, the same under every version of Python."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in _words(ast.parse(source)):
        lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _words(tree: ast.Module):
    """Yield the statements that only speak: docstrings, and what a script says of itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node
    for node in tree.body:
        if isinstance(node, ast.Assign) and {getattr(t, "id", "") for t in node.targets} <= SAID:
            yield node


def _flat(value):
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def lookup(key: str) -> float:
    """Return the number that a prose marker names.

    `key` is `record.kind.quantity`, and for a list also which: `.min`, `.max`, `.mean`,
    `.median` or a position, as in `"article_cnn.cpu.accuracy.mean"`. Where there are records of
    several devices of a kind, it names one: `"peaks.cuda@t4.copy"`.

    Raises:
        RecordError: the key names nothing, or a list without saying which of its numbers.
    """
    parts = key.split(".")
    if len(parts) < 3:
        raise RecordError(f"{key}: name a record, a kind of device and a quantity.")
    name, kind, quantity, *rest = parts
    runs = load(name).runs_on(kind)
    if not runs:
        raise RecordError(f"{key}: {name} has no run on {kind}.")
    if len(runs) > 1:
        names = ", ".join(run.device["name"] for run in runs)
        raise RecordError(f"{key}: {name} has runs on {names}. Name one, as in {kind}@t4.")
    value = runs[0][quantity].value
    for part in rest:
        value = _select(value, part, key)
    if isinstance(value, list):
        raise RecordError(f"{key}: a list of {len(value)}; add .mean or a position.")
    return value


def _select(value, part, key):
    numbers = value if isinstance(value, list) else [value]
    if part in STATISTICS and all(map(is_number, numbers)):
        return STATISTICS[part](numbers)
    if re.fullmatch("-?[0-9]{1,9}", part) and -len(numbers) <= int(part) < len(numbers):
        return numbers[int(part)]
    raise RecordError(f"{key}: {part!r} is not one of {', '.join(STATISTICS)} or a position.")
