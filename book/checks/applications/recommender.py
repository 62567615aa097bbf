"""What `book/applications/recommender.ipynb` checks its exercises with."""

import math

from helpers.check import Case, Choice, Function, Value

TWICE, MORE = 1.5, 3.0


def judged(whole, few):
    times = few / whole
    return "same" if times < TWICE else "twice" if times < MORE else "more"


def reasons(whole, few):
    found = f"Among all films {whole:.0%}, among a hundred {few:.0%}: {few / whole:.1f} times."
    rivals = "Most rivals drawn at random are films that hardly anybody likes."
    return dict.fromkeys(("same", "twice", "more"), f"{found} {rivals}")


prediction = Choice(judged, reasons)


def ndcg_of(ranked, wanted, k):
    gains = [1 / math.log2(r + 1) for r in range(1, k + 1)]
    hits = sum(gain for gain, film in zip(gains, ranked, strict=False) if film in wanted)
    return hits / sum(gains[: len(wanted)])


def ndcg_without_best(ranked, wanted, k):
    gains = [1 / math.log2(r + 1) for r in range(1, k + 1)]
    return sum(gain for gain, film in zip(gains, ranked, strict=False) if film in wanted)


def ndcg_of_all(ranked, wanted, k):
    best = sum(1 / math.log2(r + 1) for r in range(1, k + 1))
    return ndcg_without_best(ranked, wanted, k) / best


def ndcg_uncut(ranked, wanted, k):
    return ndcg_of(ranked, wanted, max(k, len(ranked)))


def ndcg_of_wanted(ranked, wanted, k):
    best = sum(1 / math.log2(r + 1) for r in range(1, len(wanted) + 1))
    return ndcg_without_best(ranked, wanted, k) / best


ndcg = Function(
    ndcg_of,
    [
        ([4, 7, 1, 9, 2], {1}, 3),
        Case(([4, 7, 1, 9, 2], {2}, 3), "The wanted film stands below place k."),
        Case(([4, 7, 1, 9, 2], {4, 1}, 4), "Two are wanted, and the best ranking has both on top."),
        Case(([1, 2, 3], {1, 2, 3, 4, 5}, 2), "More are wanted than there are places."),
        Case(([5, 6], {6}, 10), "The list is shorter than k."),
    ],
    tolerance=1e-9,
    mistakes=[
        (
            ndcg_without_best,
            "The sum is divided by the largest that any ranking could have.",
        ),
        (
            ndcg_of_all,
            "With fewer wanted films than places, no ranking fills all places: the largest sum has "
            "only as many terms as films are wanted.",
        ),
        (
            ndcg_of_wanted,
            "The best ranking has k places, too: it cannot hold more wanted films than that.",
        ),
        (ndcg_uncut, "Only the first k places count."),
        (
            lambda ranked, wanted, k: len(set(ranked[:k]) & wanted) / min(k, len(wanted)),
            "That is recall: here a higher place counts more.",
        ),
    ],
    hints=[
        "Add 1 / log2(r + 1) over the places r up to k whose film is wanted; r begins with 1.",
        "Divide by the sum over the first min(k, number of wanted films) places.",
    ],
)

sampled = Function(
    lambda r, N, m: ((N - r) / (N - 1)) ** m,
    [
        (2, 11, 1),
        (11, 1682, 99),
        Case((1, 100, 5), "The best film of all comes first in any list."),
        Case((100, 100, 3), "The last one never comes first."),
        (40, 1000, 20),
    ],
    tolerance=1e-9,
    mistakes=[
        (
            lambda r, N, m: (N - r) / (N - 1),
            "That is for one rival; all m have to be worse.",
        ),
        (
            lambda r, N, m: ((N - r) / N) ** m,
            "Rivals are drawn from the other N - 1: the film itself is not among them.",
        ),
        (
            lambda r, N, m: 1 - ((r - 1) / (N - 1)) ** m,
            "That is the chance that at least one rival is worse. All of them have to be.",
        ),
        (
            lambda r, N, m: ((r - 1) / (N - 1)) ** m,
            "That is the chance that every rival is better.",
        ),
    ],
    hints=[
        "How many of the other N - 1 films stand below place r?",
        "Each rival is worse with that share; they are drawn independently.",
    ],
)

seconds = Value(
    200_000 * 26 * 40 * 64 * 2 / 1e9,
    tolerance=0.01,
    unit="GB/s",
    mistakes={
        200_000 * 26 * 64 * 2 / 1e9: "A bag has 40 rows, and each is read.",
        200_000 * 40 * 64 * 2 / 1e9: "Each request fetches 26 bags.",
        200_000 * 26 * 40 * 64 * 4 / 1e9: "A number has 2 bytes here.",
        200_000 * 26 * 40 * 64 / 1e9: "A number has 2 bytes here.",
        200_000 * 26 * 40 * 64 * 2 * 8 / 1e9: "Those are gigabits.",
        200_000 * 26 * 40 * 64 * 2: "Those are bytes; a GB has 10⁹.",
    },
    hints=[
        "Requests times bags times rows times bytes of a row.",
        "A row has 64 · 2 bytes.",
    ],
)


def leak_of(learnt, asked):
    last = {}
    for when, person, _ in learnt:
        last[person] = max(when, last.get(person, when))
    return sum(last.get(person, when) > when for when, person, _ in asked) / len(asked)


LEARNT = [(1.0, "a", 5), (4.0, "a", 6), (9.0, "a", 1), (2.0, "b", 5), (3.0, "c", 2)]

leak = Function(
    leak_of,
    [
        (LEARNT, [(5.0, "a", 2), (5.0, "b", 3), (1.0, "c", 4), (9.0, "a", 8), (6.0, "b", 1)]),
        Case((LEARNT, [(10.0, "a", 2), (11.0, "c", 3)]), "Nothing that was learnt is later."),
        Case((LEARNT, [(5.0, "d", 2), (0.5, "b", 3)]), "Of d nothing was learnt."),
        Case(([(7.0, "a", 1), (2.0, "a", 2)], [(3.0, "a", 4)]), "The later one stands first."),
    ],
    tolerance=1e-9,
    mistakes=[
        (
            lambda learnt, asked: (
                sum(any(p == q for _, q, _ in learnt) for _, p, _ in asked) / len(asked)
            ),
            "A person may be known. The leak is an event of theirs that happened later.",
        ),
        (
            lambda learnt, asked: (
                sum(any(t > when for t, _, _ in learnt) for when, _, _ in asked) / len(asked)
            ),
            "Later events of other people do not count here.",
        ),
        (
            lambda learnt, asked: (
                sum(any(p == q and t >= when for t, q, _ in learnt) for when, p, _ in asked)
                / len(asked)
            ),
            "Later is later: the same moment does not count.",
        ),
        (
            lambda learnt, asked: sum(
                any(p == q and t > when for t, q, _ in learnt) for when, p, _ in asked
            ),
            "A share is asked: divide by the number of events in `asked`.",
        ),
    ],
    hints=[
        "Keep for each person the latest moment in `learnt`.",
        "Count those of `asked` whose person has a later moment there; divide by their number.",
    ],
)


def partial(mine, ids, rank, n):
    total = mine.new_zeros(len(ids), mine.shape[1])
    for bag, rows in enumerate(ids.tolist()):
        for row in rows:
            if row % n == rank:
                total[bag] += mine[row // n]
    return total


def shard_cases():
    import torch

    torch.manual_seed(5)

    def case(rows, width, bags, each, rank, n, note=""):
        table = torch.rand(rows, width)
        ids = torch.randint(rows, (bags, each))
        given = (table[rank::n].clone(), ids, rank, n)
        return Case(given, note) if note else given

    none = (torch.rand(4, 2), torch.tensor([[1, 3], [5, 7]]), 0, 2)
    return [
        case(12, 3, 4, 5, 0, 2),
        case(20, 2, 3, 6, 2, 3),
        Case(none, "No bag has a row of this rank: zeros."),
        case(8, 4, 2, 3, 0, 1, "One rank keeps everything."),
    ]


def unmasked(mine, ids, rank, n):
    return mine[(ids // n).clamp(max=len(mine) - 1)].sum(1)


def meaned(mine, ids, rank, n):
    return partial(mine, ids, rank, n) / ids.shape[1]


shard = Function(
    partial,
    shard_cases,
    tolerance=1e-5,
    mistakes=[
        (unmasked, "Rows of other ranks are not yours to add: mask them."),
        (meaned, "Sums are asked, not means."),
    ],
    hints=[
        "`ids % n == rank` says which rows are here, `ids // n` where they lie.",
        "Fetch with a harmless row number where the row is not here, multiply by the mask, add.",
    ],
)
