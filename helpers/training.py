"""Train and evaluate any model: a plain loop with a progress bar, history and checkpoints."""

import contextlib
import copy
import io
import sys
import time
import zipfile
from dataclasses import asdict, dataclass, replace
from numbers import Integral
from pathlib import Path

from helpers.device import synchronise
from helpers.files import write_atomically


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used or written; the message says what to do."""


@dataclass(frozen=True)
class Score:
    """How a model does on `n` items that it does not learn from: mean loss, mean of each metric."""

    loss: float
    n: int
    metrics: dict[str, float]

    @property
    def accuracy(self) -> float:
        """Return the share of right answers, between 0 and 1."""
        return self.metrics["accuracy"]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training items. Means are taken as the model changes; time in seconds."""

    loss: float
    metrics: dict[str, float]
    n: int  # items
    seconds: float  # training only
    test: Score | None = None

    @property
    def accuracy(self) -> float:
        """Return the share of right answers in training, between 0 and 1."""
        return self.metrics["accuracy"]

    @property
    def test_accuracy(self) -> float | None:
        """Return the share of right answers on the test items, None where none were given."""
        return self.test and self.test.accuracy


@dataclass(frozen=True)
class History:
    """What happened in each epoch, oldest first."""

    epochs: tuple[Epoch, ...] = ()

    @property
    def losses(self) -> list[float]:
        """Return the training loss of each epoch."""
        return [epoch.loss for epoch in self.epochs]

    @property
    def test_accuracies(self) -> list[float | None]:
        """Return the accuracy on the test items after each epoch, between 0 and 1."""
        return [epoch.test_accuracy for epoch in self.epochs]

    @property
    def seconds(self) -> float:
        """Return the seconds spent on training, without evaluation."""
        return sum(epoch.seconds for epoch in self.epochs)


def classify(model, batch):
    """Return the mean cross-entropy of a batch `(items, labels)`, and which answers are right."""
    import torch

    items, labels = batch
    scores = model(items)
    loss = torch.nn.functional.cross_entropy(scores, labels)
    return loss, {"accuracy": scores.argmax(1) == labels}


def fit(
    model,
    loader,
    *,
    optimiser,
    epochs: int,
    device,
    step=classify,
    rate=None,
    test_loader=None,
    checkpoint=None,
    on_epoch=None,
    progress: bool = True,
) -> History:
    """Train `model` in place and return its history.

    Args:
        model: what `step` calls.
        loader: yields batches, each a tuple of tensors with one entry for each item.
        optimiser: a `torch.optim.Optimizer` over the model's parameters.
        epochs: passes over the loader, those of a resumed run included.
        device: where `model` is and where batches go.
        step: from `(model, batch)` to the mean loss of the batch and a dictionary of metrics, each
            a tensor of any shape whose mean is meant; by default that of a classifier.
        rate: from the share of the steps that is done (0 to 1) to the learning rate; by default
            the optimiser's own.
        test_loader: evaluated after each epoch if given.
        checkpoint: a file, written after each epoch and resumed from if it exists. A resumed
            run gives the numbers of an uninterrupted one on the same machine.
        on_epoch: called with (epoch number from 1, Epoch) after each epoch.
        progress: show a bar with loss, metrics and items per second.

    Raises:
        CheckpointError: the checkpoint is damaged, of another model, or cannot be written. What it
            was to replace, such as the model's weights, is then as it was.
        ValueError: `epochs` is no whole number or below 1, or the loader is empty.
    """
    if not isinstance(epochs, Integral) or epochs < 1:
        raise ValueError(f"epochs must be at least 1, a whole number, not {epochs!r}.")
    if len(loader) == 0:
        raise ValueError("There is no batch to train on: the loader is empty.")
    path = Path(checkpoint) if checkpoint else None
    done = _resume(path, model, optimiser, loader) if path else History()
    with _bar(len(loader) * epochs, progress) as bar:
        if bar is not None:
            bar.update(len(loader) * len(done.epochs))
        for number in range(len(done.epochs) + 1, epochs + 1):
            if bar is not None:
                bar.set_description_str(f"epoch {number}/{epochs}", refresh=False)
            paced = _paced(optimiser, rate, len(loader) * (number - 1), len(loader) * epochs)
            epoch = _train_one_epoch(model, loader, paced, step, device, bar)
            if test_loader is not None:
                test = evaluate(model, test_loader, device=device, step=step)
                epoch = replace(epoch, test=test)
            done = History((*done.epochs, epoch))
            if path:
                _save(path, model, optimiser, loader, done)
            if on_epoch:
                on_epoch(number, epoch)
    return done


def _paced(optimiser, rate, done: int, steps: int):
    """Yield the optimiser once for each step, its learning rate as `rate` wants it."""
    while True:
        if rate is not None:
            for group in optimiser.param_groups:
                group["lr"] = rate((done + 0.5) / steps)
        yield optimiser
        done += 1


class _Means:
    """Running means of loss and metrics; the sums stay on the device.

    Fetching them at each step would make a GPU wait for Python.
    """

    def __init__(self):
        self.n, self.counts, self.sums = 0, {}, {}

    def add(self, batch, loss, metrics) -> None:
        n = len(batch[0])
        self.n += n
        self._add("loss", loss.detach() * n, n)
        for name, values in metrics.items():
            self._add(name, values.detach().sum(), values.numel())

    def _add(self, name, total, count):
        self.sums[name] = self.sums.get(name, 0) + total
        self.counts[name] = self.counts.get(name, 0) + count

    def read(self) -> tuple[float, dict[str, float]]:
        means = {name: float(self.sums[name]) / self.counts[name] for name in self.sums}
        return means.pop("loss"), means


def _train_one_epoch(model, loader, paced, step, device, bar) -> Epoch:
    model.train()
    means = _Means()
    start = time.perf_counter()
    for number, batch in enumerate(loader, 1):
        batch = [part.to(device, non_blocking=True) for part in batch]
        optimiser = next(paced)
        optimiser.zero_grad()
        loss, metrics = step(model, batch)
        loss.backward()
        optimiser.step()
        means.add(batch, loss, metrics)
        # Told now and then: fetching the sums at each step would slow a GPU down.
        if bar is not None and (bar.update() or number == len(loader)):
            _tell(bar, *means.read(), means.n / (time.perf_counter() - start))
    synchronise(device)
    return Epoch(*means.read(), means.n, time.perf_counter() - start)


def evaluate(model, loader, *, device, step=classify) -> Score:
    """Return mean loss and metrics of `model` over `loader`, without gradients.

    The model is put in evaluation mode, and back to the mode it was in.

    Raises:
        ValueError: the loader is empty.
    """
    import torch

    training = model.training
    model.eval()
    means = _Means()
    with torch.no_grad():
        for batch in loader:
            batch = [part.to(device) for part in batch]
            means.add(batch, *step(model, batch))
    model.train(training)
    if means.n == 0:
        raise ValueError("There is nothing to evaluate on: the loader is empty.")
    loss, metrics = means.read()
    return Score(loss, means.n, metrics)


def _state(model, optimiser, loader) -> dict:
    """Return all that a training goes on from, but for its history."""
    import torch

    generator = getattr(loader, "generator", None)
    return {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "torch_rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "loader_rng": generator.get_state() if generator is not None else None,
    }


def _put(state: dict, model, optimiser, loader) -> None:
    """Go back to what `_state` has returned."""
    import torch

    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["torch_rng"])
    if state["cuda_rng"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda_rng"])
    if state["loader_rng"] is not None and getattr(loader, "generator", None) is not None:
        loader.generator.set_state(state["loader_rng"])


def _save(path: Path, model, optimiser, loader, history: History) -> None:
    import torch

    epochs = [asdict(epoch) for epoch in history.epochs]
    buffer = io.BytesIO()
    torch.save(_state(model, optimiser, loader) | {"history": epochs}, buffer)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint {path} could not be written: {error}. The one from before, if any, "
            "is untouched. Free some space or choose another folder, then run again."
        ) from error


def _resume(path: Path, model, optimiser, loader) -> History:
    """Put everything back as the checkpoint has it, or leave everything as it is."""
    import torch

    try:
        content = io.BytesIO(path.read_bytes())
    except FileNotFoundError:
        return History()
    except OSError as error:
        raise CheckpointError(f"No checkpoint can be read: {error}. Name another file.") from error
    before = copy.deepcopy(_state(model, optimiser, loader))
    try:
        if spoilt := zipfile.ZipFile(content).testzip():  # torch itself compares no checksum
            raise ValueError(f"the checksum of {spoilt} is another")
        content.seek(0)
        state = torch.load(content, map_location="cpu", weights_only=True)
        history = History(tuple(map(_epoch, state["history"])))
        _put(state, model, optimiser, loader)
    except Exception as error:  # torch raises many kinds, for damage and for a mismatch
        _put(before, model, optimiser, loader)
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise CheckpointError(
            f"{path} is damaged or belongs to another model or optimiser ({said}). "
            "Remove it to start afresh."
        ) from error
    return history


def _epoch(saved: dict) -> Epoch:
    return Epoch(**saved | {"test": Score(**saved["test"]) if saved["test"] else None})


def _bar(steps: int, wanted: bool):
    """Return a progress bar of one line in a notebook, on the site and in a terminal, or None."""
    if not wanted:
        return contextlib.nullcontext()
    from tqdm import tqdm

    form = "{desc} {percentage:3.0f}% |{bar:14}|{postfix}"
    return tqdm(total=steps, file=_output(), bar_format=form, mininterval=0.5, ascii=False)


def _tell(bar, loss: float, metrics: dict[str, float], items_per_s: float) -> None:
    shown = "".join(f", {name} {value:.1%}" for name, value in metrics.items())
    bar.set_postfix_str(f"loss {loss:.3f}{shown}, {items_per_s:,.0f} items/s")


def _output():
    """Where a bar is drawn: an output that is replaced in a notebook, else the terminal."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not hasattr(shell, "kernel"):
        return sys.stderr
    from IPython.display import display

    class ReplacedOutput(io.TextIOBase):
        """tqdm writes here. Each line takes the place of the one before."""

        handle = None

        def write(self, text):
            content = {"text/plain": text.strip("\r\n ")}
            if content["text/plain"] and self.handle is None:
                self.handle = display(content, raw=True, display_id=True)
            elif content["text/plain"]:
                self.handle.update(content, raw=True)

    return ReplacedOutput()
