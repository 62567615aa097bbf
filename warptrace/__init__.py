"""GPU without a GPU: run a CUDA kernel written in Python, and see what a profiler would show."""

from .counters import METRICS
from .faults import Fault, KernelError, Thread, UnsupportedError
from .launcher import Launched, launch
from .occupancy import Occupancy, occupancy
from .probe import Hardware, hardware
from .results import Trace
from .stand_in import cuda
from .tracer import trace

__version__ = "0.1.0"

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
