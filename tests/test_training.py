"""Training: against a loop written out by hand, across interruptions, and on a full disk."""

import dataclasses
import os

import numpy as np
import pytest
import torch

from helpers import data, training
from helpers.models import ArticleCNN


def loader(n=96, *, generator=None, seed=0):
    random = np.random.default_rng(seed)
    pixels = torch.from_numpy(random.random((n, 3, 8, 8), dtype=np.float32))
    labels = torch.from_numpy(random.integers(0, 10, n))
    dataset = torch.utils.data.TensorDataset(pixels, labels)
    return torch.utils.data.DataLoader(dataset, 16, shuffle=True, generator=generator)


def small_model():
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(192, 32), torch.nn.Dropout(0.2), torch.nn.Linear(32, 10)
    )


def run(epochs, checkpoint=None, *, generator=None, seed=7):
    torch.manual_seed(seed)
    model = small_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    history = training.fit(
        model,
        loader(generator=generator),
        optimiser=optimiser,
        epochs=epochs,
        device="cpu",
        test_loader=loader(48, seed=1),
        checkpoint=checkpoint,
        progress=False,
    )
    return model, history


def without_times(history):
    return [dataclasses.replace(e, seconds=0) for e in history.epochs]


def test_fit_is_the_plain_loop():
    _, history = run(2)
    torch.manual_seed(7)
    model = small_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    batches = loader()
    losses = []
    for _ in range(2):
        total = 0.0
        for images, labels in batches:
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(labels)
        losses.append(total / 96)
        for _ in loader(48, seed=1):  # shuffled, so it draws from the same random numbers
            pass
    assert history.losses == pytest.approx(losses, rel=1e-6)


def test_a_step_of_ones_own_says_what_is_learnt_and_what_is_told():
    def autoencode(model, batch):
        (items,) = batch
        error = (model(items) - items) ** 2
        return error.mean(), {"near": error < 0.5}

    torch.manual_seed(0)
    items = torch.randn(40, 6)
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(items), 16)
    model = torch.nn.Linear(6, 6)
    seen = []
    history = training.fit(
        model,
        batches,
        optimiser=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=2,
        device="cpu",
        step=autoencode,
        rate=lambda share: seen.append(share) or 0.2 * share,
        test_loader=batches,
        progress=False,
    )
    assert seen == pytest.approx([(k + 0.5) / 6 for k in range(6)])
    last = history.epochs[-1].test
    error = (model(items) - items) ** 2
    assert last.loss == pytest.approx(error.mean().item(), rel=1e-5) and last.n == 40
    assert last.metrics["near"] == (error < 0.5).double().mean().item()
    assert history.losses[1] < history.losses[0]


def test_history_counts_items_and_seconds():
    _, history = run(3)
    assert len(history.epochs) == 3 and history.seconds > 0
    for epoch in history.epochs:
        assert epoch.n == 96 and epoch.seconds > 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        history.epochs[0].loss = 0


def test_evaluate_equals_scikit_learn():
    from sklearn.metrics import accuracy_score, log_loss

    torch.manual_seed(0)
    model = small_model()
    batches = torch.utils.data.DataLoader(loader().dataset, 20)
    images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    score = training.evaluate(model, batches, device="cpu")
    with torch.no_grad():
        probabilities = model.eval()(images).softmax(1).numpy()
    assert score.n == 96
    assert score.accuracy == accuracy_score(labels, probabilities.argmax(1))
    assert score.loss == pytest.approx(log_loss(labels, probabilities, labels=range(10)), rel=1e-5)


def test_evaluate_leaves_mode_and_gradients_alone():
    model = small_model().train()
    training.evaluate(model, loader(), device="cpu")
    assert model.training and all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("own_generator", [False, True])
def test_a_resumed_run_gives_the_numbers_of_an_uninterrupted_one(tmp_path, own_generator):
    def generator():
        return torch.Generator().manual_seed(3) if own_generator else None

    whole_model, whole = run(4, generator=generator())
    path = tmp_path / "checkpoint.pt"
    run(2, path, generator=generator())
    torch.manual_seed(12345)  # the second process starts from anywhere
    model, resumed = run(4, path, generator=generator(), seed=999)
    assert without_times(resumed) == without_times(whole)
    for ours, theirs in zip(model.parameters(), whole_model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_run_killed_within_an_epoch_loses_that_epoch_only(tmp_path):
    path = tmp_path / "checkpoint.pt"
    _, whole = run(3)

    class KilledError(Exception):
        pass

    def stop_after_two(number, _):
        if number == 2:
            raise KilledError

    torch.manual_seed(7)
    model = small_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    options = {"optimiser": optimiser, "device": "cpu", "checkpoint": path, "progress": False}
    with pytest.raises(KilledError):
        training.fit(
            model,
            loader(),
            epochs=3,
            test_loader=loader(48, seed=1),
            on_epoch=stop_after_two,
            **options,
        )
    _, resumed = run(3, path, seed=1)
    assert without_times(resumed) == without_times(whole)


def test_a_finished_run_is_not_run_again(tmp_path):
    path = tmp_path / "checkpoint.pt"
    _, first = run(2, path)
    before = path.read_bytes()
    _, second = run(2, path)
    assert second == first and path.read_bytes() == before


def test_a_damaged_checkpoint_is_named_and_kept(tmp_path):
    path = tmp_path / "checkpoint.pt"
    run(1, path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(training.CheckpointError, match=r"damaged.*Remove it to start afresh"):
        run(2, path)
    assert path.stat().st_size == 500


def test_a_checkpoint_runs_no_code(tmp_path):
    trap = tmp_path / "trap"

    class Malicious:
        def __reduce__(self):
            return os.system, (f"touch {trap}",)

    path = tmp_path / "checkpoint.pt"
    torch.save({"model": Malicious()}, path)
    with pytest.raises(training.CheckpointError):
        run(1, path)
    assert not trap.exists()


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    run(1, path)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
    with pytest.raises(training.CheckpointError, match=r"another model"):
        training.fit(
            model,
            loader(),
            optimiser=torch.optim.SGD(model.parameters(), lr=0.1),
            epochs=2,
            device="cpu",
            checkpoint=path,
            progress=False,
        )


def test_a_full_disk_keeps_the_checkpoint_from_before(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    run(1, path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(training.CheckpointError, match=r"No space left.*untouched"):
        run(2, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_nothing_to_do_is_refused():
    model = small_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"epochs must be at least 1"):
        training.fit(model, loader(), optimiser=optimiser, epochs=0, device="cpu")
    empty = data.Batches(np.zeros((0, 3, 8, 8), np.uint8), np.zeros(0, int), 4)
    with pytest.raises(ValueError, match=r"loader is empty"):
        training.fit(model, empty, optimiser=optimiser, epochs=1, device="cpu")
    with pytest.raises(ValueError, match=r"loader is empty"):
        training.evaluate(model, empty, device="cpu")


def test_the_bar_tells_loss_accuracy_and_speed(capsys):
    torch.manual_seed(0)
    model = small_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    training.fit(model, loader(), optimiser=optimiser, epochs=2, device="cpu")
    shown = capsys.readouterr().err
    for part in ("epoch 1/2", "epoch 2/2", "loss", "accuracy", "items/s", "100%"):
        assert part in shown


def test_the_articles_network_has_its_parameters_and_takes_any_layout():
    model = ArticleCNN()
    assert sum(p.numel() for p in model.parameters()) == 136_874
    images = torch.rand(4, 3, 32, 32)
    channels_last = model(images.to(memory_format=torch.channels_last))
    assert torch.allclose(model(images), channels_last, atol=1e-5)
    with pytest.raises(RuntimeError):
        model(torch.rand(4, 3, 28, 28))
