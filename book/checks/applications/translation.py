"""What `book/applications/translation.ipynb` checks its exercises with."""

from collections import Counter
from itertools import product

from helpers.check import Case, Choice, Function

FEW, SOME = 0.1, 0.5


def share_named(right):
    return "few" if right < FEW else "some" if right <= SOME else "most"


def reasons(right):
    found = f"{right:.1%} agree word for word."
    few = "Most words occur a few times only in what the model learnt from."
    if right < FEW:
        return {
            "few": f"{found} {few}",
            "some": f"{found} {few} The sentences sound right, which is another thing.",
            "most": f"{found} {few} The sentences sound right, which is another thing.",
        }
    regular = "These sentences follow few patterns: what the model needs, it has seen."
    return dict.fromkeys(("few", "some", "most"), f"{found} {regular}")


prediction = Choice(share_named, reasons)


def by_total(word, sentence, t):
    total = 0.0
    for z in sentence:
        total += t.get((word, z), 0.0)
    return [t.get((word, z), 0.0) / total if total else 1 / len(sentence) for z in sentence]


TABLE = {("see", "看"): 0.6, ("see", "我"): 0.2, ("i", "我"): 0.7, ("book", "书"): 0.5}
share = Function(
    by_total,
    [
        ("see", ["我", "看"], TABLE),
        Case(("see", ["我", "看", "书"], TABLE), "Here a pair is not in the table: it has 0."),
        Case(("tea", ["我", "看"], TABLE), "Here no pair is in the table: share alike."),
        Case(("i", ["我", "我", "看"], TABLE), "A word that stands there twice gets two shares."),
    ],
    mistakes=[
        (
            lambda word, sentence, t: [
                t.get((word, z), 0.0) / (sum(t.get((word, f), 0.0) for f in sentence) or 1)
                for z in sentence
            ],
            "Where no pair is in the table the shares must sum to one, too: share alike.",
        ),
        (
            lambda word, sentence, t: [t.get((word, z), 0.0) for z in sentence],
            "These are probabilities as they stand: divide them by their sum.",
        ),
        (
            lambda word, sentence, t: [
                t.get((word, z), 0.0) / sum(p for (_, f), p in t.items() if f == z)
                if any(f == z for _, f in t)
                else 0.0
                for z in sentence
            ],
            "That divides among the English words of each Chinese one. It is the English word "
            "that is shared out.",
        ),
    ],
    hints=[
        "Look up the probability of each pair, 0 where there is none, and divide by their sum.",
        "Where the sum is 0, each word of the sentence gets the same share.",
    ],
)


def letters(text):
    return "".join(c for c in text.lower() if c.isalnum())


def leaking(test, train):
    known = {(side, letters(pair[side])) for pair, side in product(train, (0, 1))}
    return [n for n, pair in enumerate(test) if known & {(s, letters(pair[s])) for s in (0, 1)}]


TRAIN = [
    ("我困了。", "I am tired."),
    ("他很快就来。", "He will come soon."),
    ("请关门！", "Please close the door."),
    ("谢谢你。", "Thank you."),
]
TEST = [
    ("我累了。", "I'm hungry."),
    ("把门关上。", "please close the door!"),
    ("谢谢，你", "Thanks."),
    ("他来了。", "He has come."),
    ("他很快就来。", "He will come soon."),
    ("谢谢你。", "Thanks a lot."),
    ("你好。", "Hello."),
]


def leaks_by(test, train, same, sides=(0, 1), join=any):
    known = [{same(pair[side]) for pair in train} for side in (0, 1)]
    return [n for n, p in enumerate(test) if join(same(p[s]) in known[s] for s in sides)]


leak = Function(
    leaking,
    [
        (TEST, TRAIN),
        Case((TEST[:3], TRAIN), "The Chinese sentence alone may give it away, or the English one."),
        Case((TEST[3:4], TRAIN), "Alike is not the same: this pair is new."),
        Case((TEST, TRAIN[2:]), "Here less of the test stands in training."),
    ],
    mistakes=[
        (
            lambda test, train: leaks_by(test, train, letters, join=all),
            "A pair leaks if one of its sides is known: the other may be in other words.",
        ),
        (
            lambda test, train: leaks_by(test, train, str),
            "Signs and capitals hide some: ignore them.",
        ),
        (
            lambda test, train: leaks_by(test, train, letters, sides=(1,)),
            "You looked at the English side alone.",
        ),
        (
            lambda test, train: leaks_by(test, train, letters, sides=(0,)),
            "You looked at the Chinese side alone.",
        ),
    ],
    hints=[
        "Strip signs and spaces, take small letters, then look each side up among the same side "
        "of training.",
        r"`re.sub(r'\W', '', text.lower())` strips a text. One known side is enough.",
    ],
)


def clipped(text, reference, n):
    mine, theirs = (
        Counter(zip(*(words[k:] for k in range(n)), strict=False)) for words in (text, reference)
    )
    found = sum(min(count, theirs[group]) for group, count in mine.items())
    return found / max(1, mine.total())


def unclipped(text, reference, n):
    mine, theirs = (
        [tuple(words[i : i + n]) for i in range(len(words) - n + 1)] for words in (text, reference)
    )
    return sum(group in theirs for group in mine) / max(1, len(mine))


def recalled(text, reference, n):
    return clipped(reference, text, n)


clip = Function(
    clipped,
    [
        (["he", "took", "my", "book", "away", "."], ["he", "took", "the", "book", "away", "."], 1),
        (["he", "took", "my", "book", "away", "."], ["he", "took", "the", "book", "away", "."], 2),
        Case((["the", "the", "the"], ["the", "cat"], 1), "A word counts as often as it stands."),
        Case((["yes", "."], ["yes", ",", "of", "course", "."], 3), "Here is no group at all."),
        Case((["he", "is"], ["he", "is", "here"], 2), "Divide by the groups of the translation."),
    ],
    mistakes=[
        (unclipped, "A group counts no more often than it stands in the reference: clip."),
        (recalled, "BLEU asks which groups of the translation are found, not of the reference."),
        (
            lambda text, reference, n: clipped(text, reference, n) * max(1, len(text) - n + 1),
            "That is a count: divide it by the number of groups of the translation.",
        ),
    ],
    hints=[
        "Count the groups of both texts. `Counter & Counter` keeps the smaller count of each.",
        "Divide by the number of groups in the translation, or return 0 if there is none.",
    ],
)

#: The greater first word, 0, leads to nothing great: greedy search takes the wrong turn at once.
STORY = {
    (): {0: 0.55, 1: 0.45},
    (0,): {2: 0.6, 3: 0.4},
    (1,): {4: 0.95, 5: 0.05},
    (0, 2): {6: 0.6, 7: 0.4},
    (0, 3): {6: 0.5, 7: 0.5},
    (1, 4): {8: 0.9, 9: 0.1},
    (1, 5): {8: 1.0},
}
#: With two beginnings kept in all, 1 is gone before its followers make it the best.
LATE = {
    (): {0: 0.4, 1: 0.28, 2: 0.32},
    (0,): {3: 0.55, 4: 0.45},
    (1,): {3: 1.0, 4: 0.0},
    (2,): {3: 0.6, 4: 0.4},
    (0, 3): {5: 0.5, 6: 0.5},
    (0, 4): {5: 0.9, 6: 0.1},
    (1, 3): {5: 1.0, 6: 0.0},
    (1, 4): {5: 0.5, 6: 0.5},
    (2, 3): {5: 0.8, 6: 0.2},
    (2, 4): {5: 0.7, 6: 0.3},
}


def searched(after, width, length):
    beams = [(1.0, ())]
    for _ in range(length):
        longer = [(p * q, (*w, v)) for p, w in beams for v, q in after(w).items()]
        beams = sorted(longer, key=lambda one: -one[0])[:width]
    return beams[0][1]


def everywhere(after, width, length):
    """Try every sentence, as if the beam were endless."""
    return searched(after, 10**6, length)


def of_each(after, width, length):
    beams = [(1.0, ())]
    for _ in range(length):
        beams = [
            (p * q, (*w, v))
            for p, w in beams
            for v, q in sorted(after(w).items(), key=lambda pair: -pair[1])[:width]
        ]
    return max(beams)[1]


def greedy(after, width, length):
    return searched(after, 1, length)


def told(search):
    """Return the search as a function of a story, which is plain data."""

    def tell(story, width, length):
        return list(search(lambda words: dict(story[tuple(words)]), width, length))

    return tell


beam = Function(
    told(searched),
    [
        (STORY, 1, 1),
        Case((STORY, 2, 3), "A beam of 2 finds what greedy search misses."),
        Case((STORY, 1, 3), "A beam of 1 is greedy: it stays with its first choice."),
        Case((LATE, 2, 3), "The width bounds all beginnings together, whoever their parent is."),
        (LATE, 3, 3),
    ],
    run=lambda answer, story, width, length: told(answer)(story, width, length),
    mistakes=[
        (told(greedy), "That is greedy search, whatever the width."),
        (told(everywhere), "That tries all sentences: keep `width` beginnings after each word."),
        (
            told(of_each),
            "You keep `width` words after each beginning: keep `width` beginnings in all.",
        ),
    ],
    hints=[
        "Start with the empty tuple and probability 1. Extend each beginning by each word.",
        "Sort all extensions by the product of their probabilities, and keep `width` of them.",
    ],
)

bytes = Function(  # as the exercise is called
    lambda texts, weights, kept, written, source: (
        (weights + texts * (written + source) * kept) / texts
    ),
    [
        (1, 3.1e6, 2048, 8, 7),
        Case((64, 3.1e6, 2048, 8, 7), "The weights serve all texts of the batch."),
        Case((1000, 1e6, 100, 0, 20), "The source is read for every word, the first one too."),
    ],
    mistakes=[
        (
            lambda texts, weights, kept, written, source: (
                weights + texts * (written + source) * kept
            ),
            "That is a whole step: divide it among the words that it writes.",
        ),
        (
            lambda texts, weights, kept, written, source: (
                (weights + (written + source) * kept) / texts
            ),
            "Each text reads caches of its own: a batch does not share them.",
        ),
        (
            lambda texts, weights, kept, written, source: weights + (written + source) * kept,
            "The weights are fetched once for all texts.",
        ),
        (
            lambda texts, weights, kept, written, source: weights / texts + written * kept,
            "The keys and values of the source are read as well.",
        ),
    ],
    hints=[
        "Bytes of a whole step: the weights once, and for each text what it keeps.",
        "Divide by the number of texts: each gets one word.",
    ],
)
