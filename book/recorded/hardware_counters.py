"""Record the hardware's counters for the tracer's sample kernels, with Nsight Compute."""

import csv
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from helpers import recorded
from warptrace import METRICS, samples

TITLE = "Counters of the hardware"
METHOD = (
    "Each kernel of warptrace.samples launched once through Numba under Nsight Compute "
    "(ncu --clock-control none), on arguments four times as large as in the tests. Each counter "
    "is read off the metrics that warptrace.METRICS names for it; all are counts of one launch."
)
NEEDS = ("numba",)
KINDS = ("cuda",)

ROOT = Path(__file__).resolve().parents[2]
SCALE = 4
USUAL_PLACES = "opt/nvidia/nsight-compute/*/ncu"
_TERM = re.compile(r"(?:(\d+) × )?([a-z]\w+__\w+\.\w+)")


def record(device, folder) -> dict[str, recorded.Quantity]:
    """Profile the kernels in a process of their own; `folder` is not used."""
    command = [_profiler(), "--csv", "--page", "raw", "--print-units", "base"]
    command += ["--clock-control", "none", "--metrics", ",".join(metrics())]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [*command, sys.executable, __file__],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": str(device.index or 0)},
    )
    if done.returncode:
        raise RuntimeError(f"ncu failed: {(done.stdout + done.stderr)[-1000:]}")
    return read(done.stdout)


def metrics() -> list[str]:
    """Return every Nsight Compute metric that some counter stands for."""
    return sorted({name for _, text in METRICS.values() for _, name in _TERM.findall(text)})


def read(output: str) -> dict[str, recorded.Quantity]:
    """Return `{"kernel:counter": quantity}` from what ncu prints for the launches, in order."""
    start = output.index('"ID"')
    head, _units, *rows = csv.reader(io.StringIO(output[start:]))
    names = list(samples.cases(SCALE))
    if len(rows) != len(names):
        raise RuntimeError(f"ncu saw {len(rows)} launches, and {len(names)} were made.")
    values = {}
    for name, row in zip(names, rows, strict=True):
        seen = dict(zip(head, row, strict=True))
        if name not in seen["Kernel Name"]:
            raise RuntimeError(f"ncu saw {seen['Kernel Name']} where {name} was launched.")
        for counter, (_, text) in METRICS.items():
            count = sum(int(times or 1) * _number(seen[m]) for times, m in _TERM.findall(text))
            values[f"{name}:{counter}"] = recorded.Quantity(count, "count", "counted", 1)
    return values


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _profiler() -> str:
    if importlib.util.find_spec("numba") is None:
        raise RuntimeError("Numba is not here: pip install 'numba-cuda[cu13]'.")
    installed = (str(path) for path in sorted(Path("/").glob(USUAL_PLACES), reverse=True))
    found = shutil.which("ncu") or next(installed, None)
    if found is None:
        raise RuntimeError("Nsight Compute (ncu) is not here: it comes with the CUDA toolkit.")
    return found


def launch_all() -> None:
    """Launch each sample kernel once; ncu looks on."""
    from numba import cuda

    for kernel, grid, block, arguments, _ in samples.cases(SCALE).values():
        there = [cuda.to_device(a) if hasattr(a, "shape") and a.shape else a for a in arguments]
        kernel[grid, block](*there)
        cuda.synchronize()


if __name__ == "__main__":
    launch_all()
