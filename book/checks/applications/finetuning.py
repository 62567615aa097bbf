"""What `book/applications/finetuning.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function

WAYS = {"last": "head", "thin": "lora", "all": "full"}


def least(**fair):
    near = [word for word, kind in WAYS.items() if fair[kind] >= fair["full"] - 0.05]
    return near[0]


def reasons(**fair):
    found = "On the fair exam: " + ", ".join(
        f"{word} {fair[kind]:.0%}" for word, kind in WAYS.items()
    )
    answer = least(**fair)
    right = {
        "last": "The vectors, as they came, already tell the names apart.",
        "thin": "The vectors had to move, and a thin difference moves them far enough.",
        "all": "In so few steps a thin difference does not move the vectors as far.",
    }
    wrong = {
        "last": "A new last layer reads the vectors as they came, and these were made for "
        "sentences, not for names.",
        "thin": "A thin addition is not what comes within five points with the least.",
        "all": "Less than all comes within five points.",
    }
    return {word: f"{found}. {(right if word == answer else wrong)[word]}" for word in WAYS}


prediction = Choice(least, reasons)

TEN = ["amber whale", "old piano", "Golden Tower"]


def every_word(train, test):
    words = set(" ".join(train).lower().split())
    return [n for n, name in enumerate(test) if not set(name.lower().split()) - words]


leak = Function(
    every_word,
    [
        Case(
            (TEN, ["stone otter", "big stone", "old whale"]),
            "Both words of the last were seen: its place, 2, is asked for, not the name.",
        ),
        Case((TEN, ["old otter", "stone piano"]), "One new word makes a name new."),
        Case((TEN, ["golden PIANO", "amber piano", "big otter"]), "Capitals do not count."),
        Case(
            (TEN, ["whale old", "piano amber", "old tower", "otter old"]),
            "A word that stood first in training may stand last here.",
        ),
        Case(
            (["amber whale"], ["am whale", "her whale"]),
            "A part of a word is not the word.",
        ),
        Case((TEN, ["old piano", "old piano"]), "A name that stands in test twice has two places."),
        ([], ["old piano"]),
    ],
    mistakes=[
        (
            lambda train, test: [n for n, name in enumerate(test) if name in train],
            "Those are the names that were seen whole; the words are asked for.",
        ),
        (
            lambda train, test: [
                n
                for n, name in enumerate(test)
                if set(name.lower().split()) & set(" ".join(train).lower().split())
            ],
            "Those have one known word at least; every word is asked for.",
        ),
        (
            lambda train, test: [n + 1 for n in every_word(train, test)],
            "Places are counted from 0.",
        ),
        (
            lambda train, test: [n for n in range(len(test)) if n not in every_word(train, test)],
            "Those are the names with a new word; the others are asked for.",
        ),
    ],
    hints=[
        "Make one set of the words of all names in train.",
        "A name was seen in parts if no word is left when you take that set off.",
    ],
)


def counted(width, middle, layers):
    adapter = sum(rows * columns + rows for rows, columns in ((middle, width), (width, middle)))
    return layers * 2 * (adapter + width + width)


adapters = Function(
    counted,
    [(384, 16, 6), (768, 64, 12), (8, 1, 1)],
    mistakes=[
        (
            lambda width, middle, layers: (
                layers * (2 * middle * width + width + middle + 4 * width)
            ),
            "Two adapters go into each block.",
        ),
        (
            lambda width, middle, layers: layers * 2 * (2 * middle * width + width + middle),
            "The normalisations are trained, too.",
        ),
        (
            lambda width, middle, layers: layers * (4 * middle * width + 4 * width),
            "Each of an adapter's two layers has a bias.",
        ),
        (
            lambda width, middle, layers: counted(width, middle, layers) - 2 * layers * middle,
            "Each of an adapter's two layers has a bias: the first one of `middle` numbers.",
        ),
        (
            lambda width, middle, layers: counted(width, middle, layers) - 2 * layers * width,
            "2 · width are missing in each block: two normalisations have a scale and a shift "
            "each, and an adapter's second layer has a bias.",
        ),
        (
            lambda width, middle, layers: counted(width, middle, 1),
            "That is one block.",
        ),
        (
            lambda width, middle, layers: counted(width, middle, layers) + 2 * width + 2,
            "The last layer is not counted here.",
        ),
        (
            lambda width, middle, layers: (
                counted(width, middle, layers) - 2 * layers * middle * width
            ),
            "An adapter has two matrices: one to `middle` numbers, and one back.",
        ),
    ],
    hints=[
        "A layer from n to m has n · m weights and m biases.",
        "An adapter has 2md + d + m parameters, a normalisation 2d, and a block two of each.",
    ],
)

memory = Function(
    lambda total, trained, bytes_each: bytes_each * total + bytes_each * trained + 2 * 4 * trained,
    [(1000, 100, 1), (22_713_216, 22_713_216, 4), (7_000_000_000, 14_000_000, 2), (1000, 0, 2)],
    mistakes=[
        (
            lambda total, trained, bytes_each: bytes_each * total + (bytes_each + 4) * trained,
            "AdamW keeps two numbers for each trained weight.",
        ),
        (
            lambda total, trained, bytes_each: bytes_each * total + 8 * trained,
            "bytes_each · trained is missing: a trained weight has its own bytes and a gradient of "
            "as many.",
        ),
        (
            lambda total, trained, bytes_each: bytes_each * total + 12 * trained,
            "Gradients have as many bytes as the weights, which need not be four.",
        ),
        (
            lambda total, trained, bytes_each: bytes_each * total + (2 * bytes_each + 8) * trained,
            "The trained weights are among the total: you count them twice.",
        ),
        (
            lambda total, trained, bytes_each: 2 * bytes_each * total + 8 * trained,
            "Only trained weights have gradients.",
        ),
        (
            lambda total, trained, bytes_each: (bytes_each + 8) * trained,
            "The frozen weights must fit as well.",
        ),
        (
            lambda total, trained, bytes_each: (2 * bytes_each + 8) * total,
            "Only trained weights have gradients and an optimiser.",
        ),
        (
            lambda total, trained, bytes_each: bytes_each * total + 3 * bytes_each * trained,
            "The optimiser's numbers have four bytes whatever the weights have.",
        ),
    ],
    hints=[
        "Weights: all of them. Gradients and optimiser: the trained ones.",
        "bytes_each · total, and for each trained weight bytes_each + 2 · 4 more.",
    ],
)


def matrices():
    import torch

    draw = torch.Generator().manual_seed(0)
    sizes = [(5, 4, 2, 16), (3, 6, 1, 1), (4, 4, 4, 2)]
    return [
        Case(
            (
                torch.randn(n, d, generator=draw),
                torch.randn(r, d, generator=draw),
                torch.randn(n, r, generator=draw),
                alpha,
            ),
            f"Here the weight is {n} × {d}, the rank {r} and alpha {alpha}.",
        )
        for n, d, r, alpha in sizes
    ]


def one_matrix(weight, down, up, alpha):
    import torch

    return weight + torch.einsum("nr,rd->nd", up.double(), down.double()).float() * (
        alpha / up.shape[1]
    )


def keeps_its_arguments(answer):
    weight, down, up, alpha = matrices()[0].arguments
    kept = [part.clone() for part in (weight, down, up)]
    answer(weight, down, up, alpha)
    same = all((one == other).all() for one, other in zip((weight, down, up), kept, strict=True))
    yield same, "One of the three matrices has changed: make a new one.", "changed"


merge = Function(
    one_matrix,
    matrices,
    tolerance=1e-4,
    also=keeps_its_arguments,
    mistakes=[
        (
            lambda weight, down, up, alpha: weight + up @ down,
            "The factor alpha / r is missing.",
        ),
        (
            lambda weight, down, up, alpha: weight + alpha * up @ down,
            "alpha is divided by the rank.",
        ),
        (
            lambda weight, down, up, alpha: alpha / len(down) * up @ down,
            "That is the difference; the weight itself is missing.",
        ),
        (
            lambda weight, down, up, alpha: weight + alpha / down.shape[1] * up @ down,
            "The rank is the number of rows of A, not of its columns.",
        ),
        (
            lambda weight, down, up, alpha: weight + alpha * len(down) * up @ down,
            "alpha is divided by the rank, not multiplied with it.",
        ),
        (
            lambda weight, down, up, alpha: alpha / len(down) * (weight + up @ down),
            "The factor belongs to the difference alone, not to the weight.",
        ),
    ],
    hints={
        "changed": ["`weight += …` changes what you were given; `weight + …` does not."],
        "else": [
            "B A has the shape of the weight.",
            "The rank is the number of rows of A.",
        ],
    },
)
