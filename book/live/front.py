"""The kernel of the front page, with two lines to change."""

import numpy as np

import warptrace
from warptrace import cuda


@cuda.jit
def copy(source, target):
    """Copy, an element for each thread."""
    i = cuda.grid(1)
    place = i  # change this line: 2 * i, 8 * i, 32 * i
    if i < target.size:  # and this one: i % 2 == 0
        target[i] = source[place]


def trace():
    """Return what two warps do with it."""
    source = np.arange(2048, dtype=np.float32)
    return warptrace.trace(copy, 1, 64, source, np.zeros(64, dtype=np.float32))
