"""Is this machine ready? Gather facts, compare them with what the book needs, name each cure."""

import html
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass

from helpers import device as devices
from helpers.facts import registry

PYTHONS = ((3, 11), (3, 13))
PACKAGES = ("torch", "torchvision", "numpy", "matplotlib", "scikit-learn")
#: The oldest driver branch that runs programs built with each CUDA major version, on Linux.
#: Source: CUDA Toolkit release notes, "Minor version compatibility".
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}
FREE_DISK_GB = 1.0
FREE_GPU_MEMORY_GB = 1.0

INSTALL = "Run `make book`, or `pip install -r requirements.txt -c constraints.txt`."
#: Source: pytorch/pytorch, RELEASE.md and issue 190385 (CUDA 12.6 builds end with release 2.14).
OLDER_TORCH = (
    "Install torch 2.14 in its build for CUDA 12.6 (pytorch.org, Previous versions): "
    "it serves cards from compute capability 5.0 and drivers from 525."
)


@dataclass(frozen=True)
class Facts:
    """What a machine is, as far as the book needs to know. `None` means there is none."""

    python: tuple[int, int]
    packages: dict[str, str | None]
    cards: tuple[devices.Smi, ...]
    cuda_build: str | None  # the CUDA version that torch was built with
    architectures: tuple[str, ...]  # those that torch was built for, such as "sm_90"
    gpu: str | None  # the name of the NVIDIA GPU that torch uses
    capability: tuple[int, int] | None  # of the card
    free_gpu_memory_gb: float | None
    free_disk_gb: float
    hidden_gpus: bool  # CUDA_VISIBLE_DEVICES hides them
    colab: bool
    mps: bool


@dataclass(frozen=True)
class Finding:
    """One line of the report. `verdict` is "ok", "fix" or "note"; a fix has a cure."""

    name: str
    verdict: str
    found: str
    cure: str = ""


@dataclass(frozen=True)
class Report:
    """Every finding, in the order to read them."""

    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        lines = []
        for finding in self.findings:
            lines.append(f"{finding.verdict:4}  {finding.name}: {finding.found}")
            if finding.cure:
                lines.append(f"      {finding.cure}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def row(finding):
            return "".join(f"<td>{html.escape(text)}</td>" for text in vars(finding).values())

        head = "".join(f"<th>{title}</th>" for title in ("what", "verdict", "found", "what to do"))
        rows = "".join(f"<tr>{row(finding)}</tr>" for finding in self.findings)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def check() -> Report:
    """Return the report on this machine."""
    return diagnose(gather())


def missing(*packages: str) -> str:
    """Return what to do about those of `packages` that cannot be imported, "" if there are none.

    A cell that needs a package which not every reader has asks first, and says what is returned.
    """
    importlib.invalidate_caches()  # one may have been installed a moment ago
    absent = " ".join(name for name in packages if not importlib.util.find_spec(name))
    return f"Not here: run `%pip install {absent}` in a cell, then this cell." if absent else ""


def gather() -> Facts:
    """Ask the operating system, the driver and torch what this machine is. Changes nothing."""
    cards = devices.nvidia_smi()
    gpu, capability, free_gb = _torch_gpu()
    if capability is None and cards:
        known = registry.find(cards[0].name, cards[0].memory_gb)
        capability = known.capability if known else None
    return Facts(
        python=sys.version_info[:2],
        packages={name: _version(name) for name in PACKAGES},
        cards=cards,
        cuda_build=_torch("version", "cuda"),
        architectures=_architectures(),
        gpu=gpu,
        capability=capability,
        free_gpu_memory_gb=free_gb,
        free_disk_gb=shutil.disk_usage(".").free / 1e9,
        hidden_gpus=os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"),
        colab="google.colab" in sys.modules,
        mps=bool(_torch("backends", "mps", "is_available")),
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _torch(*names):
    """Follow `names` into torch; call what is callable; `None` where torch is missing."""
    try:
        import torch as found
    except ImportError:
        return None
    for name in names:
        found = getattr(found, name, None)
    return found() if callable(found) else found


def _torch_gpu() -> tuple:
    if not _torch("cuda", "is_available"):
        return None, None, None
    import torch

    try:
        free_bytes, _ = torch.cuda.mem_get_info()
        name, capability = torch.cuda.get_device_name(), torch.cuda.get_device_capability()
    except RuntimeError:  # a driver that starts and then refuses
        return None, None, None
    return name, capability, free_bytes / 1e9


def _architectures() -> tuple[str, ...]:
    # torch.cuda.get_arch_list() is empty where no GPU is usable, which is when it is needed most.
    flags = _torch("_C", "_cuda_getArchFlags") or " ".join(_torch("cuda", "get_arch_list") or ())
    return tuple(flags.split())


def diagnose(facts: Facts) -> Report:
    """Return the report on a machine with these facts, this one or an imagined one."""
    findings = [_python(facts), *_packages(facts), _gpu(facts)]
    if facts.cards or facts.gpu:
        findings += [_driver(facts), _build(facts), _card(facts), _usable(facts)]
    return Report((*findings, _disk(facts)))


def _python(facts) -> Finding:
    found = ".".join(map(str, facts.python))
    oldest, newest = (".".join(map(str, version)) for version in PYTHONS)
    if PYTHONS[0] <= facts.python <= PYTHONS[1]:
        return Finding("Python", "ok", found)
    return Finding("Python", "fix", found, f"Install a Python from {oldest} to {newest}.")


def _packages(facts) -> list[Finding]:
    return [
        Finding(name, "ok", here) if here else Finding(name, "fix", "not installed", INSTALL)
        for name, here in facts.packages.items()
    ]


def _gpu(facts) -> Finding:
    if facts.gpu:
        free = f", {facts.free_gpu_memory_gb:.1f} GB free" if facts.free_gpu_memory_gb else ""
        if facts.free_gpu_memory_gb and facts.free_gpu_memory_gb < FREE_GPU_MEMORY_GB:
            cure = "Another program holds the memory: `nvidia-smi` names it; stop that one."
            return Finding("GPU", "fix", facts.gpu + free, cure)
        return Finding("GPU", "ok", facts.gpu + free)
    if facts.cards:
        return Finding("GPU", "note", f"{facts.cards[0].name}, not yet usable: read on")
    if facts.mps:
        return Finding("GPU", "ok", "Apple GPU (mps); CUDA chapters run on the CPU here")
    if facts.colab:
        cure = "Runtime → Change runtime type → T4 GPU → Save switches one on."
        return Finding("GPU", "note", "none: this runtime has no GPU", cure)
    return Finding("GPU", "note", "none: every chapter runs on the CPU")


def _driver(facts) -> Finding:
    driver = facts.cards[0].driver if facts.cards else None
    if driver is None or facts.cuda_build is None:
        return Finding("driver", "note", driver or "not told by nvidia-smi")
    needed = OLDEST_DRIVER.get(int(facts.cuda_build.split(".")[0]))
    if needed is None or int(driver.split(".")[0]) >= needed:
        return Finding("driver", "ok", driver)
    cure = f"torch was built with CUDA {facts.cuda_build}, which needs driver {needed} or later. "
    cure += f"Update the driver. Or: {OLDER_TORCH[0].lower()}{OLDER_TORCH[1:]}"
    return Finding("driver", "fix", driver, cure)


def _build(facts) -> Finding:
    if facts.cuda_build:
        return Finding("torch's CUDA", "ok", facts.cuda_build)
    cure = "Remove torch and torchvision, then install them without a CPU-only index. " + INSTALL
    return Finding("torch's CUDA", "fix", "none: a build of torch for CPUs only", cure)


def _card(facts) -> Finding:
    if facts.capability is None or not facts.architectures:
        return Finding("card", "note", "its compute capability is not known")
    found = "compute capability {}.{}".format(*facts.capability)
    if runs_on(facts.capability, facts.architectures):
        return Finding("card", "ok", found)
    oldest = facts.architectures[0]
    return Finding("card", "fix", found, f"This torch begins at {oldest}. {OLDER_TORCH}")


def runs_on(capability: tuple[int, int], architectures) -> bool:
    """Say whether code built for `architectures` runs on a card of this compute capability.

    `"sm_86"` is machine code: it runs on cards of the same major version and no smaller minor.
    `"compute_86"` is PTX, compiled when loaded: it runs on that card and every newer one.
    Source: CUDA C++ Programming Guide, "Binary compatibility" and "PTX compatibility".
    """

    def suits(architecture):
        kind, _, digits = architecture.partition("_")
        family = digits.rstrip("af")
        built = int(family[:-1]), int(family[-1])
        if family != digits:  # "sm_90a" runs on its own kind of card alone
            return built == capability
        return built <= capability and (kind == "compute" or built[0] == capability[0])

    return any(map(suits, architectures))


def _usable(facts) -> Finding:
    if facts.gpu:
        return Finding("torch uses the GPU", "ok", "yes")
    if facts.hidden_gpus:
        cure = "Unset the environment variable CUDA_VISIBLE_DEVICES, then restart the kernel."
        return Finding("torch uses the GPU", "fix", "no: the GPUs are hidden", cure)
    cure = "Put right what is marked above. If nothing is, restart the machine: a driver that was"
    cure += " updated while in use answers nvidia-smi and refuses programs."
    return Finding("torch uses the GPU", "fix", "no", cure)


def _disk(facts) -> Finding:
    found = f"{facts.free_disk_gb:.0f} GB free"
    if facts.free_disk_gb >= FREE_DISK_GB:
        return Finding("disk", "ok", found)
    return Finding("disk", "fix", found, f"Free {FREE_DISK_GB:.0f} GB for data and checkpoints.")
