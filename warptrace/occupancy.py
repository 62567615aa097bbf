"""How many blocks fit on one multiprocessor, and what keeps more from fitting.

Source: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability" (for 7.0,
which its newer editions leave out, `arch_traits.cuh` of NVIDIA's CCCL), and the allocation rules
of NVIDIA's `cuda_occupancy.h`, against which `tests/test_occupancy.py` compares this module.
"""

from dataclasses import dataclass

WARP = 32
MAX_THREADS_PER_BLOCK = 1024
MAX_REGISTERS_PER_THREAD = 255
REGISTERS_PER_SM = 65536
#: Registers are given to a warp in pieces of this many.
REGISTER_UNIT = 256
#: A multiprocessor is four partitions, each with a quarter of the registers.
PARTITIONS = 4
KIB = 1024


@dataclass(frozen=True)
class Multiprocessor:
    """The limits of one streaming multiprocessor; shared memory in bytes."""

    warps: int
    blocks: int
    shared: int
    shared_per_block: int
    shared_reserved: int
    shared_unit: int


#: Compute capability → limits.
MULTIPROCESSORS = {
    "7.0": Multiprocessor(64, 32, 96 * KIB, 96 * KIB, 0, 256),
    "7.5": Multiprocessor(32, 16, 64 * KIB, 64 * KIB, 0, 256),
    "8.0": Multiprocessor(64, 32, 164 * KIB, 163 * KIB, KIB, 128),
    "8.6": Multiprocessor(48, 16, 100 * KIB, 99 * KIB, KIB, 128),
    "8.9": Multiprocessor(48, 24, 100 * KIB, 99 * KIB, KIB, 128),
    "9.0": Multiprocessor(64, 32, 228 * KIB, 227 * KIB, KIB, 128),
    "10.0": Multiprocessor(64, 32, 228 * KIB, 227 * KIB, KIB, 128),
    "12.0": Multiprocessor(48, 24, 100 * KIB, 99 * KIB, KIB, 128),
}


@dataclass(frozen=True)
class Occupancy:
    """What fits on one multiprocessor.

    Attributes:
        blocks: resident blocks.
        warps: resident warps.
        fraction: `warps` of those that the multiprocessor could hold, 0 to 1.
        limiter: what keeps more blocks from fitting: "warps", "blocks", "registers", "shared
            memory"; several joined by " and ", since all of them would have to change.
        limits: how many blocks each would allow; None where nothing of it is used.
    """

    blocks: int
    warps: int
    fraction: float
    limiter: str
    limits: dict


def occupancy(capability, registers: int, shared_bytes: int, threads: int) -> Occupancy:
    """Return how many blocks and warps of a kernel are resident on one multiprocessor.

    Args:
        capability: compute capability, as "9.0", 9.0 or (9, 0).
        registers: per thread.
        shared_bytes: static and dynamic shared memory per block.
        threads: per block.

    Raises:
        ValueError: the capability is not known, or a number is negative or no block.
    """
    limits_of = _multiprocessor(capability)
    if threads < 1 or registers < 0 or shared_bytes < 0:
        raise ValueError("threads must be at least 1, registers and shared_bytes at least 0")
    warps = -(-threads // WARP)
    limits = {
        "warps": limits_of.warps // warps if threads <= MAX_THREADS_PER_BLOCK else 0,
        "blocks": limits_of.blocks,
        "registers": _by_registers(registers, warps),
        "shared memory": _by_shared(limits_of, shared_bytes),
    }
    used = {name: limit for name, limit in limits.items() if limit is not None}
    blocks = min(used.values())
    limiter = " and ".join(name for name, limit in used.items() if limit == blocks)
    resident = blocks * warps
    return Occupancy(blocks, resident, resident / limits_of.warps, limiter, limits)


def _multiprocessor(capability) -> Multiprocessor:
    if isinstance(capability, (tuple, list)):
        capability = ".".join(map(str, capability))
    try:
        return MULTIPROCESSORS[str(capability)]
    except KeyError:
        known = ", ".join(MULTIPROCESSORS)
        raise ValueError(f"compute capability {capability} is not one of {known}") from None


def _by_registers(registers: int, warps: int) -> int | None:
    if registers == 0:
        return None
    per_warp = _round_up(registers * WARP, REGISTER_UNIT)
    # The hardware checks a block as if each of its warps took a place in every partition.
    if registers > MAX_REGISTERS_PER_THREAD:
        return 0
    if per_warp * _round_up(warps, PARTITIONS) > REGISTERS_PER_SM:
        return 0
    return REGISTERS_PER_SM // PARTITIONS // per_warp * PARTITIONS // warps


def _by_shared(limits: Multiprocessor, shared_bytes: int) -> int | None:
    if shared_bytes > limits.shared_per_block:
        return 0
    taken = _round_up(shared_bytes + limits.shared_reserved, limits.shared_unit)
    return limits.shared // taken if taken else None


def _round_up(number: int, unit: int) -> int:
    return -(-number // unit) * unit
