"""Occupancy equals NVIDIA's: known cases, and its own header where a compiler is at hand."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import warptrace
from warptrace.occupancy import MULTIPROCESSORS

#: capability, registers, shared bytes, threads → blocks, warps, limiter. Worked by hand from the
#: CUDA C++ Programming Guide's table and the rule that registers go to warps in 256s.
KNOWN = [
    ("7.0", 32, 48 * 1024, 1024, 2, 64, "warps and registers and shared memory"),
    ("7.0", 16, 0, 64, 32, 64, "warps and blocks"),
    ("7.5", 32, 0, 1024, 1, 32, "warps"),
    ("7.5", 32, 0, 32, 16, 16, "blocks"),
    ("7.5", 32, 32768, 128, 2, 8, "shared memory"),
    ("8.0", 32, 0, 256, 8, 64, "warps and registers"),
    ("8.0", 33, 0, 256, 6, 48, "registers"),
    ("8.0", 32, 48 * 1024, 256, 3, 24, "shared memory"),
    ("8.0", 32, 163 * 1024, 256, 1, 8, "shared memory"),
    ("8.6", 40, 0, 1024, 1, 32, "warps and registers"),
    ("8.6", 40, 0, 256, 6, 48, "warps and registers"),
    ("8.6", 16, 0, 64, 16, 32, "blocks"),
    ("8.9", 16, 0, 64, 24, 48, "warps and blocks"),
    ("8.9", 168, 0, 64, 6, 12, "registers"),
    ("9.0", 255, 0, 256, 1, 8, "registers"),
    ("9.0", 64, 0, 128, 8, 32, "registers"),
    ("9.0", 32, 100 * 1024, 128, 2, 8, "shared memory"),
    ("10.0", 128, 227 * 1024, 512, 1, 16, "registers and shared memory"),
    ("10.0", 32, 0, 64, 32, 64, "warps and blocks and registers"),
    ("12.0", 40, 0, 64, 24, 48, "warps and blocks and registers"),
    ("12.0", 32, 49 * 1024, 128, 2, 8, "shared memory"),
]


@pytest.mark.parametrize(
    "capability, registers, shared, threads, blocks, warps, limiter",
    KNOWN,
    ids=["-".join(map(str, case[:4])) for case in KNOWN],
)
def test_known_cases(capability, registers, shared, threads, blocks, warps, limiter):
    found = warptrace.occupancy(capability, registers, shared, threads)
    assert (found.blocks, found.warps, found.limiter) == (blocks, warps, limiter)
    assert found.fraction == warps / MULTIPROCESSORS[capability].warps


@pytest.mark.parametrize(
    "registers, shared, threads, limiter",
    [(256, 0, 32, "registers"), (32, 228 * 1024, 32, "shared memory"), (16, 0, 1025, "warps")],
)
def test_what_does_not_fit_at_all(registers, shared, threads, limiter):
    found = warptrace.occupancy((9, 0), registers, shared, threads)
    assert (found.blocks, found.fraction, found.limiter) == (0, 0, limiter)


def test_capabilities_are_named_in_several_ways_and_unknown_ones_refused():
    assert warptrace.occupancy("8.6", 32, 0, 96) == warptrace.occupancy((8, 6), 32, 0, 96)
    assert warptrace.occupancy(8.6, 32, 0, 96) == warptrace.occupancy("8.6", 32, 0, 96)
    with pytest.raises(ValueError, match=r"6\.1 is not one of 7\.0, 7\.5"):
        warptrace.occupancy("6.1", 32, 0, 96)
    with pytest.raises(ValueError, match="threads"):
        warptrace.occupancy("9.0", 32, 0, 0)


PROGRAM = """
#include <climits>
#include <cstdio>
#include "cuda_occupancy.h"
int main() {
  int major, minor, threads_sm, registers, block;
  unsigned long shared_sm, shared_block, reserved, shared;
  while (scanf("%d %d %d %lu %lu %lu %d %lu %d", &major, &minor, &threads_sm, &shared_sm,
               &shared_block, &reserved, &registers, &shared, &block) == 9) {
    cudaOccDeviceProp p; cudaOccFuncAttributes a; cudaOccDeviceState s; cudaOccResult r;
    p.computeMajor = major; p.computeMinor = minor; p.maxThreadsPerBlock = 1024;
    p.maxThreadsPerMultiprocessor = threads_sm; p.regsPerBlock = p.regsPerMultiprocessor = 65536;
    p.warpSize = 32; p.sharedMemPerBlock = 49152; p.sharedMemPerMultiprocessor = shared_sm;
    p.sharedMemPerBlockOptin = shared_block; p.reservedSharedMemPerBlock = reserved; p.numSms = 1;
    a.maxThreadsPerBlock = 1024; a.numRegs = registers; a.sharedSizeBytes = 0;
    a.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN; a.maxDynamicSharedSizeBytes = shared_block;
    s.carveoutConfig = SHAREDMEM_CARVEOUT_MAX_SHARED;
    int error = cudaOccMaxActiveBlocksPerMultiprocessor(&r, &p, &a, &s, block, shared);
    printf("%d\\n", error ? -1 : r.activeBlocksPerMultiprocessor);
  }
}
"""


def header() -> Path | None:
    packages = Path(sysconfig.get_paths()["purelib"])
    found = sorted(packages.glob("nvidia/**/cuda_occupancy.h"))
    found += sorted(packages.glob("triton/**/cuda_occupancy.h"))
    return found[0] if found else None


def test_equals_the_header_that_nvidia_ships(tmp_path):
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None or header() is None:
        pytest.skip("needs a C++ compiler and NVIDIA's cuda_occupancy.h, which comes with torch")
    (tmp_path / "compare.cpp").write_text(PROGRAM)
    program = tmp_path / "compare"
    build = [compiler, "-w", f"-I{header().parent}", tmp_path / "compare.cpp", "-o", program]
    subprocess.run(build, check=True)
    random, questions, ours = np.random.default_rng(0), [], []
    for capability, limits in MULTIPROCESSORS.items():
        for _ in range(400):
            registers = int(random.integers(1, 256))
            shared = int(random.integers(0, limits.shared_per_block + 1)) * int(random.integers(2))
            threads = int(random.integers(1, 1025))
            major, minor = capability.split(".")
            questions.append(
                f"{major} {minor} {limits.warps * 32} {limits.shared} "
                f"{limits.shared_per_block} {limits.shared_reserved} {registers} {shared} {threads}"
            )
            ours.append(warptrace.occupancy(capability, registers, shared, threads).blocks)
    done = subprocess.run(
        [program], input="\n".join(questions), capture_output=True, text=True, check=True
    )
    theirs = [int(line) for line in done.stdout.split()]
    differing = [
        (question, mine, its)
        for question, mine, its in zip(questions, ours, theirs, strict=True)
        if mine != its
    ]
    assert differing == []
