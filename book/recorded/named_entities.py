"""Record taggers on real names: WNUT-17 in English, a curve in Chinese, and their throughput."""

import contextlib
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from helpers import data, recorded, timing
from helpers.models import Encoder

TITLE = "Named entities: taggers on WNUT-17, a curve in Chinese, and words per second"
METHOD = (
    "WNUT-17: trained on its training part, judged on its test part, in tags with O (micro F1) and "
    "in whole entities (strict F1). A list of the training names; a linear model of words, endings "
    "and forms; a network over words and their characters (12 epochs of 107 steps, seeds 0 to 2); "
    "all-MiniLM-L6-v2 with a linear layer, all of it tuned (2 epochs of 213 steps, one seed on a "
    "CPU, three on a GPU). Chinese: windows over the characters of the People's Daily, learnt "
    "from its first four fifths and judged on 500 of its last lines, after the steps named. Speed: "
    "a transformer of two layers and width 64 on sentences of 8 words, batches on the device, "
    "median of 7. Seconds are those of training and answering the test."
)
DATA = ("wnut17",)
MINUTES = {"cpu": 8, "cuda": 5}
EPOCHS, TUNED_EPOCHS, SEEDS = 12, 2, (0, 1, 2)
CHINESE_STEPS = (25, 50, 100, 200, 400, 800)
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
PADDING, NEW = 0, 1
#: Kinds of words in the People's Daily that are names, as they are called elsewhere.
NAMES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}


# What is counted


def entities(tags) -> set:
    """Return the entities of a sentence, each (kind, first, behind the last), by strict BIO."""
    found, start, kind = set(), None, None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and tag != f"I-{kind}":
            found.add((kind, start, i))
            start = None
        if tag[0] == "B":
            start, kind = i, tag[2:]
    return found


def scores(gold, guess) -> tuple[float, float]:
    """Return micro F1 of the tags with O, which is accuracy, and F1 of entities, both in %."""
    pairs = [pair for t, g in zip(gold, guess, strict=True) for pair in zip(t, g, strict=True)]
    true, said = [entities(t) for t in gold], [entities(g) for g in guess]
    hits = sum(len(t & s) for t, s in zip(true, said, strict=True))
    tokens = sum(t == g for t, g in pairs) / len(pairs)
    return 100 * tokens, 100 * 2 * hits / max(1, sum(map(len, true + said)))


# Taggers without a network


def looked_up(learn, test):
    """Tag what stands among the names of `learn`, the longest first."""
    names = {tuple(w[i:j]): kind for w, tags in learn for kind, i, j in entities(tags)}
    longest, found = max(map(len, names)), []
    for words, _ in test:
        tags, i = ["O"] * len(words), 0
        while i < len(words):
            ends = range(min(i + longest, len(words)), i, -1)
            j = next((j for j in ends if tuple(words[i:j]) in names), i)
            for place in range(i, j):
                tags[place] = f"{'I' if place > i else 'B'}-{names[tuple(words[i:j])]}"
            i = max(j, i + 1)
        found.append(tags)
    return found


def clues(words, i) -> dict:
    """Return what the linear model sees of word `i`."""
    near = {}
    for offset in (-2, -1, 0, 1, 2):
        word = words[i + offset] if 0 <= i + offset < len(words) else "<edge>"
        near[f"word {offset}"] = word.lower()
        near[f"form {offset}"] = form(word)
    word = words[i]
    return near | {"begins": word[:3].lower(), "ends": word[-3:].lower()}


def form(word) -> str:
    """Return the form of a word: capitals, small letters, digits; runs of one kind made one."""
    kinds = [
        "A" if c.isupper() else "a" if c.islower() else "0" if c.isdigit() else c for c in word
    ]
    return "".join(c for n, c in enumerate(kinds) if not n or kinds[n - 1] != c)[:6]


def linear(learn, test):
    """Train and run the linear model; return tags, seconds and parameters."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    start = time.perf_counter()
    columns = DictVectorizer()
    x = columns.fit_transform([clues(words, i) for words, _ in learn for i in range(len(words))])
    model = LogisticRegression(C=3, max_iter=60, tol=1e-3)
    model.fit(x, [tag for _, tags in learn for tag in tags])
    asked = columns.transform([clues(words, i) for words, _ in test for i in range(len(words))])
    tags = iter(model.predict(asked))
    guess = [[str(next(tags)) for _ in words] for words, _ in test]
    return guess, time.perf_counter() - start, model.coef_.size


# Networks


class Windows(nn.Module):
    """A score for each tag from windows of three items, in layers that add to their input."""

    def __init__(self, items: int, tags: int, *, letters: int = 0, width=64, layers=3):
        """`items` is the vocabulary; with `letters`, the letters of each item count as well."""
        super().__init__()
        self.items = nn.Embedding(items, width, padding_idx=PADDING)
        self.letters = nn.Embedding(letters, 32, padding_idx=PADDING) if letters else None
        self.spelling = nn.Conv1d(32, width, 3, padding=1) if letters else None
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(layers))
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(width, tags)

    def forward(self, ids, letters=None, which=None):
        """Return scores (B, T, tags) of items (B, T).

        With letters: those of the batch's distinct items (U, L), and which of them stands where.
        """
        x = self.items(ids)
        if letters is not None:
            spelt = self.spelling(self.letters(letters).transpose(1, 2)).amax(2)  # (U, width)
            x = x + spelt[which]
        there, x = (ids > PADDING)[:, None], self.drop(x).transpose(1, 2)
        for layer in self.layers:
            x = (x + self.drop(layer(x).relu())) * there
        return self.out(x.transpose(1, 2))


def padded(rows, value=PADDING):
    """Return lists of numbers as one tensor."""
    return nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows], batch_first=True, padding_value=value
    )


def vocabulary(items, least=1) -> dict:
    """Return a number for each item that comes at least `least` times, from 2 on."""
    counts = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return {item: n for n, item in enumerate(sorted(i for i in counts if counts[i] >= least), 2)}


class Batches:
    """Turns sentences into tensors on a device: ids, tags, and letters if they are wanted."""

    def __init__(self, learn, tags, device, *, letters: bool):
        """Take the vocabularies from `learn`; a word that comes once is no word to rely on."""
        self.words = vocabulary((w for words, _ in learn for w in words), 2)
        self.characters = vocabulary(c for words, _ in learn for w in words for c in w)
        self.tags, self.device, self.letters = tags, device, letters

    def __call__(self, sentences) -> tuple:
        """Return the inputs of the network, and the tags with -100 where there is no token."""
        ids = padded([[self.words.get(w, NEW) for w in words] for words, _ in sentences])
        tags = padded([[self.tags.index(t) for t in tags] for _, tags in sentences], -100)
        inputs = [ids.to(self.device)]
        if self.letters:
            distinct = sorted({w for words, _ in sentences for w in words})
            rows = [[self.characters.get(c, NEW) for c in word[:16]] for word in distinct]
            place = {word: n for n, word in enumerate(distinct)}
            which = padded([[place[w] for w in words] for words, _ in sentences])
            inputs += [padded(rows).to(self.device), which.to(self.device)]
        return inputs, tags.to(self.device)


def parts(sentences, size):
    """Yield the sentences in batches of similar length."""
    ordered = sorted(sentences, key=lambda s: len(s[0]))
    yield from (ordered[i : i + size] for i in range(0, len(ordered), size))


def tagged(model, batches, sentences, tags):
    """Return the tags that `model` gives to `sentences`, in their order."""
    found = {}
    model.eval()
    with torch.no_grad():
        for part in parts(sentences, 128):
            inputs, _ = batches(part)
            for s, row in zip(part, model(*inputs).argmax(2).tolist(), strict=True):
                found[id(s)] = [tags[n] for n in row[: len(s[0])]]
    model.train()
    return [found[id(s)] for s in sentences]


def train(model, groups, steps, *, rate, after=None):
    """Take `steps` steps over `groups`, functions that return a batch, again and again."""
    optimiser = torch.optim.AdamW(model.parameters())
    order = []
    for number in range(1, steps + 1):
        order = order or random.sample(range(len(groups)), len(groups))
        inputs, tags = groups[order.pop()]()
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, number / 30, 1.05 - number / steps)
        loss = F.cross_entropy(model(*inputs).flatten(0, 1), tags.flatten(), ignore_index=-100)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if after:
            after(number)


def network(learn, test, tags, device, seed):
    """Train and run the network of words and letters; return tags, seconds and parameters."""
    torch.manual_seed(seed)
    random.seed(seed)
    batches = Batches(learn, tags, device, letters=True)
    sizes = len(batches.words) + 2, len(tags)
    model = Windows(*sizes, letters=len(batches.characters) + 2).to(device)
    ready = [batches(part) for part in parts(learn, 32)]
    start = time.perf_counter()
    train(model, [lambda b=b: b for b in ready], EPOCHS * len(ready), rate=2e-3)
    guess = tagged(model, batches, test, tags)
    return guess, time.perf_counter() - start, sum(p.numel() for p in model.parameters())


class Tuned(nn.Module):
    """A pretrained encoder with a linear layer; the first piece of a word speaks for the word."""

    def __init__(self, encoder, tags: int):
        super().__init__()
        self.encoder = encoder
        self.out = nn.Linear(encoder.config.hidden_size, tags)

    def forward(self, ids, there, first):
        """Return scores (B, T, tags) from pieces (B, P) and the place of each word's first."""
        x = self.encoder(input_ids=ids, attention_mask=there).last_hidden_state
        return self.out(x.gather(1, first[..., None].expand(-1, -1, x.shape[2])))


def tuned(learn, test, tags, device, seed):
    """Tune the pretrained encoder; return tags, seconds and parameters."""
    from transformers import AutoModel, AutoTokenizer

    path = data.packaged("encoder")
    tokeniser = AutoTokenizer.from_pretrained(path)
    torch.manual_seed(seed)
    random.seed(seed)

    def batches(sentences):
        words = [words for words, _ in sentences]
        pieces = tokeniser(
            words, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt"
        )
        first = torch.zeros(len(words), max(map(len, words)), dtype=torch.long)
        for row in range(len(words)):
            for place, word in reversed(list(enumerate(pieces.word_ids(row)))):
                if word is not None:
                    first[row, word] = place
        wanted = padded([[tags.index(t) for t in line] for _, line in sentences], -100)
        inputs = pieces["input_ids"], pieces["attention_mask"], first
        return [x.to(device) for x in inputs], wanted.to(device)

    model = Tuned(AutoModel.from_pretrained(path), len(tags)).to(device).train()
    groups = [lambda part=part: batches(part) for part in parts(learn, 16)]
    start = time.perf_counter()
    train(model, groups, TUNED_EPOCHS * len(groups), rate=1e-4)
    guess = tagged(model, batches, test, tags)
    return guess, time.perf_counter() - start, sum(p.numel() for p in model.parameters())


# What is recorded


def english(device, folder) -> dict[str, recorded.Quantity]:
    """Train and judge the taggers on WNUT-17."""
    learn = conll(folder / "wnut17train.conll")
    test = conll(folder / "emerging.test.annotated")
    tags = sorted({tag for _, line in learn + test for tag in line})
    gold = [line for _, line in test]
    runs = {"nothing": [([["O"] * len(words) for words, _ in test], 0, 0)]}
    runs["list"] = [(looked_up(learn, test), 0, 0)]
    with contextlib.suppress(ImportError):
        runs["linear"] = [linear(learn, test)]
    runs["network"] = [network(learn, test, tags, device, seed) for seed in SEEDS]
    missing = data.missing("encoder")
    try:
        seeds = SEEDS[:1] if device.type == "cpu" else SEEDS
        runs["tuned"] = [] if missing else [tuned(learn, test, tags, device, s) for s in seeds]
    except ImportError as error:
        missing = str(error)
    found = {}
    for name, results in runs.items():
        if not results:
            continue
        tokens, whole = zip(*(scores(gold, guess) for guess, *_ in results), strict=True)
        print(f"{name}: tokens {tokens}, entities {whole}", flush=True)
        found |= {
            f"{name}_tokens": each(tokens, "%", "each seed"),
            f"{name}_entities": each(whole, "%", "each seed"),
            f"{name}_seconds": each([seconds for _, seconds, _ in results], "s", "each seed"),
            f"{name}_parameters": recorded.Quantity(int(results[0][2]), "parameters", "counted", 1),
        }
    if missing:
        print(missing)
    return found


def each(values, unit, statistic) -> recorded.Quantity:
    """Return a list of numbers with four digits as a quantity."""
    return recorded.Quantity([float(f"{v:.4g}") for v in values], unit, statistic, len(values))


def chinese(device) -> dict[str, recorded.Quantity]:
    """Train on the People's Daily and judge after each number of steps; nothing without it."""
    if missing := data.missing("people_daily"):
        print(missing)
        return {}
    lines = [characters_with_tags(s) for s in tagged_words(data.packaged("people_daily"))]
    lines = [(c[:150], t[:150]) for c, t in lines]
    cut = len(lines) * 4 // 5
    learn, test = lines[:cut], lines[-500:]
    tags = sorted({tag for _, line in lines for tag in line})
    torch.manual_seed(0)
    random.seed(0)
    batches = Batches(learn, tags, device, letters=False)
    model = Windows(len(batches.words) + 2, len(tags), width=128).to(device)
    found = []

    def judge(step):
        if step in CHINESE_STEPS:
            found.append(scores([t for _, t in test], tagged(model, batches, test, tags)))
            print(
                f"step {step}: tokens {found[-1][0]:.1f}, entities {found[-1][1]:.1f}", flush=True
            )

    groups = [lambda part=part: batches(part) for part in parts(learn, 32)]
    start = time.perf_counter()
    train(model, groups, CHINESE_STEPS[-1], rate=3e-3, after=judge)
    tokens, whole = zip(*found, strict=True)
    return {
        "chinese_steps": each(CHINESE_STEPS, "steps", "chosen"),
        "chinese_tokens": each(tokens, "%", "after each number of steps"),
        "chinese_entities": each(whole, "%", "after each number of steps"),
        "chinese_seconds": each([time.perf_counter() - start], "s", "one run"),
    }


def speed(device) -> dict[str, recorded.Quantity]:
    """Time a small transformer on batches of growing size."""
    model = Encoder(2000, width=64, heads=4, layers=2, length=128).to(device).eval()
    rates = []
    for batch in BATCHES:
        ids = torch.randint(2, 2000, (batch, 8), device=device)
        with torch.no_grad():
            median_ms = timing.measure(lambda ids=ids: model(ids), n=7, device=device).median_ms
        rates.append(8 * batch / (median_ms / 1e3))
    return {
        "speed_batches": each(BATCHES, "sentences", "chosen"),
        "speed": recorded.Quantity([float(f"{r:.4g}") for r in rates], "words/s", "median", 7),
    }


def tagged_words(path: Path) -> list[list[tuple[str, str]]]:
    """Return the lines of the set `people_daily`, each a list of (word, kind), repeated ones once.

    Kinds are those of the corpus: nr people, ns places, nt organisations, n, v, w and others.
    """
    lines = dict.fromkeys(Path(path).read_text(encoding="utf-8").split("\n"))
    pairs = [
        [tuple(word.rsplit("/", 1)) for word in line.split() if "/" in word[1:-1]] for line in lines
    ]
    return [line for line in pairs if line]


def characters_with_tags(line: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the characters of a line of tagged words, and a BIO tag for each.

    Two words of one kind in a row, as surname and given name, are one name.
    """
    characters, tags, before = [], [], None
    for word, kind in line:
        name = NAMES.get(kind)
        for place, character in enumerate(word):
            first = place == 0 and name != before
            characters.append(character)
            tags.append("O" if name is None else f"{'B' if first else 'I'}-{name}")
        before = name
    return characters, tags


def conll(path: Path) -> list[tuple[list[str], list[str]]]:
    """Return (tokens, tags) of each sentence of a CoNLL file: a token and its tag on a line.

    A blank line, even one with blanks in it, ends a sentence. Further columns are left out.
    """
    sentences = [([], [])]
    for line in Path(path).read_text(encoding="utf-8").split("\n"):
        columns = line.split()
        if len(columns) > 1:
            sentences[-1][0].append(columns[0])
            sentences[-1][1].append(columns[-1])
        elif sentences[-1][0]:
            sentences.append(([], []))
    return [sentence for sentence in sentences if sentence[0]]


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Record speed, English and Chinese; `folder` holds WNUT-17."""
    return speed(device) | english(device, folder) | chinese(device)
