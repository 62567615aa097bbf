"""What `book/applications/customer_service.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    lambda share: "few" if share < 0.1 else "some" if share <= 0.5 else "most",
    lambda share: dict.fromkeys(
        ("few", "some", "most"),
        f"On the encoder's vectors it is more than half sure of {share:.0%}. It has learnt to "
        "divide what it knows, and nothing about what it does not know.",
    ),
)

line = Value(
    0.92,
    tolerance=0.001,
    mistakes={
        4 / 50: "That is the chance of being wrong that the desk can afford.",
        50 / 54: "A right answer costs nothing here, so the costs are not added up.",
        4 / 54: "A right answer costs nothing here, so the costs are not added up.",
        **dict.fromkeys((92, 46, 12.5, 11.5), "A probability lies between 0 and 1."),
        1 - 1 / 50: "A hand-off costs 4, not 1: only the ratio of the two counts.",
        0.75: "That is for a wrong answer that costs four hand-offs. How many does this one cost?",
    },
    hints=[
        "Answering costs (1 − p) · 50 on average. What does handing off cost?",
        "Solve (1 − p) · 50 = 4 for p.",
    ],
    reason="One wrong answer in twelve and a half costs as much as handing all of them off.",
)


def fused(rankings, k=60):
    names = sorted({name for ranking in rankings for name in ranking})
    sums = [sum(1 / (k + 1 + r.index(name)) for r in rankings if name in r) for name in names]
    return [name for _, name in sorted(zip([-s for s in sums], names, strict=True))]


def from_zero(rankings, k=60):
    return fused(rankings, k - 1)


def by_places(rankings, k=60):
    """Add the places themselves; who is missing gets the place behind the last."""
    names = sorted({name for ranking in rankings for name in ranking})
    sums = {n: sum(r.index(n) if n in r else len(r) for r in rankings) for n in names}
    return sorted(names, key=lambda name: (sums[name], name))


def by_best(rankings, k=60):
    names = sorted({name for ranking in rankings for name in ranking})
    best = {n: min(r.index(n) for r in rankings if n in r) for n in names}
    return sorted(names, key=lambda name: (best[name], name))


def in_all(rankings, k=60):
    return [n for n in fused(rankings, k) if all(n in ranking for ranking in rankings)]


def always_sixty(rankings, k=60):
    return fused(rankings)


def by_last(rankings, k=60):
    """Overwrite what an earlier list gave."""
    last = {name: 1 / (k + n) for ranking in rankings for n, name in enumerate(ranking, 1)}
    return sorted(last, key=lambda name: (-last[name], name))


def behind_the_last(rankings, k=60):
    """Give what a list does not hold the place behind its last."""
    names = {name for ranking in rankings for name in ranking}
    places = [{name: n for n, name in enumerate(ranking, 1)} for ranking in rankings]
    sums = {name: sum(1 / (k + at.get(name, len(at) + 1)) for at in places) for name in names}
    return sorted(names, key=lambda name: (-sums[name], name))


def without_brackets(rankings, k=60):
    sums = {}
    for ranking in rankings:
        for place, name in enumerate(ranking, 1):
            sums[name] = sums.get(name, 0) + 1 / k + place
    return sorted(sums, key=lambda name: (-sums[name], name))


def backwards(rankings, k=60):
    return fused(rankings, k)[::-1]


rank = Function(
    fused,
    [
        ([[3, 1, 4], [4, 3, 9]],),
        Case(([[7, 9], [6, 8]],), "Of equal sums the lower number goes first."),
        Case(([[9, 2], [8]], 10), "A list may be short, and a number may stand in one alone."),
        Case(
            ([[1, 2, 3, 9], [4, 5, 6, 9], [7, 8, 0, 9]], 2),
            "With k = 2 the first place gives a third, the fourth a sixth.",
        ),
        Case(
            ([[1, 5, 2, 3], [4, 6, 7, 5]], 1),
            "With k = 1 the first place gives a half, the second a third, the fourth a fifth.",
        ),
        Case(
            ([[1, 2, 3], [4, 5, 6, 3]], 1),
            "With k = 1 one first place, a half, beats a third and a fourth: a fourth and a fifth.",
        ),
        Case(([[1, 2, 3], [2, 4, 5], [6, 7, 1], []], 60), "A list may be empty."),
    ],
    mistakes=[
        (from_zero, "The first place is 1, not 0."),
        (by_best, "All lists count, not the best place alone."),
        (always_sixty, "Use the k that is given; 60 is only what it is if nobody gives one."),
        (without_brackets, "Mind the brackets: 1 / (k + place)."),
        (by_last, "Add to what earlier lists gave; do not overwrite it."),
        (behind_the_last, "What a list does not hold gets nothing from it."),
        (by_places, "The places themselves are not added: each gives 1 / (k + place)."),
        (in_all, "A number that stands in one list alone counts, too."),
        (backwards, "The largest sum goes first."),
    ],
    hints=[
        "Keep a sum for each passage, and add 1 / (k + place) for each list that holds it.",
        "`sorted(..., key=lambda n: (-scores[n], n))` settles equal sums.",
    ],
)


def clean(learnt, test):
    if not test:
        return 0
    heard = [message.strip().lower() for message, _ in learnt]
    forms = [template for _, template in learnt]
    leaks = sum(m.strip().lower() in heard or t in forms for m, t in test)
    return 1 - leaks / len(test)


def by_message(learnt, test):
    heard = {m.strip().lower() for m, _ in learnt}
    return sum(m.strip().lower() not in heard for m, _ in test) / len(test) if test else 0


def by_form(learnt, test):
    forms = {t for _, t in learnt}
    return sum(t not in forms for _, t in test) / len(test) if test else 0


def by_pair(learnt, test):
    return sum(pair not in learnt for pair in test) / len(test) if test else 0


def as_written(learnt, test):
    heard, forms = {m for m, _ in learnt}, {t for _, t in learnt}
    return sum(m not in heard and t not in forms for m, t in test) / len(test) if test else 0


def leaking(learnt, test):
    return 1 - clean(learnt, test) if test else 0


def without_spaces(learnt, test):
    return clean(*([(m.replace(" ", ""), t) for m, t in side] for side in (learnt, test)))


def per_cent(learnt, test):
    return 100 * clean(learnt, test)


def counted(learnt, test):
    return clean(learnt, test) * len(test)


LEARNT = [
    ("turn on the lamp", "turn on {name}"),
    ("lights out", "lights out"),
    ("Stop", "(stop|halt)"),
]

leak = Function(
    clean,
    [
        (
            LEARNT,
            [
                ("turn on the fan", "turn on {name}"),
                ("dim the lamp", "dim {name}"),
                ("lights out", "(lights|lamps) out"),
                ("halt", "(stop|halt)"),
                ("louder", "louder"),
                ("cooler", "cooler"),
                ("brighter", "brighter"),
            ],
        ),
        Case((LEARNT, [("Lights out ", "{name} out"), ("warmer", "warmer")]), "Capitals, spaces."),
        Case((LEARNT, [("lamps out", "{name} out"), ("stop", "stop {name}"), ("go", "go")]), ""),
        Case(
            ([("log in", "log in")], [("login", "login [now]"), ("go", "go")]),
            "Spaces within a message stay.",
        ),
        Case(([], [("go", "go")]), "Where nothing was learnt, nothing leaks."),
        Case((LEARNT, []), "An empty test: the task says what to return."),
    ],
    mistakes=[
        (as_written, "Capitals, and spaces at the ends, make no other message."),
        (by_message, "A new sentence of a template that was learnt leaks, too."),
        (by_form, "The same sentence from another template leaks, too."),
        (by_pair, "A message leaks by its template or by its text; the two need not go together."),
        (leaking, "That is the share that leaks."),
        (without_spaces, "Only spaces at the ends go; those within a message stay."),
        (per_cent, "A share lies between 0 and 1."),
        (counted, "That is a number of messages; a share is asked for."),
    ],
    hints=[
        "Make a set of the messages learnt, stripped and in small letters, and one of templates.",
        "A message is clean if it is in neither set.",
    ],
)


def cheapest(scores, good, w):
    pairs = sorted(zip(scores, good, strict=True), reverse=True)
    costs, wrong = [len(pairs)], 0
    for n, (score, right) in enumerate(pairs, 1):
        wrong += not right
        if n == len(pairs) or pairs[n][0] < score:  # equal scores go the same way
            costs.append(w * wrong + len(pairs) - n)
    return min(costs)


def one_by_one(scores, good, w):
    """Cut between equal scores, too."""
    flags = [right for _, right in sorted(zip(scores, good, strict=True), reverse=True)]
    return min(w * (n - sum(flags[:n])) + len(flags) - n for n in range(len(flags) + 1))


def above(scores, good, w):
    """Answer above the threshold alone, so never all."""
    pairs = list(zip(scores, good, strict=True))
    return min(sum(1 if s <= line else w * (not r) for s, r in pairs) for line in scores)


def never_silent(scores, good, w):
    pairs = list(zip(scores, good, strict=True))
    return min(sum(1 if s < line else w * (not r) for s, r in pairs) for line in scores)


def each_its_best(scores, good, w):
    return sum(0 if right else min(1, w) for right in good)


def by_the_rule(scores, good, w):
    line = 1 - 1 / w
    return sum(1 if s < line else w * (not r) for s, r in zip(scores, good, strict=True))


def hand_offs_free(scores, good, w):
    pairs = list(zip(scores, good, strict=True))
    lines = [*scores, float("inf")]
    return min(sum(w * (not r) for s, r in pairs if s >= line) for line in lines)


def costs_of(scores, good, w, hand_off=1, needless=None):
    """Return the cost at each threshold; a right reply that is handed off costs `needless`."""
    needless = hand_off if needless is None else needless
    pairs = list(zip(scores, good, strict=True))
    for line in [*scores, float("inf")]:
        yield sum(w * (not r) if s >= line else needless if r else hand_off for s, r in pairs)


def needless_alone(scores, good, w):
    return min(costs_of(scores, good, w, 0, 1))


def one_less(scores, good, w):
    return min(costs_of(scores, good, w - 1))


def the_line(scores, good, w):
    costs = list(costs_of(scores, good, w))
    return [*scores, float("inf")][costs.index(min(costs))]


def on_average(scores, good, w):
    return cheapest(scores, good, w) / len(scores)


def by_hundredths(scores, good, w):
    lines = [n / 100 for n in range(102)]
    return min(
        sum(1 if s < t else w * (not r) for s, r in zip(scores, good, strict=True)) for t in lines
    )


def all_or_nothing(scores, good, w):
    return min(len(scores), w * sum(not right for right in good))


bill = Function(
    cheapest,
    [
        ([0.9, 0.8, 0.6, 0.4, 0.2], [True, True, False, True, False], 3),
        Case(([0.9, 0.8, 0.7], [False, False, True], 5), "Handing everything off is allowed."),
        Case(([0.3, 0.2, 0.1], [True, False, True], 1.5), "Answering everything is allowed."),
        Case(
            ([0.7, 0.7, 0.7, 0.2], [True, True, False, False], 4),
            "Equal scores lie on the same side of any threshold.",
        ),
        Case(
            ([0.0004, 0.0001, 0.0002], [True, False, True], 1.2),
            "Scores may lie anywhere, and close together: try each of them.",
        ),
        ([0.95, 0.9, 0.5, 0.45, 0.4, 0.1], [True, False, True, True, True, False], 2),
    ],
    mistakes=[
        (one_by_one, "Equal scores lie on the same side of any threshold."),
        (needless_alone, "A hand-off costs 1 even where the reply would have been wrong."),
        (one_less, "A wrong answer costs w, not w - 1: nothing is taken off."),
        (the_line, "That is the threshold. Its cost is asked for."),
        (on_average, "The total is asked for, not the mean."),
        (by_hundredths, "Scores may lie anywhere, and close together: try each of them."),
        (all_or_nothing, "Thresholds between answering all and nothing count, too."),
        (above, "At the threshold itself the desk answers, so it can answer everything."),
        (never_silent, "Handing everything off is allowed: a threshold above all scores."),
        (
            each_its_best,
            "One threshold for all: the desk does not know which reply is right. Below it each "
            "costs 1, from it on a wrong one costs w.",
        ),
        (by_the_rule, "The rule needs honest probabilities. Here try every threshold."),
        (hand_offs_free, "A hand-off costs 1."),
    ],
    hints=[
        "Only the scores themselves, and one above all of them, need to be tried.",
        "For each: 1 for every score below, w for every wrong reply that is not below.",
    ],
)
