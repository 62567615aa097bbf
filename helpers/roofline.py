"""How fast could it be: the measured peaks of a device, and the roof that they set."""

import itertools
from dataclasses import dataclass

from helpers import device as devices
from helpers import timing

#: Matrix widths to try for the arithmetic peak, and megabytes to copy for the bandwidth peak.
SIZES = {"cpu": ((512, 1024, 2048), 256), "gpu": ((2048, 4096, 8192), 1024)}


@dataclass(frozen=True)
class Peaks:
    """The best that this device was seen to do. Rates per second; bytes read and written."""

    flops_per_s: float
    bytes_per_s: float
    device: str
    dtype: str

    @property
    def ridge(self) -> float:
        """Return the arithmetic intensity (FLOP per byte) where the two limits meet."""
        return self.flops_per_s / self.bytes_per_s


def measure_peaks(*, device=None, dtype=None, sizes=None, megabytes=None, n: int = 5) -> Peaks:
    """Measure the best matrix product and the best copy on `device`.

    Args:
        device: in any of the spellings of `device.resolve`.
        dtype: of the product's operands; default `torch.float32`.
        sizes: widths of the square matrices to try.
        megabytes: size of the array to copy, well above any cache.
        n: runs of each; the best counts.
    """
    import torch

    device, dtype = devices.resolve(device), dtype or torch.float32
    default_sizes, default_megabytes = SIZES["cpu" if device.type == "cpu" else "gpu"]
    flops_per_s = max(_product_rate(one, device, dtype, n) for one in sizes or default_sizes)
    bytes_per_s = _copy_rate((megabytes or default_megabytes) * 10**6, device, n)
    return Peaks(flops_per_s, bytes_per_s, str(devices.describe(device).name), str(dtype))


def _product_rate(width, device, dtype, n) -> float:
    import torch

    a, b = (torch.randn(width, width, device=device).to(dtype) for _ in range(2))
    best_ms = timing.measure(lambda: a @ b, n=n, device=device).best_ms
    return 2 * width**3 / (best_ms / 1e3)


def _copy_rate(n_bytes, device, n) -> float:
    import torch

    # Numbers, not bytes: a copy of bytes may take another, slower path than those of a network.
    source = torch.ones(n_bytes // 4, dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    best_ms = timing.measure(lambda: target.copy_(source), n=n, device=device).best_ms
    return 2 * n_bytes / (best_ms / 1e3)  # each byte is read once and written once


def intensity(flops: float, n_bytes: float) -> float:
    """Return the arithmetic intensity in FLOP per byte moved.

    Raises:
        ValueError: no byte is moved.
    """
    if n_bytes <= 0:
        raise ValueError(f"The work must move at least one byte, not {n_bytes}.")
    return flops / n_bytes


def attainable(peaks: Peaks, flop_per_byte: float) -> float:
    """Return the highest FLOP/s that work of this intensity can reach on the device.

    Source: Williams, Waterman, Patterson (2009), "Roofline".
    """
    return min(peaks.flops_per_s, flop_per_byte * peaks.bytes_per_s)


def plot(peaks: Peaks, points: dict[str, tuple[float, float]], *, alt: str, caption: str = ""):
    """Draw the roof and the points `{name: (FLOP per byte, measured FLOP/s)}` on log axes."""
    import numpy as np

    from helpers import style

    figure, axes = style.subplots()
    reach = [peaks.ridge, *(x for x, _ in points.values())]
    xs = np.geomspace(min(reach) / 4, max(reach) * 4, 200)
    roof = [attainable(peaks, x) / 1e9 for x in xs]
    axes.loglog(xs, roof, color=style.COLOURS["ink"], linestyle="-")
    shifts = itertools.cycle([(6, -9), (-6, 3), (6, 3), (-6, -10)])  # so that few names meet
    for name, (x, y) in sorted(points.items(), key=lambda point: point[1]):
        (dot,), shift = axes.plot(x, y / 1e9, "o"), next(shifts)
        look = {"ha": "left" if shift[0] > 0 else "right", "color": dot.get_color()}
        axes.annotate(name, (x, y / 1e9), shift, textcoords="offset points", size="small", **look)
    axes.set(xlabel="arithmetic intensity (FLOP per byte)", ylabel="GFLOP/s")
    _plain_numbers(axes.xaxis, axes.get_xlim())
    _plain_numbers(axes.yaxis, axes.get_ylim())
    return style.show(figure, alt=alt, caption=caption)


def _plain_numbers(axis, limits):
    """Label a logarithmic axis with numbers, 2 and 5 among them where there is room."""
    roomy = limits[1] / limits[0] < 300

    def between(x, _):
        return f"{x:,.10g}" if roomy and f"{x:e}"[0] in "25" else ""

    axis.set_major_formatter("{x:,.10g}")
    axis.set_minor_formatter(between)
