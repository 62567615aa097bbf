"""What a GPU computes on the values where computers disagree, written down to compare with.

`cases()` lists kernels of one line and their operands: NaN, infinities, both zeros, denormals, the
largest numbers of each type. Run as a script on a machine with an NVIDIA GPU and Numba, this file
writes `arithmetic.json` beside it: what the hardware answered. `test_arithmetic.py` holds the
tracer to that.
"""

import base64
import json
import linecache
import sys
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

RECORD = Path(__file__).with_suffix(".json")

FLOATS = ("float32", "float64")
INTS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
WIDE = ("int32", "int64", "uint32", "uint64")
_ROUNDED = ("floor", "ceil", "trunc", "fabs", "sqrt", "isnan", "isinf", "isfinite")
_SMOOTH = ("exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh")
_SMOOTH += ("tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc", "gamma")
_SMOOTH += ("lgamma", "degrees", "radians")

_KERNEL = """
def kernel(x, y, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = {line}
"""
_ATOMIC = """
def kernel(x, y, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = cuda.atomic.{line}(x, i, y[i])
"""


@dataclass(frozen=True)
class Case:
    """A kernel of one line: `line` on operands of the types `x` and `y`, stored as `out`."""

    line: str
    x: str
    y: str
    out: str
    source: str = _KERNEL

    @property
    def key(self) -> str:
        """The name of the case in the record."""
        atomic = "atomic " if self.atomic else ""
        return f"{atomic}{self.line}: {self.x}, {self.y} -> {self.out}"

    @property
    def atomic(self) -> bool:
        """Whether the answer is what is left in `x`."""
        return self.source == _ATOMIC

    @property
    def exact(self) -> bool:
        """Whether every bit is settled: the functions of `math` are rounded as a library likes."""
        return not any(f"math.{name}(" in self.line for name in (*_SMOOTH, *_LOOSE))

    @property
    def settled(self) -> np.dtype:
        """The type in which the answers are compared.

        What LLVM makes of the upper bits is open where a float is beyond a narrow type, and where
        the lowest number of one is turned round.
        """
        narrow = next((kind for kind in INTS[:2] + INTS[4:6] if f"np.{kind}(" in self.line), None)
        if self.line in ("abs(x[i])", "-x[i]") and self.x in INTS[:2]:
            narrow = self.x
        return np.dtype(narrow or self.out)

    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the operands, paired so that each value meets each."""
        x, y = values(self.x), values(self.y)
        if "y" not in self.line and not self.atomic:
            return x, x
        return np.repeat(x, len(y)), np.tile(y, len(x))


_LOOSE = ("pow", "hypot", "atan2")


def values(name: str) -> np.ndarray:
    """Return the values of one type on which computers disagree."""
    kind = np.dtype(name)
    if kind.kind == "f":
        info = np.finfo(kind)
        special = [np.nan, np.inf, -np.inf, 0.0, -0.0, info.smallest_subnormal, info.tiny]
        plain = [1, -1, 0.5, -2.5, 2.5, 3.7, -5, 127.5, 255.5, 300, -129, 3e10, -3e10, 9.3e18, 1e20]
        return np.array([*special, *plain, info.max, info.min], dtype=kind)
    info = np.iinfo(kind)
    plain = [0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 100, info.max, info.max // 2 + 1, info.min]
    signed = [-1, -2, -7, -64] if kind.kind == "i" else []
    return np.array([n for n in [*plain, *signed] if info.min <= n <= info.max], dtype=kind)


def cases() -> list[Case]:
    """Return all cases."""
    found = []
    for kind in FLOATS:
        for line in ("x[i] + y[i]", "x[i] * y[i]", "x[i] / y[i]", "x[i] // y[i]", "x[i] % y[i]"):
            found.append(Case(line, kind, kind, kind))
        for line in ("min(x[i], y[i])", "max(x[i], y[i])", "math.fmod(x[i], y[i])"):
            found.append(Case(line, kind, kind, kind))
        for name in ("pow", "hypot", "atan2", "copysign"):
            found.append(Case(f"math.{name}(x[i], y[i])", kind, kind, kind))
        for line in ("x[i] < y[i]", "x[i] <= y[i]", "x[i] == y[i]", "x[i] != y[i]"):
            found.append(Case(line, kind, kind, "int32"))
        found.append(Case("min(min(x[i], y[i]), 3)", kind, kind, "float64"))
        found += [Case(f"math.{name}(x[i])", kind, kind, "float64") for name in _ROUNDED]
        found += [Case(f"math.{name}(x[i])", kind, kind, kind) for name in _SMOOTH]
        found += [Case(line, kind, kind, "float64") for line in ("abs(x[i])", "-x[i]")]
        found += [Case("round(x[i])", kind, kind, "int64"), Case("not x[i]", kind, kind, "int32")]
        found += [Case(f"np.{name}(x[i])", kind, kind, "int64") for name in INTS]
        found += [Case("x[i]", kind, kind, name) for name in (*INTS, *FLOATS)]
        found += [Case("int(x[i])", kind, kind, "int64")]
        for name in ("add", "sub", "max", "min", "nanmax", "nanmin", "exch"):
            found.append(Case(name, kind, kind, kind, _ATOMIC))
    for kind in INTS:
        for name in ("brev", "clz", "ffs", "popc"):
            found.append(Case(f"cuda.{name}(x[i])", kind, kind, "int64"))
        found += [Case(line, kind, kind, "int64") for line in ("abs(x[i])", "-x[i]", "~x[i]")]
        found += [Case("x[i]", kind, kind, name) for name in (*INTS, *FLOATS)]
        for line in ("x[i] + y[i]", "x[i] * y[i]", "x[i] // y[i]", "x[i] % y[i]", "x[i] / y[i]"):
            found.append(Case(line, kind, kind, "float64" if "] / " in line else "int64"))
        for line in ("min(x[i], y[i])", "max(x[i], y[i])", "x[i] ^ y[i]"):
            found.append(Case(line, kind, kind, "int64"))
        for line in ("x[i] << y[i]", "x[i] >> y[i]"):
            found.append(Case(line, kind, "int32", "int64"))
    for x, y in (("int64", "uint64"), ("int32", "uint64"), ("int32", "float32")):
        for line in ("min(x[i], y[i])", "max(x[i], y[i])", "x[i] + y[i]", "x[i] // y[i]"):
            found.append(Case(line, x, y, "float64"))
        found.append(Case("x[i] < y[i]", x, y, "int32"))
    for kind in WIDE:
        for name in ("add", "max", "min", "exch"):
            found.append(Case(name, kind, kind, kind, _ATOMIC))
    return found


def kernel_of(case: Case, cuda, number: int):
    """Return the kernel of a case for `cuda`, Numba's or the tracer's, with a source to read."""
    import math

    source = case.source.format(line=case.line).lstrip()
    file = f"<case {number}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"cuda": cuda, "math": math, "np": np}
    exec(compile(source, file, "exec"), names)
    return names["kernel"]


def on_hardware(case: Case, number: int) -> str:
    """Return what the GPU answered, its bytes packed, or "refused"."""
    from numba import cuda

    x, y = case.operands()
    out = np.zeros(len(x), dtype=case.out)
    try:
        cuda.jit(kernel_of(case, cuda, number))[-(-len(x) // 128), 128](x, y, out)
    except Exception as error:
        if type(error).__name__ not in ("TypingError", "LoweringError", "NotImplementedError"):
            raise
        return "refused"
    packed = zlib.compress((x if case.atomic else out).tobytes(), 9)
    return base64.b64encode(packed).decode("ascii")


def answer(packed: str, kind: np.dtype) -> np.ndarray:
    """Return the numbers that `on_hardware` packed."""
    return np.frombuffer(zlib.decompress(base64.b64decode(packed)), dtype=kind)


def main(path: Path = RECORD) -> None:
    """Ask the GPU for every case and write what it answered."""
    import numba_cuda
    from numba import cuda

    answers = {case.key: on_hardware(case, n) for n, case in enumerate(cases())}
    device = cuda.get_current_device()
    about = {
        "device": device.name.decode() if isinstance(device.name, bytes) else device.name,
        "capability": list(device.compute_capability),
        "numba_cuda": numba_cuda.__version__,
        "date": datetime.now(UTC).date().isoformat(),
    }
    path.write_text(json.dumps(about | {"answers": answers}, indent=1) + "\n", encoding="utf-8")
    print(f"{len(answers)} cases written to {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RECORD)
