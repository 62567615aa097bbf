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

leak = Function(
    lambda train, test: [
        place
        for place, passage in enumerate(test)
        if any(plain(passage) == plain(other) for other in train)
    ],
    [
        Case((TRAIN, ["A list is mutable.", "A tuple is not."]), "The first of the two is there."),
        Case(
            (TRAIN, ["Wrap a value.", "The with statement is used\n   to wrap."]),
            "The second is a passage of the training text with its lines broken elsewhere.",
        ),
        Case(
            (
                TRAIN,
                ["RETURN  a value.", "return a value. ", "Return a value!", "Return\na value."],
            ),
            "Spaces and capitals do not count; an exclamation mark does.",
        ),
        Case((TRAIN, ["A list", "list is mutable"]), "A part of a passage is not the passage."),
        ([], ["A list is mutable."]),
    ],
    mistakes=[
        (
            lambda train, test: [place for place, one in enumerate(test) if one in train],
            "Those are the passages that agree letter for letter.",
        ),
        (
            lambda train, test: [
                n for n, one in enumerate(train) if plain(one) in map(plain, test)
            ],
            "Those are the places in `train`; the ones in `test` are asked for.",
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


def once_for_each_word(words):
    counts = Counter(pair for word in words for pair in pairwise(word))
    return min(counts, key=lambda pair: (-counts[pair], pair))


pair = Function(
    frequent,
    [
        ({(104, 116): 5, (97, 110, 100): 3},),
        Case(
            ({(1, 2): 1, (1, 2, 3): 1, (4, 5): 9},),
            "A word that occurs nine times counts nine times.",
        ),
        Case(
            ({(7, 8, 9): 2, (3, 4): 2},),
            "Several pairs are equally frequent here: the smallest is asked for.",
        ),
        Case(({(1, 2): 4, (3,): 50},), "A word of one token has no pair."),
        Case(({(300, 256): 2, (300, 256, 9): 1, (256, 300): 2},), "A pair has an order."),
        ({(9, 1, 9, 1, 9): 2, (5, 6): 3},),
    ],
    mistakes=[(once_for_each_word, "Each word counts as often as it occurs.")],
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
            (torch.tensor([200.0, 198.0, 0.0]), 1.0),
            "e to the power of 200 does not fit into a float32. Take the largest score off first.",
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
        (lambda width: 12 * width**2 + 9 * width, "The normalisations have parameters, too."),
        (lambda width: 11 * width**2 + 12 * width, "Attention ends with an output layer."),
        (lambda width: 12 * width**2 + 4 * width, "Each linear layer has a bias."),
        (
            lambda width: 12 * width**2 + 11 * width,
            "There are two normalisations, each with a scale and a shift.",
        ),
    ],
    hints=[
        "A linear layer from n to m has n · m weights and m biases.",
        "Four layers from W to W, one from W to 4W, one from 4W to W, and 4W for normalising.",
    ],
)
