"""What an SM is made of: valid, sourced, and in agreement with the registry and the tracer."""

from datetime import date

import pytest
import yaml

from helpers import hierarchy, registry, resources
from warptrace.occupancy import MULTIPROCESSORS

TEXT = resources.path("data/hierarchy.yml").read_text(encoding="utf-8")
CARDS = {gpu.name: gpu for gpu in registry.load()}


def edited(change) -> str:
    """Return the file's text after `change` has altered its parsed data."""
    data = yaml.safe_load(TEXT)
    change(data)
    return yaml.safe_dump(data)


def test_every_capability_that_the_tracer_knows_has_lanes():
    told = {f"{major}.{minor}" for gpu in CARDS.values() for major, minor in [gpu.capability]}
    assert told & set(MULTIPROCESSORS) == set(MULTIPROCESSORS)
    for gpu in CARDS.values():
        known = "{}.{}".format(*gpu.capability) in MULTIPROCESSORS
        assert (hierarchy.lanes(gpu) is not None) == known, gpu.name


def test_lanes_and_published_peaks_ask_for_a_clock_that_cards_have():
    for gpu in CARDS.values():
        if found := hierarchy.lanes(gpu):
            clock_ghz = gpu.fp32_tflops * 1e12 / (2 * gpu.sms * found.value) / 1e9
            assert 1.3 < clock_ghz < 2.6, (gpu.name, clock_ghz)


def test_shared_memory_fits_into_the_l1_that_holds_it():
    for name in ("A100 SXM4 40 GB", "H200 SXM", "B200 SXM"):
        limits = MULTIPROCESSORS["{}.{}".format(*CARDS[name].capability)]
        assert limits.shared < hierarchy.caches(CARDS[name]).l1_kib * 1024
    assert hierarchy.caches(CARDS["A100 SXM4 80 GB"]).l2_mb == 40
    assert hierarchy.caches(CARDS["Tesla T4"]) is None


def test_levels_come_from_near_to_far():
    by_level = {}
    for entry in hierarchy.latencies():
        by_level.setdefault(entry.level, []).append(entry.low)
        assert entry.source.url.startswith("http")
        assert entry.source.checked <= date.today()
    nearest = [min(cycles) for cycles in by_level.values()]
    assert list(by_level) == ["arithmetic", "shared memory", "L1", "L2", "device memory"]
    assert nearest == sorted(nearest)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["lanes"][0].update(value=0), "value: must be a positive"),
        (lambda d: d["lanes"][0].update(capability="Turing"), "capability: must be a text"),
        (lambda d: d["caches"][0].update(cards=["GeForce 256"]), "not in the registry"),
        (lambda d: d["latencies"][1].update(low=50), "low is above high"),
        (lambda d: d["latencies"][1].update(source="hearsay"), "source: hearsay"),
        (lambda d: d["latencies"][1].update(checked="today"), "checked: must be a day"),
        (lambda d: d["latencies"][1].pop("level"), "level: missing or unknown"),
        (lambda d: d["sources"]["d2l"].update(url="a book"), "a title and a url"),
        (lambda d: d.pop("caches"), "it must hold sources"),
    ],
)
def test_a_broken_file_names_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=message):
        hierarchy.parse(edited(change))
