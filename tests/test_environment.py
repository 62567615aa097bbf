"""The machine report: every way a machine can be wrong is named with its cure."""

from dataclasses import replace

import pytest
import torch

from helpers import environment
from helpers.device import Smi
from helpers.environment import Facts, diagnose, runs_on

T4 = Smi("Tesla T4", "580.65.06", 15.8, 70.0, 1590.0)
BUILT_FOR = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120")
READY = Facts(
    python=(3, 12),
    packages=dict.fromkeys(environment.PACKAGES, "1.0"),
    cards=(T4,),
    cuda_build="13.0",
    architectures=BUILT_FOR,
    gpu="Tesla T4",
    capability=(7, 5),
    free_gpu_memory_gb=14.0,
    free_disk_gb=50.0,
    hidden_gpus=False,
    colab=False,
    mps=False,
)
UNUSABLE = {"gpu": None, "free_gpu_memory_gb": None}


def fixes(report):
    return {f.name: f.cure for f in report.findings if f.verdict == "fix"}


def test_a_machine_in_order_is_ready():
    report = diagnose(READY)
    assert {f.verdict for f in report.findings} == {"ok"}


@pytest.mark.parametrize(
    ("change", "name", "cure"),
    [
        ({"python": (3, 9)}, "Python", "from 3.11 to 3.13"),
        ({"python": (3, 14)}, "Python", "from 3.11 to 3.13"),
        ({"packages": READY.packages | {"torchvision": None}}, "torchvision", "make book"),
        ({"cards": (replace(T4, driver="535.104.05"),), **UNUSABLE}, "driver", "driver 580"),
        ({"cuda_build": None, **UNUSABLE}, "torch's CUDA", "CPU-only index"),
        ({"capability": (6, 1), **UNUSABLE}, "card", "begins at sm_75"),
        ({"capability": (7, 0), **UNUSABLE}, "card", "CUDA 12.6"),
        ({"hidden_gpus": True, **UNUSABLE}, "torch uses the GPU", "CUDA_VISIBLE_DEVICES"),
        (UNUSABLE, "torch uses the GPU", "restart the machine"),
        ({"free_gpu_memory_gb": 0.2}, "GPU", "nvidia-smi"),
        ({"free_disk_gb": 0.3}, "disk", "Free 1 GB"),
    ],
)
def test_every_fault_is_named_with_its_cure(change, name, cure):
    report = diagnose(replace(READY, **change))
    assert cure in fixes(report)[name]


def test_an_older_driver_suits_an_older_build():
    report = diagnose(replace(READY, cards=(replace(T4, driver="535.104"),), cuda_build="12.6"))
    assert not fixes(report)


def test_no_gpu_is_not_a_fault():
    none = replace(READY, cards=(), capability=None, **UNUSABLE)
    report = diagnose(none)
    assert not fixes(report) and "every chapter runs on the CPU" in str(report)
    assert "Change runtime type" in str(diagnose(replace(none, colab=True)))
    assert "Apple GPU" in str(diagnose(replace(none, mps=True)))


@pytest.mark.parametrize(
    ("capability", "architectures", "expected"),
    [
        ((8, 9), ("sm_86",), True),
        ((8, 0), ("sm_86",), False),
        ((9, 0), ("sm_86",), False),
        ((9, 0), ("compute_86",), True),
        ((7, 5), ("compute_86",), False),
        ((9, 0), ("sm_90a",), True),
        ((9, 1), ("sm_90a",), False),
        ((12, 0), ("sm_120",), True),
        ((10, 3), ("sm_100",), True),
        ((7, 0), (), False),
    ],
)
def test_which_cards_a_build_runs_on(capability, architectures, expected):
    assert runs_on(capability, architectures) is expected


def test_this_machine_is_described_truly(monkeypatch):
    facts = environment.gather()
    assert facts.packages["torch"] == torch.__version__.split("+")[0] or facts.packages["torch"]
    assert facts.cuda_build == torch.version.cuda
    assert (facts.gpu is not None) == torch.cuda.is_available()
    if torch.version.cuda:
        assert any(name.startswith("sm_") for name in facts.architectures)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert environment.gather().hidden_gpus


def test_a_missing_torch_is_reported_and_does_not_raise(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    facts = environment.gather()
    assert facts.cuda_build is None and facts.gpu is None and facts.architectures == ()


def test_the_table_escapes_what_it_shows():
    report = environment.Report((environment.Finding("<b>", "ok", "a & b"),))
    assert "&lt;b&gt;" in report._repr_html_() and "a &amp; b" in report._repr_html_()


def test_packages_that_are_missing_are_named_with_the_line_that_installs_them():
    assert environment.missing("json", "numpy") == ""
    line = environment.missing("json", "no_such_package", "nor_this")
    assert "`%pip install no_such_package nor_this`" in line


def test_a_package_that_was_installed_meanwhile_is_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    assert environment.missing("just_installed")
    (tmp_path / "just_installed.py").touch()
    assert environment.missing("just_installed") == ""
