"""The GPU registry: published figures of the cards that the book names, each with its source."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from helpers.facts import Source, sheet

# A driver reports less memory than a card is sold with, in GB or in GiB: a T4 says 14.7 of 16.
_LEAST, _MOST = 0.88, 1.09


@dataclass(frozen=True)
class Gpu:
    """Published peaks of one card, dense rates; `sources` maps each figure to its `Source`.

    `tensor_tflops` (FP16 and BF16 products, TFLOP/s) is None where there are no tensor cores.
    `capability` is CUDA's compute capability as (major, minor). `chips` is 2 for a card that
    shows up as two devices; its figures are those of the whole card.
    """

    name: str
    reported: tuple[str, ...]
    architecture: str
    chips: int
    year: int
    capability: tuple[int, int]
    sms: int
    fp32_tflops: float
    tensor_tflops: float | None
    memory_gb: float
    bandwidth_gbs: float
    watts: float
    sources: Mapping[str, Source]

    def ridge(self, *, tensor: bool | None = None) -> float:
        """Return the ridge point in FLOP per byte: below it, memory is the limit.

        Args:
            tensor: with the tensor cores' peak (True) or the FP32 peak (False); by default the
                tensor cores' where the card has them.

        Raises:
            ValueError: `tensor=True` for a card without tensor cores.

        Source: Williams, Waterman and Patterson (2009), the roofline model.
        """
        if tensor and self.tensor_tflops is None:
            raise ValueError(f"The {self.name} has no tensor cores: ask for ridge(tensor=False).")
        use_tensor = self.tensor_tflops is not None if tensor is None else tensor
        peak_tflops = self.tensor_tflops if use_tensor else self.fp32_tflops
        return peak_tflops * 1e12 / (self.bandwidth_gbs * 1e9)


@cache
def load() -> tuple[Gpu, ...]:
    """Return every card of `book/data/gpus.yml`, oldest first."""
    cards = [_gpu(**vars(entry)) for entry in sheet("gpus").gpus]
    return tuple(sorted(cards, key=lambda gpu: (gpu.year, gpu.name)))


def find(name: str, memory_gb: float | None = None) -> Gpu | None:
    """Return the card that a driver calls `name`, or None where the registry has no such card.

    Args:
        name: what `torch.cuda.get_device_name()` or NVML reports, such as "Tesla T4". It must be
            the whole name: "NVIDIA GeForce RTX 4090 Laptop GPU" is another card than the 4090.
        memory_gb: what the device reports, in GB or GiB; a card with another amount is no match.
    """
    matches = [
        gpu for gpu in load() if _plain(name) in map(_plain, gpu.reported) and _fits(gpu, memory_gb)
    ]
    return matches[0] if len(matches) == 1 else None


def _plain(name: str) -> str:
    """Fold what differs between drivers: case, spaces and hyphens, a leading "NVIDIA"."""
    return re.sub(r"[\s-]+", " ", name.strip().lower()).removeprefix("nvidia ")


def _fits(gpu: Gpu, memory_gb: float | None) -> bool:
    return memory_gb is None or _LEAST <= memory_gb / (gpu.memory_gb / gpu.chips) <= _MOST


def _gpu(name, architecture, reported, chips=1, **figures) -> Gpu:
    known = {field: figure for field, figure in figures.items() if figure is not None}
    values = dict.fromkeys(figures) | {field: figure.value for field, figure in known.items()}
    major, minor = values["capability"].split(".")
    return Gpu(
        name=name,
        reported=tuple(reported),
        architecture=architecture,
        chips=chips,
        sources=MappingProxyType({field: figure.source for field, figure in known.items()}),
        **values | {"capability": (int(major), int(minor))},
    )
