"""What `book/cnn/evaluation.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import Case, Function, Value

prediction = Value(
    tolerance=0.02,
    hints=["Everything that belongs to O is labelled rightly, and nothing else is."],
    reason="Every word of O, and none of the names.",
)

f1 = Function(
    lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    [
        (90, 10, 30),
        (5, 0, 0),
        Case((0, 3, 4), "No hit at all: precision and recall are both zero. What is F1 then?"),
        Case((0, 0, 0), "All three are zero here: the task says what to return."),
    ],
    mistakes=[
        (
            lambda tp, fp, fn: (tp / (tp + fp) + tp / (tp + fn)) / 2,
            "F1 is the harmonic mean of precision and recall, not the plain one.",
        ),
        (
            lambda tp, fp, fn: tp / (tp + fp + fn),
            "That is Jaccard's index: F1 counts the hits twice, above and below.",
        ),
    ],
    hints=[
        "F1 is the harmonic mean of precision and recall, not the plain one.",
        "Written with counts, it has one denominator, which is zero only if all three are.",
    ],
)


def micro_f1(matrix, ignore):
    keep = [c for c in range(len(matrix)) if c != ignore]
    hits = matrix.diagonal()[keep].sum()
    return 2 * hits / (matrix.sum(0)[keep].sum() + matrix.sum(1)[keep].sum())


def cut_out(matrix, ignore):
    kept = np.delete(np.delete(matrix, ignore, 0), ignore, 1)
    return kept.diagonal().sum() / kept.sum()


def recall(matrix, ignore):
    rows = np.delete(matrix, ignore, 0)
    return (matrix.diagonal().sum() - matrix[ignore, ignore]) / rows.sum()


without = Function(
    micro_f1,
    [(np.array([[900, 4, 6], [10, 40, 5], [8, 2, 25]]), 0), (np.array([[7, 3], [2, 8]]), 1)],
    mistakes=[
        (cut_out, "Cutting out the row and the column of the class cuts out errors with it."),
        (recall, "That is the recall: an invented name costs nothing there."),
        (lambda matrix, _: matrix.diagonal().sum() / matrix.sum(), "The class is still in."),
    ],
    hints=[
        "Cutting out the row and the column of the class cuts out errors with it.",
        "Add up hits, column sums and row sums of the classes that stay.",
    ],
)


def spans(tags):
    """Return the entities of a sentence, each `(class, first, behind the last)`."""
    starts = [i for i, tag in enumerate(tags) if tag[0] == "B"]
    ends = [
        next((j for j in range(i + 1, len(tags)) if tags[j][0] != "I"), len(tags)) for i in starts
    ]
    return {(tags[i][2:], i, j) for i, j in zip(starts, ends, strict=True)}


def pair(true, guess, hint=""):
    return Case((true.split(), guess.split()), hint)


entities = Function(
    lambda true, guess: len(spans(true) & spans(guess)),
    [
        pair("O B-PER I-PER O B-LOC", "O B-PER I-PER O B-LOC"),
        pair("B-ORG I-ORG I-ORG", "B-ORG I-ORG O", "The last token has to be the same, too."),
        pair("B-LOC I-LOC O", "B-PER I-PER O", "The class has to be the same, too."),
        pair("B-LOC B-LOC", "B-LOC I-LOC", "A B begins a new entity, and so ends the one before."),
        pair("B-PER I-PER O B-PER", "O B-PER O B-PER", "The first token has to be the same, too."),
        pair("B-LOC O", "B-LOC I-LOC"),
        pair("B-PER O O", "O O B-PER", "The same class at another place is another entity."),
        pair("B-PER O B-PER", "B-PER O B-PER", "Two persons are two entities."),
    ],
    hints=[
        "Turn each list of tags into a set of (class, first, last), then intersect.",
        "An entity ends where the next tag is not I, or where the sentence ends.",
    ],
)

enough = Value(
    1.96**2 * 0.55 * 0.45 / 0.005**2,
    tolerance=0.015,  # also for who takes a half for the 0.55
    unit="images",
    mistakes={
        1.96 * 0.55 * 0.45 / 0.005**2: "Solve for n: 1.96 ends up squared, too.",
        4 * 1.96**2 * 0.55 * 0.45 / 0.005**2: "0.5 points to each side: the interval is 1 wide.",
        1.96 * 0.5 / 0.005: "That is the root of n: solve for n.",
        1.96**2 * 0.55 * 0.45 / 0.5**2: "Half a point is 0.005, not 0.5.",
    },
    hints=[
        "Set 1.96 standard errors equal to 0.005.",
        "Solve for n: both 1.96 and 0.005 end up squared.",
    ],
)
