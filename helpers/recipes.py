"""Recipes for the article's network: settings with meanings, and a training that obeys them."""

from dataclasses import dataclass

from helpers import device as devices
from helpers import training

#: CIFAR-10's mean and standard deviation of each colour, for pixels between 0 and 1.
MEAN = (0.4914, 0.4822, 0.4465)
DEVIATION = (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True)
class Recipe:
    """How to train. Every default is the article's setting, on images held in memory."""

    images: int = 500_000  # shown in all; a pass over CIFAR-10 is 50,000
    batch: int = 64
    optimiser: str = "sgd"  # or "adamw"
    learning_rate: float = 0.001  # the highest of the schedule
    warm_up: float | None = None  # share of the steps in which the rate rises; None: it is constant
    normalised: bool = False  # pixels of mean 0 and deviation 1, not between 0 and 1
    smoothing: float = 0.0  # share of the target that goes to all classes alike
    channels_last: bool = False
    pool_first: bool = False  # pool before the activation: same numbers, a quarter of the work
    mixed: bool = False  # convolutions and products in the device's 16-bit type
    compiled: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a training run gave. Accuracy between 0 and 1; time of the training alone."""

    accuracy: float
    seconds: float
    images: int

    @property
    def images_per_s(self) -> float:
        """Return the throughput of the run."""
        return self.images / self.seconds


def train(recipe: Recipe, train_images, test_images, *, seed: int, device):
    """Train the article's network by `recipe`; return the model and its `Outcome`.

    The images are held on the device as bytes. Building the model, the transfer and the first
    compilation are not timed; evaluation is not either.

    Args:
        recipe: the settings.
        train_images: `(pixels, labels)`: uint8 of shape (n, 3, 32, 32), int64 of shape (n,).
        test_images: likewise.
        seed: of the first weights and the order of the images.
        device: where to train.

    Raises:
        ValueError: the recipe names an unknown optimiser, or shows less than one batch.
    """
    import torch

    torch.manual_seed(seed)
    pixels, labels = (torch.as_tensor(part).to(device) for part in train_images)
    model = network(recipe, device)
    optimiser = _optimiser(recipe, model)
    batches = _Shuffled(recipe, pixels, labels)
    loss = loss_of(recipe, model, device)
    if recipe.compiled:
        loss(pixels[: recipe.batch], labels[: recipe.batch]).backward()
        model.zero_grad()
    devices.synchronise(device)
    history = training.fit(
        model,
        batches,
        optimiser=optimiser,
        epochs=1,
        device=device,
        step=lambda model, batch: (loss(*batch), {}),
        rate=lambda progress: rate(recipe, progress),
        progress=False,
    )
    accuracy = accuracy_of(recipe, model, test_images, device)
    return model, Outcome(accuracy, history.seconds, history.epochs[0].n)


def network(recipe: Recipe, device):
    """Return an untrained network in the memory layout that `recipe` wants."""
    import torch

    from helpers.models import ArticleCNN, PoolFirstCNN

    model = (PoolFirstCNN if recipe.pool_first else ArticleCNN)().to(device)
    return model.to(memory_format=torch.channels_last) if recipe.channels_last else model


def loss_of(recipe: Recipe, model, device):
    """Return the function from a batch of bytes and labels to its mean loss."""
    import torch

    dtype = devices.amp_dtype(device)
    mixed = recipe.mixed and dtype != torch.float32

    def loss(pixels, labels):
        with torch.autocast(devices.resolve(device).type, dtype, enabled=mixed):
            scores = model(prepared(recipe, pixels))
        return torch.nn.functional.cross_entropy(
            scores.float(), labels, label_smoothing=recipe.smoothing
        )

    return torch.compile(loss) if recipe.compiled else loss


def prepared(recipe: Recipe, pixels):
    """Return bytes (n, 3, 32, 32) as the numbers and the layout that the network gets."""
    import torch

    images = pixels.float().div_(255)
    if recipe.normalised:
        mean, deviation = (
            torch.tensor(values, device=pixels.device).view(3, 1, 1) for values in (MEAN, DEVIATION)
        )
        images = (images - mean) / deviation
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    return images.contiguous(memory_format=layout)


def rate(recipe: Recipe, progress: float) -> float:
    """Return the learning rate when a share `progress` (0 to 1) of the steps is done.

    With a warm-up, it rises in a straight line to its highest value and falls in one to zero.
    """
    if recipe.warm_up is None:
        return recipe.learning_rate
    if progress < recipe.warm_up:
        return recipe.learning_rate * progress / recipe.warm_up
    return recipe.learning_rate * (1 - progress) / (1 - recipe.warm_up)


def accuracy_of(recipe: Recipe, model, test_images, device) -> float:
    """Return the share of `test_images` that `model` labels rightly, between 0 and 1."""
    import torch

    def step(model, batch):
        return training.classify(model, (prepared(recipe, batch[0]), batch[1]))

    batches = zip(*(torch.as_tensor(part).split(1000) for part in test_images), strict=True)
    return training.evaluate(model, batches, device=device, step=step).accuracy


def _optimiser(recipe: Recipe, model):
    import torch

    settings = {"lr": recipe.learning_rate, "fused": True}
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(model.parameters(), momentum=0.9, **settings)
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), **settings)
    raise ValueError(f"No optimiser is called {recipe.optimiser!r}: choose sgd or adamw.")


class _Shuffled:
    """The batches of a whole training; every pass over the images has a new order."""

    def __init__(self, recipe: Recipe, pixels, labels):
        self.pixels, self.labels, self.batch = pixels, labels, recipe.batch
        self.steps = recipe.images // recipe.batch
        if self.steps < 1:
            raise ValueError(f"{recipe.images} images are less than one batch of {recipe.batch}.")

    def __len__(self) -> int:
        return self.steps

    def __iter__(self):
        import torch

        n, device = len(self.labels), self.labels.device
        order = torch.empty(0, dtype=torch.int64, device=device)
        for _ in range(self.steps):
            if len(order) < self.batch:
                order = torch.randperm(n, device=device)
            chosen, order = order[: self.batch], order[self.batch :]
            yield self.pixels[chosen], self.labels[chosen]
