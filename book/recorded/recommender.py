"""Record the recommenders of the chapter on another set of ratings, and look-ups beside a copy."""

import csv
import os
import re
from pathlib import Path

import torch

from helpers import recorded, timing

TITLE = "Five recommenders on MovieLens, and look-ups in tables of growing size"
METHOD = (
    "The very code of the chapter, read from its cells, on the 100,004 ratings of MovieLens Latest"
    " Small (GroupLens, 1995 to 2016), four stars and more liked, cut in time at four fifths. "
    "recall and ndcg: at ten, all films ranked, for the seeds 0, 1 and 2 of each network after "
    "1,500 steps of 128 questions. sampled: against 99 films at random. down: where among the "
    "films without a like before the cut the answer stands, as a share, mean over the questions "
    "that ask for one. shuffled: factors after a split at random. Look-ups: 4,096 bags, on a GPU "
    "131,072, of 32 rows of 64 float32 numbers, medians of 9; copy is torch's."
)
DATA = ("ml-latest-small-2016",)
MINUTES = {"cpu": 8, "cuda": 1}
CHAPTER = "applications/recommender"
CELLS = """
    setup questions scores factors features towers train newcomers sampled split bags
"""
STEPS, SEEDS = 1500, (0, 1, 2)
WAYS = {"rows": {"words": False}, "words": {"rows": False}, "rows_words": {}}


def read(folder: Path):
    """Return likes in the order of time, titles and genres of the films in `folder`."""
    with (folder / "movies.csv").open(encoding="utf-8", newline="") as file:
        films = list(csv.DictReader(file))
    place = {film["movieId"]: i for i, film in enumerate(films)}
    with (folder / "ratings.csv").open(encoding="utf-8", newline="") as file:
        likes = sorted(
            (float(row["timestamp"]), row["userId"], place[row["movieId"]])
            for row in csv.DictReader(file)
            if float(row["rating"]) >= 4
        )
    named = [re.fullmatch(r"(.*?)(?: \((\d{4})\))?\s*", film["title"]) for film in films]
    kinds = [
        [*film["genres"].split("|"), f"{name[2][:3]}0s" if name[2] else "undated"]
        for film, name in zip(films, named, strict=True)
    ]
    return likes, [name[1] for name in named], kinds


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Judge every way on `device`; `folder` holds the ratings."""
    return measure(chapter(device, *read(Path(folder))))


def chapter(device: torch.device, likes, names, kinds):
    """Return the chapter's cells as a module that computes on `device` with these films."""
    before = os.environ.get("BOOK_DEVICE")
    os.environ["BOOK_DEVICE"] = device.type
    try:
        given = {"likes": likes, "names": names, "kinds": kinds, "FILMS": len(names)}
        return recorded.chapter(CHAPTER, CELLS, **given)
    finally:
        del os.environ["BOOK_DEVICE"]
        if before is not None:
            os.environ["BOOK_DEVICE"] = before


def measure(code, *, steps=STEPS, seeds=SEEDS) -> dict[str, recorded.Quantity]:
    """Return the quantities of all ways; `code` is the chapter's."""
    values = {}

    def keep(name, numbers, unit, statistic):
        kept = [float(f"{number:.4g}") for number in numbers]
        values[name] = recorded.Quantity(kept, unit, statistic, len(kept))

    def judge(way, all_scores):
        scored = [code.report(code.places(scores, code.test)) for scores in all_scores]
        keep(f"recall_{way}", [recall for recall, _ in scored], "share", "each seed")
        keep(f"ndcg_{way}", [ndcg for _, ndcg in scored], "NDCG", "each seed")
        few = [code.report(code.sampled(scores, code.test))[0] for scores in all_scores]
        keep(f"sampled_{way}", few, "share", "each seed")
        print(way, values[f"recall_{way}"].value, values[f"sampled_{way}"].value, flush=True)

    judge("popularity", [code.popularity])
    judge("factors", [code.seen(code.test) @ code.V @ code.V.T])
    for way, parts in WAYS.items():
        models, seconds = [], []
        for seed in seeds:
            one = timing.measure(
                lambda seed=seed, parts=parts, models=models: models.append(
                    code.trained(code.learn, steps=steps, seed=seed, **parts)
                ),
                n=1,
                warmup=0,
                device="cpu",
            )
            seconds.append(one.median_ms / 1e3)
        judge(way, [code.scores_of(model, code.test) for model in models])
        down = [code.down_among_new(model).mean().item() for model in models]
        keep(f"down_{way}", down, "share of the new films", "each seed")
        keep(f"seconds_{way}", seconds, "s", "each seed")
    keep("shuffled_factors", [code.shuffled()], "share", "one split")
    values["questions"] = recorded.Quantity(len(code.test), "questions", "counted", 1)
    values["new_questions"] = recorded.Quantity(len(code.about_new()), "questions", "counted", 1)
    keep("table_mb", [4e-6 * height * code.WIDTH for height in code.by_height], "MB", "chosen")
    keep("bag_rates", code.by_height.values(), "GB/s", "median")
    values["copy"] = recorded.Quantity(float(f"{code.copy_gbs:.4g}"), "GB/s", "best", 3)
    return values
