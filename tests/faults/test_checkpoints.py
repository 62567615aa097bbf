"""Faults of checkpoints: each is refused, with nothing changed, neither the file nor the model."""

import re

import numpy as np
import pytest
import torch

from helpers import training


def parts():
    """Return a model, its optimiser and a loader with random numbers of its own."""
    pixels = torch.from_numpy(np.random.default_rng(0).random((32, 6), dtype=np.float32))
    batches = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(pixels, torch.arange(32) % 3),
        8,
        shuffle=True,
        generator=torch.Generator(),
    )
    model = torch.nn.Linear(6, 3)
    return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), batches


def train(path, made=None, epochs=1):
    model, optimiser, batches = made or parts()
    options = {"optimiser": optimiser, "checkpoint": path, "device": "cpu", "progress": False}
    return training.fit(model, batches, epochs=epochs, **options)


def state(made):
    """Return everything that a checkpoint may change, as bytes."""
    model, optimiser, batches = made
    weights = [tensor.tolist() for tensor in model.state_dict().values()]
    random = [torch.get_rng_state().tolist(), batches.generator.get_state().tolist()]
    return repr((weights, optimiser.state_dict(), random))


def written(content):
    return lambda path: path.write_bytes(content)


def shortened(path):
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path):
    """Turn a single bit of the weights."""
    content = bytearray(path.read_bytes())
    weights = torch.load(path, weights_only=True)["model"]["weight"].numpy().tobytes()
    content[content.index(weights) + 10] ^= 0x40
    path.write_bytes(content)


def folder(path):
    path.unlink()
    path.mkdir()


def changed(**changes):
    """Return what saves the checkpoint again with these entries changed; `...` leaves one out."""

    def spoil(path):
        content = torch.load(path, weights_only=True) | changes
        torch.save({key: value for key, value in content.items() if value is not ...}, path)

    return spoil


SHORT = torch.zeros(3, dtype=torch.uint8)
OTHER = {"weight": torch.zeros(3, 6), "bias": torch.zeros(4)}
FAULTS = {
    "empty": (written(b""), "damaged"),
    "a text": (written(b"hello"), "damaged"),
    "cut off": (shortened, "damaged"),
    "one bit of the weights": (flipped, "the checksum of .* is another"),
    "a folder": (folder, "Is a directory.*Name another file"),
    "no random state": (changed(torch_rng=...), "torch_rng"),
    "no GPU's random state": (changed(cuda_rng=...), "cuda_rng"),
    "no loader's random state": (changed(loader_rng=...), "loader_rng"),
    "random state too short": (changed(torch_rng=SHORT), "RNG state"),
    "random state a number": (changed(torch_rng=3), "ByteTensor"),
    "loader's random state too short": (changed(loader_rng=SHORT), "RNG state"),
    "a weight of another shape": (changed(model=OTHER), "state_dict"),
    "no optimiser": (changed(optimiser=None), "damaged"),
    "another optimiser": (changed(optimiser={"state": {}, "param_groups": []}), "groups"),
    "no history": (changed(history=None), "damaged"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_checkpoint_that_is_not_right_changes_nothing_and_is_named(name, tmp_path):
    path = tmp_path / "checkpoint.pt"
    train(path)
    spoil, said = FAULTS[name]
    spoil(path)
    made = parts()
    before = state(made), path.is_dir() or path.read_bytes()
    with pytest.raises(training.CheckpointError) as refused:
        train(path, made, epochs=2)
    assert re.search(rf"{re.escape(str(path))}.*{said}|{said}", str(refused.value))
    assert (state(made), path.is_dir() or path.read_bytes()) == before
    path.rmdir() if path.is_dir() else path.unlink()
    assert len(train(path, made, epochs=2).epochs) == 2


@pytest.mark.parametrize("epochs", ["3", 2.5, float("nan"), None, 0], ids=repr)
def test_epochs_are_a_whole_number(epochs, tmp_path):
    with pytest.raises(ValueError, match=r"^epochs must be at least 1, a whole number, not "):
        train(tmp_path / "checkpoint.pt", epochs=epochs)
