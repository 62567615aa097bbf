"""Record translation on Tatoeba, both ways: the very code of the chapter, trained here."""

import gzip
import random
from pathlib import Path

import torch

from helpers import data, recorded, timing

TITLE = "A small transformer translates between Chinese and English, both ways"
METHOD = (
    "The network, its training, the search and the scores are those of the chapter, read from its "
    "cells; the sentences are those of Tatoeba (CC BY 2.0 FR), Chinese in characters, English in "
    "words, both where they occur three times or more. On a CPU 1,600 steps of 48 pairs, on a GPU "
    "2,500 steps of 192. Test: 1,000 English sentences, each with one translation; no line with "
    "one of their sides is learnt from. By line: the test is 1,000 lines at random. Beam of 4. "
    "Rates: one step of writing behind eight words, median of 9."
)
DATA = ("tatoeba_cmn",)
MINUTES = {"cpu": 7, "cuda": 2}
CHAPTER = "applications/translation"
CELLS = """
    setup few cut vocabulary numbered machine batches loss trained unigram nats prepared greedy
    beam text-of cut-13a groups bleu chrf twins writing-step counted
"""
STEPS, BATCH = {"cpu": 1600, "cuda": 2500}, {"cpu": 48, "cuda": 192}
LEAST, N_TEST, LONGEST = 3, 1000, 20
BATCHES = (1, 4, 16, 64, 256)


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Train three networks on `device` with the pairs that lie in `folder`."""
    kind = "cuda" if device.type == "cuda" else "cpu"
    code, pairs = chapter(device), read(Path(folder))
    return measure(code, pairs, steps=STEPS[kind], batch=BATCH[kind])


def read(folder: Path) -> list[data.Pair]:
    """Return the pairs of `folder`, as they are published or packed; long ones are left out."""
    packed = [*folder.glob("*.gz")]
    content = (packed or [folder / "cmn.txt"])[0].read_bytes()
    content = gzip.decompress(content) if packed else content
    lines = [line.split("\t") for line in content.decode("utf-8").split("\n")]
    return [
        data.Pair(chinese, english, "", (), "tatoeba", 0)
        for english, chinese, _ in (line for line in lines if len(line) == 3)
        if len(chinese) <= LONGEST and len(english.split()) <= LONGEST
    ]


def characters(pair) -> list[str]:
    """Return the Chinese sentence in characters."""
    return [c for c in pair.chinese if not c.isspace()]


def by_sentence(code, pairs, n_test):
    """Return pairs to learn from and to test on, without a sentence in common."""
    lines = {}
    for pair in pairs:
        lines.setdefault(code.bare(pair.english), pair)
    test = random.Random(0).sample([*lines.values()], n_test)
    twins = code.has_twin(pairs, test)
    return [pair for pair, twin in zip(pairs, twins, strict=True) if not twin], test


def by_line(pairs, n_test):
    """Return the same, split by line at random, as many do."""
    shuffled = random.Random(0).sample(pairs, len(pairs))
    return shuffled[n_test:], shuffled[:n_test]


def run(code, train, test, *, to_english, steps, **size) -> dict:
    """Train one way and return its scores, and the translations of `test`."""
    sides = [characters, lambda pair: code.english(pair.english)]
    source_of, target_of = sides if to_english else reversed(sides)
    source_words, target_words = (
        code.vocabulary(map(side, train), LEAST) for side in (source_of, target_of)
    )
    learnt, asked = (
        [
            *zip(
                code.numbered(map(source_of, part), source_words),
                code.numbered(map(target_of, part), target_words, ends=True),
                strict=True,
            )
        ]
        for part in (train, test)
    )
    model, seconds = code.trained(
        learnt, len(source_words), len(target_words), steps=steps, progress=False, **size
    )
    rows = [row for row, _ in asked]
    found = [
        ids
        for start in range(0, len(rows), 100)
        for ids in code.beam(model, rows[start : start + 100], 4)
    ]
    words = [[target_words[i] for i in ids] for ids in found]
    texts = [code.spoken(line) if to_english else "".join(line) for line in words]
    references = [pair.english if to_english else "".join(characters(pair)) for pair in test]
    cut = code.cut if to_english else list
    return {
        "model": model,
        "texts": texts,
        "references": references,
        "nats": code.nats(model, asked),
        "unigram": code.unigram_nats(learnt, asked),
        "bleu": code.bleu(texts, references, cut),
        "chrf": code.chrf(texts, references),
        "seconds": seconds,
    }


def words_per_s(code, model, device) -> list[float]:
    """Return how many words `model` writes in a second, for each of `BATCHES`."""
    code.model = model
    rates = []
    for texts in BATCHES:
        step_ms = timing.measure(code.writing_step(texts), n=9, device=device).median_ms
        rates.append(float(f"{1e3 * texts / step_ms:.4g}"))
    return rates


def measure(code, pairs, *, steps, batch=BATCH["cpu"], n_test=N_TEST, **size):
    """Return the quantities of all three trainings; `code` is the chapter's."""
    code.BATCH = batch
    values = {}

    def keep(name, number, unit, statistic="one run"):
        values[name] = recorded.Quantity(float(f"{number:.3g}"), unit, statistic, n_test)

    train, test = by_sentence(code, pairs, n_test)
    units = {"unigram": "nats", "nats": "nats", "bleu": "BLEU", "chrf": "chrF", "seconds": "s"}
    for name, to_english in (("en_zh", False), ("zh_en", True)):
        found = run(code, train, test, to_english=to_english, steps=steps, **size)
        print(name, {key: round(found[key], 2) for key in units}, found["texts"][:3], flush=True)
        for key, unit in units.items():
            keep(f"{name}_{key}", found[key], unit)
    rates = words_per_s(code, found["model"], code.machine)
    train, test = by_line(pairs, n_test)
    twins = code.has_twin(test, train)
    found = run(code, train, test, to_english=True, steps=steps, **size)
    lines = [*zip(found["texts"], found["references"], twins, strict=True)]
    new = [line for line in lines if not line[2]]
    keep("twins", sum(twins) / len(twins), "share of test lines", "counted")
    keep("fooled_bleu", found["bleu"], "BLEU")
    keep("cured_bleu", code.bleu([a for a, *_ in new], [b for _, b, _ in new]), "BLEU")
    print({key: values[key].value for key in ("twins", "fooled_bleu", "cured_bleu")}, flush=True)
    values["steps"] = recorded.Quantity(steps, "steps", "chosen", 1)
    values["batch"] = recorded.Quantity(batch, "pairs", "chosen", 1)
    values["pairs"] = recorded.Quantity(len(pairs), "pairs", "counted", 1)
    values["batches"] = recorded.Quantity(list(BATCHES), "texts", "chosen", len(BATCHES))
    values["rates"] = recorded.Quantity(rates, "words/s", "median", 9)
    return values


def chapter(device: torch.device):
    """Return the chapter's cells as a module whose training happens on `device`."""
    module = recorded.chapter(CHAPTER, CELLS)
    module.machine = device
    module.MIXED = device.type == "cuda" and module.MIXED
    return module
