"""Make and check records: what a run says of itself, and how it enters `book/recorded`.

`helpers.recorded` reads them. A bare machine with torch and NumPy records with this module, so it
needs no more than these.
"""

import json
import platform
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from helpers import device as devices
from helpers import recorded
from helpers.files import write_atomically
from helpers.recorded import Quantity, Record, RecordError, Run


def check(record: Record) -> None:
    """Check that a record says all that it has to.

    Raises:
        RecordError: it does not; the message names the field.
    """
    _need(record.title, "title must not be empty")
    _need(record.method, "method must not be empty")
    _need(record.runs, "runs must hold at least one run")
    for i, run in enumerate(record.runs):
        try:
            _check_run(run)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RecordError(f"runs[{i}].{error}") from error


def _need(holds, what: str) -> None:
    if not holds:
        raise RecordError(what)


def _check_run(run: Run) -> None:
    _need(run.device["kind"] in devices.KINDS, "device.kind is not a kind")
    _need(run.device["name"], "device.name must not be empty")
    _need(run.software["torch"], "software.torch must not be empty")
    _need(re.fullmatch(r"[0-9a-f]{7,40}", run.commit), "commit must be a git commit")
    try:
        datetime.fromisoformat(run.date)
    except ValueError as error:
        raise RecordError(f"date: {error}") from error
    _need(run.values, "values must not be empty")
    for key, quantity in run.values.items():
        _check_quantity(quantity, f"values.{key}")


def _check_quantity(quantity: Quantity, where: str) -> None:
    _need(isinstance(quantity, Quantity), f"{where} must be a Quantity")
    _need(quantity.unit, f"{where}.unit must not be empty")
    _need(quantity.statistic, f"{where}.statistic must not be empty")
    _need(recorded.is_number(quantity.n) and quantity.n > 0, f"{where}.n must be above 0")
    numbers = quantity.numbers()
    finite = numbers and all(map(recorded.is_number, numbers))
    _need(finite, f"{where}.value must be finite numbers")


def load(name: str, folder: Path) -> Record:
    """Load the record `name` from `folder` and check it.

    Raises:
        RecordError: it is missing or malformed; the message names file and field.
    """
    record = recorded.load(name, folder=folder)
    try:
        _need(record.name == name, "name must be the file's own name")
        check(record)
    except RecordError as error:
        raise RecordError(f"{name}.json: {error}. Record it again with `make record`.") from error
    return record


def measured(script: Path, values: dict[str, Quantity], *, device, commit: str) -> Run:
    """Return a run: what `script` measured on `device`, with where it comes from.

    Args:
        script: the record's script; its hash is kept, to show when the record is stale.
        values: what was measured.
        device: in any of the spellings of `device.resolve`.
        commit: of the checkout.
    """
    return Run(
        device=_device_facts(device),
        software=_software_facts(),
        commit=commit,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        script_sha256=recorded.script_hash(script),
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


def save(run: Run, *, name: str, title: str, method: str, folder: Path) -> Path:
    """Write `run` into `folder/<name>.json`, in place of an earlier run on the same machine.

    The file is written beside and then moved into place, so it is never half there.

    Raises:
        RecordError: the result would not be valid; the old file is left as it was.
    """
    path = folder / f"{name}.json"
    older = load(name, folder).runs if path.exists() else ()
    kept = [other for other in older if _machine(other) != _machine(run)]
    record = Record(name, title, method, (*kept, run))
    check(record)
    content = {"schema": recorded.SCHEMA} | asdict(record)
    for saved in content["runs"]:
        del saved["stale"]
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def _machine(run: Run) -> tuple:
    device = run.device
    return device["kind"], device["name"], device.get("cores"), device.get("threads")
