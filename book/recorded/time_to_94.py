"""Record the time to 94 % on CIFAR-10 on one GPU, beside the airbench package in the same run."""

import contextlib
import importlib.util
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from helpers import data, recorded
from helpers import device as devices
from helpers.recipes import DEVIATION, MEAN

TITLE = "Seconds to 94 % of CIFAR-10"
METHOD = (
    "A network and a recipe after Jordan (2024), written for this book: a whitening layer computed "
    "from the images, three groups of convolutions, 9.9 epochs in batches of 1,024, 16-bit floats. "
    "Timed from the images on the device to the accuracy on the 10,000 test images, averaged over "
    "mirrored and shifted copies; one run before is not counted. Seeds 0 to 9. Where the package "
    "airbench is installed, its train94 and evaluate are timed likewise, in turns with ours; its "
    "call also loads its test images."
)
DATA = ("cifar10",)
KINDS = ("cuda",)
SEEDS = range(10)

EPOCHS, BATCH = 9.9, 1024
WIDTHS = (64, 256, 256)
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 11.5, 0.85, 0.0153  # per 1,024 images
BIAS_FACTOR = 64  # biases of the normalisations learn so many times faster
SMOOTHING, NORM_MOMENTUM, OUTPUT_SCALE = 0.2, 0.4, 1 / 9
WHITENING_BIAS_EPOCHS, WHITENING_IMAGES, WHITENING_FLOOR = 3, 5000, 5e-4
RATE_AT = {0.0: 0.2, 0.23: 1.0, 1.0: 0.07}  # share of the steps → share of the learning rate
SHIFT, AVERAGE_EVERY, AVERAGE_DECAY = 2, 5, 0.95


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train for each seed, in turns with airbench where it is installed."""
    pixels, labels, test_pixels, test_labels = data.read_cifar10(folder)
    train, test = images(pixels, labels, device), images(test_pixels, test_labels, device)
    works = {"ours": lambda seed: train_and_judge(train, test, seed)}
    with tempfile.TemporaryDirectory() as home:
        if importlib.util.find_spec("airbench"):
            works["airbench"] = airbench(Path(home), pixels, labels, test_pixels, test_labels)
        for work in works.values():
            work(-1)
        runs = {name: [] for name in works}
        for seed in SEEDS:
            for name, work in works.items():
                runs[name].append(timed(lambda work=work, seed=seed: work(seed), device))
    values = {}
    for name, results in runs.items():
        n = len(results)
        values[f"{name}_accuracy"] = recorded.Quantity(
            [round(100 * accuracy, 2) for accuracy, _ in results], "%", "each seed", n
        )
        values[f"{name}_seconds"] = recorded.Quantity(
            [round(seconds, 3) for _, seconds in results], "s", "each seed", n
        )
    return values


def timed(work, device) -> tuple[float, float]:
    """Return what `work` returns, and its time in seconds."""
    devices.synchronise(device)
    start = time.perf_counter()
    result = work()
    devices.synchronise(device)
    return result, time.perf_counter() - start


def images(pixels, labels, device):
    """Return normalised images in the device's 16-bit type, channels last, and their labels."""
    dtype = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    x = torch.as_tensor(pixels).to(device).to(dtype) / 255
    mean, deviation = (
        torch.tensor(v, dtype=dtype, device=device).view(3, 1, 1) for v in (MEAN, DEVIATION)
    )
    x = ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)
    return x, torch.as_tensor(labels).to(device)


class Norm(nn.BatchNorm2d):
    """Batch normalisation in float32 that learns a bias and no scale."""

    def __init__(self, channels):
        """Keep the scale at 1."""
        super().__init__(channels, eps=1e-12, momentum=NORM_MOMENTUM)
        self.weight.requires_grad = False


class Convolution(nn.Conv2d):
    """A 3 × 3 convolution that begins by passing its inputs on."""

    def __init__(self, before, after):
        """Let the first outputs be copies of the inputs, as far as there are inputs."""
        super().__init__(before, after, 3, padding="same", bias=False)
        with torch.no_grad():
            nn.init.dirac_(self.weight[:before])


class Group(nn.Sequential):
    """Two convolutions, a pool after the first."""

    def __init__(self, before, after):
        """Chain the parts."""
        first, second = Convolution(before, after), Convolution(after, after)
        super().__init__(
            first, nn.MaxPool2d(2), Norm(after), nn.GELU(), second, Norm(after), nn.GELU()
        )


class Network(nn.Module):
    """A fixed whitening layer, three groups, and one linear layer."""

    def __init__(self, sample):
        """Compute the first layer from the images of `sample`."""
        super().__init__()
        self.whitening = whitening(sample)
        chain = zip((24, *WIDTHS), WIDTHS, strict=False)
        self.groups = nn.Sequential(nn.GELU(), *(Group(*sizes) for sizes in chain))
        self.linear = nn.Linear(WIDTHS[-1], 10, bias=False)
        self.to(sample.device, sample.dtype, memory_format=torch.channels_last)
        for module in self.modules():
            if isinstance(module, Norm):
                module.float()

    def forward(self, x):
        """Return a row of scores for each image."""
        x = functional.max_pool2d(self.groups(self.whitening(x)), 3)
        return self.linear(x.flatten(1)) * OUTPUT_SCALE


def whitening(sample) -> nn.Conv2d:
    """Return a layer whose outputs on 2 × 2 patches of `sample` are uncorrelated.

    Its filters are the eigenvectors of the patches' covariance, and their negatives.
    """
    layer = nn.Conv2d(3, 24, 2)
    patches = functional.unfold(sample[:WHITENING_IMAGES].float(), 2).transpose(1, 2).flatten(0, 1)
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values + WHITENING_FLOOR).sqrt()).T.reshape(12, 3, 2, 2).flip(0)
    layer.weight.data = torch.cat([filters, -filters])
    layer.weight.requires_grad = False
    return layer


def train_and_judge(train, test, seed: int, *, epochs: float = EPOCHS) -> float:
    """Train one network and return its accuracy on `test`, between 0 and 1."""
    torch.manual_seed(seed)
    x, labels = train
    network = Network(x)
    per_epoch = len(labels) // BATCH
    steps = max(1, round(per_epoch * epochs))
    optimiser = optimiser_of(network)
    rates = [group["lr"] for group in optimiser.param_groups]
    average = [p.detach().clone() for p in state(network)]
    network.train()
    for step, (some, targets) in enumerate(batches(x, labels, steps)):
        network.whitening.bias.requires_grad = step < WHITENING_BIAS_EPOCHS * per_epoch
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * share(step / steps)
        scores = network(some)
        loss = functional.cross_entropy(
            scores, targets, label_smoothing=SMOOTHING, reduction="none"
        )
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        if (step + 1) % AVERAGE_EVERY == 0 or step + 1 == steps:
            last = step + 1 == steps
            blend(average, network, AVERAGE_DECAY**AVERAGE_EVERY * ((step + 1) / steps) ** 3, last)
    return judge(network, *test)


def optimiser_of(network) -> torch.optim.SGD:
    """Return Nesterov's SGD, with a faster group for the biases of the normalisations."""
    scale = 1024 * (1 + 1 / (1 - MOMENTUM))  # what momentum adds to the length of a step
    rate, decay = LEARNING_RATE / scale, WEIGHT_DECAY * BATCH / scale
    biases = [m.bias for m in network.modules() if isinstance(m, Norm)]
    known = {id(p) for p in biases}
    others = [p for p in network.parameters() if p.requires_grad and id(p) not in known]
    fast = rate * BIAS_FACTOR
    groups = [
        {"params": biases, "lr": fast, "weight_decay": decay / fast},
        {"params": others, "lr": rate, "weight_decay": decay / rate},
    ]
    return torch.optim.SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=True)


def share(progress: float) -> float:
    """Return the share of the learning rate at `progress`, on straight lines between the knots."""
    (start, low), (peak, high), (end, last) = RATE_AT.items()
    if progress < peak:
        return low + (high - low) * (progress - start) / (peak - start)
    return high + (last - high) * (progress - peak) / (end - peak)


def batches(x, labels, steps):
    """Yield shifted batches; an image is mirrored in every other epoch."""
    mirror = torch.rand(len(x), device=x.device) < 0.5
    x = torch.where(mirror[:, None, None, None], x.flip(-1), x)
    padded = functional.pad(x, [SHIFT] * 4, mode="reflect")
    done = 0
    while done < steps:
        moved = shifted(padded)
        order = torch.randperm(len(labels), device=x.device)
        for chosen in order.split(BATCH)[: min(len(labels) // BATCH, steps - done)]:
            yield moved[chosen], labels[chosen]
            done += 1
        padded = padded.flip(-1)


def shifted(padded):
    """Return each padded image cut to its size at a random place."""
    side = padded.shape[-1] - 2 * SHIFT
    places = torch.randint(0, 2 * SHIFT + 1, (2, len(padded)), device=padded.device)
    result = torch.empty_like(padded[..., :side, :side])
    for top in range(2 * SHIFT + 1):
        for left in range(2 * SHIFT + 1):
            here = (places[0] == top) & (places[1] == left)
            result[here] = padded[here, :, top : top + side, left : left + side]
    return result


def state(network):
    """Return what is averaged: parameters and running statistics."""
    return [t for t in network.state_dict(keep_vars=True).values() if t.is_floating_point()]


@torch.no_grad()
def blend(average, network, decay, last) -> None:
    """Move the running average towards the network, and the network onto it."""
    for mean, tensor in zip(average, state(network), strict=True):
        if not last:
            mean.lerp_(tensor, 1 - decay)
        tensor.copy_(mean)


@torch.no_grad()
def judge(network, x, labels) -> float:
    """Return the accuracy of scores averaged over mirrored and shifted copies."""
    network.eval()
    right = 0
    for some, targets in zip(x.split(2000), labels.split(2000), strict=True):
        padded = functional.pad(some, [1] * 4, mode="reflect")
        copies = {some: 0.5, padded[..., :32, :32]: 0.25, padded[..., 2:, 2:]: 0.25}
        scores = sum(w * (network(c) + network(c.flip(-1))) for c, w in copies.items())
        right += (scores.argmax(1) == targets).sum()
    return right.item() / len(labels)


def airbench(home: Path, pixels, labels, test_pixels, test_labels):
    """Return a function that trains and judges with the package, which reads files in `home`."""
    import airbench as package

    (home / "cifar10").mkdir()
    classes = [str(number) for number in range(10)]
    for name, x, y in (("train", pixels, labels), ("test", test_pixels, test_labels)):
        x = torch.as_tensor(x).permute(0, 2, 3, 1).contiguous()
        content = {"images": x, "labels": torch.as_tensor(y), "classes": classes}
        torch.save(content, home / "cifar10" / f"{name}.pt")

    augmentation = {"flip": True, "translate": SHIFT}
    options = {"batch_size": BATCH, "aug": augmentation, "altflip": True}
    with contextlib.chdir(home):
        train = package.CifarLoader("cifar10", train=True, **options)
        test = package.CifarLoader("cifar10", train=False, batch_size=2000)

    def run(seed: int) -> float:
        torch.manual_seed(seed)
        with contextlib.chdir(home):
            model = package.train94(train, run=seed, verbose=False)
        return package.evaluate(model, test, tta_level=2)

    return run
