"""The roofline: its arithmetic exactly, its measured peaks by what a machine can be."""

import pytest
import torch

from helpers import roofline

PEAKS = roofline.Peaks(flops_per_s=1e12, bytes_per_s=1e11, device="made up", dtype="float32")


def test_the_ridge_is_where_the_limits_meet():
    assert PEAKS.ridge == 10
    assert roofline.attainable(PEAKS, PEAKS.ridge) == 1e12
    assert roofline.attainable(PEAKS, 1) == 1e11
    assert roofline.attainable(PEAKS, 1000) == 1e12


def test_intensity_of_a_vector_add():
    n = 1000
    assert roofline.intensity(n, 3 * 4 * n) == pytest.approx(1 / 12)
    with pytest.raises(ValueError, match="at least one byte"):
        roofline.intensity(1, 0)


def test_peaks_count_flops_and_bytes(monkeypatch):
    """With a clock that says 1 ms, the rates must be the counted work per millisecond."""
    from helpers import timing

    def one_millisecond(work, n, device):
        work()
        return timing.Timing(1.0, 1.0, 1.0, 1.0, n, "cpu")

    monkeypatch.setattr(timing, "measure", one_millisecond)
    peaks = roofline.measure_peaks(device="cpu", sizes=(8, 16), megabytes=1)
    assert peaks.flops_per_s == pytest.approx(2 * 16**3 * 1000)
    assert peaks.bytes_per_s == pytest.approx(2 * 10**6 * 1000)


def test_measured_peaks_are_of_this_world():
    peaks = roofline.measure_peaks(device="cpu", sizes=(256,), megabytes=64, n=3)
    assert 1e8 < peaks.flops_per_s < 1e14
    assert 1e8 < peaks.bytes_per_s < 1e13
    assert peaks.dtype == str(torch.float32)


def test_plot_needs_alt_text_and_names_its_points():
    shown = roofline.plot(PEAKS, {"add": (0.1, 5e9)}, alt="a roof and one point under it")
    assert "add" in shown.svg and 'aria-label="a roof and one point under it"' in shown.svg
    with pytest.raises(ValueError, match="alt text"):
        roofline.plot(PEAKS, {}, alt=" ")


def test_axes_are_labelled_with_numbers_that_do_not_collide(monkeypatch):
    from helpers import style

    figures = []
    monkeypatch.setattr(style, "show", lambda figure, **_: figures.append(figure))

    def labels(points):
        roofline.plot(PEAKS, points, alt="a roof")
        figure = figures[-1]
        figure.canvas.draw()
        ticks = figure.axes[0].xaxis.get_ticklabels(which="both")
        return {tick.get_text() for tick in ticks} - {""}

    near, far = labels({"near the ridge": (8, 5e9)}), labels({"far from it": (0.01, 5e9)})
    assert {"5", "10", "20"} <= near and not near & {"3", "4", "6"}
    assert {"0.01", "0.1", "1", "10"} <= far and not far & {"0.2", "2", "5"}
