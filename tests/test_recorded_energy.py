"""Energy: read from a counter where there is one, and not measured where there is none."""

import ctypes
from types import SimpleNamespace

import pytest
import torch

from helpers import recorded

SCRIPT = recorded.script("four_levels")

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture
def rapl(tmp_path, monkeypatch):
    counter = tmp_path / "energy_uj"
    counter.write_text("1000000")
    monkeypatch.setattr(SCRIPT, "RAPL", counter)
    return counter


def test_a_processor_counts_the_energy_of_a_call(rapl):
    def work():  # three joules a call
        rapl.write_text(str(int(rapl.read_text()) + 3_000_000))

    found = SCRIPT.energy_of(work, device=CPU, seconds=0.01)
    assert found.joules == pytest.approx(3)
    assert found.counter == "RAPL"
    assert found.watts == pytest.approx(3 / found.seconds)


def test_without_a_counter_nothing_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(SCRIPT, "RAPL", tmp_path / "none")
    assert SCRIPT.energy_of(lambda: None, device=CPU, seconds=0.01) is None
    assert SCRIPT.energy_of(lambda: None, device=torch.device("meta"), seconds=0.01) is None


@pytest.mark.parametrize("change", [0, -500_000])
def test_a_counter_that_stands_still_or_begins_again_tells_nothing(rapl, change):
    def work():
        rapl.write_text(str(int(rapl.read_text()) + change))
        if int(rapl.read_text()) < 0:
            rapl.write_text("0")

    assert SCRIPT.energy_of(work, device=CPU, seconds=0) is None


class Library:
    """Stands for NVML: a card whose counter has gone up by two joules at every look."""

    def __init__(self, energy_status=0):
        self.energy_status, self.millijoules, self.asked = energy_status, 0, None

    def nvmlInit_v2(self):  # noqa: N802
        return 0

    def nvmlDeviceGetHandleByUUID(self, identity, handle):  # noqa: N802
        self.asked = identity
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle, millijoules):  # noqa: N802
        self.millijoules += 2000
        millijoules._obj.value = self.millijoules
        return self.energy_status


@pytest.fixture
def card(monkeypatch):
    properties = SimpleNamespace(uuid="1234-abcd")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _=None: None)

    def install(library):
        monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
        return library

    return install


@pytest.mark.parametrize("device", [CUDA, "cuda", "cuda:0", 0])
def test_a_card_is_asked_by_its_identity(card, device):
    library = card(Library())
    found = SCRIPT.energy_of(lambda: None, device=device, seconds=0)
    assert library.asked == b"GPU-1234-abcd"
    assert (found.joules, found.counter) == (2.0, "NVML")


def test_a_card_without_the_counter_is_not_measured(card):
    card(Library(energy_status=3))
    assert SCRIPT.energy_of(lambda: None, device=CUDA, seconds=0) is None


def test_a_machine_without_nvml_is_not_measured(monkeypatch):
    def missing(_):
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert SCRIPT.energy_of(lambda: None, device=CUDA, seconds=0) is None
