"""Results recorded on real machines: load them, check them, cite them.

A record is `book/recorded/<name>.json`, and the script that made it stands beside it as
`<name>.py`. The file holds one run for each machine, and each run says what it ran on, with
which software, from which commit, when, how often, and by which statistic.
"""

import ast
import contextlib
import hashlib
import importlib.util
import io
import json
import math
import platform
import re
import statistics
import subprocess
import tokenize
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from helpers import device as devices
from helpers import resources
from helpers.files import write_atomically

SCHEMA = 2
#: What a script says of itself; CONTRIBUTING.md says what each means.
SAID = {"TITLE", "METHOD", "KINDS", "NEEDS", "DATA", "MINUTES"}
STATISTICS = {"min": min, "max": max, "mean": statistics.fmean, "median": statistics.median}


class RecordError(ValueError):
    """A record is missing, malformed or does not hold what was asked for."""


def _need(holds, what: str) -> None:
    if not holds:
        raise RecordError(what)


@contextlib.contextmanager
def _part(where: str):
    """Say of which part of a record it is that something is wrong."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"{where}{error}") from error


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
        return statistics.median(_flat(self.value))

    def __post_init__(self):
        _need(self.unit, "unit must not be empty")
        _need(self.statistic, "statistic must not be empty")
        _need(isinstance(self.n, int) and self.n > 0, "n must be above 0")
        numbers = list(_flat(self.value))
        finite = all(isinstance(x, int | float) and math.isfinite(x) for x in numbers)
        _need(numbers and finite, "value must be finite numbers")


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

    def __post_init__(self):
        _need(self.device["kind"] in devices.KINDS, "device.kind is not a kind")
        _need(self.device["name"], "device.name must not be empty")
        _need(self.software["torch"], "software.torch must not be empty")
        _need(re.fullmatch(r"[0-9a-f]{7,40}", self.commit), "commit must be a git commit")
        with _part("date: "):
            datetime.fromisoformat(self.date)
        _need(self.values, "values must not be empty")
        for key, quantity in self.values.items():
            _need(isinstance(quantity, Quantity), f"values.{key} must be a Quantity")

    def __getitem__(self, key: str) -> Quantity:
        if key not in self.values:
            known = ", ".join(sorted(self.values))
            raise RecordError(f"This run has no {key!r}. It has: {known}.")
        return self.values[key]

    def caption(self) -> str:
        """Return one sentence of provenance, generated from the run."""
        device, software = self.device, self.software
        details = [f"{device['cores']} cores"] if device["kind"] == "cpu" else []
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

    def __post_init__(self):
        _need(self.title, "title must not be empty")
        _need(self.method, "method must not be empty")

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


def names() -> tuple[str, ...]:
    """Return the names of all records that some machine has made."""
    return tuple(sorted(path.stem for path in (resources.root() / "recorded").glob("*.json")))


def load(name: str, *, folder: Path | None = None) -> Record:
    """Load and validate the record `name`.

    A record whose script is there, but which no machine has made yet, has no runs.

    Args:
        name: the file's stem.
        folder: where to look; default the book's own records.

    Raises:
        RecordError: there is no such record, or it is not valid; the message names the field.
    """
    folder = folder or resources.root() / "recorded"
    path = folder / f"{name}.json"
    if not path.exists() and path.with_suffix(".py").exists():
        return Record(name, *_title_and_method(path.with_suffix(".py")), runs=())
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "none"
        raise RecordError(f"There is no record {name!r}; there are: {known}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecordError(f"{path.name} is not JSON ({error}). Record it again.") from error
    try:
        return _record(content, name, script_hash(path.with_suffix(".py")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        problem = f"{path.name}: {error}. Record it again with `make record`."
        raise RecordError(problem) from error


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


def _title_and_method(path: Path) -> tuple[str, str]:
    """Read a script's title and method without running it."""
    assigned = {
        getattr(node.targets[0], "id", ""): node.value
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
    }
    missing = [name for name in ("TITLE", "METHOD") if name not in assigned]
    if missing:
        raise RecordError(f"{path.name} does not say its {missing[0]}: assign a text to it.")
    return ast.literal_eval(assigned["TITLE"]), ast.literal_eval(assigned["METHOD"])


def _record(content: dict, name: str, script_now: str) -> Record:
    """Make a record of what a file holds; each of its parts refuses what is wrong in it."""
    _need(content["schema"] == SCHEMA, f"schema must be {SCHEMA}")
    _need(content["name"] == name, "name must be the file's own name")
    _need(content["runs"], "runs must hold at least one run")
    runs = []
    for i, run in enumerate(content["runs"]):
        with _part(f"runs[{i}]."):
            stale = run["script_sha256"] != script_now
            runs.append(Run(**run | {"values": _quantities(run["values"])}, stale=stale))
    return Record(name, content["title"], content["method"], tuple(runs))


def _quantities(values: dict) -> dict[str, Quantity]:
    found = {}
    for key, quantity in values.items():
        with _part(f"values.{key}."):
            found[key] = Quantity(**quantity)
    return found


def script_hash(path: Path) -> str:
    """Return the SHA-256 of what runs in a record's script, or an empty text where it is missing.

    Comments, docstrings and what the script says of itself (`SAID`) may change without making
    the record stale.
    """
    if not path.exists():
        return ""
    return hashlib.sha256(what_runs(path.read_text(encoding="utf-8")).encode()).hexdigest()


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
    if part in STATISTICS:
        return STATISTICS[part](numbers)
    if part.lstrip("-").isdigit() and -len(numbers) <= int(part) < len(numbers):
        return numbers[int(part)]
    raise RecordError(f"{key}: {part!r} is not one of {', '.join(STATISTICS)} or a position.")


def measured(
    script: Path, values: dict[str, Quantity], *, device, commit: str | None = None
) -> Run:
    """Return a run: what `script` measured on `device`, with where it comes from.

    Args:
        script: the record's script; its hash is kept, to show when the record is stale.
        values: what was measured.
        device: in any of the spellings of `device.resolve`.
        commit: of the checkout; default what git says.

    Raises:
        RecordError: the commit is not known.
    """
    return Run(
        device=_device_facts(device),
        software=_software_facts(),
        commit=commit or _git_commit(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        script_sha256=script_hash(script),
        values=values,
    )


def _device_facts(device) -> dict:
    import torch

    description = devices.describe(device)
    facts = {"kind": description.kind, "name": description.name}
    facts["memory_gb"] = round(description.memory_gb, 1) if description.memory_gb else None
    if description.kind == "cpu":
        return facts | {"cores": description.multiprocessors, "threads": torch.get_num_threads()}
    return facts | {
        "multiprocessors": description.multiprocessors,
        "capability": description.capability,
        "driver": description.driver,
        "clock_mhz": description.clock_mhz,
        "power_limit_w": description.power_limit_w,
    }


def _software_facts() -> dict:
    import numpy
    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "numpy": numpy.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }


def _git_commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    here = Path(__file__).parent
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    if done.returncode:
        raise RecordError("The commit is not known: name it with COMMIT=….")
    return done.stdout.strip()


def save(run: Run, *, name: str, title: str, method: str, folder: Path) -> Path:
    """Write `run` into `folder/<name>.json`, in place of an earlier run on the same machine.

    The file is written beside and then moved into place, so it is never half there.

    Raises:
        RecordError: the result would not be valid; the old file is left as it was.
    """
    path = folder / f"{name}.json"
    older = load(name, folder=folder).runs if path.exists() else ()
    kept = [other for other in older if _machine(other) != _machine(run)]
    content = {"schema": SCHEMA} | asdict(Record(name, title, method, (*kept, run)))
    for saved in content["runs"]:
        del saved["stale"]
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def _machine(run: Run) -> tuple:
    device = run.device
    return device["kind"], device["name"], device.get("cores"), device.get("threads")
