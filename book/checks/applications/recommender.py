"""What `book/applications/recommender.ipynb` checks its exercises with."""

import math

from helpers.check import Case, Choice, Function, Value

TWICE, MORE = 1.5, 3.0


def judged(whole, few):
    times = few / whole
    return "same" if times < TWICE else "twice" if times < MORE else "more"


def reasons(whole, few):
    found = f"Among all films {whole:.0%}, among a hundred {few:.0%}: {few / whole:.1f} times."
    rivals = "Most rivals drawn at random are films that few people like."
    luck = "Even a draw by lot has it among the first ten of a hundred in one case of ten."
    return dict.fromkeys(("same", "twice", "more"), f"{found} {rivals} {luck}")


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


def ndcg_of_the_listed(ranked, wanted, k):
    return ndcg_of(ranked, wanted & set(ranked), k) if wanted & set(ranked) else 0.0


def ndcg_of_reciprocals(ranked, wanted, k):
    gains = [1 / r for r in range(1, k + 1)]
    hits = sum(gain for gain, film in zip(gains, ranked, strict=False) if film in wanted)
    return hits / sum(gains[: len(wanted)])


def ndcg_one_place_late(ranked, wanted, k):
    gains = [1 / math.log2(r + 2) for r in range(1, k + 1)]
    hits = sum(gain for gain, film in zip(gains, ranked, strict=False) if film in wanted)
    return hits / sum(gains[: len(wanted)])


ndcg = Function(
    ndcg_of,
    [
        ([4, 7, 1, 9, 2], {9}, 5),
        Case(([4, 7, 1, 9, 2], {2}, 3), "The wanted film stands below place k."),
        Case(([4, 7, 1, 9, 2], {4, 1}, 4), "Two are wanted, and the best ranking has both on top."),
        Case(([1, 2, 3], {1, 2, 3, 4, 5}, 2), "More are wanted than there are places."),
        Case(([5, 6], {6}, 10), "The list is shorter than k."),
        Case(([3, 8, 5, 9], {8, 9, 20}, 4), "One of the wanted films is not in the list at all."),
    ],
    tolerance=1e-6,
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
        (
            lambda ranked, wanted, k: len(set(ranked[:k]) & wanted) / k,
            "That is the share of the places that hit: here a higher place counts more.",
        ),
        (
            ndcg_of_the_listed,
            "The best ranking has all wanted films on top, also those that `ranked` lacks.",
        ),
        (ndcg_of_reciprocals, "A place r counts 1 / log2(r + 1), not 1 / r."),
        (ndcg_one_place_late, "The first place is r = 1 and counts 1 / log2(2) = 1."),
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
        (
            lambda r, N, m: math.comb(N - r, m) / math.comb(N - 1, m),
            "That is without repetition. Here a film may be drawn more than once.",
        ),
        (
            lambda r, N, m: ((N - r - 1) / (N - 1)) ** m,
            "Places r + 1 to N are worse: those are N - r films.",
        ),
        (
            lambda r, N, m: ((N - r + 1) / N) ** m,
            "The film itself is not among its rivals: N - r of the other N - 1 are worse.",
        ),
        (
            lambda r, N, m: m * (N - r) / (N - 1),
            "Chances of independent draws that all have to happen are multiplied, not added.",
        ),
        (
            lambda r, N, m: 1 - m * (r - 1) / (N - 1),
            "Chances of a better rival do not add up: two draws may both be better. "
            "Multiply the chances of a worse one.",
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
        200_000 * 26 * 40 * 64 * 2 / 1e6: "Those are megabytes; a GB has 10⁹ bytes.",
        200_000 * 26 * 40 * 64 * 2 / 1e12: "Those are terabytes; a GB has 10⁹ bytes.",
        200_000 * 26 * 40 * 64 * 2 / 2**30: "Those are GiB; a GB has 10⁹ bytes.",
        200_000 * 26 * 40 * 2 / 1e9: "A row has 64 numbers.",
        26 * 40 * 64 * 2 / 1e9: "That is one request; 200,000 come in a second.",
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


OUT_OF_ORDER = [(7.0, "a", 1), (2.0, "a", 2), (5.0, "a", 5)]

#: Known people and a stranger, later and earlier events, the same moment: mistakes differ here.
ASKED = [
    *[(0.5, "a", 2), (1.5, "c", 3), (3.5, "d", 4), (2.0, "b", 8)],
    *[(1.5, "a", 4), (3.5, "a", 7), (3.5, "b", 1)],
]


def share(leaks):
    """Return a mistaken function: `leaks(moments, when)` of the person's moments in `learnt`."""

    def mistaken(learnt, asked):
        moments = [([t for t, q, _ in learnt if q == p], when) for when, p, _ in asked]
        return sum(leaks(*given) for given in moments) / len(asked)

    return mistaken


def leak_of_people(learnt, asked):
    leaking = {person for when, person, _ in asked if leak_of(learnt, [(when, person, 0)])}
    return len(leaking) / len({person for _, person, _ in asked})


leak = Function(
    leak_of,
    [
        Case((LEARNT, ASKED), "Not everybody who asks has an event in `learnt`: d has none."),
        Case((LEARNT, [(10.0, "a", 2), (11.0, "c", 3)]), "Nothing that was learnt is later."),
        Case((LEARNT, [(5.0, "d", 2), (0.5, "b", 3)]), "Of d nothing was learnt."),
        Case((OUT_OF_ORDER, [(6.0, "a", 4), (4.0, "a", 3)]), "The later one stands first."),
    ],
    tolerance=1e-6,
    mistakes=[
        (
            share(lambda moments, when: bool(moments)),
            "A person may be known. The leak is an event of theirs that happened later.",
        ),
        (
            lambda learnt, asked: (
                sum(any(t > when for t, _, _ in learnt) for when, _, _ in asked) / len(asked)
            ),
            "Later events of other people do not count here.",
        ),
        (
            share(lambda moments, when: any(t >= when for t in moments)),
            "Later is later: the same moment does not count.",
        ),
        (
            share(lambda moments, when: any(t < when for t in moments)),
            "Those happened earlier and may be known. The leak is what happened later.",
        ),
        (
            share(lambda moments, when: sum(t > when for t in moments)),
            "Count each event of `asked` once, however many later ones there are.",
        ),
        (
            share(lambda moments, when: min(moments, default=when) > when),
            "One later event is enough: look at the last one of each person, not the first.",
        ),
        (
            leak_of_people,
            "A share of events is asked, not of people: divide by the number of events in `asked`.",
        ),
        (
            lambda learnt, asked: leak_of(
                [(-when, *rest) for when, *rest in asked],
                [(-when, *rest) for when, *rest in learnt],
            ),
            "Go through the events of `asked`, and look for later ones in `learnt`.",
        ),
        (
            lambda learnt, asked: leak_of(learnt, asked) * len(asked),
            "A share is asked: divide by the number of events in `asked`.",
        ),
        (lambda learnt, asked: 100 * leak_of(learnt, asked), "A share lies between 0 and 1."),
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
        case(20, 2, 3, 6, 2, 3, "A row of another rank may lie in a row that this part lacks."),
        Case(none, "No bag has a row of this rank: zeros."),
        case(8, 4, 2, 3, 0, 1, "One rank keeps everything."),
    ]


def unmasked(mine, ids, rank, n):
    return mine[(ids // n).clamp(max=len(mine) - 1)].sum(1)


def meaned(mine, ids, rank, n):
    return partial(mine, ids, rank, n) / ids.shape[1]


def not_masked_after(mine, ids, rank, n):
    return mine[(ids // n).where(ids % n == rank, 0)].sum(1)


def in_blocks(mine, ids, rank, n):
    own = ids // len(mine) == rank
    return (mine[(ids - rank * len(mine)).where(own, 0)] * own[..., None]).sum(1)


def at_the_remainder(mine, ids, rank, n):
    own = ids % n == rank
    return (mine[(ids % n).where(own, 0)] * own[..., None]).sum(1)


def swapped(mine, ids, rank, n):
    own = ids // n == rank
    return (mine[(ids % n).where(own, 0)] * own[..., None]).sum(1)


shard = Function(
    partial,
    shard_cases,
    tolerance=1e-5,
    mistakes=[
        (unmasked, "Rows of other ranks are not yours to add: mask them."),
        (meaned, "Sums are asked, not means."),
        (not_masked_after, "Row 0 took the place of other ranks' rows: multiply by the mask, too."),
        (in_blocks, "Rows go round the ranks one by one, not in blocks: the rank is `ids % n`."),
        (at_the_remainder, "`ids % n` is the rank; within the part, the row is `ids // n`."),
        (swapped, "The other way round: `ids % n` is the rank, `ids // n` the row."),
    ],
    hints=[
        "`ids % n == rank` says which rows are here, `ids // n` where they lie.",
        "Fetch with a harmless row number where the row is not here, multiply by the mask, add.",
    ],
)
