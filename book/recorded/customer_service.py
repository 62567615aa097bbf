"""Record what customers want: intents of Banking77 and CLINC150, and messages out of scope."""

import csv
import itertools
import json
import math
import random
import re
import time
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn

from helpers import data, recorded, timing

TITLE = "Customers' intents: words against a frozen encoder, known against unknown"
METHOD = (
    "A linear model of words and pairs of words (TF-IDF) and a linear model on the frozen vectors "
    "of all-MiniLM-L6-v2, trained on the training parts with AdamW (12 epochs of words, 60 of "
    "vectors, batches of 256, seeds 0 to 2), judged on the test parts: share of messages right. "
    "The score is the largest probability. AUROC: known against unknown, in Banking77 for models "
    "that never saw 19 of its 77 intents, others for each seed, in CLINC150 against its 1,000 "
    "test messages out of scope, of which none was learnt. From each threshold, for CLINC150, "
    "means of the seeds: known messages accepted, accepted ones right of all accepted, others "
    "refused. Seconds are those of training and answering, and of encoding once. Speed: the "
    "encoder on copies of one question of 12 tokens, in float32, median of 5."
)
NEEDS = ("transformers",)
DATA = ("banking77", "clinc150")
MINUTES = {"cpu": 6, "cuda": 2}
SEEDS, EPOCHS = (0, 1, 2), {"words": 12, "vectors": 60}
THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9)
BATCHES = {"cpu": (1, 4, 16, 64, 256), "cuda": (1, 4, 16, 64, 256, 1024, 4096)}
UNKNOWN_SHARE = 0.25


# The two sets


def banking77(folder) -> tuple[list, list]:
    """Return the messages to learn from and those to judge with, as (text, intent)."""
    sides = []
    for part in ("train", "test"):
        with (folder / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            sides.append([(row["text"], row["category"]) for row in csv.DictReader(file)])
    return tuple(sides)


def clinc150(folder) -> tuple[list, list, list]:
    """Return what to learn from, what to judge with, and the test messages out of scope."""
    content = json.loads((folder / "data_small.json").read_text(encoding="utf-8"))
    learn, test = ([tuple(pair) for pair in content[part]] for part in ("train", "test"))
    return learn, test, [text for text, _ in content["oos_test"]]


def without_some(messages, seed):
    """Return the messages of the intents that stay, and the texts of a quarter that goes."""
    intents = sorted({intent for _, intent in messages})
    gone = set(random.Random(seed).sample(intents, int(UNKNOWN_SHARE * len(intents))))
    kept = [m for m in messages if m[1] not in gone]
    return kept, [text for text, intent in messages if intent in gone], gone


# Two ways to see a text


class Words:
    """Words and pairs of words with their TF-IDF, for a linear layer without a dense table."""

    def __init__(self, texts, *, least=2):
        counts = Counter(term for text in texts for term in {*self.terms(text)})
        kept = sorted(term for term, n in counts.items() if n >= least)
        self.place = {term: n for n, term in enumerate(kept)}
        held = torch.tensor([counts[term] for term in kept], dtype=torch.float)
        self.rare = torch.log((1 + len(texts)) / (1 + held)) + 1

    @staticmethod
    def terms(text) -> list[str]:
        """Return the words of a text, and each two that stand beside each other."""
        words = re.findall(r"[^\W_]+|[?']", text.lower())
        return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]

    def __call__(self, texts) -> tuple:
        """Return places, weights and offsets as `nn.EmbeddingBag` takes them; length 1 each."""
        places, weights, offsets = [], [], []
        for text in texts:
            found = Counter(self.place[t] for t in self.terms(text) if t in self.place)
            row = torch.tensor([1 + math.log(n) for n in found.values()])
            row = row * self.rare[[*found]]
            offsets.append(len(places))
            places += found
            weights.append(F.normalize(row, dim=0))
        return torch.tensor(places, dtype=torch.long), torch.cat(weights), torch.tensor(offsets)


class OnWords(nn.Module):
    """A score for each intent from the words of a text."""

    def __init__(self, terms: int, intents: int):
        super().__init__()
        self.bag = nn.EmbeddingBag(terms, intents, mode="sum")
        nn.init.zeros_(self.bag.weight)
        self.bias = nn.Parameter(torch.zeros(intents))

    def forward(self, places, weights, offsets):
        """Return scores (B, intents)."""
        return self.bag(places, offsets, per_sample_weights=weights) + self.bias


def encoder_on(device):
    """Return the tokeniser and the encoder, frozen, on `device`."""
    from transformers import AutoModel, AutoTokenizer

    path = data.packaged("encoder")
    model = AutoModel.from_pretrained(path).to(device).eval().requires_grad_(False)
    return AutoTokenizer.from_pretrained(path), model


@torch.no_grad()
def encode(texts, tokeniser, model, batch=64) -> torch.Tensor:
    """Return a vector of length 1 for each text, in their order, on the CPU."""
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    found = [None] * len(texts)
    device = next(model.parameters()).device
    for start in range(0, len(order), batch):
        some = order[start : start + batch]
        parts = tokeniser(
            [texts[n] for n in some], padding=True, truncation=True, return_tensors="pt"
        )
        ids, mask = parts["input_ids"].to(device), parts["attention_mask"].to(device)
        for n, vector in zip(some, pooled(model, ids, mask).cpu(), strict=True):
            found[n] = vector
    return torch.stack(found)


def pooled(model, ids, mask):
    """Return the mean of the tokens' vectors (B, width), each of length 1."""
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    return F.normalize((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=1)


# Training and judging


def train(model, inputs, labels, *, epochs, rate, seed, device, batch=256):
    """Train `model`; `inputs(rows)` returns its inputs for those rows."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    model.to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    for epoch in range(epochs):
        optimiser.param_groups[0]["lr"] = rate * (1 - epoch / epochs)
        for rows in torch.randperm(len(labels), generator=draw).split(batch):
            scores = model(*(x.to(device) for x in inputs(rows.tolist())))
            loss = F.cross_entropy(scores, labels[rows].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model.eval()


def on_words(learn, seed, device):
    """Train the linear model of words; return how it scores texts, its intents and its size."""
    words, intents = Words([text for text, _ in learn]), sorted({i for _, i in learn})
    ready = [words([text]) for text, _ in learn]

    def inputs(rows):
        places, weights = (torch.cat([ready[n][k] for n in rows]) for k in (0, 1))
        sizes = torch.tensor([0, *(len(ready[n][0]) for n in rows)])
        return places, weights, sizes.cumsum(0)[:-1]

    labels = torch.tensor([intents.index(intent) for _, intent in learn])
    model = OnWords(len(words.place), len(intents))
    train(model, inputs, labels, epochs=EPOCHS["words"], rate=0.1, seed=seed, device=device)

    @torch.no_grad()
    def scores(texts):
        return model(*(x.to(device) for x in words(texts))).softmax(1).cpu()

    return scores, intents, sum(p.numel() for p in model.parameters())


def on_vectors(learn, seed, device, vectors):
    """Train the linear model on vectors; return how it scores texts, its intents and its size."""
    intents = sorted({intent for _, intent in learn})
    x = torch.stack([vectors[text] for text, _ in learn])
    labels = torch.tensor([intents.index(intent) for _, intent in learn])
    torch.manual_seed(seed)
    model = nn.Linear(x.shape[1], len(intents))
    options = {"epochs": EPOCHS["vectors"], "rate": 0.02, "seed": seed, "device": device}
    train(model, lambda rows: [x[rows]], labels, **options)

    @torch.no_grad()
    def scores(texts):
        return model(torch.stack([vectors[t] for t in texts]).to(device)).softmax(1).cpu()

    return scores, intents, sum(p.numel() for p in model.parameters())


def auroc(good, bad) -> float:
    """Return how often one of `good` is above one of `bad`, ties half; by ranks."""
    both = torch.cat([torch.as_tensor(good), torch.as_tensor(bad)]).double()
    _, place, counts = both.unique(return_inverse=True, return_counts=True)
    ranks = (counts.cumsum(0) - (counts - 1) / 2)[place]  # equal values share their mean rank
    n, m = len(good), len(bad)
    return ((ranks[:n].sum() - n * (n + 1) / 2) / (n * m)).item()


def judge(scores, intents, test, outside) -> dict:
    """Return accuracy and AUROC, and for each threshold what is accepted, right and refused."""
    known = scores([text for text, _ in test])
    hits = torch.tensor([intents[n] == i for n, (_, i) in zip(known.argmax(1), test, strict=True)])
    sure, strange = known.amax(1), scores(outside).amax(1)
    found = {"accuracy": 100 * hits.double().mean().item(), "auroc": auroc(sure, strange)}
    for line in THRESHOLDS:
        taken, others = sure >= line, (strange >= line).sum()
        found.setdefault("accepted", []).append(100 * taken.double().mean().item())
        purity = hits[taken].sum() / max(1, taken.sum() + others)
        found.setdefault("purity", []).append(100 * float(purity))
        found.setdefault("refused", []).append(100 * (1 - others.item() / len(strange)))
    return found


# What is recorded


def each(values, unit, statistic="each seed", n=None) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    return recorded.Quantity([float(f"{v:.4g}") for v in values], unit, statistic, n or len(values))


def measure(name, learn, test, outside, device, vectors) -> dict[str, recorded.Quantity]:
    """Return the quantities of one set; `outside` is None where intents are to be left out."""
    found = {}
    for way in ("words", "vectors"):
        results, seconds = [], []
        for seed in SEEDS:
            start = time.perf_counter()
            scores, intents, size = fit(way, learn, seed, device, vectors)
            result = judge(scores, intents, test, outside or [text for text, _ in test])
            seconds.append(time.perf_counter() - start)
            if outside is None:
                kept, _, gone = without_some(learn, seed)
                scores, intents, _ = fit(way, kept, seed, device, vectors)
                known = [m for m in test if m[1] not in gone]
                result["auroc"] = judge(scores, intents, known, texts_of(test, gone))["auroc"]
            right, apart = result["accuracy"], result["auroc"]
            print(f"{name} {way} {seed}: {right:.1f} % right, AUROC {apart:.3f}", flush=True)
            results.append(result)
        found |= {
            f"{name}_{way}_accuracy": each([r["accuracy"] for r in results], "%"),
            f"{name}_{way}_auroc": each([r["auroc"] for r in results], "share"),
            f"{name}_{way}_seconds": each(seconds, "s"),
            f"{name}_{way}_parameters": recorded.Quantity(size, "parameters", "counted", 1),
        }
        for part in ("accepted", "purity", "refused") if outside else ():
            means = [sum(at) / len(at) for at in zip(*(r[part] for r in results), strict=True)]
            found[f"{name}_{way}_{part}"] = each(means, "%", "mean at each threshold", len(SEEDS))
    return found


def fit(way, learn, seed, device, vectors):
    """Train one way; return what `on_words` and `on_vectors` return."""
    if way == "words":
        return on_words(learn, seed, device)
    return on_vectors(learn, seed, device, vectors)


def texts_of(messages, intents) -> list[str]:
    """Return the texts of the messages of `intents`."""
    return [text for text, intent in messages if intent in intents]


def speed(device, tokeniser, model) -> dict[str, recorded.Quantity]:
    """Time the encoder on batches of growing size."""
    question = "what do I do if my card is lost or stolen?"
    batches, rates = BATCHES.get(device.type, BATCHES["cpu"]), []
    for batch in batches:
        parts = tokeniser([question] * batch, return_tensors="pt")
        ids, mask = parts["input_ids"].to(device), parts["attention_mask"].to(device)
        with torch.no_grad():
            work = lambda ids=ids, mask=mask: pooled(model, ids, mask)  # noqa: E731
            rates.append(batch / (timing.measure(work, n=5, device=device).median_ms / 1e3))
    return {
        "speed_batches": each(batches, "texts", "chosen"),
        "speed_tokens": recorded.Quantity(ids.shape[1], "tokens", "counted", 1),
        "speed": each(rates, "texts/s", "median", 5),
    }


def record(device: torch.device, bank_folder, clinc_folder) -> dict[str, recorded.Quantity]:
    """Record speed, Banking77 and CLINC150, each in its folder."""
    if missing := data.missing("encoder"):
        raise recorded.RecordError(f"This record is of the encoder. {missing}")
    tokeniser, model = encoder_on(device)
    found = speed(device, tokeniser, model) | {
        "thresholds": each(THRESHOLDS, "probability", "chosen")
    }
    bank, clinc = banking77(bank_folder), clinc150(clinc_folder)
    texts = sorted({t for side in (*bank, *clinc[:2]) for t, _ in side} | {*clinc[2]})
    start = time.perf_counter()
    vectors = dict(zip(texts, encode(texts, tokeniser, model), strict=True))
    found["encode_texts"] = recorded.Quantity(len(texts), "texts", "counted", 1)
    found["encode_seconds"] = each([time.perf_counter() - start], "s", "one run")
    print(f"{len(texts)} texts encoded in {time.perf_counter() - start:.0f} s", flush=True)
    found |= measure("banking77", *bank, None, device, vectors)
    return found | measure("clinc150", *clinc, device, vectors)
