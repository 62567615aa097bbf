"""The tracer and Numba's simulator agree on the book's kernels, where the simulator is right.

The simulator computes with Python's and NumPy's types, so cases where those differ from Numba's
are left to `test_types`.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import warptrace
from warptrace import samples as kernels

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json
import numpy as np
from warptrace import samples as kernels
results = {}
for name, (kernel, grid, block, args, expected) in kernels.cases().items():
    kernel[grid, block](*args)
    results[name] = {place: args[place].tolist() for place in expected}
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def simulated():
    if importlib.util.find_spec("numba") is None:
        pytest.skip("numba is missing: the tracer is not compared with its simulator")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", kernels.cases())
def test_agrees_with_numbas_simulator(simulated, name):
    kernel, grid, block, args, expected = kernels.cases()[name]
    warptrace.trace(kernel, grid, block, *args)
    for place in expected:
        np.testing.assert_allclose(args[place], simulated[name][str(place)], rtol=2e-5, atol=2e-5)
