"""Record topic and mood on full sets, guessing of hidden characters, and texts per second."""

import csv
import itertools
import random
import re
import time
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn

from helpers import data, recorded, timing
from helpers.models import Encoder

TITLE = "Texts: topic and mood on full sets, hidden characters, and texts per second"
METHOD = (
    "Banking77: 77 kinds of questions, judged on its test part; tweets on shares "
    "(twitter_financial_news): three moods, judged on its validation part without texts that were "
    "learnt. So many marked texts of each class, drawn three times, mean share right: a linear "
    "model on words and pairs of words, and one on the mean vectors of all-MiniLM-L6-v2, frozen. "
    "Hidden characters: an encoder of two layers and width 96 on the Chinese sentences of the set "
    "pairs, 64 in a batch, each number of steps a training of its own; one hidden character of "
    "each sentence kept apart; topics by a linear model on its mean vectors. Speed: look-ups in a "
    "table of 500,000 rows of 64 numbers and an encoder of six layers and width 384, on texts of "
    "16 tokens, batches on the device, median of 7."
)
DATA = ("banking77", "twitter_financial_news")
NEEDS = ("transformers",)
MINUTES = {"cpu": 6, "cuda": 3}
LABELS, DRAWS = {"bank": (1, 3, 10, 30), "tweet": (10, 30, 100, 300)}, 3
STEPS = {"cpu": (100, 300, 900), "cuda": (100, 300, 900, 2700)}
BATCHES = (1, 4, 16, 64, 256)
TOKENS, ROWS, WIDTH = 16, 500_000, 64
PADDING, HIDDEN, UNKNOWN, FIRST = 0, 1, 2, 3


def read_csv(path) -> list[tuple[str, str]]:
    """Return (text, label) of each row but the first, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [(text.strip(), label) for text, label in rows]


def core(text: str) -> str:
    """Return a text without links, spaces, marks and capitals: what makes two texts equal."""
    return "".join(re.findall(r"[^\W_]", re.sub(r"https?://\S+", "", text).casefold()))


def apart(learn, test) -> tuple[list, list]:
    """Return `learn` with each text once, and the texts of `test` that are not among them."""
    first = {}
    for text, label in learn:
        first.setdefault(core(text), (text, label))
    return list(first.values()), [row for row in test if core(row[0]) not in first]


# Linear models, on counts and on vectors


def words(text: str) -> list[str]:
    """Return the words of a text and the pairs of neighbouring ones."""
    found = re.findall(r"[a-z']+|[^\sa-z']", text.lower())
    return found + [" ".join(pair) for pair in itertools.pairwise(found)]


def counted(learn, *parts) -> list[torch.Tensor]:
    """Return a row of each text, of length 1: rare words of `learn` weigh more than common ones."""
    often = Counter(word for text in learn for word in set(words(text)))
    number = {word: n for n, word in enumerate(often)}
    weight = torch.tensor([1 + len(learn) / (1 + n) for n in often.values()]).log()
    found = []
    for part in parts:
        places = [[number[w] for w in set(words(text)) if w in number] for text in part]
        rows = torch.tensor([n for n, row in enumerate(places) for _ in row], dtype=torch.long)
        columns = torch.tensor([place for row in places for place in row], dtype=torch.long)
        x = torch.zeros(len(part), len(number))
        x[rows, columns] = weight[columns]
        found.append(F.normalize(x))
    return found


def linear_share(x, labels, y, answers, device) -> float:
    """Return the share right of a ridge regression on the classes, in per cent."""
    kinds = sorted(set(labels))
    x, y = x.to(device, torch.float64), y.to(device, torch.float64)
    middle = x.mean(0)
    x, y = x - middle, y - middle
    wanted = torch.tensor([[1.0 if k == one else -1.0 for k in kinds] for one in labels])
    wanted = wanted.to(x)
    level = wanted.mean(0)
    # As many equations as texts, which are fewer than words.
    inner = x @ x.T + torch.eye(len(x), dtype=x.dtype, device=device)
    scores = y @ (x.T @ torch.linalg.solve(inner, wanted - level)) + level
    said = [kinds[n] for n in scores.argmax(1).tolist()]
    return 100 * sum(a == b for a, b in zip(said, answers, strict=True)) / len(answers)


def drawn(learn, of_each: int, seed: int) -> list[int]:
    """Return places of `of_each` texts of each class, drawn at random."""
    by_label = {}
    for place, (_, label) in enumerate(learn):
        by_label.setdefault(label, []).append(place)
    draw = random.Random(seed)
    return [
        n for _, row in sorted(by_label.items()) for n in draw.sample(row, min(of_each, len(row)))
    ]


def mean_vectors(encode, ids, there) -> torch.Tensor:
    """Return the mean vector of each text of a batch, (B, W), of its tokens that are there."""
    with torch.no_grad():
        vectors = encode(ids, there)
    return (vectors * there[..., None]).sum(1) / there.sum(1, keepdim=True)


def frozen(texts, device) -> torch.Tensor:
    """Return the vector that the pretrained encoder gives to each text, of length 1."""
    from transformers import AutoModel, AutoTokenizer

    path = data.packaged("encoder")
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModel.from_pretrained(path).to(device).eval()

    def encode(ids, there):
        return model(input_ids=ids, attention_mask=there.long()).last_hidden_state

    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    found = torch.zeros(len(texts), model.config.hidden_size)
    for start in range(0, len(order), 64):
        chosen = order[start : start + 64]
        batch = tokenizer(
            [texts[n] for n in chosen],
            padding=True,
            truncation=True,
            max_length=128,
            return_tensors="pt",
        ).to(device)
        found[chosen] = mean_vectors(encode, batch.input_ids, batch.attention_mask.bool()).cpu()
    return F.normalize(found)


def compared(name, learn, test, device) -> dict[str, recorded.Quantity]:
    """Compare counted words with frozen vectors, by the number of marked texts."""
    learn, test = apart(learn, test)
    answers = [label for _, label in test]
    draws = {k: [drawn(learn, k, seed) for seed in range(DRAWS)] for k in LABELS[name]}
    used = sorted({n for rows in draws.values() for row in rows for n in row})
    place = {n: row for row, n in enumerate(used)}
    start = time.perf_counter()
    x = frozen([learn[n][0] for n in used], device)
    y = frozen([text for text, _ in test], device)
    seconds = time.perf_counter() - start
    shares = {"words": [], "encoder": []}
    for rows in draws.values():
        each = {"words": [], "encoder": []}
        for row in rows:
            labels = [learn[n][1] for n in row]
            chosen = [learn[n][0] for n in row]
            pair = counted(chosen, chosen, [text for text, _ in test])
            each["words"].append(linear_share(pair[0], labels, pair[1], answers, device))
            vectors = x[[place[n] for n in row]]
            each["encoder"].append(linear_share(vectors, labels, y, answers, device))
        for key, values in each.items():
            shares[key].append(sum(values) / len(values))
    usual = Counter(answers).most_common(1)[0][1] / len(answers)
    print(f"{name}: {len(learn)} to learn from, {len(test)} in the exam, {shares}", flush=True)
    return {
        f"{name}_labels": numbers(LABELS[name], "texts of each class", "chosen"),
        f"{name}_words": numbers(shares["words"], "%", "mean of three draws"),
        f"{name}_encoder": numbers(shares["encoder"], "%", "mean of three draws"),
        f"{name}_majority": numbers([100 * usual], "%", "counted"),
        f"{name}_encoding": numbers([(len(used) + len(test)) / seconds], "texts/s", "one run"),
    }


def numbers(values, unit, statistic) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    return recorded.Quantity([float(f"{v:.4g}") for v in values], unit, statistic, len(values))


# Hidden characters


def hide(ids, vocabulary: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids as BERT shows them, and which tokens are to be guessed."""
    chosen = (torch.rand(ids.shape, device=ids.device) < 0.15) & (ids >= FIRST)
    dice = torch.rand(ids.shape, device=ids.device)
    others = torch.randint_like(ids, FIRST, vocabulary)
    shown = ids.masked_fill(chosen & (dice < 0.8), HIDDEN)
    return shown.where(~chosen | (dice < 0.9), others), chosen


class Guesser(nn.Module):
    """Scores every character at each place: the encoder and its embeddings once more."""

    def __init__(self, counts, width=96, length=32):
        super().__init__()
        size = len(counts) + FIRST
        self.encoder = Encoder(size, width=width, heads=4, layers=2, length=length)
        often = torch.tensor([0.0] * FIRST + list(counts))
        self.bias = nn.Parameter((often / often.sum()).clamp(1e-6).log())
        # A short training has no time to learn which places are neighbours: waves tell it.
        angle = torch.arange(length)[:, None] / 100 ** (torch.arange(0, width, 2) / width)
        waves = torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
        with torch.no_grad():
            self.encoder.places.weight.copy_(0.3 * waves)
            self.encoder.tokens.weight.mul_(5)

    def forward(self, ids):
        """Return scores (B, T, V) of ids (B, T)."""
        return self.encoder(ids, ids == PADDING) @ self.encoder.tokens.weight.T + self.bias


def padded(rows, length=32) -> torch.Tensor:
    """Return lists of numbers, cut to `length`, as one tensor."""
    ids = torch.zeros(len(rows), min(length, max(map(len, rows))), dtype=torch.long)
    for n, row in enumerate(rows):
        ids[n, : len(row)] = torch.tensor(row[:length])
    return ids


def pretrain(model, ids, steps: int) -> None:
    """Take `steps` steps on hidden characters of random sentences."""
    adam = torch.optim.AdamW(model.parameters())
    for number in range(steps):
        for group in adam.param_groups:
            done = (number + 0.5) / steps
            group["lr"] = 4e-3 * min(10 * done, 1 - done)
        batch = ids[torch.randint(len(ids), (64,)).to(ids.device)]
        batch = batch[:, : int((batch > PADDING).sum(1).max())]
        shown, chosen = hide(batch, len(model.bias))
        loss = F.cross_entropy(model(shown)[chosen], batch[chosen])
        adam.zero_grad()
        loss.backward()
        adam.step()


def masked(device) -> dict[str, recorded.Quantity]:
    """Train on hidden characters for longer and longer; nothing without the sentences."""
    if missing := data.missing("pairs"):
        print(missing)
        return {}
    groups = {}
    for one in data.sentence_pairs(data.packaged("pairs")):
        groups.setdefault(one.english.lower(), []).append(one)
    groups.pop("placeholder", None)
    keys = sorted(groups)
    random.Random(0).shuffle(keys)
    cut = 3 * len(keys) // 4
    read, kept = ([one for key in part for one in groups[key]] for part in (keys[:cut], keys[cut:]))
    counts = Counter(character for one in read for character in one.chinese)
    number = {character: n for n, character in enumerate(counts, FIRST)}
    ids, exam = (
        padded([[number.get(c, UNKNOWN) for c in one.chinese] for one in part]).to(device)
        for part in (read, kept)
    )
    right, topics = [], []
    for steps in STEPS.get(device.type, STEPS["cpu"]):
        torch.manual_seed(0)
        model = Guesser(counts.values()).to(device)
        pretrain(model, ids, steps)
        right.append(100 * guessed(model.eval(), exam))
        vectors = [mean_of(model, part) for part in (ids, exam)]
        labels = [[one.topic for one in part] for part in (read, kept)]
        topics.append(linear_share(vectors[0], labels[0], vectors[1], labels[1], device))
        print(
            f"{steps} steps: {right[-1]:.1f} % of characters, topics {topics[-1]:.1f} %", flush=True
        )
    return {
        "masked_steps": numbers(STEPS.get(device.type, STEPS["cpu"]), "steps", "chosen"),
        "masked_right": numbers(right, "%", "after each number of steps"),
        "masked_topics": numbers(topics, "%", "after each number of steps"),
    }


def guessed(model, ids) -> float:
    """Return the share of hidden characters, one of each sentence, that are guessed."""
    torch.manual_seed(1)
    asked = torch.multinomial((ids >= FIRST).float().cpu(), 1).to(ids.device)
    with torch.no_grad():
        scores = model(ids.scatter(1, asked, HIDDEN))
    said = scores.argmax(2).gather(1, asked)
    return (said == ids.gather(1, asked)).float().mean().item()


def mean_of(model, ids) -> torch.Tensor:
    """Return the centred mean vector of each sentence, of length 1."""
    found = [
        mean_vectors(lambda rows, there: model.encoder(rows, ~there), part, part > PADDING)
        for part in ids.split(256)
    ]
    vectors = torch.cat(found)
    return F.normalize(vectors - vectors.mean(0))


# Speed


def speed(device) -> dict[str, recorded.Quantity]:
    """Time look-ups and an encoder on batches of growing size."""
    table = nn.EmbeddingBag(ROWS, WIDTH, mode="sum").to(device)
    model = Encoder(30_522, width=384, heads=12, layers=6, length=TOKENS).to(device).eval()
    rates = {"bag": [], "encoder": []}
    for batch in BATCHES:
        rows = torch.randint(ROWS, (batch, TOKENS), device=device)
        ids = torch.randint(30_522, (batch, TOKENS), device=device)
        for name, work in {
            "bag": lambda rows=rows: table(rows),
            "encoder": lambda ids=ids: model(ids),
        }.items():
            with torch.no_grad():
                spent = timing.measure(work, n=7, device=device).median_ms
            rates[name].append(1e3 * batch / spent)
    quantities = {
        f"speed_{name}": recorded.Quantity(
            [float(f"{r:.4g}") for r in found], "texts/s", "median", 7
        )
        for name, found in rates.items()
    }
    return quantities | {"speed_batches": numbers(BATCHES, "texts", "chosen")}


def record(device: torch.device, bank, tweets) -> dict[str, recorded.Quantity]:
    """Record speed, hidden characters, and both full sets, each in its folder."""
    found = speed(device) | masked(device)
    if missing := data.missing("encoder"):
        print(missing)
        return found
    found |= compared("bank", read_csv(bank / "train.csv"), read_csv(bank / "test.csv"), device)
    learn, test = (read_csv(tweets / f"sent_{part}.csv") for part in ("train", "valid"))
    return found | compared("tweet", learn, test, device)
