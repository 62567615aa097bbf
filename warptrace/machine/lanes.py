"""The lanes of some blocks in lockstep: masks, variables, thread indices, barriers."""

import numpy as np

from ..constants import alike
from ..counters import WARP
from ..faults import KernelError, Thread
from .launch import Launch, unravel


class Machine:
    """Some blocks of a launch, all their lanes in lockstep.

    Lanes lie block by block and warp by warp; a warp that the block does not fill has lanes
    that are never active. A value is a NumPy scalar if all lanes share it, else a vector with
    one entry per lane. `mask` says which lanes run the current statement.
    """

    def __init__(self, launch: Launch, first_block: int, blocks: int):
        """Make the lanes of `blocks` blocks from `first_block` on."""
        self.launch, self.first_block, self.blocks = launch, first_block, blocks
        self.lanes = blocks * launch.lanes_per_block
        self.first_lane = first_block * launch.lanes_per_block
        in_block = np.arange(launch.lanes_per_block) < launch.threads
        self.alive = np.tile(in_block, blocks)
        self.alive_count = blocks * launch.threads
        self.mask, self.active, self._warps = self.alive, self.alive_count, None
        #: Variable and type → (value, mask of the lanes that have one).
        self.slots: dict = {}
        #: Arrays of the blocks and lanes, by the place of the source that makes them.
        self.arrays: dict = {}
        #: Storages that outlive these blocks and may change.
        self.shared_with_others: list = []
        #: For each loop that runs, who said `continue` and who `break`.
        self.loops: list = []
        self.arena = None
        self._indices: dict = {}
        #: When each block passed a barrier last, each warp a `syncwarp`, and all blocks one.
        self.block_sync = np.zeros(blocks, dtype=np.int64)
        self.warp_sync = np.zeros(self.lanes // WARP, dtype=np.int64)
        #: The same for each pair of lanes of a warp, once a part of one has met.
        self.pair_sync: np.ndarray | None = None
        self.all_sync = 0
        #: The part of a block that these lanes are, where lanes progress independently.
        self.strand = None
        #: The machine that holds the dynamic shared memory, None if this one does.
        self.owner: Machine | None = None

    # Masks

    def restrict(self, mask: np.ndarray) -> None:
        """Keep only the lanes of `mask`."""
        self.alive = self.alive & mask
        self.alive_count = int(np.count_nonzero(self.alive))
        self.set_mask(self.alive, self.alive_count)

    def share(self, other) -> None:
        """Take the memory of `other`, and when its block met: this is a part of that block."""
        self.arrays, self.owner = other.arrays, other.owner
        self.block_sync, self.warp_sync = other.block_sync, other.warp_sync

    @property
    def warps(self) -> int:
        """How many warps have an active lane."""
        if self._warps is None:
            if self.active == self.lanes:
                self._warps = self.lanes // WARP
            else:
                self._warps = int(np.count_nonzero(warp_any(self.mask)))
        return self._warps

    @property
    def full(self) -> bool:
        """Whether every lane is active."""
        return self.active == self.lanes

    def set_mask(self, mask: np.ndarray, active: int | None = None) -> None:
        """Let the lanes of `mask` run. A mask is never changed in place."""
        if mask is self.mask:
            return
        self.mask, self._warps = mask, None
        self.active = int(np.count_nonzero(mask)) if active is None else active

    def nobody(self) -> None:
        """Stop every active lane until the masks are joined again."""
        self.set_mask(np.zeros(self.lanes, dtype=bool), 0)

    def split(self, condition) -> tuple:
        """Return the masks of the active lanes where `condition` holds and where it does not.

        A mask is None where no lane goes that way.
        """
        if not is_vector(condition):
            return (self.mask, None) if condition else (None, self.mask)
        taken = self.mask & condition
        count = int(np.count_nonzero(taken))
        if count == self.active:
            return self.mask, None
        if count == 0:
            return None, self.mask
        return taken, self.mask & ~condition

    def divergent_warps(self, taken, other) -> int:
        """Return how many warps have lanes in both masks."""
        if taken is None or other is None:
            return 0
        return int(np.count_nonzero(warp_any(taken) & warp_any(other)))

    def exit(self) -> None:
        """End the active threads: they leave the kernel."""
        self.alive = self.alive & ~self.mask
        self.alive_count -= self.active
        self.nobody()

    # Variables

    def assign(self, slot, value) -> None:
        """Give `value` to a variable in the active lanes."""
        old = self.slots.get(slot)
        if old is None or self._covers(old[1]):
            self.slots[slot] = (value, self.mask)
            return
        kept = self.merge(value, old[0])
        self.slots[slot] = (kept, old[1] | self.mask)

    def pass_on(self, source, slot) -> None:
        """Give a variable's value to another, in the active lanes that have one."""
        if source not in self.slots:
            return
        value, defined = self.slots[source]
        before, active = self.mask, self.active
        if defined is not before and (before & ~defined).any():
            self.set_mask(before & defined)
        if self.active:
            self.assign(slot, value)
        self.set_mask(before, active)

    def _covers(self, defined: np.ndarray) -> bool:
        """Whether no living lane outside the mask holds a value that matters."""
        if defined is self.mask or self.active == self.alive_count:
            return True
        return not (defined & self.alive & ~self.mask).any()

    def merge(self, new, old):
        """Return `new` in the active lanes and `old` in the others."""
        if isinstance(new, tuple):
            return tuple(self.merge(a, b) for a, b in zip(new, old, strict=True))
        if hasattr(new, "storage"):
            return new.merged(self, old)
        if new is old or (not (is_vector(new) or is_vector(old)) and alike(new, old)):
            return new
        return np.where(self.mask, new, old)

    def read(self, slot, name: str, line):
        """Return a variable's value.

        Raises:
            KernelError: an active thread has not given it one.
        """
        held = self.slots.get(slot)
        if held is None:
            lanes = self.mask
        elif held[1] is self.mask or not (missing := self.mask & ~held[1]).any():
            return held[0]
        else:
            lanes = missing
        raise KernelError(
            f"{name} is read before it is assigned, by {self.first_thread(lanes)}", line
        )

    def vector(self, value) -> np.ndarray:
        """Return `value` with one entry per lane."""
        if is_vector(value):
            return value
        return np.full(self.lanes, value)

    # Who runs

    def first_thread(self, mask: np.ndarray) -> Thread:
        """Return the first thread of `mask`."""
        return self.launch.thread(self.first_lane + int(mask.argmax()))

    def lane_numbers(self) -> np.ndarray:
        """Return each lane's number within its warp, int32."""
        return self._cached("lane", lambda: np.arange(self.lanes, dtype=np.int32) % WARP)

    def block_numbers(self) -> np.ndarray:
        """Return for each lane which of this machine's blocks it belongs to."""
        blocks = np.arange(self.blocks)
        return self._cached("block", lambda: blocks.repeat(self.launch.lanes_per_block))

    def thread_index(self, axis: int):
        """Return `threadIdx` along `axis` (0 is x), int32."""
        if self.launch.block[axis] == 1:
            return np.int32(0)
        return self._cached(("thread", axis), lambda: self._thread_index(axis))

    def _thread_index(self, axis):
        number = np.arange(self.launch.lanes_per_block)
        # Lanes that the block does not fill repeat its last thread; they never run.
        number = np.minimum(number, self.launch.threads - 1)
        return np.tile(unravel(number, self.launch.block)[axis].astype(np.int32), self.blocks)

    def block_index(self, axis: int):
        """Return `blockIdx` along `axis` (0 is x), int32."""
        if self.launch.grid[axis] == 1:
            return np.int32(0)
        return self._cached(("block", axis), lambda: self._block_index(axis))

    def _block_index(self, axis):
        number = self.first_block + np.arange(self.blocks)
        index = unravel(number, self.launch.grid)[axis].astype(np.int32)
        if self.blocks == 1:
            return index[0]
        return index.repeat(self.launch.lanes_per_block)

    def global_index(self, axis: int):
        """Return `cuda.grid` along `axis` (0 is x), int64."""
        return self._cached(("grid", axis), lambda: self._global_index(axis))

    def _global_index(self, axis):
        size = np.int64(self.launch.block[axis])
        return self.block_index(axis) * size + self.thread_index(axis)

    def _cached(self, key, make):
        if key not in self._indices:
            self._indices[key] = make()
        return self._indices[key]

    def changing(self) -> list:
        """Return the storages that the kernel may change."""
        return [*(view.storage for view in self.arrays.values()), *self.shared_with_others]

    def lanes_of_grid(self, mask: np.ndarray) -> np.ndarray:
        """Return the numbers over the whole grid of the lanes in `mask`."""
        return self.first_lane + np.flatnonzero(mask)

    def lane_bits(self, mask: np.ndarray) -> np.ndarray:
        """Return for each lane the lanes of its warp that are in `mask`, as 32 bits, int64."""
        bits = (mask.reshape(-1, WARP).astype(np.int64) << np.arange(WARP)).sum(axis=1)
        return bits.repeat(WARP)


def is_vector(value) -> bool:
    """Return whether `value` has one entry per lane."""
    return isinstance(value, np.ndarray) and value.ndim > 0


def warp_any(mask: np.ndarray) -> np.ndarray:
    """Return for each warp whether it has a lane in `mask`."""
    return np.bitwise_or.reduce(mask.view(np.uint64).reshape(-1, 4), axis=1) != 0
