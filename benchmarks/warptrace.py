"""How fast the tracer is: `python benchmarks/warptrace.py [--simulator] [--json FILE]`.

Goals: a million-thread copy under 0.05 s, a tiled 256 × 256 product under 0.5 s, one of 64 × 64 by
the reference in plain Python under 2 s, at least 100 times faster than Numba's simulator on the
book's kernels, memory that does not grow with the grid. The simulator runs in a process of its own,
on the same arguments; it needs Numba and minutes.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

import warptrace
from warptrace import reference
from warptrace import samples as kernels

ROOT = Path(__file__).resolve().parents[1]
#: Goals in seconds, and as a ratio.
COPY_S, MATMUL_S, REFERENCE_S, RATIO = 0.05, 0.5, 2, 100
REPEATS = 5
#: How much larger than in the tests the kernels' arguments are.
SCALE = 4

SIMULATOR = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from warptrace import samples as kernels
seconds = {}
for name, (kernel, grid, block, args, expected) in kernels.cases(int(sys.argv[2])).items():
    start = time.perf_counter()
    kernel[grid, block](*args)
    seconds[name] = time.perf_counter() - start
print(json.dumps(seconds))
"""


def median_s(run) -> float:
    """Return the median time of `run` in seconds, after one warm-up."""
    run()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def copy_s() -> float:
    """Return the time of a copy by a million threads, in seconds."""
    source = np.arange(1 << 20, dtype=np.float32)
    target = np.zeros_like(source)
    return median_s(lambda: warptrace.trace(kernels.copy, source.size // 256, 256, source, target))


def matmul_s(side: int = 256, trace=warptrace.trace) -> float:
    """Return the time of a tiled square float32 product, in seconds."""
    a, b = (np.random.default_rng(n).random((side, side), np.float32) for n in (0, 1))
    c = np.zeros_like(a)
    size = side // kernels.TILE
    tiles, block = (size, size), (kernels.TILE, kernels.TILE)
    return median_s(lambda: trace(kernels.matmul_tiled, tiles, block, a, b, c))


def peak_bytes(blocks: int) -> int:
    """Return the most memory that a launch of `blocks` blocks of 256 threads needs."""
    array = np.zeros(256, np.float32)
    tracemalloc.start()
    warptrace.trace(kernels.copy, blocks, 256, array, array.copy())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def tracer_s(scale: int) -> dict:
    """Return each kernel's time in the tracer, in seconds."""
    seconds = {}
    for name in kernels.cases(scale):
        kernel, grid, block, args, _ = kernels.cases(scale)[name]
        seconds[name] = median_s(lambda k=(kernel, grid, block, *args): warptrace.trace(*k))
    return seconds


def simulator_s(scale: int) -> dict:
    """Return each kernel's time in Numba's simulator, in seconds; one run each."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SIMULATOR, str(ROOT), str(scale)],
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
        check=True,
    )
    return json.loads(done.stdout)


def measure(simulator: bool, scale: int) -> dict:
    """Return all results; times in seconds, memory in bytes."""
    result = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cores": os.cpu_count(),
        "copy_1m_s": copy_s(),
        "matmul_256_s": matmul_s(),
        "reference_64_s": matmul_s(64, reference.trace),
        "peak_bytes": {str(blocks): peak_bytes(blocks) for blocks in (256, 4096, 16384)},
        "scale": scale,
        "tracer_s": tracer_s(scale),
    }
    if simulator:
        result["simulator_s"] = simulator_s(scale)
    return result


def report(result: dict) -> str:
    """Return the results as text, with the goals beside them."""
    lines = [
        f"copy, 1,048,576 threads   {result['copy_1m_s']:7.3f} s   goal {COPY_S} s",
        f"tiled product, 256 × 256  {result['matmul_256_s']:7.3f} s   goal {MATMUL_S} s",
        f"reference, 64 × 64        {result['reference_64_s']:7.3f} s   goal {REFERENCE_S} s",
    ]
    for blocks, peak in result["peak_bytes"].items():
        lines.append(f"memory, {int(blocks):6,} blocks     {peak / 2**20:7.1f} MiB")
    simulated = result.get("simulator_s", {})
    for name, seconds in result["tracer_s"].items():
        line = f"{name:18} tracer {seconds * 1e3:9.1f} ms"
        if name in simulated:
            line += f"   simulator {simulated[name] * 1e3:9.1f} ms"
            line += f"   {simulated[name] / seconds:7.1f} ×   goal {RATIO} ×"
        lines.append(line)
    if simulated:
        total = sum(simulated.values()) / sum(result["tracer_s"].values())
        lines.append(f"all of them: {total:.1f} ×")
    return "\n".join(lines)


def main():
    """Measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulator", action="store_true", help="also time Numba's simulator")
    parser.add_argument("--scale", type=int, default=SCALE, help="size of the kernels' arguments")
    parser.add_argument("--json", type=Path, help="write the results there")
    options = parser.parse_args()
    if options.simulator and importlib.util.find_spec("numba") is None:
        parser.error("Numba is not installed here, so its simulator cannot be timed")
    result = measure(options.simulator, options.scale)
    print(report(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
