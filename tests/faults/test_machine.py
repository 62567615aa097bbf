"""Faults of what a machine says of itself: nvidia-smi prints anything, or hangs."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from helpers import device, environment, facts, failures, processes, resources

T4 = b"Tesla T4, 580.65.06, 15360, 70.00, 1590, GPU-a"
UNTOLD = ("Tesla T4", None, 16.1)
#: What nvidia-smi prints, and the (name, driver, memory in GB) of the cards that are read from it.
PRINTED = {
    "in order": (T4, [("Tesla T4", "580.65.06", 16.1)]),
    "nothing": (b"", []),
    "no text": (b"\xff\xfe\x00, b, c, d, e, f", []),
    "another coding": (T4.replace(b"T4", "卡".encode("gbk")), [("Tesla ��", "580.65.06", 16.1)]),
    "commas": (b",,,,,", []),
    "all N/A": (b"[N/A], [N/A], [N/A], [N/A], [N/A], [N/A]", []),
    "driver N/A": (T4.replace(b"580.65.06", b"[N/A]"), [UNTOLD]),
    "driver of words": (T4.replace(b"580.65.06", b"[Unknown Error]"), [UNTOLD]),
    "driver a power": (T4.replace(b"580.65.06", "²".encode()), [UNTOLD]),
    "memory N/A": (T4.replace(b"15360", b"[N/A]"), [("Tesla T4", "580.65.06", None)]),
    "memory NaN": (T4.replace(b"15360", b"nan"), [("Tesla T4", "580.65.06", None)]),
    "memory below 0": (T4.replace(b"15360", b"-3"), [("Tesla T4", "580.65.06", None)]),
    "memory endless": (T4.replace(b"15360", b"1e999"), [("Tesla T4", "580.65.06", None)]),
    "a warning first": (
        b"WARNING: infoROM is corrupted at gpu 0, a, b, c, d, e\n" + T4,
        [("Tesla T4", "580.65.06", 16.1)],
    ),
}


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Return what puts a program of that name first on the path."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(device, "_hung", [], raising=False)

    def put(script):
        (tmp_path / "nvidia-smi").write_text(script)
        (tmp_path / "nvidia-smi").chmod(0o755)

    return put


@pytest.mark.parametrize("name", PRINTED)
def test_whatever_nvidia_smi_prints_the_machine_is_judged(name, nvidia_smi, tmp_path):
    printed, expected = PRINTED[name]
    (tmp_path / "printed").write_bytes(printed + b"\n")
    nvidia_smi(f"#!/bin/sh\ncat '{tmp_path}/printed'\n")
    cards = device.nvidia_smi()
    memory = [card.memory_gb and round(card.memory_gb, 1) for card in cards]
    found = [(card.name, card.driver, gb) for card, gb in zip(cards, memory, strict=True)]
    assert found == expected
    assert "disk" in str(environment.check())


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 9\n", "no program", "#!/no/such/shell\n"])
def test_an_nvidia_smi_that_does_not_run_is_none(script, nvidia_smi):
    nvidia_smi(script)
    assert device.nvidia_smi() == ()


def test_an_nvidia_smi_that_hangs_is_waited_for_once(nvidia_smi, monkeypatch):
    monkeypatch.setattr(device, "_SMI_S", 0.5, raising=False)
    nvidia_smi("#!/bin/sh\nsleep 100\n")
    run, waited = subprocess.run, []

    def bounded(*given, **options):
        waited.append(options["timeout"])
        return run(*given, **options | {"timeout": min(0.5, options["timeout"])})

    monkeypatch.setattr(subprocess, "run", bounded)
    begun = time.monotonic()
    assert environment.check() and device.nvidia_smi() == ()
    assert waited == [0.5] and time.monotonic() - begun < 30


def test_a_program_that_prints_no_text_is_quoted_all_the_same():
    code = "import sys; sys.stderr.buffer.write(b'\\xff went wrong\\n'); sys.exit(1)"
    assert failures.last_line(code) == "\N{REPLACEMENT CHARACTER} went wrong"
    done = processes.python("-c", "print('二')", PYTHONIOENCODING="")
    assert done.stdout == "二\n"


def test_a_file_that_the_book_lacks_is_named_with_what_brings_it_back(monkeypatch, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no data/gpuz\.yml .* git checkout -- .*gpuz\.yml"
    ):
        resources.path("data/gpuz.yml")
    (tmp_path / "recorded").mkdir()
    monkeypatch.setattr(resources, "_IN_REPOSITORY", tmp_path / "nowhere")
    monkeypatch.setattr(resources, "_IN_WHEEL", tmp_path)
    with pytest.raises(FileNotFoundError, match="install the helpers again"):
        resources.path("data/gpuz.yml")


SPOILT = {
    "a conflict": b"<<<<<<< HEAD\nsources: {}\n=======\nlists: []\n>>>>>>> theirs\n",
    "another coding": "sources: {}\ncards: [卡]\n".encode("gbk"),
    "nothing": b"",
    "a list": b"- sources\n",
    "no entries": b"sources: {}\ncards: 3\n",
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_sheet_of_figures_is_named(name, tmp_path, monkeypatch):
    (tmp_path / "cards.yml").write_bytes(SPOILT[name])
    monkeypatch.setattr(facts.resources, "path", lambda name: tmp_path / Path(name).name)
    with pytest.raises(ValueError, match=r"cards\.yml cannot be read, mend it"):
        facts.sheet.__wrapped__("cards")
