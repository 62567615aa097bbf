"""The features of Numba's CUDA Python that `features.table()` tries, one small kernel each."""

import cmath
from collections import namedtuple
from dataclasses import dataclass

import numpy as np

Point = namedtuple("Point", "x y")


@dataclass(frozen=True)
class Feature:
    """A feature, the lines of a kernel that use it, and whether Numba compiles them."""

    group: str
    text: str
    body: str
    numba: bool = True


def halved(x, by=2):
    """Stand for a function of the user's own."""
    return x / by


def down(k):
    """Stand for a function that calls itself."""
    return k if k <= 0 else down(k - 1)


#: What the small kernels find outside themselves.
NAMES = {"cmath": cmath, "Point": Point, "ORIGIN": Point(1.0, 2.0), "halved": halved}
NAMES |= {"down": down, "TABLE": ((0, 1), (1, 0)), "TABLE_ARRAY": np.arange(3.0)}

_CONTROL = {
    "`if`, `elif`, `else`": "if a[i] > 1:\n    a[i] = 1\nelif a[i] < 0:\n    a[i] = 2",
    "`while`, `break`": "while i < 9:\n    i += 1\n    if i > 2:\n        break",
    "`for` over `range`": "for k in range(1, 9, 2):\n    a[i] += k",
    "`for` over an array": "for value in b:\n    a[i] += value",
    "`enumerate`, `zip`": "for k, (x, y) in enumerate(zip(a, b)):\n    a[i] += k * x + y",
    "`for` over a list or tuple written out": "for value in [1.0, 2.0]:\n    a[i] += value",
    "`else` after a loop": "for k in range(3):\n    if k > i:\n        break\nelse:\n    a[i] = 1",
    "`match` on numbers": "match i:\n    case 1 | 2:\n        a[i] = 1\n    case _:\n        pass",
    "`… if … else …` of arrays and tuples": "x = a if n[0] > 1 else b\na[i] = x[i]",
    "`assert`, `raise`": "assert a[i] < 100\nif a[i] > 99:\n    raise ValueError('large')",
    "`print` of texts and numbers": "print('here', i, a[i])",
}
_VALUES = {
    "tuples: items, parts, `in`, `==`": "t = (1, 2, 3)\na[i] = t[0] + (i in t) + (t[1:] == (2, 3))",
    "tuples of constants, nested": "for dy, dx in TABLE:\n    a[i] += 10 * dy + dx",
    "named tuples": "p = Point(i, y=2)\na[i] = p.x + ORIGIN.y",
    "tuples of arrays": "for x in (a, b):\n    a[i] += x[i]",
    "complex numbers": "z[i] = abs(z[i]) + z[i].conjugate() * 1j",
    "functions of `cmath`": "z[i] = cmath.exp(z[i])",
    "`float('inf')`": "a[i] = float('inf')",
    "`pow`, `divmod`, `round`": "q, r = divmod(i, 3)\na[i] = pow(q, 2) + round(a[i]) + r",
    "`min`, `max`, `abs`, `sum`": "a[i] = min(i, 2, 3) + max((1, i)) + abs(-i) + sum((1, i))",
    "functions of NumPy that CUDA has": "a[i] = np.sin(a[i]) + np.maximum(a[i], b[i])",
}
_ARRAYS = {
    "slices, with steps": "x = a[::-2]\na[i] = x[0] + a[i:].size",
    "a part filled with a number": "m[i, :] = 1\na[2:4] = 0",
    "`reshape`, `transpose`": "a[i] = a.reshape(2, 4)[1, i] + m.transpose()[0, i]",
    "`...` and `np.newaxis`": "a[i] = m[..., 0][i] + a[:, np.newaxis][i, 0]",
    "records: `r[i].x`, `r[i]['x']`, `r.x[i]`": "r[i].x = r[i]['x'] + r.x[i] + 1",
    "records copied whole": "r[i] = r[0]",
    "shared and local arrays": "t = cuda.shared.array(4, 'float32')\nt[i] = 1\na[i] = t[i]",
    "dynamic shared memory": "t = cuda.shared.array(0, np.float32)\na[i] = t.size",
    "constant arrays": "a[i] = cuda.const.array_like(TABLE_ARRAY)[0]",
}
_FUNCTIONS = {
    "functions of one's own, with defaults": "a[i] = halved(a[i]) + halved(a[i], by=4)",
    "arguments with `*`": "a[i] = halved(*(1, 2))",
    "functions inside it, `lambda`": "def f(x):\n    return x + b[0]\na[i] = (lambda x: f(x))(i)",
}
_THREADS = {
    "atomics": "cuda.atomic.add(a, 0, 1)\ncuda.atomic.cas(n, 0, 0, 1)",
    "barriers and shuffles": "cuda.syncthreads()\na[i] = cuda.shfl_sync(15, i, 0)",
    "a barrier of the grid": "cuda.cg.this_grid().sync()",
    "locks and flags": "while cuda.atomic.cas(n, 0, 0, 1):\n    pass\ncuda.atomic.exch(n, 0, 0)",
    "random numbers": "a[i] = cuda.random.xoroshiro128p_uniform_float64(states, i)",
}
_NOT_HERE = {
    "float16": "h[i] = h[i] + h[0]",
    "vector types": "v = cuda.float32x2(1, 2)\na[i] = v.x",
    "`libdevice`": "a[i] = cuda.libdevice.sinf(a[i])",
    "sums of arrays": "a[i] = b.sum()",
}
_NOWHERE = {
    "a function that calls itself": "a[i] = down(i)",
    "a list as a value": "x = [1.0, 2.0]\na[i] = x[0]",
    "dictionaries": "x = {1: 2}\na[i] = x[1]",
    "comprehensions": "x = [k for k in range(3)]\na[i] = x[0]",
    "texts that are put together": "print(f'{i}')",
    "`try`": "try:\n    a[i] = 1\nexcept Exception:\n    a[i] = 2",
    "`with`": "with a:\n    pass",
    "`del`": "k = 1\ndel k",
    "a part copied into another": "a[1:3] = b[1:3]",
    "a part changed by `+=`": "a[1:3] += 1",
    "arithmetic of whole arrays": "x = a + b\na[i] = x[0]",
    "new arrays": "x = np.zeros(3)\na[i] = x[0]",
    "`np.sqrt`, `np.exp`, `np.abs` and others": "a[i] = np.sqrt(a[i])",
    "a size that is an argument": "t = cuda.shared.array(size, np.float32)\na[i] = t.size",
    "an order of complex numbers": "if z[i] < z[0]:\n    a[i] = 1",
}
_GROUPS = {"control": _CONTROL, "values": _VALUES, "arrays": _ARRAYS}
_GROUPS |= {"functions": _FUNCTIONS, "threads": _THREADS}
FEATURES = [
    *(Feature(group, *pair) for group, found in _GROUPS.items() for pair in found.items()),
    *(Feature("not here", *pair) for pair in _NOT_HERE.items()),
    *(Feature("nowhere", *pair, numba=False) for pair in _NOWHERE.items()),
]
