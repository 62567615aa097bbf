"""What `book/applications/language_model.ipynb` checks its exercises with."""

import math
from collections import Counter
from itertools import pairwise

from helpers.check import Case, Choice, Function


def better(count, network):
    return "count" if count < network else "network"


def reasons(count, network):
    costs = f"Counting {count:.2f}, the network {network:.2f} bits per byte."
    if better(count, network) == "count":
        return {
            "count": f"{costs} Counting needs no training, and the text is short and regular.",
            "network": f"{costs} The network has not had enough steps, on so little text.",
        }
    return {
        "count": f"{costs} Had the network taken fewer steps, counting would have won.",
        "network": f"{costs} It sees further back than four bytes, and had the steps to use it.",
    }


prediction = Choice(better, reasons)


def plain(passage):
    return " ".join(passage.lower().split())


TRAIN = ["The with statement\nis used to wrap.", "A list is mutable.", "Return a value."]
OTHERS = ["A list\nis mutable.", "Nor is a string."]  # the first stands in TRAIN


def places(test, found):
    return [place for place, passage in enumerate(test) if found(passage)]


def known_to(train):
    return lambda passage: any(plain(passage) == plain(other) for other in train)


leak = Function(
    lambda train, test: places(test, known_to(train)),
    [
        Case(
            (TRAIN, ["A tuple is not.", "Nor is a string.", "A list is mutable."]),
            "The last of the three is there: its place, 2, is asked for, not its text.",
        ),
        Case(
            (TRAIN, ["Wrap a value.", "The with statement is\nused to wrap."]),
            "The second is a passage of the training text with its line broken elsewhere.",
        ),
        Case(
            (TRAIN, ["The with statement is used\n   to  wrap.", *OTHERS]),
            "Several spaces, or a line break and spaces, count as one space.",
        ),
        Case((TRAIN, ["Return a value. ", *OTHERS]), "A space may stand at the end, too."),
        Case((TRAIN, ["RETURN A VALUE.", "return a value.", *OTHERS]), "Capitals do not count."),
        Case(
            (TRAIN, ["Return a value!", "Return a value."]),
            "Line breaks, spaces and capitals do not count; an exclamation mark does.",
        ),
        Case(
            (TRAIN, ["a value. Return", "A list is is mutable.", TRAIN[1]]),
            "The same words in another order, or more often, are another passage.",
        ),
        Case(
            (TRAIN, ["A list", "list is mutable", TRAIN[1]]),
            "A part of a passage is not the passage.",
        ),
        Case((TRAIN, [TRAIN[1]] * 2), "The same passage may stand in `test` twice."),
        ([], ["A list is mutable."]),
    ],
    mistakes=[
        (
            lambda train, test: [
                n for n, one in enumerate(train) if plain(one) in map(plain, test)
            ],
            "Those are the places in `train`; the ones in `test` are asked for.",
        ),
        (
            lambda train, test: [n + 1 for n in places(test, known_to(train))],
            "Places are counted from 0.",
        ),
        (
            lambda train, test: places(test, lambda one: not known_to(train)(one)),
            "Those are the clean ones; the places that leak are asked for.",
        ),
        (
            lambda train, test: places(test, lambda one: one in train),
            "Those are the passages that agree letter for letter.",
        ),
    ],
    hints=[
        "Write both sides in one form first: no capitals, one space where there is white space.",
        'For a passage p that form is " ".join(p.lower().split()).',
    ],
)


def costs(loss, tokens, n_bytes):
    return math.log2(math.e) * loss * tokens / n_bytes, math.e**loss


bits = Function(
    costs,
    [(1.5, 3000, 9000), (math.log(2), 500, 500), (4.0, 14_000, 41_000)],
    results=["bits per byte", "perplexity"],
    mistakes=[
        (
            lambda loss, tokens, n_bytes: (loss * tokens / n_bytes, math.exp(loss)),
            "Those are nats: a nat is 1.44 bits.",
        ),
        (
            lambda loss, tokens, n_bytes: (loss / math.log(2), math.exp(loss)),
            "Those are bits per token; the bytes are asked for.",
        ),
        (
            lambda loss, tokens, n_bytes: (costs(loss, tokens, n_bytes)[0], 2**loss),
            "Two to the power belongs to bits; the loss is in nats.",
        ),
        (
            lambda loss, tokens, n_bytes: costs(loss, tokens, n_bytes)[::-1],
            "The order is the other one: bits per byte, then perplexity.",
        ),
        (
            lambda loss, tokens, n_bytes: (
                costs(loss, tokens, n_bytes)[0],
                2 ** costs(loss, tokens, n_bytes)[0],
            ),
            "That is the perplexity per byte; the one per token is asked for.",
        ),
        (
            lambda loss, tokens, n_bytes: (loss * tokens * math.log(2) / n_bytes, math.exp(loss)),
            "A nat is more than a bit, so the number grows: divide by ln 2.",
        ),
        (
            lambda loss, tokens, n_bytes: (loss * tokens / math.log(2), math.exp(loss)),
            "Those are the bits of the whole text: divide them by its bytes.",
        ),
        (
            lambda loss, tokens, n_bytes: (loss * n_bytes / math.log(2) / tokens, math.exp(loss)),
            "A byte costs less than a token: there are more bytes for the same bits.",
        ),
    ],
    hints={
        "bits per byte": [
            "All tokens together cost loss · tokens nats.",
            "A nat is 1/ln 2 bits. Divide by the bytes at the end.",
        ],
        "perplexity": ["It is e to the power of the nats per token."],
    },
)


def frequent(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    most = max(counts.values())
    return min(pair for pair, times in counts.items() if times == most)


def preferred(words, key):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    return min(counts, key=lambda pair: key(counts[pair], pair))


def once_for_each_word(words):
    counts = Counter(pair for word in words for pair in pairwise(word))
    return min(counts, key=lambda pair: (-counts[pair], pair))


def of_the_last_word(words):
    counts = {pair: times for word, times in words.items() for pair in pairwise(word)}
    return min(counts, key=lambda pair: (-counts[pair], pair))


def once_in_a_word(words):
    counts = Counter()
    for word, times in words.items():
        for pair in {*pairwise(word)}:
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def every_other(words):
    counts = Counter()
    for word, times in words.items():
        for pair in zip(word[::2], word[1::2], strict=False):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


pair = Function(
    frequent,
    [
        ({(104, 116): 5, (97, 110, 100): 3, (97, 110): 1},),
        Case(
            ({(6, 1, 2, 1, 2): 5, (3, 4): 4},),
            "Neighbours are pairs wherever they stand in a word.",
        ),
        Case(
            ({(1, 2): 1, (1, 2, 3): 1, (4, 5): 9},),
            "A word that occurs nine times counts nine times.",
        ),
        Case(
            ({(1, 2): 3, (7, 1, 2): 3, (4, 5): 5},),
            "The counts of all words that hold a pair add up.",
        ),
        Case(
            ({(7, 8, 9): 2, (3, 4): 2},),
            "Several pairs are equally frequent here: the smallest is asked for.",
        ),
        Case(({(1, 2): 4, (3,): 50},), "A word of one token has no pair."),
        Case(({(300, 256): 3, (256, 300): 2, (1, 7): 1},), "A pair has an order."),
        Case(
            ({(9, 1, 9, 1, 9): 2, (5, 6): 3},),
            "A pair that stands in a word twice counts twice; of equals, the smaller first number "
            "decides.",
        ),
    ],
    results=["the first token", "the second token"],
    mistakes=[
        (once_for_each_word, "Each word counts as often as it occurs."),
        (once_in_a_word, "A pair that stands in a word twice counts twice."),
        (of_the_last_word, "The counts of all words that hold a pair add up: `+=`, not `=`."),
        (
            lambda words: preferred(words, lambda n, pair: (-n, -pair[0], -pair[1])),
            "Of equally frequent pairs that is the largest: the smallest is asked for.",
        ),
        (every_other, "Neighbours overlap: (a, b, c) holds the pairs (a, b) and (b, c)."),
        (
            lambda words: preferred(words, lambda n, pair: (n, pair)),
            "That is the rarest pair.",
        ),
    ],
    hints=[
        "Add the word's count to each of its pairs of neighbours.",
        "min with the key (-count, pair) settles ties as well.",
    ],
)


def scores():
    import torch

    return [
        (torch.tensor([1.0, 2.0, 4.0]), 1.0),
        Case((torch.tensor([1.0, 2.0, 4.0]), 0.5), "Below 1, the likely becomes likelier."),
        Case((torch.tensor([-1.0, 0.0, 3.0, 0.5]), 2.0), "Above 1, all come closer together."),
        Case(
            (torch.tensor([1000.0, 998.0, 0.0]), 1.0),
            "e to the power of 1,000 fits into no float. Take the largest score off first.",
        ),
        Case(
            (torch.tensor([1000.0, 999.0, 0.0]), 0.5),
            "Divided by the temperature the scores are larger: take the largest of *those* off.",
        ),
    ]


def softened(scores, temperature):
    import torch

    divided = scores.double() / temperature
    return torch.exp(divided - torch.logsumexp(divided, 0)).float()


temperature = Function(
    softened,
    scores,
    tolerance=1e-5,
    mistakes=[
        (
            lambda scores, temperature: softened(scores, 1 / temperature),
            "The scores are divided by the temperature, not multiplied with it.",
        ),
        (
            lambda scores, temperature: softened(scores, 1) / temperature,
            "Divide before the softmax: after it, the results do not sum to 1.",
        ),
        (
            lambda scores, temperature: softened(scores, 1.0),
            "The temperature has no effect.",
        ),
        (
            lambda scores, temperature: softened(scores, 1) ** (1 / temperature),
            "A power of the probabilities is right, once they are made to sum to 1 again.",
        ),
    ],
    hints=[
        "Divide the scores by the temperature, then take the softmax.",
        "torch.softmax takes the largest score off before it raises e to them.",
    ],
)

weights = Function(
    lambda width: (
        sum(
            rows * columns + rows
            for rows, columns in [(width, width)] * 4 + [(4 * width, width), (width, 4 * width)]
        )
        + 4 * width
    ),
    [(128,), (64,), (1,)],
    mistakes=[
        (lambda width: 12 * width**2, "Those are the weights of the products alone."),
        (
            lambda width: 12 * width**2 + 9 * width,
            "4 · width are missing: the normalisations, or a bias for each output of the wide "
            "layer, or those of attention.",
        ),
        (lambda width: 11 * width**2 + 12 * width, "Attention ends with an output layer."),
        (lambda width: 12 * width**2 + 4 * width, "Each linear layer has a bias."),
        (
            lambda width: 12 * width**2 + 11 * width,
            "There are two normalisations, each with a scale and a shift.",
        ),
        (
            lambda width: 12 * width**2 + 10 * width,
            "A bias has a number for each output: the first layer of the network has 4 · width.",
        ),
        (
            lambda width: 8 * width**2 + 12 * width,
            "The network has two layers: to 4 · width, and back.",
        ),
    ],
    hints=[
        "A linear layer from n to m has n · m weights and m biases.",
        "Four layers from W to W, one from W to 4W, one from 4W to W, and 4W for normalising.",
    ],
)
