"""What one warp touched at one place of the source."""

from dataclasses import dataclass

from . import counters


@dataclass(frozen=True)
class Sample:
    """What one warp's lanes did at one place of the source, for the maps of `Trace.show`.

    Attributes:
        array, space, itemsize, action: the array and what was done ("load", "store", "atomic");
            a divergent branch has the space "branch".
        line: the source line.
        warp: number of the warp within the grid.
        addresses: byte address per lane (device address, or offset in shared memory); -1 where
            the lane was not active. At a branch 1 where the test held, 0 where it did not.
    """

    array: str
    space: str
    itemsize: int
    action: str
    line: object
    warp: int
    addresses: tuple


def line_number(line) -> str:
    """Return how a line is named: its number, after the function's name if from elsewhere."""
    return f"{line[0]}:{line[1]}" if isinstance(line, tuple) else str(line)


def describe(sample: Sample) -> str:
    """Return in words what one warp's lanes touched."""
    touched = [address for address in sample.addresses if address >= 0]
    where = f"line {line_number(sample.line)}, {sample.action} of {sample.array}"
    first = f"warp {sample.warp}, {len(touched)} active lanes"
    if sample.space == "branch":
        yes = sum(touched)
        return (
            f"line {line_number(sample.line)}, branch: of {len(touched)} active lanes in warp "
            f"{sample.warp}, {yes} go one way and {len(touched) - yes} the other, in turn"
        )
    if sample.space == "shared":
        words = words_by_bank(sample)
        most = max(len(found) for found in words)
        banks = sum(1 for found in words if found)
        return f"{where}: {first} use {banks} of 32 banks, {most} different words in the fullest"
    sectors = len({address // counters.SECTOR_BYTES for address in touched})
    span = max(touched) - min(touched) + sample.itemsize
    return f"{where}: {first} touch {sectors} sectors of 32 bytes within {span:,} bytes"


def words_by_bank(sample: Sample) -> list[set]:
    """Return for each of the 32 banks the different words that a warp needs from it."""
    banks = [set() for _ in range(counters.BANKS)]
    for address in sample.addresses:
        if address < 0:
            continue
        first = address // counters.WORD_BYTES
        last = (address + sample.itemsize - 1) // counters.WORD_BYTES
        for word in range(first, last + 1):
            banks[word % counters.BANKS].add(word)
    return banks
