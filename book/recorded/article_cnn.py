"""Record the article's training run on CIFAR-10: three seeds, ten epochs, its own settings."""

import time

import torch

from helpers import data, recorded, training
from helpers.models import ArticleCNN

TITLE = "The article's CNN on CIFAR-10"
METHOD = (
    "Architecture and settings of the article's §5.2: SGD with learning rate 0.001 and momentum "
    "0.9, batches of 64, inputs as ToTensor gives them, 10 epochs, default initialisation. Seeds "
    "0, 1, 2. Images are held in memory, which changes no number but the time; "
    "loader_epoch_seconds is one epoch through torchvision's data set and a DataLoader with two "
    "workers, as the article has it. Accuracy on the 10,000 test images after each epoch."
)
DATA = ("cifar10",)
MINUTES = {"cpu": 9}
SEEDS = (0, 1, 2)
EPOCHS, BATCH = 10, 64


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train for each seed and return what was measured. `folder` holds CIFAR-10."""
    train_pixels, train_labels, test_pixels, test_labels = data.read_cifar10(folder)
    test = data.Batches(test_pixels, test_labels, 1000, device=device)
    histories = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        train = data.Batches(train_pixels, train_labels, BATCH, shuffle=True, device=device)
        histories.append(train_as_the_article(train, test, device))
        print(f"seed {seed}: {histories[-1].test_accuracies[-1]:.2%}", flush=True)
    return summarise(histories) | loader_time(folder, device)


def train_as_the_article(train, test, device, *, epochs=EPOCHS) -> training.History:
    """Run the article's loop over `train` for `epochs`."""
    model = ArticleCNN().to(device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    return training.fit(
        model,
        train,
        optimiser=optimiser,
        epochs=epochs,
        device=device,
        test_loader=test,
        progress=False,
    )


def summarise(histories) -> dict[str, recorded.Quantity]:
    """Return accuracies (%), losses and times of the runs, one list for each seed."""
    n = len(histories)

    def percent(accuracies):
        return [round(100 * accuracy, 2) for accuracy in accuracies]

    curves = [percent(history.test_accuracies) for history in histories]
    losses = [[round(loss, 4) for loss in history.losses] for history in histories]
    seconds = [round(history.seconds / EPOCHS, 3) for history in histories]
    return {
        "accuracy": recorded.Quantity([c[-1] for c in curves], "%", "each seed", n),
        "accuracy_by_epoch": recorded.Quantity(curves, "%", "each seed, each epoch", n),
        "loss_by_epoch": recorded.Quantity(losses, "nats per image", "each seed, each epoch", n),
        "epoch_seconds": recorded.Quantity(seconds, "s", "mean over epochs, each seed", n),
    }


def loader_time(folder, device) -> dict[str, recorded.Quantity]:
    """Time one epoch through torchvision and a DataLoader, where torchvision is installed."""
    try:
        from torchvision.datasets import CIFAR10
        from torchvision.transforms import ToTensor
    except ImportError:
        print("torchvision is not installed: the article's own loader is not timed")
        return {}
    images = CIFAR10(folder, train=True, transform=ToTensor())
    loader = torch.utils.data.DataLoader(images, batch_size=BATCH, shuffle=True, num_workers=2)
    start = time.perf_counter()
    train_as_the_article(loader, None, device, epochs=1)
    seconds = round(time.perf_counter() - start, 3)
    return {"loader_epoch_seconds": recorded.Quantity(seconds, "s", "one epoch", 1)}
