"""Record what each switch of the framework does to a training step, alone and together."""

import contextlib
import itertools
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from helpers import device as devices
from helpers import recorded, timing

TITLE = "Switches of the framework, one by one"
METHOD = (
    "A training step (forward, backward, SGD with momentum) of a network of four 3 × 3 "
    "convolutions with batch normalisation, 32 to 128 channels, on random images of 32 × 32 that "
    "are on the device: 16 on a CPU, 512 on a GPU. Time: median of 10 steps after 3 of warm-up, "
    "the switches taking turns. Loss: after 10 steps on one fixed batch, the same start for all."
)
ROUNDS, LOSS_STEPS = 10, 10
BATCH = {"cpu": 16, "cuda": 512}


@dataclass(frozen=True)
class Switches:
    """What the framework may do. Everything is off: plain float32, rows of channels, eager."""

    tf32: bool = False  # tensor cores for float32 products, with ten bits of mantissa
    amp: bool = False  # products in the device's 16-bit type
    channels_last: bool = False  # the channels of a pixel lie side by side
    autotune: bool = False  # cuDNN tries its algorithms once and keeps the fastest
    fused: bool = False  # the optimiser updates all weights in one kernel
    compiled: bool = False  # torch.compile


def available(device) -> dict[str, Switches]:
    """Return the switches that `device` has, each alone; without those that change nothing there.

    torch.compile is left out on a CPU, where it takes minutes to compile a training step.
    """
    names = ["channels_last", "fused"]
    if device.type == "cuda":
        names = ["amp", "channels_last", "autotune", "fused", "compiled"]
        if torch.cuda.get_device_capability(device) >= (8, 0):
            names.insert(0, "tf32")
        elif devices.amp_dtype(device) == torch.float32:
            names.remove("amp")
    return {name: Switches(**{name: True}) for name in names}


def together(device) -> Switches:
    """Return all switches of `device` at once."""
    return Switches(**dict.fromkeys(available(device), True))


def network() -> nn.Sequential:
    """Return the network, with the same weights each time."""
    torch.manual_seed(0)
    layers, channels = [], [3, 32, 64, 64, 128]
    for n, m in itertools.pairwise(channels):
        layers += [nn.Conv2d(n, m, 3, padding=1, bias=False), nn.BatchNorm2d(m), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if m > 32 else []
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


@contextlib.contextmanager
def backends(switches: Switches):
    """Set the switches that are global, and put them back."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark
    matmul.allow_tf32 = cudnn.allow_tf32 = switches.tf32
    cudnn.benchmark = switches.autotune
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark = before


def step_of(switches: Switches, device, batch: int):
    """Return a function that makes one training step and returns its loss as a tensor."""
    layout = torch.channels_last if switches.channels_last else torch.contiguous_format
    model = network().to(device, memory_format=layout)
    torch.manual_seed(1)
    images = torch.rand(batch, 3, 32, 32).to(device, memory_format=layout)
    labels = torch.randint(0, 10, (batch,)).to(device)
    kind = {"fused": True} if switches.fused else {}
    optimiser = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, **kind)
    forward = torch.compile(model) if switches.compiled else model
    dtype = devices.amp_dtype(device)
    scaler = torch.amp.GradScaler(device.type, enabled=switches.amp and dtype == torch.float16)

    def step():
        with backends(switches):
            optimiser.zero_grad()
            with torch.autocast(device.type, dtype, enabled=switches.amp):
                loss = F.cross_entropy(forward(images), labels)
            scaler.scale(loss).backward()
            scaler.step(optimiser)
            scaler.update()
        return loss.detach()

    return step


def first_call_ms(step, device) -> float:
    """Return milliseconds of a step's first call: what compiling and trying out cost."""
    start = time.perf_counter()
    step()
    devices.synchronise(device)
    return 1e3 * (time.perf_counter() - start)


def measure(settings: dict[str, Switches], device, batch: int, rounds: int = ROUNDS) -> dict:
    """Return {name: (time of a step in ms, loss after LOSS_STEPS steps, first call in ms)}."""
    steps = {name: step_of(one, device, batch) for name, one in settings.items()}
    first = {name: first_call_ms(step, device) for name, step in steps.items()}
    losses = {}
    for name, step in steps.items():
        for _ in range(LOSS_STEPS - 1):
            loss = step()
        losses[name] = loss.item()
    times = timing.compare(steps, n=rounds, warmup=1, device=device)
    return {name: (times[name].median_ms, losses[name], first[name]) for name in settings}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Measure every switch alone, and all together, on `device`; no data is needed."""
    settings = {"off": Switches()} | available(device) | {"together": together(device)}
    batch = BATCH["cpu" if device.type == "cpu" else "cuda"]
    values = {}
    for name, (time_ms, loss, first_ms) in measure(settings, device, batch).items():
        values[name] = recorded.Quantity(float(f"{time_ms:.4g}"), "ms", "median", ROUNDS)
        values[f"{name}_loss"] = recorded.Quantity(float(f"{loss:.5g}"), "nats", "last", 1)
        values[f"{name}_first"] = recorded.Quantity(float(f"{first_ms:.4g}"), "ms", "single", 1)
    return values
