"""What `book/applications/medical.ipynb` checks its exercises with."""

from fractions import Fraction

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    lambda right: "half" if right < 0.58 else "more" if right <= 0.75 else "most",
    lambda right: dict.fromkeys(
        ("half", "more", "most"),
        f"With shuffled cells {right:.0%} are right, although a coin decided: the nearest cell is "
        "one of the same patient.",
    ),
)


def leaks(learn, test, size):
    def pixels(tile):
        picture, left, top = tile
        return {(picture, left + x, top + y) for x in range(size) for y in range(size)}

    seen = set().union(*map(pixels, learn))
    return sum(bool(seen & pixels(tile)) for tile in test)


def the_same(learn, test, size):
    return sum(tile in learn for tile in test)


def near(learn, test, size, *, by_picture=True, touching=False, corner=all):
    def share(a, b):
        apart = (abs(a[1] - b[1]), abs(a[2] - b[2]))
        close = corner(d <= size if touching else d < size for d in apart)
        return close and (a[0] == b[0] or not by_picture)

    return [[share(tile, other) for other in learn] for tile in test]


def of_any_picture(learn, test, size):
    return sum(map(any, near(learn, test, size, by_picture=False)))


def touching(learn, test, size):
    return sum(map(any, near(learn, test, size, touching=True)))


def in_one_direction(learn, test, size):
    return sum(map(any, near(learn, test, size, corner=any)))


def pairs(learn, test, size):
    return sum(map(sum, near(learn, test, size)))


def of_learnt(learn, test, size):
    return leaks(test, learn, size)


def one_picture(learn, test, size):
    return sum(tile[0] in {other[0] for other in learn} for tile in test)


def on_one_side(learn, test, size):
    def share(a, b):
        return a[0] == b[0] and 0 <= a[1] - b[1] < size and 0 <= a[2] - b[2] < size

    return sum(any(share(tile, other) for other in learn) for tile in test)


def by_distance(learn, test, size, *, length):
    def share(a, b):
        return a[0] == b[0] and length(abs(a[1] - b[1]), abs(a[2] - b[2])) < size

    return sum(any(share(tile, other) for other in learn) for tile in test)


def sum_of_both(learn, test, size):
    return by_distance(learn, test, size, length=lambda x, y: x + y)


def as_the_crow_flies(learn, test, size):
    return by_distance(learn, test, size, length=lambda x, y: (x * x + y * y) ** 0.5)


def half_the_size(learn, test, size):
    return by_distance(learn, test, size, length=lambda x, y: 2 * max(x, y))


def clean(learn, test, size):
    return len(test) - leaks(learn, test, size)


#: Tiles on which each well-known mistake gives another number.
LEARNT = [
    *(("c", 8, 5), ("b", 7, 11), ("a", 15, 9), ("a", 2, 6), ("c", 3, 5), ("c", 13, 2)),
    ("c", 11, 9),
]
JUDGED = [
    *(("c", 9, 6), ("b", 0, 3), ("b", 0, 10), ("a", 14, 6), ("a", 11, 3), ("c", 15, 1)),
    *(("b", 10, 9), ("b", 7, 11), ("a", 3, 5), ("c", 8, 13), ("b", 5, 15), ("b", 4, 14)),
    ("c", 9, 12),
]

leak = Function(
    leaks,
    [
        (LEARNT, JUDGED, 4),
        Case(([("a", 0, 0)], [("a", 8, 0), ("a", 0, 8)], 8), "Side by side, no pixel is shared."),
        Case(([("a", 0, 0)], [("b", 0, 0)], 8), "The same place in another picture is no leak."),
        Case(([("a", 0, 0)], [("a", 2, 30)], 8), "Near in one direction, far in the other."),
        Case(([("a", 0, 0), ("a", 4, 0)], [("a", 2, 0)], 6), "A tile counts once."),
        Case(([("a", 5, 5)], [("a", 2, 2), ("a", 3, 8)], 4), "A neighbour may lie to the left."),
        ([], [("a", 0, 0)], 4),
    ],
    mistakes=[
        (the_same, "A tile need not be equal to leak; half of it is enough."),
        (of_any_picture, "Tiles of two pictures share nothing, wherever they lie."),
        (touching, "Tiles that touch share no pixel: they are `size` apart."),
        (in_one_direction, "They have to be near in both directions."),
        (pairs, "Count the tiles of `test`, each once, not the pairs."),
        (on_one_side, "A neighbour may lie to the left, or above."),
        (sum_of_both, "Compare each direction with `size` by itself, not their sum."),
        (as_the_crow_flies, "Tiles are squares: compare each direction, not the straight way."),
        (half_the_size, "Corners count from the left and the top: less than a whole `size` apart."),
        (clean, "So many do not leak. Count those that do."),
        (of_learnt, "Count the tiles of `test`, not of `learn`."),
        (one_picture, "That asks for the picture alone: stricter, and another question."),
    ],
    hints=[
        "Two tiles share a pixel if they are of one picture and less than `size` apart, both ways.",
        "For each tile of `test`: is there any tile of `learn` like that?",
    ],
)

alarms = Value(
    lambda: float(
        Fraction(90, 100 * 200) / (Fraction(90, 100 * 200) + Fraction(5 * 199, 100 * 200))
    ),
    tolerance=0.02,
    mistakes={
        0.9: "That is the share of the ill that it finds. Here the others ring, too.",
        0.9 / 0.95: "So it would be with as many healthy people as ill ones.",
        1 / 200: "So many are ill before the test; a ring says more.",
        9000 / 1085: "Give a share from 0 to 1, not a percentage.",
        0.08: "Near, but rounded too far: give one digit more.",
        995 / 1085: "So many of them are healthy. The others are asked for.",
        0.05: "For so many of the healthy it rings.",
        0.0902: "The ill for whom it rings are among all for whom it rings: count them below.",
        0.9 / 200: "That is the share of all people who are ill and found.",
        0.9 / 200 + 0.05 * 199 / 200: "For so many of all people it rings.",
    },
    hints=[
        "Of 20,000 people 100 are ill. For how many of them does it ring?",
        "And for how many of the other 19,900?",
    ],
    reason="90 of 90 + 995: one in twelve.",
)


def yes_from(cost, learnt, here):
    # where the expected price of yes is that of no, in the share of the ill at this claim
    ill, healthy = here / learnt, (1 - here) / (1 - learnt)
    return healthy / (healthy + cost * ill)


def without_prevalence(cost, learnt, here):
    return 1 / (1 + cost)


def without_cost(cost, learnt, here):
    return yes_from(1, learnt, here)


def swapped(cost, learnt, here):
    return yes_from(cost, here, learnt)


def cost_inverted(cost, learnt, here):
    return yes_from(1 / cost, learnt, here)


def by_shares(cost, learnt, here):
    return min(1.0, 1 / (1 + cost) * learnt / here)


def as_odds(cost, learnt, here):
    p = yes_from(cost, learnt, here)
    return p / (1 - p)


def true_one(cost, learnt, here):
    needed = 1 / cost * here / (1 - here)
    return needed / (1 + needed)


def odds(p):
    return p / (1 - p)


def share_of(wanted):
    return wanted / (1 + wanted)


def cost_alone_inverted(cost, learnt, here):
    return cost / (1 + cost)


def odds_alone(cost, learnt, here):
    return 1 / cost


def threshold_as_odds(cost, learnt, here):
    return share_of(1 / (1 + cost) * odds(learnt) / odds(here))


def shares_for_odds(cost, learnt, here):
    return share_of(1 / cost * learnt / here)


def without_here(cost, learnt, here):
    return share_of(1 / cost * odds(learnt))


line = Function(
    yes_from,
    [
        # first where every mistake gives another number
        (10, 0.37, 0.01),
        Case((10, 0.3, 0.3), "As many are ill here as where it learnt: the cost alone decides."),
        Case((1, 0.5, 0.01), "A miss costs one false alarm, and few are ill here."),
        (100, 0.5, 0.002),
        Case((4, 0.1, 0.4), "More are ill here than where it learnt."),
    ],
    tolerance=1e-6,
    mistakes=[
        (without_prevalence, "That is the true probability. The model claims another one."),
        (without_cost, "A miss costs `cost` false alarms, not one."),
        (swapped, "`learnt` and `here` are in each other's place: rarer here asks for more."),
        (cost_inverted, "The dearer a miss, the earlier you say yes."),
        (by_shares, "Prevalence multiplies odds, not probabilities."),
        (as_odds, "Those are the odds; the probability is odds / (1 + odds)."),
        (cost_alone_inverted, "The dearer a miss, the earlier you say yes."),
        (odds_alone, "Those are the true odds. The model claims others, and a probability."),
        (threshold_as_odds, "1 / (1 + cost) is a probability; its odds are 1 to `cost`."),
        (shares_for_odds, "The odds of a share p are p / (1 - p), not p."),
        (without_here, "The odds of `here` are missing: how rare is it where the model works?"),
        (true_one, "The odds of `learnt` are missing: they are in what the model claims."),
    ],
    hints=[
        "True odds of 1 to `cost` are enough for a yes.",
        "True odds = claimed odds · odds(here) / odds(learnt).",
        "Solve for the claimed odds, and return odds / (1 + odds).",
    ],
)


def recall_of_all(rows):
    ill = sum(row[2] for row in rows)
    return sum(row[0] * row[2] for row in rows) / ill if ill else 0.0


def of_followed(rows):
    return recall_of_all([row for row in rows if row[1]])


def of_rung(rows):
    rung = sum(row[0] for row in rows)
    return sum(row[0] * row[2] for row in rows) / rung if rung else 0.0


def share_followed(rows):
    ill = sum(row[2] for row in rows)
    return sum(row[1] * row[2] for row in rows) / ill if ill else 0.0


def found_and_followed(rows):
    ill = sum(row[2] for row in rows)
    return sum(row[0] * row[1] * row[2] for row in rows) / ill if ill else 0.0


def of_everybody(rows):
    return sum(row[0] * row[2] for row in rows) / len(rows) if rows else 0.0


def missed(rows):
    ill = sum(row[2] for row in rows)
    return 1 - recall_of_all(rows) if ill else 0.0


def rung_by_ill(rows):
    ill = sum(row[2] for row in rows)
    return sum(row[0] for row in rows) / ill if ill else 0.0


def of_healthy(rows):
    healthy = [row[0] for row in rows if not row[2]]
    return sum(healthy) / len(healthy) if healthy else 0.0


def right(rows):
    return sum(row[0] == row[2] for row in rows) / len(rows) if rows else 0.0


followed = Function(
    recall_of_all,
    [
        Case(
            (
                # so many that each mistake gives another number
                [(1, 1, 1)] * 5
                + [(1, 1, 0)] * 4
                + [(0, 1, 1)]
                + [(0, 0, 1)] * 6
                + [(1, 0, 1)] * 3
                + [(0, 0, 0)] * 9,
            ),
            "Some were sent home, and fell ill.",
        ),
        Case(([(1, 0, 1), (1, 1, 1), (0, 0, 1)],), "It rang for one whom nobody followed."),
        Case(([(1, 1, 0), (0, 0, 0)],), "Nobody is ill: the task says what to return."),
        ([],),
        ([(0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 0, 1)],),
    ],
    tolerance=1e-9,
    mistakes=[
        (of_followed, "That is the author's number: whoever was not followed is missing."),
        (of_rung, "That divides by those for whom it rang: precision."),
        (share_followed, "That counts who was followed, not for whom it rang."),
        (found_and_followed, "It rang for them, whether somebody followed or not."),
        (missed, "That is the share that it missed."),
        (rung_by_ill, "It rings for healthy people, too: of the rings, count those for the ill."),
        (of_healthy, "That is the share of the healthy for whom it rang: the false alarms."),
        (right, "That counts the healthy for whom it kept still: accuracy."),
        (of_everybody, "Divide by the ill, not by everybody."),
    ],
    hints=["The ill are all who are ill, followed or not.", "For how many of them did it ring?"],
)
