"""Record small GPTs of several sizes and lengths: the very code of the chapter, trained here."""

import torch

from helpers import recorded

TITLE = "Language models of several sizes, trained for several lengths"
METHOD = (
    "The text, the tokeniser, the network and the training of the chapter, read from its cells. "
    "Three sizes, each trained for 220, 440 and 880 steps of 512 tokens (about one, two and four "
    "readings of the text), the smallest with the seeds 0, 1 and 2; then a larger network for 1,000"
    " steps, which no fit sees. weights are those in matrix products, tokens those trained on, "
    "repeats counted. bits are bits per byte of the topics put aside; seconds those of training "
    "alone."
)
MINUTES = {"cpu": 12}
CHAPTER = "applications/language_model"
CELLS = """
    setup text passages leak cure merge learn vocabulary encode shape batches loss train cost
"""
SIZES = {
    "small": {"width": 64, "heads": 2, "layers": 2},
    "middle": {"width": 128, "heads": 4, "layers": 2},
    "big": {"width": 192, "heads": 6, "layers": 3},
}
STEPS = (220, 440, 880)
SEEDS = (0, 1, 2)
LARGE, LARGE_STEPS = {"width": 256, "heads": 8, "layers": 4}, 1000


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train every network on `device`; the text is Python's own help."""
    return measure(chapter(device))


def measure(code, *, sizes=SIZES, steps=STEPS, seeds=SEEDS, large=LARGE, large_steps=LARGE_STEPS):
    """Return the quantities of all trainings; `code` is the chapter's."""
    runs = [
        train(code, size, length, seed)
        for name, size in sizes.items()
        for length in steps
        for seed in (seeds if name == next(iter(sizes)) else seeds[:1])
    ]
    held_out = train(code, large, large_steps, seeds[0])
    units = {"weights": "weights", "tokens": "tokens", "bits": "bits per byte", "seconds": "s"}
    values = {}
    for key, unit in {"seed": "seed", **units}.items():
        found = [run[key] for run in runs]
        values[key] = recorded.Quantity(found, unit, "each run", len(runs))
        values[f"large_{key}"] = recorded.Quantity(held_out[key], unit, "one run", 1)
    return values


def train(code, size: dict, steps: int, seed: int) -> dict:
    """Train one network and return what it has, what it took and what it reached."""
    model, seconds = code.trained(
        code.train_ids, len(code.pieces), steps=steps, seed=seed, progress=False, **size
    )
    bits = code.bits_of(model, code.test_ids) / len(code.test_text)
    run = {
        "seed": seed,
        "weights": code.in_products(model),
        "tokens": steps * code.BATCH * code.CONTEXT,
        "bits": float(f"{bits:.4g}"),
        "seconds": float(f"{seconds:.4g}"),
    }
    print(*(f"{key} {value:,}" for key, value in run.items()), flush=True)
    return run


def chapter(device: torch.device):
    """Return the chapter's cells as a module whose training happens on `device`."""
    module = recorded.chapter(CHAPTER, CELLS)
    module.machine = device
    module.MIXED = device.type == "cuda" and module.MIXED
    return module
