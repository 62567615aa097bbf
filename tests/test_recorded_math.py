"""The records of the mathematics chapters and of the framework's switches: right before timed."""

import pytest
import torch
import torch.nn.functional as F

from helpers import recorded

CPU = torch.device("cpu")
CONVOLUTIONS = recorded.script("convolutions")
FRAMEWORKS = recorded.script("frameworks")
FORMATS = recorded.script("number_formats")


@pytest.mark.parametrize("way", CONVOLUTIONS.WAYS)
@pytest.mark.parametrize("c_in, c_out, side", [(1, 1, 2), (3, 5, 8), (4, 2, 14)])
def test_five_ways_are_one_convolution(way, c_in, c_out, side):
    torch.manual_seed(0)
    X = torch.randn(2, c_in, side, side, dtype=torch.float64)
    w = torch.randn(c_out, c_in, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(CONVOLUTIONS.WAYS[way](X, w), F.conv2d(X, w, padding=1))


@pytest.mark.parametrize("way", ["shifts", "im2col", "fft"])
def test_three_ways_take_larger_kernels(way):
    X, w = torch.randn(1, 2, 9, 9).double(), torch.randn(3, 2, 5, 5).double()
    torch.testing.assert_close(CONVOLUTIONS.WAYS[way](X, w), F.conv2d(X, w, padding=2))


def test_three_forms_are_one_layer():
    X, W, b = torch.randn(5, 7), torch.randn(3, 7), torch.randn(3)
    for form in recorded.script("layer_forms").forms(X, W, b).values():
        torch.testing.assert_close(form(), F.linear(X, W, b))


def test_checkpoints_change_no_gradient():
    script = recorded.script("backward")
    gradients = []
    for segments in (None, 2):
        torch.manual_seed(0)
        network = script.deep_network(4, 8)
        script.passes(network, torch.ones(3, 8), segments)["both"]()
        gradients.append(network[0][0].weight.grad)
    torch.testing.assert_close(*gradients)


def test_a_scaled_matrix_fits_its_format():
    matrix = torch.randn(16, 16) * 1e6
    eight, scale = FORMATS.scaled(matrix)
    assert eight.float().abs().max() == FORMATS.E4M3_MAX
    assert ((eight.float() * scale - matrix).abs() <= 0.0626 * matrix.abs() + scale * 2**-9).all()


@pytest.mark.parametrize(
    "capability, names",
    [
        ((7, 5), {"fp32", "fp16"}),
        ((8, 0), {"fp32", "tf32", "bf16", "fp16"}),
        ((9, 0), {"fp32", "tf32", "bf16", "fp16", "fp8"}),
    ],
)
def test_a_card_is_tried_with_the_formats_it_has(capability, names, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _=None: capability)
    assert set(FORMATS.formats(torch.device("cuda"))) == names


def test_the_error_of_a_product_is_relative():
    truth = torch.full((4,), 2.0, dtype=torch.float64)
    assert FORMATS.relative_error(torch.full((4,), 2.02), truth) == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize(
    "capability, names",
    [
        ((6, 1), ["channels_last", "autotune", "fused", "compiled"]),
        ((7, 5), ["amp", "channels_last", "autotune", "fused", "compiled"]),
        ((8, 0), ["tf32", "amp", "channels_last", "autotune", "fused", "compiled"]),
    ],
)
def test_a_card_gets_the_switches_it_has(capability, names, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _=None: capability)
    assert list(FRAMEWORKS.available(torch.device("cuda"))) == names


def test_no_switch_changes_what_is_learnt():
    settings = {"off": FRAMEWORKS.Switches(), **FRAMEWORKS.available(CPU)}
    settings["together"] = FRAMEWORKS.together(CPU)
    found = FRAMEWORKS.measure(settings, CPU, batch=4, rounds=1)
    losses = [loss for _, loss, _ in found.values()]
    assert losses == pytest.approx([losses[0]] * len(losses), rel=1e-2)
    assert losses[0] < 2.0  # ten classes start at 2.3: it has learnt something


def test_the_backends_are_as_they_were():
    before = torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32
    with pytest.raises(RuntimeError), FRAMEWORKS.backends(FRAMEWORKS.Switches(True, autotune=True)):
        assert torch.backends.cudnn.benchmark and torch.backends.cuda.matmul.allow_tf32
        raise RuntimeError
    assert (torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32) == before


def test_the_batches_of_a_record_belong_to_its_steps(monkeypatch):
    script = recorded.script("batch_sizes")
    monkeypatch.setitem(script.BATCHES, "cpu", (1, 2))
    values = script.record(CPU, None)
    assert values["batches"].value == [1, 2]
    assert len(values["steps"].value) == 2 and min(values["steps"].value) > 0
