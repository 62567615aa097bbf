"""Pick the device to compute on, describe it, and choose what it does well."""

import functools
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

KINDS = ("cuda", "mps", "xpu", "cpu")
_SMI_FIELDS = "name,driver_version,memory.total,power.limit,clocks.max.sm,uuid"
_SMI_S = 20.0  # it wakes card after card, where no other program keeps them awake
_hung: list[float] = []  # not empty once it has not answered: nobody waits for that twice


@dataclass(frozen=True)
class Description:
    """What a device is. A figure that the machine does not tell is `None`."""

    kind: str  # one of KINDS
    name: str
    memory_gb: float | None  # gigabytes (10^9 bytes): the GPU's own, or the machine's for a CPU
    multiprocessors: int | None  # SMs of a GPU, logical cores of a CPU
    capability: tuple[int, int] | None = None  # CUDA compute capability
    driver: str | None = None
    clock_mhz: float | None = None  # highest SM clock
    power_limit_w: float | None = None

    def __str__(self) -> str:
        unit = "SMs" if self.kind == "cuda" else "cores"
        parts = [f"{self.name} ({self.kind})"]
        if self.multiprocessors:
            parts.append(f"{self.multiprocessors} {unit}")
        if self.memory_gb:
            parts.append(f"{self.memory_gb:.0f} GB of memory")
        if self.driver:
            parts.append(f"driver {self.driver}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Smi:
    """One GPU as `nvidia-smi` reports it, whether or not torch can use it."""

    name: str
    driver: str | None
    memory_gb: float | None
    power_limit_w: float | None
    clock_mhz: float | None
    uuid: str = ""  # such as "GPU-5c3a…", the same in every program


def pick(kind: str | None = None):
    """Return the `torch.device` to compute on: a GPU that torch can use, else the CPU.

    Args:
        kind: `"cuda"`, `"mps"`, `"xpu"` or `"cpu"` to insist; default the environment variable
            `BOOK_DEVICE`, else the best there is.

    Raises:
        ValueError: `kind` is not a kind of device.
        RuntimeError: `kind` was asked for and torch cannot use one here.
    """
    import torch

    wanted = kind or os.environ.get("BOOK_DEVICE") or None
    if wanted is None:
        return torch.device(next(kind for kind in KINDS if _usable(kind)))
    if wanted not in KINDS:
        raise ValueError(_unknown(wanted))
    if not _usable(wanted):
        raise RuntimeError(
            f"torch cannot use a {wanted} device here. Run the chapter 'Is my machine ready?' "
            "to find out why, or choose cpu."
        )
    return torch.device(wanted)


def resolve(device=None):
    """Return the `torch.device` that is meant.

    Args:
        device: a `torch.device`, a name such as `"cpu"`, `"cuda"` or `"cuda:1"`, the number of a
            GPU, or None for the one that `pick` returns.

    Raises:
        ValueError: no device has that name.
    """
    import torch

    if device is None:
        return pick()
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise ValueError(_unknown(device)) from error


def _unknown(name) -> str:
    return f"No device is called {name!r}. Choose one of {', '.join(KINDS)}."


def _usable(kind: str) -> bool:
    import torch

    if kind == "cpu":
        return True
    backend = torch.backends.mps if kind == "mps" else getattr(torch, kind, None)
    return backend is not None and backend.is_available()


def describe(device=None) -> Description:
    """Describe `device`, in any of the spellings that `resolve` takes."""
    device = resolve(device)
    if device.type == "cuda":
        return _describe_cuda(device)
    return Description(
        kind=device.type,
        name=cpu_name() if device.type == "cpu" else f"{cpu_name()} ({device.type})",
        memory_gb=_machine_memory_gb(),
        multiprocessors=cpu_cores(),
    )


def _describe_cuda(device) -> Description:
    import torch

    properties = torch.cuda.get_device_properties(device)
    # CUDA_VISIBLE_DEVICES renumbers the cards for torch, and two of them may have one name.
    smi = {card.uuid: card for card in nvidia_smi()}.get(uuid(device))
    return Description(
        kind="cuda",
        name=properties.name,
        memory_gb=properties.total_memory / 1e9,
        multiprocessors=properties.multi_processor_count,
        capability=(properties.major, properties.minor),
        driver=smi.driver if smi else None,
        clock_mhz=smi.clock_mhz if smi else None,
        power_limit_w=smi.power_limit_w if smi else None,
    )


def uuid(device) -> str:
    """Return the name by which the driver's tools know a CUDA device, such as "GPU-5c3a…"."""
    import torch

    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"


def nvidia_smi() -> tuple[Smi, ...]:
    """Return the NVIDIA GPUs that the driver's own tool lists; none where there is no driver."""
    command = ["nvidia-smi", f"--query-gpu={_SMI_FIELDS}", "--format=csv,noheader,nounits"]
    text = {"encoding": "utf-8", "errors": "replace"}
    if _hung:
        return ()
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SMI_S, check=True, **text)
    except subprocess.TimeoutExpired:
        _hung.append(_SMI_S)
        return ()
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(filter(None, map(_smi_line, done.stdout.splitlines())))


def _smi_line(line: str) -> Smi | None:
    """Return the card of a line, None where it tells neither driver nor identity."""

    def number(text):
        return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text) else None

    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 6:
        return None
    name, driver, memory, power, clock, uuid = parts
    told = re.fullmatch(r"[0-9]{2,4}(\.[0-9]+)+", driver)
    if not told and not uuid.startswith("GPU-"):
        return None
    mebibytes = number(memory)
    return Smi(
        name=name,
        driver=driver if told else None,
        memory_gb=mebibytes * 2**20 / 1e9 if mebibytes else None,
        power_limit_w=number(power),
        clock_mhz=number(clock),
        uuid=uuid,
    )


def cpu_cores() -> int:
    """Return how many logical cores this process may use (a container may give it fewer)."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux alone tells
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@functools.cache
def cpu_name() -> str:
    """Return the processor's name, as the operating system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        done = subprocess.run(command, capture_output=True, check=False)
        if name := done.stdout.decode(errors="replace").strip():
            return name
    return platform.processor() or platform.machine() or "unknown CPU"


def _machine_memory_gb() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, OSError, ValueError):
        return None


def amp_dtype(device=None):
    """Return the 16-bit `torch.dtype` that the device multiplies fast, or float32 for none.

    bfloat16 needs compute capability 8.0 (Ampere); a T4 or a V100 has float16 tensor cores only;
    older cards have none. On a CPU the answer is bfloat16, the type its autocast supports best.
    Source: CUDA C++ Programming Guide, table of tensor-core data types per compute capability.
    """
    import torch

    device = resolve(device)
    if device.type == "cpu":
        return torch.bfloat16
    if device.type != "cuda":
        return torch.float16
    capability = torch.cuda.get_device_capability(device)
    if capability >= (8, 0):
        return torch.bfloat16
    return torch.float16 if capability >= (7, 0) else torch.float32


def synchronise(device=None) -> None:
    """Wait until everything queued on `device` has finished. Nothing to wait for on a CPU."""
    import torch

    kind = resolve(device).type
    if kind != "cpu":
        getattr(torch, kind).synchronize()
