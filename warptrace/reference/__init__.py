"""The same trace from plain Python: one thread after another, numbers, lists and sets.

It is written apart from the engine that runs all lanes as NumPy vectors, to check it, and runs
where there is no NumPy.
"""

from .arrays import Array
from .kinds import Type, float32, float64, int32, int64, uint8, uint32, uint64
from .trace import trace

__all__ = [
    "Array",
    "Type",
    "float32",
    "float64",
    "int32",
    "int64",
    "trace",
    "uint8",
    "uint32",
    "uint64",
]
