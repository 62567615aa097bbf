"""Record how fast the article's network reaches the article's accuracy on CIFAR-10."""

from dataclasses import replace

import torch

from helpers import data, recipes, recorded
from helpers.recipes import Recipe

TITLE = "The article's accuracy, sooner"
METHOD = (
    "CIFAR-10, the article's network. The goal is the mean test accuracy of the article's own ten "
    "epochs, from the record article_cnn. loader: images per second of the article's loop over "
    "torchvision's data set with two workers, one epoch. Each throughput: helpers.recipes.train "
    "with one more change than the one before, median of 5 runs of 12,800 images at batch 64. Each "
    "recipe: trained for as many images as it was seen to need, for the seeds 0 to 4 (three seeds "
    "where it takes longer); seconds are those of training alone, without compilation. The "
    "settings were chosen by accuracy on 10,000 training images that the network did not see, "
    "and the test images were used for the result alone. ratio is the time of the article's loop "
    "for its ten epochs over the median time of the last recipe, both in this run."
)
DATA = ("cifar10",)
MINUTES = {"cpu": 6}
LOADER_WORKERS, ARTICLE_EPOCHS, ARTICLE_IMAGES = 2, 10, 50_000
SAMPLE_IMAGES, SAMPLE_RUNS = 12_800, 5

#: What is added, one change after the other, and the settings that then hold.
THROUGHPUT = {
    "memory": Recipe(),
    "channels_last": Recipe(channels_last=True),
    "pool_first": Recipe(channels_last=True, pool_first=True),
    "mixed": Recipe(channels_last=True, pool_first=True, mixed=True),
    "compiled": Recipe(channels_last=True, pool_first=True, compiled=True),
}
_FAST = Recipe(channels_last=True, pool_first=True)
#: Recipes in the order of the chapter, each with the images it needs.
RECIPES = {
    "normalised": replace(_FAST, normalised=True, images=200_000),
    "larger_steps": replace(_FAST, normalised=True, learning_rate=0.01, images=50_000),
    "one_cycle": replace(_FAST, normalised=True, learning_rate=0.05, warm_up=0.3, images=25_000),
    "tuned": replace(
        _FAST,
        normalised=True,
        optimiser="adamw",
        learning_rate=0.006,
        warm_up=0.3,
        smoothing=0.1,
        images=18_000,
    ),
}
SEEDS = {"normalised": range(3), "larger_steps": range(3)}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Measure the loader, the throughput of each change and every recipe."""
    train_pixels, train_labels, test_pixels, test_labels = data.read_cifar10(folder)
    train, test = (train_pixels, train_labels), (test_pixels, test_labels)
    recipes.train(_FAST, train, test, seed=0, device=device)  # warm-up
    article_s = ARTICLE_EPOCHS * loader_seconds(device, folder)
    loader_rate = round(ARTICLE_EPOCHS * ARTICLE_IMAGES / article_s, 1)
    values = {"loader": recorded.Quantity(loader_rate, "images/s", "mean of one epoch", 1)}
    for name, recipe in THROUGHPUT.items():
        values[f"{name}_rate"] = throughput(recipe, train, test, device)
        print(f"{name}: {values[f'{name}_rate'].value} images/s", flush=True)
    for name, recipe in RECIPES.items():
        seeds = SEEDS.get(name, range(5))
        runs = [recipes.train(recipe, train, test, seed=s, device=device)[1] for s in seeds]
        values |= outcome(name, runs)
        print(f"{name}: {values[f'{name}_accuracy'].value}", flush=True)
    tuned_s = sorted(values["tuned_seconds"].value)[len(values["tuned_seconds"].value) // 2]
    goal = recorded.lookup("article_cnn.cpu.accuracy.mean")
    return values | {
        "article_seconds": recorded.Quantity(round(article_s, 2), "s", "ten times one epoch", 1),
        "goal": recorded.Quantity(round(goal, 2), "%", "mean of the record article_cnn", 3),
        "ratio": recorded.Quantity(round(article_s / tuned_s, 1), "times", "of the medians", 5),
    }


def loader_seconds(device, folder) -> float:
    """Return the time of one epoch of the article's own loop."""
    script = recorded.script("article_cnn")
    return script.loader_time(folder, device)["loader_epoch_seconds"].value


def throughput(recipe: Recipe, train, test, device) -> recorded.Quantity:
    """Return the median images per second of `recipe`, whatever it learns."""
    short = replace(recipe, images=SAMPLE_IMAGES)
    few = tuple(part[:1000] for part in test)
    rates = sorted(
        recipes.train(short, train, few, seed=run, device=device)[1].images_per_s
        for run in range(SAMPLE_RUNS)
    )
    return recorded.Quantity(round(rates[SAMPLE_RUNS // 2], 1), "images/s", "median", SAMPLE_RUNS)


def outcome(name: str, runs: list) -> dict[str, recorded.Quantity]:
    """Return accuracy (%), seconds and images of the runs of one recipe."""
    n = len(runs)
    return {
        f"{name}_accuracy": recorded.Quantity(
            [round(100 * run.accuracy, 2) for run in runs], "%", "each seed", n
        ),
        f"{name}_seconds": recorded.Quantity(
            [round(run.seconds, 3) for run in runs], "s", "each seed", n
        ),
        f"{name}_images": recorded.Quantity(runs[0].images, "images", "counted", 1),
    }
