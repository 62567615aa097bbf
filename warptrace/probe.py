"""Whether Numba can run kernels on a GPU here, and if not, why and what to do about it."""

import functools
import subprocess
import sys
from dataclasses import dataclass

#: Adds 1 to a number on the GPU and prints the GPU's name; run in a process of its own, since a
#: driver that refuses may take the process with it.
PROBE = """
import numpy as np
from numba import config, cuda
if config.ENABLE_CUDASIM:
    raise SystemExit("NUMBA_ENABLE_CUDASIM is set: this is Numba's simulator, not a GPU")
@cuda.jit
def add(a):
    a[0] += 1
a = np.ones(1, np.float32)
add[1, 1](a)
assert a[0] == 2, "the GPU computed 1 + 1 = %s" % a[0]
name = cuda.get_current_device().name
print(name.decode() if isinstance(name, bytes) else name)
"""
PROBE_SECONDS = 120

#: A piece of an error → what to say about it, and what to do.
CURES = {
    "No module named 'numba'": "Numba is not installed: pip install 'numba-cuda[cu13]'",
    "No module named 'numba_cuda'": "numba-cuda is not installed: pip install 'numba-cuda[cu13]'",
    "module 'numpy' has no attribute": (
        "Numba does not fit the NumPy that is here: take an older one, pip install 'numpy<2.5'"
    ),
    "NUMBA_ENABLE_CUDASIM": "NUMBA_ENABLE_CUDASIM is set: unset it to use the GPU",
    "UNSUPPORTED_PTX_VERSION": (
        "the driver refuses Numba's PTX, which is newer than the driver: install the numba-cuda "
        "that matches it, pip install 'numba-cuda[cu12]', or update the driver (580 or later "
        "for CUDA 13)"
    ),
    "Unsupported .version": (
        "the driver refuses Numba's PTX, which is newer than the driver: install the numba-cuda "
        "that matches it, pip install 'numba-cuda[cu12]', or update the driver (580 or later "
        "for CUDA 13)"
    ),
    "driver library cannot be found": "there is no NVIDIA driver on this machine",
    "CUDA_ERROR_NO_DEVICE": "there is no NVIDIA GPU on this machine",
    "no CUDA-capable device": "there is no NVIDIA GPU on this machine",
    "libnvvm": "NVVM is missing: pip install 'numba-cuda[cu13]'",
    "NVVM": "NVVM is missing: pip install 'numba-cuda[cu13]'",
}


@dataclass(frozen=True)
class Hardware:
    """Whether Numba can run kernels here.

    Attributes:
        name: the GPU's name, empty if none can be used.
        reason: why none can be used and what to do about it, empty if one can.
    """

    name: str
    reason: str

    @property
    def works(self) -> bool:
        """Whether kernels can run on a GPU."""
        return bool(self.name)

    def need(self) -> None:
        """Go on where kernels can run on a GPU.

        Raises:
            RuntimeError: they cannot; the message names the cure.
        """
        if not self.works:
            raise RuntimeError(f"This needs Numba on a GPU: {self.reason}.")


@functools.cache
def hardware() -> Hardware:
    """Return whether Numba can run kernels here. It is tried once, in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Hardware("", f"the GPU could not be tried ({error})")
    if done.returncode == 0:
        return Hardware(done.stdout.strip().splitlines()[-1], "")
    return Hardware("", explain(done.stderr))


def explain(stderr: str) -> str:
    """Return why a probe failed, and the cure where one is known."""
    for piece, cure in CURES.items():
        if piece in stderr:
            return cure
    lines = [line for line in stderr.splitlines() if line.strip()]
    return f"Numba failed on this GPU ({lines[-1] if lines else 'without a message'})"
