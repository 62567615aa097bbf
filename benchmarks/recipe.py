"""Choose the tuned recipe of the chapter `cnn/faster`: `python benchmarks/recipe.py FOLDER`.

Trains each candidate on 40,000 of CIFAR-10's training images and judges it on the other 10,000, so
that the test images have no part in the choice. FOLDER holds CIFAR-10.
"""

import statistics
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers import data, recipes, recorded

HELD_OUT = 10_000
SEEDS = (100, 101, 102)
ADAMW = recorded.script("faster").RECIPES["tuned"]
CYCLE = recorded.script("faster").RECIPES["one_cycle"]

CANDIDATES = [
    *(replace(CYCLE, learning_rate=rate) for rate in (0.02, 0.05, 0.1)),
    replace(CYCLE, batch=32, learning_rate=0.04, images=20_000),
    *(
        replace(ADAMW, batch=32, images=16_000, learning_rate=rate)
        for rate in (0.003, 0.005, 0.008)
    ),
    replace(ADAMW, smoothing=0.0),
    *(replace(ADAMW, learning_rate=rate) for rate in (0.003, 0.006, 0.01)),
    *(replace(ADAMW, images=images) for images in (14_000, 16_000, 20_000)),
]


def main(folder: str) -> None:
    """Print each candidate with the median of its accuracies and times."""
    pixels, labels, _, _ = data.read_cifar10(folder)
    train, judge = (
        (pixels[:-HELD_OUT], labels[:-HELD_OUT]),
        (pixels[-HELD_OUT:], labels[-HELD_OUT:]),
    )
    for recipe in CANDIDATES:
        runs = [recipes.train(recipe, train, judge, seed=s, device="cpu")[1] for s in SEEDS]
        accuracy = statistics.fmean(run.accuracy for run in runs)
        seconds = statistics.median(run.seconds for run in runs)
        print(
            f"{accuracy:.2%} in {seconds:5.2f} s  {recipe.optimiser:5} batch {recipe.batch:3} "
            f"rate {recipe.learning_rate:<6} smoothing {recipe.smoothing} images {recipe.images}",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1])
