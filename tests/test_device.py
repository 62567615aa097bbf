"""Devices: what is picked, what is told, and which 16-bit type each capability gets."""

import subprocess
from types import SimpleNamespace

import pytest
import torch

from helpers import device as devices

SMI = (
    "NVIDIA H200, 580.65.06, 143771, 700.00, 1980\n"
    "Tesla T4, 580.65.06, 15360, 70.00, 1590\n"
    "NVIDIA Thing, 580.65.06, [N/A], [N/A], [N/A]\n"
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
    h200, t4, untold = devices.nvidia_smi()
    assert h200.name == "NVIDIA H200" and h200.driver == "580.65.06"
    assert h200.memory_gb == pytest.approx(150.76, abs=0.01)
    assert (t4.power_limit_w, t4.clock_mhz) == (70.0, 1590.0)
    assert untold.memory_gb is None and untold.power_limit_w is None


def test_no_driver_means_no_cards(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("nvidia-smi")

    monkeypatch.setattr(subprocess, "run", missing)
    assert devices.nvidia_smi() == ()


def test_a_gpu_is_described_with_its_driver(monkeypatch):
    fake_smi(monkeypatch)
    properties = SimpleNamespace(
        name="Tesla T4", total_memory=15_843_721_216, multi_processor_count=40, major=7, minor=5
    )
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    description = devices.describe("cuda")
    assert description.capability == (7, 5) and description.multiprocessors == 40
    assert description.driver == "580.65.06" and description.power_limit_w == 70.0
    assert "40 SMs" in str(description) and "16 GB" in str(description)


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
