"""What stays the same while a kernel runs: geometry, counters, faults."""

import math
from dataclasses import dataclass, field

import numpy as np

from ..counters import WARP, Counters
from ..faults import FaultLog, Prints, Thread


@dataclass
class Launch:
    """What stays the same during a launch: geometry, counters, faults, the order of accesses."""

    grid: tuple
    block: tuple
    dynamic_shared: int = 0
    #: A `while` loop that is still running after this many turns is taken to be endless.
    max_turns: int = 1_000_000
    counters: Counters = field(default_factory=Counters)
    faults: FaultLog = field(default_factory=FaultLog)
    prints: Prints = field(default_factory=Prints)
    samples: dict = field(default_factory=dict)
    #: Line and kind (plain or atomic) of each access, in order: an access is its place here.
    access_lines: list = field(default_factory=lambda: [None])
    access_atomic: list = field(default_factory=lambda: [False])

    def __post_init__(self):
        self.threads = math.prod(self.block)
        self.warps_per_block = -(-self.threads // WARP)
        self.lanes_per_block = self.warps_per_block * WARP
        self.blocks = math.prod(self.grid)
        self.lanes = self.blocks * self.lanes_per_block
        #: When each block passed a `threadfence` last, and an atomic.
        self.fence_time = np.zeros(self.blocks, dtype=np.int64)
        self.atomic_time = np.zeros(self.blocks, dtype=np.int64)
        self.fences = False
        #: The same for each lane of the grid, once there was a fence.
        self.lane_fence: np.ndarray | None = None
        self.lane_atomic: np.ndarray | None = None
        #: When all blocks passed a barrier of the grid last.
        self.grid_sync = 0

    def access(self, line, atomic: bool = False) -> int:
        """Return the number of an access that begins now."""
        self.access_lines.append(line)
        self.access_atomic.append(atomic)
        return len(self.access_lines) - 1

    def thread(self, lane: int) -> Thread:
        """Return who runs in `lane`, counted over the whole grid."""
        block, thread = divmod(int(lane), self.lanes_per_block)
        return Thread(unravel(block, self.grid), unravel(thread, self.block))


def unravel(number: int, extent: tuple) -> tuple:
    """Return the `(x, y, z)` of the `number`-th place, x running fastest."""
    x, y, _ = extent
    return number % x, number // x % y, number // (x * y)
