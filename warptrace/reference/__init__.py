"""The same trace from plain Python: one thread after another, numbers, lists and sets.

It is written apart from the engine that runs all lanes as NumPy vectors, to check it, and runs
where there is no NumPy.

How it goes: `launch` reads the arguments (`arrays`) and has the kernel translated, once, to Python
text (`scope`, `expressions`, `calls`, `statements`), with the types that Numba gives its values
(`kinds`) and a GPU's arithmetic (`arithmetic`). Each thread runs that text from one meeting point
to the next (`threads`) and notes what it touches. The notes add up to counters (`accounts`) and
faults (`races`).
"""

from .arrays import Array
from .kinds import (
    Type,
    bool_,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .launch import trace

__all__ = [
    "Array",
    "Type",
    "bool_",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "trace",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
