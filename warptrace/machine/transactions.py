"""How many transactions a request of each warp becomes: sectors of memory, passes of banks."""

import numpy as np

from ..counters import BANKS, WARP, WORD_BYTES


def _rows_of_warps(keys: np.ndarray, mask, width: int) -> np.ndarray:
    """Return `keys` in rows of `width` lanes; inactive lanes repeat an active one's key."""
    rows = keys.reshape(-1, width)
    if mask is None:
        return rows
    active = mask.reshape(-1, width)
    some = active.any(axis=1)
    if not some.all():
        rows, active = rows[some], active[some]
    first = rows[np.arange(len(rows)), active.argmax(axis=1)]
    return np.where(active, rows, first[:, None])


def sectors(addresses: np.ndarray, mask=None) -> int:
    """Return how many 32-byte sectors the warps touch, summed over warps.

    Args:
        addresses: byte addresses, one per lane, a multiple of 32 lanes.
        mask: which lanes are active, or None if all are.
    """
    rows = _rows_of_warps(addresses >> 5, mask, WARP)
    steps = np.diff(rows, axis=1)
    unsorted = (steps < 0).any(axis=1)
    if not unsorted.any():
        return len(rows) + int(np.count_nonzero(steps))
    ordered = np.sort(rows[unsorted], axis=1)
    distinct = np.count_nonzero(steps[~unsorted]) + np.count_nonzero(np.diff(ordered, axis=1))
    return len(rows) + int(distinct)


def wavefronts(offsets: np.ndarray, itemsize: int, mask=None) -> tuple[int, int]:
    """Return the passes through the shared-memory banks, and how many would do without conflict.

    32 banks, each 4 bytes wide: lanes that need different words of one bank take turns; lanes
    that need the same word share it. An 8-byte access is served half a warp at a time.

    Args:
        offsets: byte offsets in shared memory, one per lane, a multiple of 32 lanes.
        itemsize: bytes per element.
        mask: which lanes are active, or None if all are.
    """
    per_lane = max(1, itemsize // WORD_BYTES)
    rows = _rows_of_warps(offsets >> 2, mask, WARP // per_lane)
    if per_lane > 1:
        rows = (rows[:, :, None] + np.arange(per_lane)).reshape(len(rows), -1)
    needed = np.ones(len(rows), dtype=np.int64)
    # Words within one span of 32 lie in different banks.
    wide = rows.max(axis=1) - rows.min(axis=1) >= BANKS
    if wide.any():
        needed[wide] = _turns(rows[wide])
    return int(needed.sum()), len(rows)


def _turns(rows: np.ndarray) -> np.ndarray:
    words = np.sort(rows, axis=1)
    fresh = np.ones(words.shape, dtype=bool)
    np.not_equal(words[:, 1:], words[:, :-1], out=fresh[:, 1:])
    slots = (words % BANKS) + np.arange(len(words))[:, None] * BANKS
    counts = np.bincount(slots[fresh], minlength=len(words) * BANKS)
    return counts.reshape(-1, BANKS).max(axis=1)
