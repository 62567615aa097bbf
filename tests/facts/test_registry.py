"""The GPU registry: valid, honest about its sources, and able to recognise the reader's card."""

import pytest

from helpers.facts import registry

WITHOUT_SOURCE = {"name", "reported", "architecture", "chips", "sources"}


def test_every_card_is_complete_and_ordered():
    gpus = registry.load()
    assert len(gpus) >= 15
    assert [gpu.year for gpu in gpus] == sorted(gpu.year for gpu in gpus)
    for gpu in gpus:
        unpublished = {"tensor_tflops"} if gpu.tensor_tflops is None else set()
        assert set(gpu.sources) == set(vars(gpu)) - WITHOUT_SOURCE - unpublished
        assert gpu.capability >= (2, 0)


def test_every_figure_was_checked_or_says_why_not():
    sources = [source for gpu in registry.load() for source in gpu.sources.values()]
    assert all(source.checked or source.note for source in sources)
    assert all(source.url.startswith("http") for source in sources)
    assert sum(source.checked is not None for source in sources) > 0.9 * len(sources)


def test_tensor_cores_since_volta():
    for gpu in registry.load():
        assert (gpu.tensor_tflops is None) == (gpu.capability < (7, 0)), gpu.name


def test_rates_are_dense():
    rates = {gpu.name: gpu.tensor_tflops for gpu in registry.load()}
    # What an SM of each generation does in a clock fixes the dense rate; sparsity prints twice it.
    assert rates["A100 SXM4 40 GB"] == pytest.approx(108 * 2048 * 1.41e9 / 1e12, rel=0.01)
    assert rates["H100 SXM5 80 GB"] == pytest.approx(132 * 4096 * 1.83e9 / 1e12, rel=0.01)
    assert rates["GeForce RTX 4090"] == pytest.approx(128 * 512 * 2.52e9 / 1e12, rel=0.01)


@pytest.mark.parametrize(
    ("reported", "memory", "name"),
    [
        ("Tesla T4", 14.7, "Tesla T4"),
        ("NVIDIA A100-SXM4-40GB", 39.4, "A100 SXM4 40 GB"),
        ("NVIDIA A100-SXM4-80GB", 79.1, "A100 SXM4 80 GB"),
        ("A100-SXM4-40GB", None, "A100 SXM4 40 GB"),
        ("NVIDIA A100-PCIE-40GB", 39.4, None),
        ("NVIDIA GeForce RTX 4090", 23.6, "GeForce RTX 4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 15.7, None),
        ("NVIDIA GeForce RTX 4090 D", 23.6, None),
        ("NVIDIA GeForce RTX 4070 Ti", 11.6, None),
        ("NVIDIA GeForce RTX 3060", 11.6, "GeForce RTX 3060 12 GB"),
        ("NVIDIA GeForce RTX 3060", 7.8, None),
        ("NVIDIA GeForce RTX 3060 Laptop GPU", 5.8, None),
        ("NVIDIA H100 80GB HBM3", 79.2, "H100 SXM5 80 GB"),
        ("NVIDIA H100 PCIe", 79.2, None),
        ("NVIDIA H200", 139.8, "H200 SXM"),
        ("NVIDIA H200 NVL", 139.8, None),
        ("NVIDIA L4", 22.0, "L4"),
        ("NVIDIA L40", 44.3, None),
        ("Tesla V100-SXM2-16GB", 15.8, "Tesla V100 SXM2 16 GB"),
        ("Tesla V100-SXM2-32GB", 31.7, "Tesla V100 SXM2 32 GB"),
        ("Tesla V100-SXM2-16GB", 31.7, None),
        ("Tesla K80", 11.2, "Tesla K80"),
        ("NVIDIA B200", 178.4, "B200 SXM"),
        ("Apple M3", None, None),
        ("", None, None),
    ],
)
def test_find_takes_what_a_driver_reports(reported, memory, name):
    found = registry.find(reported, memory)
    assert (found.name if found else None) == name


def test_ridge_is_flops_over_bytes():
    a100 = registry.find("NVIDIA A100-SXM4-40GB")
    assert a100.ridge() == pytest.approx(312e12 / 1555e9)
    assert a100.ridge(tensor=False) == pytest.approx(19.5e12 / 1555e9)
    p100 = registry.find("Tesla P100-SXM2-16GB")
    assert p100.ridge() == p100.ridge(tensor=False) == pytest.approx(10.6e12 / 732e9)
    with pytest.raises(ValueError, match="no tensor cores"):
        p100.ridge(tensor=True)


def test_a_card_cannot_be_changed():
    gpu = registry.load()[0]
    with pytest.raises(AttributeError):
        gpu.sms = 1
    with pytest.raises(TypeError):
        gpu.sources["sms"] = None


def test_no_name_is_given_to_two_cards():
    names = [gpu.name for gpu in registry.load()]
    assert len(set(names)) == len(names)


def test_the_registry_reads_without_importing_yaml_first():
    import subprocess
    import sys

    code = "import sys, helpers.facts.registry; sys.exit('yaml' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
