"""Texts to learn from: what is inside the files of the text sets, as plain lists.

Each reader takes the path that `packaged` returns, so that a chapter's own cell names its set.
`book/data/datasets.yml` tells the traps of each.
"""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path


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
