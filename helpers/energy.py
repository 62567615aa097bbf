"""How much energy a piece of work takes, where the machine has a counter that says so."""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpers import device as devices

#: Where Linux shows the energy counter of the first processor package, in microjoules.
RAPL = Path("/sys/class/powercap/intel-rapl:0/energy_uj")


@dataclass(frozen=True)
class Energy:
    """Energy of one call of the work (joules), its time (seconds), and which counter told."""

    joules: float
    seconds: float
    counter: str

    @property
    def watts(self) -> float:
        """Return the mean power during the work."""
        return self.joules / self.seconds


def measure(work: Callable[[], object], *, device=None, seconds: float = 2.0) -> Energy | None:
    """Call `work()` again and again for `seconds` and return the energy of one call.

    On a CUDA GPU the counter is NVML's total energy of the card (Volta or later), on a CPU RAPL's
    energy of the processor package. Both count all that runs there meanwhile, idle power included.
    Returns None where there is no counter that may be read: not measured. `device` takes any of
    the spellings of `device.resolve`.
    Source: NVML's `nvmlDeviceGetTotalEnergyConsumption`; Linux, "Power Capping Framework".
    """
    device = devices.resolve(device)
    counter = _nvml(device) if device.type == "cuda" else _rapl() if device.type == "cpu" else None
    if counter is None:
        return None
    name, read = counter
    work()
    devices.synchronise(device)
    begin, start, calls = read(), time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds or calls == 0:
        work()
        devices.synchronise(device)
        calls += 1
    used = read() - begin
    if used <= 0:  # the counter has begun again from zero, or stands still
        return None
    return Energy(used / calls, passed / calls, name)


def _rapl():
    try:
        int(RAPL.read_text())
    except (OSError, ValueError):  # no such counter, or only for the administrator
        return None
    return "RAPL", lambda: int(RAPL.read_text()) / 1e6


def _nvml(device):
    """Return a reader of the card's energy counter in joules, or None."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    handle, millijoules = ctypes.c_void_p(), ctypes.c_ulonglong()
    identity = devices.uuid(device).encode()
    if library.nvmlInit_v2() or library.nvmlDeviceGetHandleByUUID(identity, ctypes.byref(handle)):
        return None

    def failed() -> int:
        return library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules))

    if failed():  # older than Volta
        return None

    def joules() -> float:
        failed()  # fills `millijoules`; it has just worked
        return millijoules.value / 1e3

    return "NVML", joules
