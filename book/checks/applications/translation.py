"""What `book/applications/translation.ipynb` checks its exercises with."""

import math
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
                float(t.get((word, z), 0.0) == max(t.get((word, f), 0.0) for f in sentence))
                for z in sentence
            ],
            "That gives the whole word to the likeliest: each gets its share.",
        ),
        (
            lambda word, sentence, t: [
                math.exp(t.get((word, z), 0.0))
                / sum(math.exp(t.get((word, f), 0.0)) for f in sentence)
                for z in sentence
            ],
            "A softmax is for scores. These are probabilities: divide them by their sum.",
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


NEW = [("你好。", "Hello."), ("再见。", "Goodbye.")]
COMING = ("他马上就来。", "He will come soon.")

leak = Function(
    leaking,
    [
        Case(([TRAIN[2], *NEW], TRAIN), "The first pair stands in training as it is."),
        Case(
            ([("谢谢你。", "Thanks."), COMING, TRAIN[2], *NEW], TRAIN),
            "One side is enough, whichever it is.",
        ),
        Case(
            ([("把门关上。", "please close the DOOR."), COMING, ("谢谢你。", "Thanks.")], TRAIN),
            "Capitals do not count.",
        ),
        Case(
            (
                [
                    ("谢谢，你", "Thanks."),
                    COMING,
                    ("把门关上。", "Please, close the door"),
                    ("请关门", "Shut the door!"),
                    *NEW,
                ],
                TRAIN,
            ),
            "Signs do not count, in the middle or at the end, in both languages.",
        ),
        Case(
            ([("谢谢", "Thank."), ("你谢谢。", "You thank."), ("谢谢你。", "Many thanks.")], TRAIN),
            "A part of a sentence, or the same letters in another order, is another sentence.",
        ),
        (TEST, TRAIN),
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
        (
            lambda test, train: [n + 1 for n in leaking(test, train)],
            "Places are counted from 0.",
        ),
        (lambda test, train: leaking(train, test), "Those are places in `train`, not in `test`."),
        (
            lambda test, train: [n for n in range(len(test)) if n not in leaking(test, train)],
            "Those are the clean ones; the places that leak are asked for.",
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
        Case(
            (["yes", ",", "he", "is", "here"], ["he", "is", "here", ",", "yes"], 2),
            "A group may stand anywhere in the reference, with its words in the same order.",
        ),
        Case(
            (["我", "好", "看书"], ["我", "好看", "书"], 2),
            "Cut elsewhere, these are other words: a group is a tuple of words.",
        ),
    ],
    mistakes=[
        (unclipped, "A group counts no more often than it stands in the reference: clip."),
        (recalled, "BLEU asks which groups of the translation are found, not of the reference."),
        (
            lambda text, reference, n: clipped(text, reference, n) * max(1, len(text) - n + 1),
            "That is a count: divide it by the number of groups of the translation.",
        ),
        (
            lambda text, reference, n: 100 * clipped(text, reference, n),
            "That is in per cent: a share is between 0 and 1.",
        ),
        (
            lambda text, reference, n: (
                clipped(text, reference, n) * max(0, len(text) - n + 1) / len(text)
            ),
            "A text of m words has m - n + 1 groups of n words: divide by those.",
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

#: The last word is surest behind 3, and the sum greatest behind 2; the product is it behind 0.
PRODUCT = {
    (): {0: 0.5, 1: 0.26, 2: 0.19, 3: 0.05},
    (0,): {4: 0.4, 5: 0.35, 6: 0.25},
    (1,): {4: 0.6, 5: 0.4},
    (2,): {4: 0.95, 5: 0.05},
    (3,): {4: 1.0},
}
#: After two words both beginnings stem from 0, and the second of them wins.
ONE_PARENT = {
    (): {0: 0.6, 1: 0.4},
    (0,): {2: 0.55, 3: 0.45},
    (1,): {2: 0.6, 3: 0.4},
    (0, 2): {5: 0.5, 6: 0.5},
    (0, 3): {5: 0.9, 6: 0.1},
    (1, 2): {5: 0.95, 6: 0.05},
    (1, 3): {5: 0.5, 6: 0.5},
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


def greedy_from_each(after, width, length):
    """Branch once, at the first word."""
    ends = []
    for first, p in sorted(after(()).items(), key=lambda pair: -pair[1])[:width]:
        words = (first,)
        for _ in range(length - 1):
            word, q = max(after(words).items(), key=lambda pair: pair[1])
            words, p = (*words, word), p * q
        ends.append((p, words))
    return max(ends)[1]


def by(score):
    """Return a beam search that keeps those with the greatest `score(so far, of the word)`."""

    def search(after, width, length):
        beams = [(0.0, ())]
        for _ in range(length):
            longer = [(score(p, q), (*w, v)) for p, w in beams for v, q in after(w).items()]
            beams = sorted(longer, key=lambda one: -one[0])[:width]
        return beams[0][1]

    return search


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
        Case((PRODUCT, 4, 2), "A beginning has the product of the probabilities of its words."),
        Case((ONE_PARENT, 2, 3), "Two beginnings of one parent may both be among the best."),
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
        (
            told(greedy_from_each),
            "You branch at the first word and are greedy behind it: branch at every word.",
        ),
        (
            told(by(lambda p, q: p + q)),
            "Probabilities of words in a row are multiplied, not added.",
        ),
        (
            told(by(lambda p, q: q)),
            "That is the probability of the last word: the ones before it count as well.",
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
        (
            lambda texts, weights, kept, written, source: (
                (weights + kept * source) / texts + kept * written
            ),
            "Each text has a source of its own: a batch does not share them.",
        ),
        (
            lambda texts, weights, kept, written, source: (
                weights / texts + kept * (written + 1 + source)
            ),
            "The new word's own keys and values are not fetched: they are made here.",
        ),
        (
            lambda texts, weights, kept, written, source: (
                weights / texts + texts * kept * (written + source)
            ),
            "For each word: a text reads its own caches, not those of all texts.",
        ),
    ],
    hints=[
        "Bytes of a whole step: the weights once, and for each text what it keeps.",
        "Divide by the number of texts: each gets one word.",
    ],
)
