"""The network of the race to 94 %, small and on the CPU: its parts do what their names say."""

import pytest
import torch

from helpers import recorded


@pytest.fixture
def script(monkeypatch):
    module = recorded.script("time_to_94")
    monkeypatch.setattr(module, "WIDTHS", (8, 16, 16))
    monkeypatch.setattr(module, "BATCH", 64)
    monkeypatch.setattr(module, "LEARNING_RATE", 40)  # a few small steps must do
    return module


@pytest.fixture
def bands(script):
    """Return images whose class is the height of a bright band: mirrored and shifted, it stays."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (768,), generator=generator)
    pixels = torch.randint(0, 90, (768, 3, 32, 32), dtype=torch.uint8, generator=generator)
    for image, label in zip(pixels, labels, strict=True):
        image[:, 8 * label + 2 : 8 * label + 6] = 250
    train = script.images(pixels[:640], labels[:640], "cpu")
    return train, script.images(pixels[640:], labels[640:], "cpu")


def test_it_learns_what_its_changes_keep(script, bands):
    train, test = bands
    assert script.train_and_judge(train, test, 0, epochs=4) > 0.9


def test_whitened_patches_are_uncorrelated(script, bands):
    (x, _), _ = bands
    layer = script.whitening(x)
    with torch.no_grad():
        layer.bias.zero_()
        out = layer(x)[:, :12].transpose(0, 1).flatten(1)
    second_moments = out @ out.T / out.shape[1]
    strong = second_moments.diagonal() > 0.9  # directions above the floor have variance 1
    assert strong.any()
    assert (second_moments - torch.diag(second_moments.diagonal())).abs().max() < 0.01


def test_the_rate_goes_through_its_knots(script):
    for progress, expected in script.RATE_AT.items():
        assert script.share(progress) == pytest.approx(expected)
    assert script.share(0.115) == pytest.approx(0.6)


def test_a_shift_cuts_a_window_out_of_the_padded_image(script):
    torch.manual_seed(0)
    padded = torch.arange(36 * 36).float().reshape(1, 1, 36, 36).repeat(50, 1, 1, 1)
    corners = {int(image[0, 0, 0]) for image in script.shifted(padded)}
    assert len(corners) > 10
    assert corners <= {36 * top + left for top in range(5) for left in range(5)}


def test_each_image_is_mirrored_in_every_other_epoch(script):
    torch.manual_seed(0)
    x = torch.zeros(64, 3, 32, 32)
    x[..., :16] = 1
    labels = torch.arange(64)
    seen = [
        dict(zip(y.tolist(), b[:, 0, 16, 4], strict=True)) for b, y in script.batches(x, labels, 2)
    ]
    assert all(seen[0][i] != seen[1][i] for i in range(64))
    assert 10 < sum(seen[0].values()) < 54


def test_only_the_biases_of_the_normalisations_learn_faster(script, bands):
    network = script.Network(bands[0][0])
    fast, slow = script.optimiser_of(network).param_groups
    assert fast["lr"] == pytest.approx(64 * slow["lr"])
    assert fast["lr"] * fast["weight_decay"] == pytest.approx(slow["lr"] * slow["weight_decay"])
    assert len(fast["params"]) == 6
    assert all(p is not network.whitening.weight for p in slow["params"])


def test_at_the_end_the_network_is_its_average(script, bands):
    network = script.Network(bands[0][0])
    average = [torch.full_like(t, 3.0) for t in script.state(network)]
    script.blend(average, network, 0.5, last=True)
    assert all((t == 3.0).all() for t in script.state(network))
