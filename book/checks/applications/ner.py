"""What `book/applications/ner.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Properties, Value

prediction = Choice(
    lambda kept: "a" if kept > 0.9 else "b" if kept > 0.5 else "c",
    lambda kept: dict.fromkeys(
        "abc",
        f"{kept:.0%} of its F1 is left. It had read the names, and the new ones tell it nothing.",
    ),
)

whole = Value(
    0.95**4,
    tolerance=0.005,
    mistakes={
        0.95: "That is one tag. How many tags must all be right?",
        0.95**3: "The tag behind the name must be right, too: it says where the name ends.",
        1 - 4 * 0.05: "Probabilities of independent tags multiply.",
        4 * 0.95: "Probabilities of independent tags multiply.",
        100 * 0.95**4: "A share lies between 0 and 1.",
    },
    hints=["Four tags must all be right.", "Independent probabilities multiply."],
    reason="Nineteen of twenty tags, and only four of five names.",
)


def mended(tags):
    found = []
    for tag in tags:
        before = found[-1] if found else "O"
        found.append("B" + tag[1:] if tag[0] == "I" and before[2:] != tag[2:] else tag)
    return found


SENTENCES = [
    ("O I-PER I-PER O", "The I that follows an O begins a name; the next one goes on with it."),
    ("B-LOC I-LOC O", "Nothing is to mend here."),
    ("I-LOC O", "The first tag has nothing before it."),
    ("I-LOC O B-LOC", "The first tag has nothing before it: `tags[-1]` is the last one."),
    ("B-PER I-LOC I-LOC", "An I of another kind does not go on with a name."),
    ("O B-PER B-PER I-PER", "Nothing is to mend here."),
    ("I-song I-film I-film", "The kinds may be any."),
    ("", "A sentence may be empty."),
]


def mends(answer):
    """Yield whether an answer mends each sentence, and what it did instead."""
    for sentence, hint in SENTENCES:
        tags = sentence.split()
        found = answer(list(tags))
        yield isinstance(found, list | tuple), "Return the tags as a list."
        shown = f"{' '.join(map(str, found)) or 'nothing'}, and {' '.join(mended(tags))} is needed"
        yield list(found) == mended(tags), f"For {sentence}: {shown}. {hint}"


mend = Properties(
    mends,
    hints=[
        "Look at the tag before: does it have the same kind?",
        "The kind is what stands behind the hyphen; O has none.",
    ],
)


def leaking(learn, test):
    templates = {template for template, _ in learn}
    met = {name.lower() for _, names in learn for name in names}
    return [
        place
        for place, (template, names) in enumerate(test)
        if template in templates or not met.isdisjoint(name.lower() for name in names)
    ]


def by_template(learn, test):
    return [n for n, (t, _) in enumerate(test) if t in {known for known, _ in learn}]


def by_sentence(learn, test):
    return [n for n, sentence in enumerate(test) if sentence in learn]


def with_both(learn, test):
    return sorted(set(by_template(learn, test)) & set(by_name(learn, test)))


def by_name(learn, test):
    met = {name.lower() for _, names in learn for name in names}
    return [n for n, (_, names) in enumerate(test) if met & {name.lower() for name in names}]


LEARNT = [
    ("turn on {name}", ("ada lovelace",)),
    ("is {name} in the {area}", ("Grace", "kitchen")),
    ("stop", ()),
]

leak = Function(
    leaking,
    [
        (
            LEARNT,
            [
                ("turn on {name}", ("alan",)),
                ("dim {name}", ("ada lovelace",)),
                ("is {name} in the {area}", ("ada lovelace", "garage")),
                ("stop", ()),
                ("lock {area}", ("garage",)),
            ],
        ),
        Case(
            (
                LEARNT,
                [
                    ("find {name}", ("grace",)),
                    ("find {name}", ("ada lovelace",)),
                    ("stop", ("bob",)),
                    ("stop", ()),
                ],
            ),
            "Capitals make no new person.",
        ),
        Case(
            (
                LEARNT,
                [("call {name}", ("ada",)), ("call {name}", ("Grace",)), ("stop", ()), ("go", ())],
            ),
            "Ada alone is another name than Ada Lovelace, and a sentence may have no name.",
        ),
        Case(
            (LEARNT, [("move {name} to the {area}", ("bob", "kitchen"))]),
            "One name that was learnt is enough.",
        ),
    ],
    mistakes=[
        (by_sentence, "Equal sentences are the smallest part of the leak."),
        (by_template, "A new template with a name that was learnt is a leak, too."),
        (by_name, "A template that was learnt, with new names, is a leak, too."),
        (with_both, "Either is enough: the template or a name."),
    ],
    hints=[
        "Collect the templates and the names of the training part in two sets.",
        "A test sentence leaks if its template is in the one, or any of its names in the other.",
    ],
)


def surfaces(true, said):
    true, said = set(true), set(said)
    return 2 * len(true & said) / (len(true) + len(said)) if true or said else 0.0


def counted(true, said):
    hits = sum(min(true.count(e), said.count(e)) for e in set(true))
    return 2 * hits / (len(true) + len(said)) if true or said else 0.0


def with_long_lists(true, said):
    return 2 * len(set(true) & set(said)) / (len(true) + len(said)) if true or said else 0.0


def without_kind(true, said):
    return surfaces([text for _, text in true], [text for _, text in said])


def overlap(true, said):
    true, said = set(true), set(said)
    return len(true & said) / len(true | said) if true or said else 0.0


def share(of, among):
    return len(set(of) & set(among)) / max(1, len(set(of)))


TRUE = [("PER", "ada"), ("PER", "ada"), ("PER", "ada"), ("LOC", "attic"), ("LOC", "paris")]

surface = Function(
    surfaces,
    [
        Case(
            (TRUE, [("PER", "ada")] * 3 + [("PER", "of")]),
            "A name that comes several times is one name.",
        ),
        Case((TRUE, [("LOC", "ada"), ("LOC", "attic")]), "The kind has to be right, too."),
        (TRUE, [("PER", "ada"), ("LOC", "attic"), ("LOC", "paris"), ("PER", "of")]),
        Case(([], []), "Without any name: the task says what to return."),
        (TRUE, []),
    ],
    mistakes=[
        (counted, "A name that comes several times is one name."),
        (with_long_lists, "A name that comes several times is one name, in the sizes, too."),
        (without_kind, "The kind has to be right, too."),
        (overlap, "That divides by all that are in either; F1 divides by the sum of both sizes."),
        (lambda true, said: share(said, true), "That is precision: names missed cost nothing."),
        (lambda true, said: share(true, said), "That is recall: names made up cost nothing."),
        (
            lambda true, said: surfaces(true, said) / 2,
            "Common names count twice: once on each side.",
        ),
    ],
    hints=["Make sets of both lists.", "F1 is twice the common ones over the sum of both sizes."],
)


def per_byte(n, k, m):
    return 2 * n * k * m / (4 * (n * k + k * m + n * m))


intensity = Function(
    per_byte,
    [(1, 64, 64), (8, 64, 64), (2048, 64, 256), (512, 768, 3072)],
    mistakes=[
        (lambda n, k, m: 2 * n * k * m / (n * k + k * m + n * m), "A number has four bytes."),
        (
            lambda n, k, m: 2 * n * k * m / (4 * (n * k + n * m)),
            "The weights are read, too; for one token they are nearly all there is.",
        ),
        (
            lambda n, k, m: n * k * m / (4 * (n * k + k * m + n * m)),
            "A multiplication and an addition are 2 FLOP.",
        ),
        (lambda n, k, m: 2 * n * k * m / (4 * k * m), "Inputs and outputs move, too."),
        (
            lambda n, k, m: 2 * n * k * m / (4 * (k + k * m + m)),
            "Each of the n tokens has inputs and outputs of its own.",
        ),
        (
            lambda n, k, m: 2 * k * m / (4 * (n * k + k * m + n * m)),
            "Each of the n tokens takes its operations.",
        ),
    ],
    hints=[
        "FLOP: each of the n times m outputs takes k multiplications and additions.",
        "Bytes: inputs n times k, weights k times m, outputs n times m, four bytes each.",
    ],
)
