"""Train and evaluate a classifier: a plain loop with a progress bar, history and checkpoints."""

import io
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from helpers.device import synchronise
from helpers.files import write_atomically


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used or written; the message says what to do."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images. Accuracies between 0 and 1, time in seconds."""

    loss: float  # mean over the images, as the model changed
    accuracy: float  # on the training images, as the model changed
    seconds: float  # training only
    images_per_s: float
    test_accuracy: float | None = None


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
        """Return the accuracy on the test images after each epoch, between 0 and 1."""
        return [epoch.test_accuracy for epoch in self.epochs]

    @property
    def seconds(self) -> float:
        """Return the seconds spent on training, without evaluation."""
        return sum(epoch.seconds for epoch in self.epochs)


@dataclass(frozen=True)
class Score:
    """How a model does on images it does not learn from. `accuracy` is between 0 and 1."""

    accuracy: float
    loss: float
    n: int


def fit(
    model,
    train_loader,
    *,
    optimiser,
    epochs: int,
    device,
    loss=None,
    test_loader=None,
    checkpoint=None,
    on_epoch=None,
    progress: bool = True,
) -> History:
    """Train `model` in place and return its history.

    Args:
        model: maps a batch of images to one row of scores (logits) for each image.
        train_loader: yields `(images, labels)` batches; labels are int64 class numbers.
        optimiser: a `torch.optim.Optimizer` over the model's parameters.
        epochs: passes over the training images, those of a resumed run included.
        device: where `model` is and where batches go.
        loss: maps (scores, labels) to a mean loss; default cross-entropy.
        test_loader: evaluated after each epoch if given.
        checkpoint: a file, written after each epoch and resumed from if it exists. A resumed
            run gives the numbers of an uninterrupted one on the same machine.
        on_epoch: called with (epoch number from 1, Epoch) after each epoch.
        progress: show a bar with loss, accuracy and images per second.

    Raises:
        CheckpointError: the checkpoint is damaged, of another model, or cannot be written.
        ValueError: `epochs` is below 1, or the loader is empty.
    """
    import torch

    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}.")
    if len(train_loader) == 0:
        raise ValueError("There is no batch to train on: the loader is empty.")
    loss = loss or torch.nn.CrossEntropyLoss()
    path = Path(checkpoint) if checkpoint else None
    done = _resume(path, model, optimiser, train_loader) if path else History()
    with _Bar(len(train_loader) * epochs, progress) as bar:
        bar.advance(len(train_loader) * len(done.epochs))
        for number in range(len(done.epochs) + 1, epochs + 1):
            bar.label = f"epoch {number}/{epochs}"
            epoch = _train_one_epoch(model, train_loader, optimiser, loss, device, bar)
            if test_loader is not None:
                score = evaluate(model, test_loader, device=device)
                epoch = replace(epoch, test_accuracy=score.accuracy)
            done = History((*done.epochs, epoch))
            if path:
                _save(path, model, optimiser, train_loader, done)
            if on_epoch:
                on_epoch(number, epoch)
    return done


def _train_one_epoch(model, loader, optimiser, loss, device, bar) -> Epoch:
    import torch

    model.train()
    # Sums stay on the device: fetching them each step would make the GPU wait for Python.
    total_loss = torch.zeros((), device=device)
    total_right = torch.zeros((), device=device)
    seen = 0
    start = time.perf_counter()
    for step, (images, labels) in enumerate(loader, 1):
        images = images.to(device, non_blocking=True)
        labels = labels.to(device, non_blocking=True)
        optimiser.zero_grad()
        scores = model(images)
        batch_loss = loss(scores, labels)
        batch_loss.backward()
        optimiser.step()
        total_loss += batch_loss.detach() * len(labels)
        total_right += (scores.argmax(1) == labels).sum()
        seen += len(labels)
        if bar.due(step, len(loader)):
            rate = seen / (time.perf_counter() - start)
            bar.show(total_loss.item() / seen, total_right.item() / seen, rate)
    synchronise(device)
    seconds = time.perf_counter() - start
    return Epoch(total_loss.item() / seen, total_right.item() / seen, seconds, seen / seconds)


def evaluate(model, loader, *, device) -> Score:
    """Return accuracy and mean cross-entropy of `model` over `loader`, without gradients.

    The model is put in evaluation mode, and back to the mode it was in.

    Raises:
        ValueError: the loader is empty.
    """
    import torch

    training = model.training
    model.eval()
    right, total_loss, n = 0, 0.0, 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            scores = model(images)
            losses = torch.nn.functional.cross_entropy(scores, labels, reduction="sum")
            total_loss += losses.item()
            right += (scores.argmax(1) == labels).sum().item()
            n += len(labels)
    model.train(training)
    if n == 0:
        raise ValueError("There is no image to evaluate on: the loader is empty.")
    return Score(right / n, total_loss / n, n)


def _save(path: Path, model, optimiser, loader, history: History) -> None:
    import torch

    generator = getattr(loader, "generator", None)
    state = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "history": [asdict(epoch) for epoch in history.epochs],
        "torch_rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "loader_rng": generator.get_state() if generator is not None else None,
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint {path} could not be written: {error}. The one from before, if any, "
            "is untouched. Free some space or choose another folder, then run again."
        ) from error


def _resume(path: Path, model, optimiser, loader) -> History:
    import torch

    if not path.exists():
        return History()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        history = History(tuple(Epoch(**epoch) for epoch in state["history"]))
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
    except Exception as error:  # torch raises many kinds, for damage and for a mismatch
        raise CheckpointError(
            f"{path} is damaged or belongs to another model or optimiser: "
            f"{str(error).splitlines()[0]}. Remove it to start afresh."
        ) from error
    torch.set_rng_state(state["torch_rng"])
    if state["cuda_rng"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda_rng"])
    if state["loader_rng"] is not None and getattr(loader, "generator", None) is not None:
        loader.generator.set_state(state["loader_rng"])
    return history


class _Bar:
    """A progress bar that stays one line in a notebook, on the built site and in a terminal."""

    SECONDS_BETWEEN = 0.5

    def __init__(self, steps: int, wanted: bool):
        self.label = ""
        self._bar = None
        self._shown = 0.0
        if wanted:
            from tqdm import tqdm

            form = "{desc} {percentage:3.0f}% |{bar:14}|{postfix}"
            self._bar = tqdm(
                total=steps, file=_output(), bar_format=form, mininterval=0, ascii=False
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()

    def advance(self, steps: int) -> None:
        if self._bar is not None and steps:
            self._bar.update(steps)

    def due(self, step: int, last: int) -> bool:
        """Say whether to show this step: fetching the sums for each would slow a GPU down."""
        if self._bar is None:
            return False
        now = time.monotonic()
        self._bar.n += 1
        late = now - self._shown >= self.SECONDS_BETWEEN
        if late:
            self._shown = now
        return late or step == last

    def show(self, loss: float, accuracy: float, images_per_s: float) -> None:
        self._bar.set_description_str(self.label, refresh=False)
        self._bar.set_postfix_str(
            f"loss {loss:.3f}, accuracy {accuracy:.1%}, {images_per_s:,.0f} images/s"
        )


def _output():
    """Where a bar is drawn: an output that is replaced in a notebook, else the terminal."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return sys.stderr
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return sys.stderr

    class ReplacedOutput:
        """tqdm writes here. Each line takes the place of the one before."""

        handle = None

        def write(self, text):
            line = text.strip("\r\n ")
            if not line:
                return
            content = {"text/plain": line}
            if self.handle is None:
                self.handle = display(content, raw=True, display_id=True)
            else:
                self.handle.update(content, raw=True)

        def flush(self):
            """Do nothing: a display is never behind."""

    return ReplacedOutput()
