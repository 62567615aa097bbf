"""Record the chapter's detector on blood cells, with labels hidden, and what NMS waits for."""

import io
import random
import tarfile
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import torch

from helpers import device as devices
from helpers import recorded, timing

TITLE = "A detector of blood cells, labels that are missing, and times of its two halves"
METHOD = (
    "The network, its training, suppression and average precision are those of the chapter, read "
    "from its cells. BCCD (MIT): photographs of 640 by 480 pixels, reduced to 160 by 120; learnt "
    "from its training and validation parts, each picture in four reflections, in 6 passes; judged "
    "on its test part at IoU 0.5. One seed on a CPU, three on a GPU. Labels hidden from the judge: "
    "the detector that learnt from all, mean of five draws. Labels hidden from the learner: one "
    "detector for each share and seed, judged by all labels. Speed: the page's network on 96 by 96 "
    "pixels, and suppression of 1,000 boxes, median of 7."
)
DATA = ("bccd",)
MINUTES = {"cpu": 6, "cuda": 2}
CHAPTER = "applications/vision"
CELLS = """
    setup constants iou nms nms-class hits ap judge mean-ap centres detector targets loss
    all-targets train detect rounds layouts
"""
KINDS_OF_CELLS = ("RBC", "WBC", "Platelets")
REDUCE, EPOCHS, HIDDEN, DRAWS = 4, 6, (0, 25, 50, 75), 5
BATCHES = {"cpu": (1, 4, 16, 64, 256), "cuda": (1, 4, 16, 64, 256, 1024, 4096)}
SEEDS = {"cpu": (0,), "cuda": (0, 1, 2)}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train on the photographs in `folder`, and time both halves of the page's detector."""
    kind = "cuda" if device.type == "cuda" else "cpu"
    code = recorded.chapter(CHAPTER, CELLS)
    learn, test = read(Path(folder))
    found = speed(code, device, BATCHES[kind]) | suppression(code, device)
    return found | measure(code, learn, test, device, seeds=SEEDS[kind])


# The photographs


def read(folder: Path):
    """Return pictures (N, 3, H, W) with their truth, [(boxes, labels)], to learn and to test."""
    files = unpacked(folder)
    parts = [
        [name for part in parts for name in files[f"ImageSets/Main/{part}.txt"].decode().split()]
        for parts in (("train", "val"), ("test",))
    ]
    return [(pictures(files, names), [truth(files, name) for name in names]) for names in parts]


def unpacked(folder: Path) -> dict[str, bytes]:
    """Return what the set holds, by the path under its folder BCCD; packed or not."""
    packed = folder / "bccd.tar.xz"
    if packed.exists():
        with tarfile.open(packed) as archive:
            members = [m for m in archive if m.isfile() and "BCCD/" in m.name]
            return {m.name.split("BCCD/")[1]: archive.extractfile(m).read() for m in members}
    home = folder / "BCCD"
    return {p.relative_to(home).as_posix(): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def pictures(files, names) -> torch.Tensor:
    """Return the photographs, reduced, between 0 and 1."""
    from PIL import Image

    small = [
        np.asarray(
            Image.open(io.BytesIO(files[f"JPEGImages/{name}.jpg"])).convert("RGB").reduce(REDUCE)
        )
        for name in names
    ]
    return torch.tensor(np.stack(small)).permute(0, 3, 1, 2).float() / 255


def truth(files, name) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the boxes of a photograph, reduced as it is, and their classes; empty boxes go."""
    boxes, labels = [], []
    for item in ElementTree.fromstring(files[f"Annotations/{name}.xml"]).iter("object"):
        sides = [float(item.find(f"bndbox/{s}").text) for s in ("xmin", "ymin", "xmax", "ymax")]
        if sides[0] < sides[2] and sides[1] < sides[3]:
            boxes.append([side / REDUCE for side in sides])
            labels.append(KINDS_OF_CELLS.index(item.find("name").text))
    return torch.tensor(boxes).reshape(-1, 4), torch.tensor(labels, dtype=torch.long)


def reflected(pictures, truth):
    """Return the pictures in four reflections, with their boxes."""
    height, width = pictures.shape[2:]
    all_pictures, all_truth = [], []
    for flip_x in (False, True):
        for flip_y in (False, True):
            sides = [side for side, flip in ((3, flip_x), (2, flip_y)) if flip]
            all_pictures.append(pictures.flip(sides))
            for boxes, labels in truth:
                left, top, right, bottom = boxes.unbind(1)
                if flip_x:
                    left, right = width - right, width - left
                if flip_y:
                    top, bottom = height - bottom, height - top
                all_truth.append((torch.stack([left, top, right, bottom], 1), labels))
    return torch.cat(all_pictures), all_truth


def without(truth, percent, seed):
    """Return the truth with a share of its labels hidden, drawn at random."""
    draw = random.Random(seed)
    kept = []
    for boxes, labels in truth:
        stays = torch.tensor([draw.random() >= percent / 100 for _ in labels], dtype=torch.bool)
        kept.append((boxes[stays], labels[stays]))
    return kept


# What is recorded


def trained(code, learn, device, seed, *, epochs=EPOCHS, **size):
    """Train one detector; return it with its seconds."""
    torch.manual_seed(seed)
    shown, wanted = reflected(*learn)
    classes = len(KINDS_OF_CELLS)
    model = code.Detector(classes=classes, channels=3, **size)
    model = model.to(device, memory_format=torch.channels_last)
    start = time.perf_counter()
    code.train(model, shown.to(device), wanted, epochs, classes=classes, seed=seed)
    devices.synchronise(device)
    return model, time.perf_counter() - start


def measure(code, learn, test, device, *, seeds, hidden=HIDDEN, layers=6, **options):
    """Return the quantities of all trainings."""
    judged, learnt, by_kind, seconds = [], [], [], []
    for seed in seeds:
        aps = []
        for percent in hidden:
            part = learn[0], without(learn[1], percent, seed)
            model, spent = trained(code, part, device, seed, layers=layers, **options)
            found = code.detect(model, test[0].to(device))
            kept = code.judged(found, test[1])
            aps.append(code.mean_ap(kept))
            print(f"seed {seed}, {percent} % hidden: mAP {aps[-1]:.3f}, {spent:.0f} s", flush=True)
            if percent == 0:
                seconds.append(spent)
                by_kind.append([code.mean_ap({k: kept[k]}) for k in sorted(kept)])
                judged.append([against_hidden(code, found, test[1], p) for p in hidden])
        learnt.append(aps)
    n = len(seeds)
    values = {
        "hidden": recorded.Quantity(list(hidden), "% of labels", "chosen", len(hidden)),
        "judged": numbers(np.mean(judged, 0), "mAP", "mean over seeds and draws", n),
        "learnt": numbers(np.mean(learnt, 0), "mAP", "mean over seeds", n),
        "full": numbers([aps[0] for aps in learnt], "mAP", "each seed", n),
        "seconds": numbers(seconds, "s", "each seed", n),
    }
    for k, name in enumerate(KINDS_OF_CELLS):
        count = sum(int((labels == k).sum()) for _, labels in test[1])
        values[f"n_{name.lower()}"] = recorded.Quantity(count, "boxes", "counted", 1)
        values[f"ap_{name.lower()}"] = numbers([row[k] for row in by_kind], "AP", "each seed", n)
    return values


def against_hidden(code, found, truth, percent) -> float:
    """Return the mAP of one detector where the judge misses a share of the labels."""
    draws = [without(truth, percent, 100 + n) for n in range(DRAWS if percent else 1)]
    return float(np.mean([code.mean_ap(code.judged(found, part)) for part in draws]))


def numbers(values, unit, statistic, n) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    return recorded.Quantity([float(f"{v:.4g}") for v in values], unit, statistic, n)


def speed(code, device, batches) -> dict[str, recorded.Quantity]:
    """Time the page's network on batches of growing size."""
    model, rates = code.Detector().to(device, memory_format=torch.channels_last).eval(), []
    for batch in batches:
        scenes = torch.rand(batch, 1, code.SIZE, code.SIZE, device=device)
        with torch.no_grad():
            median_ms = timing.measure(lambda s=scenes: model(s), n=7, device=device).median_ms
        rates.append(1e3 * batch / median_ms)
    return {
        "speed_batches": recorded.Quantity(list(batches), "scenes", "chosen", len(batches)),
        "speed": numbers(rates, "scenes/s", "median", 7),
    }


def suppression(code, device, n=1000) -> dict[str, recorded.Quantity]:
    """Time the loop and the rounds on the three layouts of the page."""
    found = {}
    for name, boxes in code.layouts(n).items():
        boxes, scores = boxes.to(device), torch.linspace(1, 0, len(boxes), device=device)
        for way, work in (("loop", code.nms), ("rounds", code.nms_in_rounds)):
            spent = timing.measure(lambda w=work, b=boxes, s=scores: w(b, s), n=7, device=device)
            key = f"nms_{name.replace(' ', '_')}_{way}"
            found[key] = recorded.Quantity(float(f"{spent.median_ms:.4g}"), "ms", "median", 7)
    return found
