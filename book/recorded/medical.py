"""Record what networks make of white cells, of the stain that they know and of another."""

import csv
import io
import tarfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from helpers import device as devices
from helpers import recorded, throughput

TITLE = "White blood cells: outlined, classified, and met again in another stain"
METHOD = (
    "The U-Net, its training, Dice, Otsu and the bootstrap are those of the chapter, read from its "
    "cells. Dataset 1 of Zheng and others (GPL-3.0): 300 cells, the middle 88 by 88 pixels of "
    "each; the first 200 lie on yellow ground, the others on white. Four ways to judge the white "
    "ones: five folds of shuffled cells; five folds of whole runs in the order of the files; "
    "learnt from the yellow ones alone, in the file's units; the same in each picture's own "
    "units. Nuclei: Otsu on green and U-Net, Dice of each picture. Classes: at half the size, "
    "three blocks of the U-Net's kind and a mean, four classes, since the fifth has one cell; a "
    "sixth of what is learnt from, shuffled or a run, is held for the temperature. Three seeds; "
    "intervals by bootstrap over cells. Speed: the page's U-Net on tiles of 256 by 256 pixels, "
    "median of 7."
)
DATA = ("wbc",)
MINUTES = {"cpu": 15, "cuda": 3}
CHAPTER = "applications/medical"
CELLS = "setup dice otsu unet crop train interval"
SIDE, YELLOW, FOLDS = 88, 200, 5
CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil")
SEEDS = (0, 1, 2)
RATE, BATCH = 4e-3, 16  # of the classifier
BATCHES = {"cpu": (1, 4, 16), "cuda": (1, 4, 16, 64, 256)}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Learn from the cells in `folder`, and time the page's U-Net."""
    code = recorded.chapter(CHAPTER, CELLS)
    pictures, nuclei, labels = read(Path(folder))
    kind = "cuda" if device.type == "cuda" else "cpu"
    found = speed(code, device, BATCHES[kind])
    found |= outlines(code, pictures, nuclei, device)
    return found | classes(code, pictures, labels, device)


# The cells


def read(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the middle of each picture (N, 3, 88, 88) from 0 to 1, its nucleus, its class."""
    from PIL import Image

    files = unpacked(folder)
    rows = list(csv.reader(io.StringIO(files["labels.csv"].decode())))[1:]

    def middle(name):
        values = np.asarray(Image.open(io.BytesIO(files[name])))
        top, left = ((n - SIDE) // 2 for n in values.shape[:2])
        return values[top : top + SIDE, left : left + SIDE]

    pictures = np.stack([middle(f"{int(n):03}.png") for n, _ in rows]).transpose(0, 3, 1, 2)
    nuclei = np.stack([middle(f"{int(n):03}_mask.png") for n, _ in rows]) == 255
    return pictures.astype(np.float32) / 255, nuclei, np.array([int(k) - 1 for _, k in rows])


def unpacked(folder: Path) -> dict[str, bytes]:
    """Return what the set holds, by the name of the file; packed or not."""
    packed = folder / "wbc.tar"
    if packed.exists():
        with tarfile.open(packed) as archive:
            members = [m for m in archive if m.isfile()]
            return {Path(m.name).name: archive.extractfile(m).read() for m in members}
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def own_units(pictures: np.ndarray) -> np.ndarray:
    """Return each channel of each picture from its dark 0 to its ground 1."""
    low, high = np.quantile(pictures, [0.05, 0.9], axis=(2, 3), keepdims=True)
    return ((pictures - low) / (high - low).clip(0.05)).clip(-0.5, 1.5).astype(np.float32)


def ways(n: int, yellow: int, seed: int) -> dict[str, list]:
    """Return of each way its folds (learnt, judged) and whether it uses a picture's own units."""
    everything, folds = np.arange(n), {}
    order = np.random.default_rng(seed).permutation(n)
    stains = [np.arange(yellow), np.arange(yellow, n)]
    runs = zip(*(np.array_split(stain, FOLDS) for stain in stains), strict=True)
    parts = {"shuffled": np.array_split(order, FOLDS), "runs": [np.concatenate(p) for p in runs]}
    for name, judged in parts.items():
        folds[name] = [(np.setdiff1d(everything, part), part, False) for part in judged]
    folds["other_stain"] = [(*stains, False)]
    folds["own_units"] = [(*stains, True)]
    return folds


# Nuclei


def outlines(code, pictures, nuclei, device, *, yellow=YELLOW, seeds=SEEDS, steps=200):
    """Return the Dice of each way over the white cells, by Otsu and by U-Net."""
    green = 1 - pictures[:, 1]
    by_otsu = np.array(
        [code.dice(g > code.otsu(g), true) for g, true in zip(green, nuclei, strict=True)]
    )
    found = of_cells(code, "dice_otsu", by_otsu[yellow:][None], "Dice")
    own, scores = own_units(pictures), {}
    for seed in seeds:
        for way, folds in ways(len(nuclei), yellow, seed).items():
            if way == "shuffled":
                continue
            dices, start = np.full(len(nuclei), np.nan), time.perf_counter()
            for learnt, judged, in_own in folds:
                shown = own if in_own else pictures
                said = segmented(code, shown, nuclei, learnt, judged, device, seed, steps)
                dices[judged] = [code.dice(s, t) for s, t in zip(said, nuclei[judged], strict=True)]
            scores.setdefault(way, []).append(dices[yellow:])
            spent = time.perf_counter() - start
            print(f"outlines, seed {seed}, {way}: {dices[yellow:].mean():.3f}, {spent:.0f} s")
    for way, rows in scores.items():
        found |= of_cells(code, f"dice_{way}", np.array(rows), "Dice")
    return found


def segmented(code, pictures, nuclei, learnt, judged, device, seed, steps):
    """Train a U-Net on some pictures and return what it says of others."""
    torch.manual_seed(seed)
    model = code.UNet(channels=3).to(device, memory_format=torch.channels_last)
    shown, wanted = (torch.tensor(part[learnt]).float().to(device) for part in (pictures, nuclei))
    code.train(model, shown, wanted, steps, size=64, batch=8, seed=seed)
    with torch.no_grad():
        return (model(torch.tensor(pictures[judged]).to(device)) > 0).cpu().numpy()


# Classes


def classes(code, pictures, labels, device, *, yellow=YELLOW, seeds=SEEDS, epochs=24):
    """Return accuracy, recalls, confidence and cross-entropy of each way over the white cells."""
    known = labels < len(CLASSES)
    yellow = int(known[:yellow].sum())
    pictures, labels = pictures[known], labels[known]
    own, answers = own_units(pictures), {}
    for seed in seeds:
        for way, folds in ways(len(labels), yellow, seed).items():
            weighings = (False, True) if way == "runs" else (False,)
            for weighed in weighings:
                z, start = np.zeros((2, len(labels), len(CLASSES))), time.perf_counter()
                options = {"seed": seed, "epochs": epochs, "weighed": weighed}
                options["mixed"] = way == "shuffled"
                for learnt, judged, in_own in folds:
                    shown, fold = own if in_own else pictures, (learnt, judged)
                    z[:, judged] = judged_by(code, shown, labels, fold, device, **options)
                name = f"{way}_weighed" if weighed else way
                answers.setdefault(name, []).append(z[:, yellow:])
                right = np.mean(z[0, yellow:].argmax(1) == labels[yellow:])
                spent = time.perf_counter() - start
                print(f"classes, seed {seed}, {name}: {right:.3f}, {spent:.0f} s", flush=True)
    found = {}
    white, before = labels[yellow:], labels[:yellow]
    n = np.bincount(white, minlength=len(CLASSES))
    found["n_white"] = recorded.Quantity(n.tolist(), "cells", "counted", len(white))
    n = np.bincount(before, minlength=len(CLASSES))
    found["n_yellow"] = recorded.Quantity(n.tolist(), "cells", "counted", len(before))
    for name, rows in answers.items():
        found |= of_answers(code, name, np.array(rows), white)
    ground = np.quantile(pictures, 0.9, axis=(2, 3))
    low, high = np.percentile(ground[:yellow], [0.5, 99.5], axis=0)
    strange = ((ground < low) | (ground > high)).any(1)[yellow:].mean()
    found["strange"] = number(strange, "share of white cells", "counted", len(white))
    return found


def of_answers(code, name, z, labels):
    """Return what is recorded of the scores (seed, as learnt or cooled, cell, class) of a way."""
    right = z[:, 0].argmax(2) == labels
    found = of_cells(code, f"accuracy_{name}", right, "share right")
    recalls = [right[:, labels == k].mean() for k in range(len(CLASSES)) if (labels == k).any()]
    n = len(z)
    found[f"recalls_{name}"] = numbers(recalls, "recall", "mean over seeds", n)
    found[f"balanced_{name}"] = number(np.mean(recalls), "mean recall", "mean over seeds", n)
    claims = torch.tensor(z).softmax(3).numpy()
    found[f"sure_{name}"] = number(claims[:, 0].max(2).mean(), "mean claim", "mean over seeds", n)
    true = np.take_along_axis(claims, labels[None, None, :, None], 3)
    for k, how in enumerate(("", "_cooled")):
        loss = -np.log(true[:, k].clip(1e-12)).mean()
        found[f"entropy_{name}{how}"] = number(loss, "nats", "mean over seeds", n)
    return found


def classifier(code):
    """Return, at half the size, three blocks of the U-Net's kind, a mean and a linear layer."""
    widths, layers = (16, 32, 64), [nn.AvgPool2d(2)]  # half the size is enough for a class
    for inside, outside in zip((3, *widths), widths, strict=False):
        layers += [code.block(inside, outside), nn.MaxPool2d(2)]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], len(CLASSES))
    )


def judged_by(code, pictures, labels, fold, device, *, seed, epochs, weighed, mixed):
    """Return the scores of the judged cells as learnt, and divided by the held temperature.

    What is held is like what is judged: shuffled cells (`mixed`), or a run of them.
    """
    torch.manual_seed(seed)
    draw, (learnt, judged) = np.random.default_rng(seed), fold
    n_held = len(learnt) // 6
    learnt = draw.permutation(learnt) if mixed else np.roll(learnt, -draw.integers(len(learnt)))
    held, learnt = learnt[:n_held], learnt[n_held:]
    model = classifier(code).to(device, memory_format=torch.channels_last)
    x, y = torch.tensor(pictures).to(device), torch.tensor(labels).to(device)
    n = np.bincount(labels[learnt], minlength=len(CLASSES)).clip(1)
    weight = torch.tensor(n.sum() / (len(n) * n), dtype=torch.float32, device=device)
    steps = epochs * (len(learnt) // BATCH)
    adam = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    for step in range(steps):
        adam.param_groups[0]["lr"] = RATE * min(1, 10 * step / steps + 0.05) * (1 - step / steps)
        chosen = torch.tensor(draw.choice(learnt, BATCH, replace=False)).to(device)
        shown = x[chosen].rot90(int(draw.integers(4)), (2, 3))
        shown = shown.flip(3) if draw.integers(2) else shown
        adam.zero_grad()
        scores = model(shown)
        nn.functional.cross_entropy(
            scores, y[chosen], weight=weight if weighed else None
        ).backward()
        adam.step()
    model.eval()
    with torch.no_grad():
        z_held, z = (model(x[torch.tensor(part).to(device)]).cpu() for part in (held, judged))
    devices.synchronise(device)
    heats = np.geomspace(0.5, 20, 100).tolist()
    answers = torch.tensor(labels[held])
    heat = min(heats, key=lambda t: nn.functional.cross_entropy(z_held / t, answers).item())
    return np.stack([z.numpy(), z.numpy() / heat])


# What is recorded


def of_cells(code, name, scores, unit) -> dict[str, recorded.Quantity]:
    """Return the mean of each seed, and the interval by cell of the mean over seeds."""
    by_cell = scores.mean(0)
    return {
        name: numbers(scores.mean(1), unit, "each seed", len(scores)),
        f"{name}_95": numbers(
            code.interval(np.mean, by_cell), unit, "bootstrap over cells", len(by_cell)
        ),
    }


def number(value, unit, statistic, n) -> recorded.Quantity:
    """Return a number with four digits as a quantity."""
    return recorded.Quantity(float(f"{value:.4g}"), unit, statistic, n)


def numbers(values, unit, statistic, n) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    return recorded.Quantity([float(f"{v:.4g}") for v in values], unit, statistic, n)


def speed(code, device, batches, side=256) -> dict[str, recorded.Quantity]:
    """Time the page's U-Net on batches of growing size."""
    model = code.UNet().to(device, memory_format=torch.channels_last).eval()
    found = throughput.by_batch(model, torch.rand(1, 1, side, side), batches, device=device, n=7)
    return {
        "speed_batches": recorded.Quantity(list(batches), "tiles", "chosen", len(batches)),
        "speed": numbers([batch.rate for batch in found.values()], "tiles/s", "median", 7),
    }
