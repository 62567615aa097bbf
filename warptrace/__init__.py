"""GPU without a GPU: run a CUDA kernel written in Python, and see what a profiler would show."""

from .counters import METRICS
from .faults import Fault, KernelError, Thread, UnsupportedError
from .launcher import Hardware, Launched, hardware, launch
from .occupancy import Occupancy, occupancy
from .stand_in import cuda
from .tracer import Trace, trace

__all__ = [
    "METRICS",
    "Fault",
    "Hardware",
    "KernelError",
    "Launched",
    "Occupancy",
    "Thread",
    "Trace",
    "UnsupportedError",
    "cuda",
    "hardware",
    "launch",
    "occupancy",
    "trace",
]
