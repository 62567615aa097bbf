"""The record of divided trainings: the chapter's own code, launched small."""

import math

import pytest

from helpers import recorded


def test_the_chapters_own_functions_are_launched_and_agree():
    script = recorded.script("scaling")
    values = script.measure(2, BATCH=64, WIDTH=32, BLOCKS=2, STEPS=3, SIZES=[64, 256, 1024, 4096])
    losses = [values[f"{way}_loss"].value for way in script.WAYS]
    assert losses == pytest.approx([losses[0]] * 5, rel=1e-4)
    assert math.isfinite(values["alpha"].value + values["beta"].value)
    assert values["sizes"].value == [256, 1024, 4096, 16384]
    assert len(values["ring_sums"].value) == len(values["library_sums"].value) == 4
    if "pipeline_bytes" in values:  # where the system counts them
        assert 0 < values["pipeline_bytes"].value < values["data_parallel_bytes"].value
        assert values["alone_bytes"].value < 1000


def test_the_constants_are_found_again_in_times_made_from_them():
    script = recorded.script("scaling")
    sizes = [2**k for k in range(8, 22, 2)]
    ring = [2 * (100e-6 + 4 * size / 2 * 0.5e-9) for size in sizes]
    values = script.sums(sizes, {"ring": ring, "library": ring})
    assert values["alpha"].value == pytest.approx(100)
    assert values["beta"].value == pytest.approx(0.5)
    assert values["ring_sums"].value[0] == pytest.approx(1e6 * ring[0], rel=1e-3)
