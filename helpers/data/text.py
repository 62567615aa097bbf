"""Texts to learn from: what is inside the files of the text sets, as plain lists.

Each reader takes the path that `packaged` returns, so that a chapter's own cell names its set.
`book/data/datasets.yml` tells the traps of each.
"""

import json
import random
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

#: The files of rated sentences in the archive of VADER, by what the texts are.
RATED = {
    "film": "movieReviewSnippets_GroundTruth.txt",
    "product": "amazonReviewSnippets_GroundTruth.txt",
    "editorial": "nytEditorialSnippets_GroundTruth.txt",
    "tweet": "tweets_GroundTruth.txt",
}
#: Kinds of words in the People's Daily that are names, as they are called elsewhere.
NAMES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}


@dataclass(frozen=True)
class SlotSentence:
    """A command in tokens, a BIO tag for each, its intent, and the template that made it."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    intent: str
    template: str


@dataclass(frozen=True)
class Pair:
    """A sentence in Chinese and in English; `words` are Chinese words with reading and gloss."""

    chinese: str
    english: str
    reading: str
    words: tuple[tuple[str, str, str], ...]
    topic: str
    level: int


@dataclass(frozen=True)
class Review:
    """A text and its label, 1 for good and 0 for bad; what it is about; what it came from.

    Texts of one `group` belong together: none of them may be tested on if another was learnt.
    `rating` is between -4 and 4 where readers gave one, else the label.
    """

    text: str
    label: int
    kind: str
    group: str
    rating: float


def sentence_pairs(path: Path) -> list[Pair]:
    """Return the Chinese sentences of the set `pairs` with reading and translation."""
    return [
        Pair(
            chinese=entry["chinese"],
            english=entry["translation"]["en"],
            reading=entry["pinyin"],
            words=tuple((w["word"], w["pinyin"], w["gloss_en"] or "") for w in entry["tokens"]),
            topic=entry["topic"],
            level=entry["hsk_level"],
        )
        for entry in json.loads(Path(path).read_text(encoding="utf-8"))
    ]


def tatoeba_pairs(path: Path) -> list[tuple[str, str, str]]:
    """Return (English, Chinese, attribution) of each line of the published set `tatoeba`."""
    lines = Path(path).read_text(encoding="utf-8").split("\n")
    return [tuple(line.split("\t")) for line in lines if line.count("\t") == 2]


def reviews(path: Path) -> list[Review]:
    """Return the Chinese reviews of the set `reviews_zh` as they stand, half of them twice."""
    return [
        Review(text, label, "review", text, label)
        for label, name in ((1, "pos_sentences.txt"), (0, "neg_sentences.txt"))
        for line in (Path(path) / name).read_text(encoding="utf-8").split("\n")
        if (text := line.strip())
    ]


def rated_sentences(path: Path, *kinds: str) -> list[Review]:
    """Return the English sentences of the set `rated_sentences`, all or those of `kinds`.

    Kinds are film, product, editorial and tweet. A sentence rated above zero is good. A group is
    an editorial or a review of a product; for films and tweets it is the sentence itself.
    """
    found = []
    with tarfile.open(Path(path) / "hutto_ICWSM_2014.tar.gz") as archive:
        for kind in kinds or RATED:
            content = archive.extractfile(f"hutto_ICWSM_2014/{RATED[kind]}").read()
            for line in content.decode("utf-8").split("\r\n"):
                if line:
                    name, rating, text = line.split("\t")
                    group = f"{kind}-{name.split('_')[0]}"
                    found.append(Review(text, int(float(rating) > 0), kind, group, float(rating)))
    return found


def lexicon(path: Path) -> dict[str, float]:
    """Return the rating of each word of VADER's lexicon, between -4 and 4."""
    lines = (Path(path) / "vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[0]: float(line.split("\t")[1]) for line in lines if line}


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


def slot_sentences(
    path: Path, language: str, values: dict[str, list[str]], *, of_each: int = 3, seed: int = 0
) -> list[SlotSentence]:
    """Return sentences drawn from the templates of the set `intents`.

    Args:
        path: of the set.
        language: "en", in words, or "zh-CN", in characters.
        values: what may stand in a slot whose values the set leaves open, such as "name", "area",
            "message"; templates with a slot that has none are left out.
        of_each: how many sentences to draw from each template; equal ones are kept once.
        seed: of the drawing.

    Sentences of one template are alike: split by `template`, and by the values that you give.
    """
    content = json.loads((Path(path) / f"{language}.json").read_text(encoding="utf-8"))
    grammar = _Grammar(content, values, random.Random(seed))
    found = {}
    for intent, about in content["intents"].items():
        for template in (text for block in about["data"] for text in block["sentences"]):
            for _ in range(of_each):
                sentence = grammar.sentence(template, intent, language == "en")
                if sentence:
                    found.setdefault((sentence.tokens, intent), sentence)
    return list(found.values())


class _Grammar:
    """Draws from templates: `(a|b)`, `[maybe]`, `<rule>`, `{list:slot}`, `(a;b)` in any order."""

    pieces = re.compile(r"[()\[\]|;]|<[^>]+>|\{[^}]+\}|[^()\[\]|;<{]+")

    def __init__(self, content: dict, values: dict[str, list[str]], draw: random.Random):
        self.rules, self.lists, self.values, self.draw = (
            content["expansion_rules"],
            content["lists"],
            values,
            draw,
        )

    def sentence(self, template: str, intent: str, in_words: bool) -> SlotSentence | None:
        """Return a sentence of `template`; None where a slot has no values."""
        try:
            drawn = self.expand(template)
        except KeyError:
            return None
        tokens, tags = [], []
        for text, slot in self.joined(drawn):
            parts = text.split() if in_words else [c for c in text if not c.isspace()]
            tokens += parts
            tags += [f"{'I' if n else 'B'}-{slot}" if slot else "O" for n in range(len(parts))]
        return SlotSentence(tuple(tokens), tuple(tags), intent, template) if tokens else None

    @staticmethod
    def joined(drawn):
        """Return the parts with those of one slot, or of none, that touch each other made one."""
        parts = []
        for text, slot in drawn:
            if parts and slot is None and parts[-1][1] is None:
                parts[-1] = (parts[-1][0] + text, None)
            else:
                parts.append((text, slot))
        return parts

    def expand(self, template: str) -> list[tuple[str, str | None]]:
        """Return parts of text with the slot that each fills, drawn from `template`."""
        return self.one_of(iter([*self.pieces.findall(template), ")"]))

    def one_of(self, pieces):
        """Read alternatives up to the closing bracket; return one of them, or all, shuffled."""
        choices, shuffled = [[]], False
        for piece in pieces:
            if piece in ")]":
                break
            if piece in "|;":
                choices.append([])
                shuffled = shuffled or piece == ";"
            else:
                choices[-1].append((piece, self.one_of(pieces) if piece in "([" else None))
        if not shuffled:
            return self.spoken(self.draw.choice(choices))
        self.draw.shuffle(choices)
        return [part for choice in choices for part in [*self.spoken(choice), (" ", None)]]

    def spoken(self, choice):
        """Return the parts that the pieces of one alternative stand for."""
        parts = []
        for piece, inside in choice:
            if piece == "(" or (piece == "[" and self.draw.random() < 0.5):
                parts += inside
            elif piece[0] == "<":
                parts += self.expand(self.rules[piece[1:-1]])
            elif piece[0] == "{":
                parts.append(self.slot(*piece[1:-1].split(":")))
            elif piece[0] not in "([":
                parts.append((piece, None))
        return parts

    def slot(self, name, slot=None):
        """Return a value of the list `name`, and the slot that it fills."""
        known = self.lists.get(name, {})
        if name in self.values:
            text = self.draw.choice(self.values[name])
        elif "range" in known:
            bounds = known["range"]
            text = str(self.draw.randint(bounds["from"], bounds["to"]))
        else:
            value = self.draw.choice(known["values"])
            text = "".join(part for part, _ in self.expand(value["in"]))
        return text, slot or name
