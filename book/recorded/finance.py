"""Record how moods of financial texts are told, what an alert gets of it, titles a second."""

import csv
import itertools
import math
import os
import random
import re
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from helpers import recorded, timing

TITLE = "Moods of financial tweets and sentences, and an alert that reads them"
METHOD = (
    "Twitter Financial News (bearish is bad) and the Financial PhraseBank (sentences on which "
    "three quarters agree; negative is bad), each text once, links left out, 70 % to learn from, "
    "the rest to be judged by, in three splits (seeds 0, 1, 2). Ways: the word list of the "
    "chapter, read from its cell; a linear model of words and pairs of words (12 epochs of AdamW, "
    "batches of 128) learnt on the same set, or on the other one. right: texts with the right one "
    "of three moods, the word list saying bad or neutral; found: bad texts called bad; wrong: "
    "others called bad. The intervals are the middle 95 % of 1,000 draws of the judged texts, of "
    "seed 0. Alert: days of 100 tweets drawn from one half of the judged ones, of seed 0, the "
    "usual share of bad ones from the other half, alarm at a binomial chance of 1/30; power: share "
    "of 2,000 days that ring when so many bad tweets are added. Speed: an encoder of six layers "
    "and width 384 in float32, 16 tokens, median of 7."
)
DATA = ("twitter_financial_news", "financial_phrasebank")
MINUTES = {"cpu": 4, "cuda": 2}
CHAPTER = "applications/finance"
CELLS = "setup mood reader counted"
MOODS, ASPECTS = ("bad", "neutral", "good"), ("right", "found", "wrong")
SEEDS, EPOCHS, DRAWS = (0, 1, 2), 12, 1000
BURSTS, DAYS, A_DAY, PROMISE = (0, 5, 10, 15, 20, 30, 40, 60), 2000, 100, 1 / 30
BATCHES = {"cpu": (1, 4, 16, 64), "cuda": (1, 4, 16, 64, 256, 1024, 4096)}


# The two sets


def tweets(folder: Path) -> list[tuple[str, str]]:
    """Return (text, mood) of all tweets, each text once."""
    names = {"0": "bad", "1": "good", "2": "neutral"}
    rows = []
    for part in ("train", "valid"):
        with (folder / f"sent_{part}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], names[row["label"]]) for row in csv.DictReader(file)]
    return distinct(rows)


def phrases(folder: Path) -> list[tuple[str, str]]:
    """Return (sentence, mood) of the sentences on which three quarters agree, each once."""
    names = {"negative": "bad", "positive": "good", "neutral": "neutral"}
    text = (folder / "Sentences_75Agree.txt").read_text(encoding="iso-8859-1")
    rows = [line.rsplit("@", 1) for line in text.split("\n") if line.strip()]
    return distinct([(sentence.strip(), names[mood.strip()]) for sentence, mood in rows])


def distinct(rows):
    """Return `rows` with each text once, whatever its links, marks, spaces and capitals."""
    first = {}
    for text, mood in rows:
        core = "".join(re.findall(r"[^\W_]", without_links(text).casefold()))
        first.setdefault(core, (text, mood))
    return list(first.values())


def without_links(text: str) -> str:
    """Return a text without its links, which differ where the headline is the same."""
    return re.sub(r"https?://\S+", "", text)


def split(rows, seed: int):
    """Return what to learn from and what to be judged by."""
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    cut = int(0.7 * len(rows))
    return rows[:cut], rows[cut:]


# A linear model


def grams(text: str) -> list[str]:
    """Return the words of a text and the pairs of neighbouring ones, each once."""
    words = re.findall(r"[a-z']+|\d+|[$%+-]", without_links(text).lower())
    return [*dict.fromkeys(words + [f"{a} {b}" for a, b in itertools.pairwise(words)])]


class Linear(nn.Module):
    """A score for each mood: the sum of the weights of a text's n-grams."""

    def __init__(self, texts):
        super().__init__()
        often = Counter(gram for text in texts for gram in grams(text))
        self.place = {gram: n for n, gram in enumerate(g for g, k in often.items() if k > 1)}
        self.bag = nn.EmbeddingBag(len(self.place), len(MOODS), mode="sum")
        nn.init.zeros_(self.bag.weight)
        self.bias = nn.Parameter(torch.zeros(len(MOODS)))

    def places(self, text: str) -> list[int]:
        """Return the places of the n-grams of a text that were met in the learning."""
        return [self.place[gram] for gram in grams(text) if gram in self.place]

    def forward(self, rows):
        """Return scores (B, moods) of texts, each given by its places."""
        device = self.bias.device
        sizes = torch.tensor([0, *(len(row) for row in rows)]).cumsum(0)[:-1]
        weights = [1 / math.sqrt(len(row)) for row in rows for _ in row]
        places = torch.tensor([place for row in rows for place in row], dtype=torch.long)
        weights = torch.tensor(weights, dtype=torch.float).to(device)
        return self.bag(places.to(device), sizes.to(device), per_sample_weights=weights) + self.bias

    @torch.no_grad()
    def moods(self, texts) -> list[str]:
        """Return the mood of each text."""
        return [MOODS[n] for n in self([self.places(text) for text in texts]).argmax(1).tolist()]


def learnt(rows, seed: int, device, epochs: int = EPOCHS) -> Linear:
    """Train a linear model on `rows`."""
    texts, moods = zip(*rows, strict=True)
    torch.manual_seed(seed)
    model = Linear(texts).to(device)
    ready = [model.places(text) for text in texts]
    labels = torch.tensor([MOODS.index(mood) for mood in moods])
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.05, weight_decay=0.01)
    for epoch in range(epochs):
        optimiser.param_groups[0]["lr"] = 0.05 * (1 - epoch / epochs)
        for chosen in torch.randperm(len(rows)).split(128):
            scores = model([ready[n] for n in chosen.tolist()])
            loss = F.cross_entropy(scores, labels[chosen].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model


# Judging


def judge(said, truth) -> tuple[float, float, float]:
    """Return, in %: texts that are right, bad ones called bad, others called bad."""
    pairs = list(zip(said, truth, strict=True))
    right = sum(s == t for s, t in pairs) / len(pairs)
    of_bad = [s == "bad" for s, t in pairs if t == "bad"]
    others = [s == "bad" for s, t in pairs if t != "bad"]
    return tuple(
        100 * share
        for share in (right, sum(of_bad) / max(len(of_bad), 1), sum(others) / max(len(others), 1))
    )


def interval(said, truth, draws: int = DRAWS) -> list[tuple[float, float]]:
    """Return low and high of what `judge` returns, from texts drawn again."""
    draw, pairs = random.Random(0), list(zip(said, truth, strict=True))
    found = [judge(*zip(*draw.choices(pairs, k=len(pairs)), strict=True)) for _ in range(draws)]
    low, high = round(0.025 * draws), round(0.975 * draws) - 1
    return [(values[low], values[high]) for values in map(sorted, zip(*found, strict=True))]


def tail(n: int, k: int, share: float) -> float:
    """Return the chance of `k` or more among `n` at `share`, of the binomial distribution."""
    if k <= 0:
        return 1.0
    if not 0 < share < 1:
        return float(share >= 1)
    terms = (
        math.lgamma(n + 1)
        - math.lgamma(j + 1)
        - math.lgamma(n - j + 1)
        + j * math.log(share)
        + (n - j) * math.log1p(-share)
        for j in range(k, n + 1)
    )
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def line(n: int, share: float, promise: float = PROMISE) -> int:
    """Return the smallest number of flags among `n` that rings."""
    return next(k for k in range(n + 2) if k > n or tail(n, k, share) <= promise)


def powers(flags, truth, days: int = DAYS) -> list[float]:
    """Return for each burst the share of days that ring; `flags` are those of a way."""
    pairs = list(zip(flags, truth, strict=True))
    calm, stream = pairs[::2], pairs[1::2]
    share = sum(flag for flag, _ in calm) / len(calm)
    bad = [flag for flag, mood in stream if mood == "bad"]
    draw, found = random.Random(0), []
    for burst in BURSTS:
        bar = line(A_DAY + burst, share)
        usual = (draw.choices(stream, k=A_DAY) for _ in range(days))
        counts = (sum(f for f, _ in day) + sum(draw.choices(bad, k=burst)) for day in usual)
        found.append(sum(count >= bar for count in counts) / days)
    return found


# What is recorded


def each(values, unit, statistic="each seed", n=None) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    values = [float(f"{v:.4g}") for v in values]
    return recorded.Quantity(values, unit, statistic, n or len(values))


def measure(sets, flagged, device, epochs: int = EPOCHS) -> dict[str, recorded.Quantity]:
    """Return the quantities of both sets, {name: rows}; `flagged` is the chapter's word list."""
    found = {}
    models = {
        (name, seed): learnt(split(rows, seed)[0], seed, device, epochs)
        for name, rows in sets.items()
        for seed in SEEDS
    }
    for name, rows in sets.items():
        other = next(one for one in sets if one != name)
        results = {}
        for seed in SEEDS:
            texts, truth = zip(*split(rows, seed)[1], strict=True)
            said = {
                "rule": ["bad" if flagged(text) else "neutral" for text in texts],
                "own": models[name, seed].moods(texts),
                "other": models[other, seed].moods(texts),
            }
            for way, moods in said.items():
                results.setdefault(way, []).append(judge(moods, truth))
                if seed == SEEDS[0]:
                    shares = zip(ASPECTS, interval(moods, truth), strict=True)
                    for key, (low, high) in shares:
                        ends = each((low, high), "%", "middle 95 %", DRAWS)
                        found[f"{name}_{way}_{key}_interval"] = ends
            if seed == SEEDS[0] and name == "tweets":
                for way, moods in {"true": truth, **said}.items():
                    shares = powers([mood == "bad" for mood in moods], truth)
                    found[f"power_{way}"] = each(shares, "share", "share of days", DAYS)
        for way, numbers in results.items():
            for key, values in zip(ASPECTS, zip(*numbers, strict=True), strict=True):
                found[f"{name}_{way}_{key}"] = each(values, "%")
            print(name, way, *(f"{value:.1f}" for value in numbers[0]), flush=True)
        neutral = 100 * sum(mood == "neutral" for _, mood in rows) / len(rows)
        found[f"{name}_always"] = recorded.Quantity(round(neutral, 2), "%", "counted", len(rows))
    return found | {"bursts": each(BURSTS, "tweets", "chosen")}


def speed(code, device, batches) -> dict[str, recorded.Quantity]:
    """Time the chapter's encoder on batches of growing size."""
    rates = [
        batch / (timing.measure(code.reads(batch), n=7, device=device).median_ms / 1e3)
        for batch in batches
    ]
    return {
        "batches": each(batches, "titles", "chosen"),
        "speed": each(rates, "titles/s", "median", 7),
    }


def chapter(device: torch.device):
    """Return the chapter's cells as a module that computes on `device`."""
    before = os.environ.get("BOOK_DEVICE")
    os.environ["BOOK_DEVICE"] = device.type
    try:
        return recorded.chapter(CHAPTER, CELLS)
    finally:
        del os.environ["BOOK_DEVICE"]
        if before is not None:
            os.environ["BOOK_DEVICE"] = before


def record(device: torch.device, tweets_folder, phrases_folder) -> dict[str, recorded.Quantity]:
    """Record speed, and both sets, each in its folder."""
    code = chapter(device)
    found = speed(code, device, BATCHES.get(device.type, BATCHES["cpu"]))
    sets = {"tweets": tweets(Path(tweets_folder)), "phrases": phrases(Path(phrases_folder))}
    return found | measure(sets, code.flagged, device)
