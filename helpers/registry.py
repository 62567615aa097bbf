"""The GPU registry: published figures of the cards that the book names, each with its source."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from helpers import resources

#: The figures of a card, each with a source of its own, and what a valid value is.
FIGURES = {
    "year": int,
    "capability": str,
    "sms": int,
    "fp32_tflops": float,
    "tensor_tflops": float,
    "memory_gb": float,
    "bandwidth_gbs": float,
    "watts": float,
}
_MAY_BE_NULL = {"tensor_tflops"}
_NAMES = {"name": str, "architecture": str}
# A driver reports less memory than a card is sold with, in GB or in GiB: a T4 says 14.7 of 16.
_LEAST, _MOST = 0.88, 1.09


@dataclass(frozen=True)
class Source:
    """Where a figure was read: title and address, the day it was checked (None: not), a note."""

    title: str
    url: str
    checked: date | None
    note: str


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


def load() -> tuple[Gpu, ...]:
    """Return every card of `book/data/gpus.yml`, oldest first.

    Raises:
        ValueError: the file is not valid; the message names the card and the field.
    """
    return _load(resources.path("data/gpus.yml"))


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


def parse(text: str) -> tuple[Gpu, ...]:
    """Return the cards described by the YAML `text`; `gpus.yml` says how it is written.

    Raises:
        ValueError: not valid; the message names the card and the field.
    """
    import yaml

    data = yaml.safe_load(text)
    if not isinstance(data, dict) or set(data) != {"sources", "gpus"}:
        raise ValueError("gpus.yml: it must hold `sources` and `gpus`, and nothing else.")
    for key, source in data["sources"].items():
        _check_source(key, source)
    gpus = [_gpu(entry, data["sources"]) for entry in data["gpus"]]
    names = [gpu.name for gpu in gpus]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"gpus.yml: {name}: name: given to two cards.")
    return tuple(sorted(gpus, key=lambda gpu: (gpu.year, gpu.name)))


@cache
def _load(path: Path) -> tuple[Gpu, ...]:
    return parse(path.read_text(encoding="utf-8"))


def _plain(name: str) -> str:
    """Fold what differs between drivers: case, spaces and hyphens, a leading "NVIDIA"."""
    return re.sub(r"[\s-]+", " ", name.strip().lower()).removeprefix("nvidia ")


def _fits(gpu: Gpu, memory_gb: float | None) -> bool:
    if memory_gb is None:
        return True
    return _LEAST <= memory_gb / (gpu.memory_gb / gpu.chips) <= _MOST


def _check_source(key: str, source) -> None:
    if not isinstance(source, dict) or set(source) != {"title", "url"}:
        raise ValueError(f"gpus.yml: sources: {key}: it must have a title and a url.")
    if not re.match(r"https?://\S+$", str(source["url"])):
        raise ValueError(f"gpus.yml: sources: {key}: url: {source['url']!r} is not an address.")


def _gpu(entry: dict, sources: dict) -> Gpu:
    card = entry.get("name", "a card without a name")

    def wrong(field: str, what: str):
        return ValueError(f"gpus.yml: {card}: {field}: {what}.")

    known = {*_NAMES, "reported", "chips", *FIGURES}
    for field in entry:
        if field not in known:
            raise wrong(field, f"unknown; the fields are {', '.join(sorted(known))}")
    for field in _NAMES:
        if not isinstance(entry.get(field), str) or not entry[field]:
            raise wrong(field, "must be a text")
    reported = entry.get("reported")
    if not isinstance(reported, list) or not all(isinstance(name, str) for name in reported):
        raise wrong("reported", "must list the names that a driver reports")
    chips = entry.get("chips", 1)
    if chips not in (1, 2):
        raise wrong("chips", "must be 1 or 2")
    values, found = {}, {}
    for field in FIGURES:
        if field not in entry:
            raise wrong(field, "is missing")
        if entry[field] is None and field in _MAY_BE_NULL:
            values[field] = None
            continue
        try:
            values[field], found[field] = _figure(field, entry[field], sources)
        except ValueError as error:
            raise wrong(field, str(error)) from None
    return Gpu(
        name=entry["name"],
        reported=tuple(reported),
        architecture=entry["architecture"],
        chips=chips,
        sources=MappingProxyType(found),
        **values,
    )


def _figure(field: str, figure, sources: dict):
    """Return the value of one figure and its source; a ValueError says what is wrong with it."""
    if not isinstance(figure, dict) or not {"value", "source", "checked"} <= set(figure):
        raise ValueError("must have a value, a source and a day when it was checked")
    if extra := set(figure) - {"value", "source", "checked", "note"}:
        raise ValueError(f"has an unknown part {sorted(extra)[0]!r}")
    if figure["source"] not in sources:
        raise ValueError(f"its source {figure['source']!r} is not among the sources")
    checked, note = figure["checked"], figure.get("note", "")
    if checked is not None and not isinstance(checked, date):
        raise ValueError(f"checked must be a date such as 2026-11-23, or null, not {checked!r}")
    if checked is None and not note:
        raise ValueError("was never checked, so a note must say why")
    where = sources[figure["source"]]
    source = Source(where["title"], where["url"], checked, note)
    return _value(field, figure["value"]), source


def _value(field: str, value):
    if field == "capability":
        if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d", value):
            raise ValueError(f'must be a text such as "8.9", not {value!r}')
        major, minor = value.split(".")
        return int(major), int(minor)
    kinds = (int,) if FIGURES[field] is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or value <= 0:
        raise ValueError(f"must be a positive {FIGURES[field].__name__}, not {value!r}")
    if field == "year" and not 2006 <= value <= 2100:
        raise ValueError(f"must be a year since 2006, when CUDA appeared, not {value}")
    return value
