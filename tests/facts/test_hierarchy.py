"""What an SM is made of: sourced, and in agreement with the registry and the tracer."""

from helpers.facts import registry, sheet
from warptrace.occupancy import MULTIPROCESSORS

CARDS = {gpu.name: gpu for gpu in registry.load()}
SHEET = sheet("hierarchy")
LANES = {entry.capability: entry.value for entry in SHEET.lanes}


def capability(gpu):
    return "{}.{}".format(*gpu.capability)


def caches(name):
    return next((entry for entry in SHEET.caches if name in entry.cards), None)


def test_every_capability_that_the_tracer_knows_has_lanes():
    assert {capability(gpu) for gpu in CARDS.values()} >= set(MULTIPROCESSORS) == set(LANES)


def test_every_capability_that_the_tracer_knows_has_tensor_cores():
    counts = {entry.capability: entry.value for entry in SHEET.tensor_cores}
    assert set(counts) == set(MULTIPROCESSORS)
    assert {name for name, count in counts.items() if count == 8} == {"7.0", "7.5"}, (
        "two a partition"
    )


def test_lanes_and_published_peaks_ask_for_a_clock_that_cards_have():
    for gpu in CARDS.values():
        if found := LANES.get(capability(gpu)):
            clock_ghz = gpu.fp32_tflops * 1e12 / (2 * gpu.sms * found) / 1e9
            assert 1.3 < clock_ghz < 2.6, (gpu.name, clock_ghz)


def test_shared_memory_fits_into_the_l1_that_holds_it():
    for name in ("A100 SXM4 40 GB", "H200 SXM", "B200 SXM"):
        limits = MULTIPROCESSORS[capability(CARDS[name])]
        assert limits.shared < caches(name).l1_kib * 1024
    assert caches("A100 SXM4 80 GB").l2_mb == 40
    assert caches("Tesla T4") is None


def test_levels_come_from_near_to_far():
    by_level = {}
    for entry in SHEET.latencies:
        by_level.setdefault(entry.level, []).append(entry.low)
        assert entry.source.url.startswith("http")
    nearest = [min(cycles) for cycles in by_level.values()]
    assert list(by_level) == ["arithmetic", "shared memory", "L1", "L2", "device memory"]
    assert nearest == sorted(nearest)


def test_caches_are_of_cards_that_the_registry_knows_and_ranges_are_ranges():
    assert {name for entry in SHEET.caches + SHEET.links for name in entry.cards} <= set(CARDS)
    assert all(entry.low <= entry.high for entry in SHEET.latencies)
