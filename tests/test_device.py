"""Devices: what is picked, what is told, and which 16-bit type each capability gets."""

import subprocess
from types import SimpleNamespace

import pytest
import torch

from helpers import device as devices

SMI = (
    "NVIDIA H200, 580.65.06, 143771, 700.00, 1980, GPU-aa\n"
    "Tesla T4, 580.65.06, 15360, 70.00, 1590, GPU-bb\n"
    "Tesla T4, 580.65.06, 15360, 50.00, 1590, GPU-cc\n"
    "NVIDIA Thing, 580.65.06, [N/A], [N/A], [N/A], GPU-dd\n"
)


def fake_smi(monkeypatch, output=SMI):
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=output, returncode=0)
    )


def test_the_cpu_can_always_be_asked_for(monkeypatch):
    assert devices.pick("cpu") == torch.device("cpu")
    monkeypatch.setenv("BOOK_DEVICE", "cpu")
    assert devices.pick() == torch.device("cpu")


def test_the_best_device_is_picked(monkeypatch):
    monkeypatch.delenv("BOOK_DEVICE", raising=False)
    for best in devices.KINDS:
        monkeypatch.setattr(devices, "_usable", lambda kind, best=best: kind in (best, "cpu"))
        assert devices.pick().type == best


def test_a_device_that_is_not_there_is_not_replaced_in_silence(monkeypatch):
    monkeypatch.setattr(devices, "_usable", lambda kind: kind == "cpu")
    with pytest.raises(RuntimeError, match="cannot use a cuda device"):
        devices.pick("cuda")
    with pytest.raises(ValueError, match="Choose one of cuda, mps, xpu, cpu"):
        devices.pick("gpu")


def test_the_cpu_is_described():
    description = devices.describe("cpu")
    assert description.kind == "cpu" and description.name
    assert description.multiprocessors == devices.cpu_cores() >= 1
    assert description.memory_gb > 0.5
    assert description.capability is None


def test_nvidia_smi_is_read(monkeypatch):
    fake_smi(monkeypatch)
    h200, t4, other, untold = devices.nvidia_smi()
    assert h200.name == "NVIDIA H200" and h200.driver == "580.65.06"
    assert h200.memory_gb == pytest.approx(150.76, abs=0.01)
    assert (t4.power_limit_w, t4.clock_mhz) == (70.0, 1590.0)
    assert (t4.uuid, other.uuid) == ("GPU-bb", "GPU-cc")
    assert untold.memory_gb is None and untold.power_limit_w is None


def test_no_driver_means_no_cards(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("nvidia-smi")

    monkeypatch.setattr(subprocess, "run", missing)
    assert devices.nvidia_smi() == ()


def fake_cards(monkeypatch, *uuids):
    """Let torch see T4s with these identities, under the numbers that it gives them."""
    t4 = {"name": "Tesla T4", "total_memory": 15_843_721_216, "major": 7, "minor": 5}
    cards = [SimpleNamespace(**t4, multi_processor_count=40, uuid=uuid) for uuid in uuids]
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda device: cards[torch.device(device).index or 0]
    )


def test_a_gpu_is_described_with_its_driver(monkeypatch):
    fake_smi(monkeypatch)
    fake_cards(monkeypatch, "bb")
    description = devices.describe("cuda")
    assert description.capability == (7, 5) and description.multiprocessors == 40
    assert description.driver == "580.65.06" and description.power_limit_w == 70.0
    assert "40 SMs" in str(description) and "16 GB" in str(description)


def test_of_two_equal_cards_the_one_that_torch_uses_is_described(monkeypatch):
    """As with CUDA_VISIBLE_DEVICES=2,1: torch counts otherwise than nvidia-smi."""
    fake_smi(monkeypatch)
    fake_cards(monkeypatch, "cc", "bb")
    assert devices.describe("cuda").power_limit_w == 50.0
    assert devices.describe(1).power_limit_w == 70.0


def test_a_card_that_nvidia_smi_does_not_list_has_no_limit(monkeypatch):
    fake_smi(monkeypatch)
    fake_cards(monkeypatch, "ee")
    description = devices.describe("cuda:0")
    assert description.driver is None and description.power_limit_w is None


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        (None, "cpu"),
        ("cpu", "cpu"),
        ("cuda", "cuda"),
        ("cuda:1", "cuda:1"),
        (1, "cuda:1"),
        (torch.device("cuda", 0), "cuda:0"),
    ],
)
def test_every_spelling_of_a_device_is_understood(monkeypatch, spelling, meant):
    monkeypatch.setenv("BOOK_DEVICE", "cpu")
    assert devices.resolve(spelling) == torch.device(meant)


def test_a_name_that_no_device_has_is_refused():
    with pytest.raises(ValueError, match=r"No device is called 'gpu'\. Choose one of cuda"):
        devices.resolve("gpu")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((6, 1), torch.float32),
        ((7, 0), torch.float16),
        ((7, 5), torch.float16),
        ((8, 0), torch.bfloat16),
        ((9, 0), torch.bfloat16),
        ((10, 0), torch.bfloat16),
    ],
)
def test_amp_type_follows_capability(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert devices.amp_dtype("cuda") == expected
    assert devices.amp_dtype("cpu") == torch.bfloat16
