"""What `book/applications/vision.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    lambda before, after: "a" if after > before - 0.005 else "b" if after > 0.2 * before else "c",
    lambda before, after: dict.fromkeys(
        "abc",
        f"The mean goes from {before:.3f} to {after:.3f}: it is taken over what was hit, so what "
        "is no longer found costs nothing.",
    ),
)

shift = Value(
    10 / 3,
    tolerance=0.005,
    unit="pixels",
    mistakes={
        5: "Then they share half of each, and cover one and a half: IoU 1/3.",
        2.5: "They cover more than one of them: 10 times (10 + s) pixels.",
        20 / 3: "That is what they share along the side; the question is the shift.",
        10: "Then they share nothing.",
        1 / 3: "That is a share of the side; the question is pixels.",
        3.3: "Rounded too far: give the fraction, or three digits.",
    },
    hints=[
        "They share 10 (10 - s) pixels and cover 10 (10 + s).",
        "Solve (10 - s) / (10 + s) = 1 / 2.",
    ],
    reason="A third of the side, and half of the IoU is gone.",
)


def clipped(boxes, width, height):
    kept = []
    for left, top, right, bottom in boxes:
        x = sorted((0, left, width))[1], sorted((0, right, width))[1]
        y = sorted((0, top, height))[1], sorted((0, bottom, height))[1]
        if x[0] < x[1] and y[0] < y[1]:
            kept.append([x[0], y[0], x[1], y[1]])
    return kept


def with_empty(boxes, width, height):
    return [[max(a, 0), max(b, 0), min(c, width), min(d, height)] for a, b, c, d in boxes]


def by_area(boxes, width, height):
    return [
        [a, b, c, d] for a, b, c, d in with_empty(boxes, width, height) if (c - a) * (d - b) > 0
    ]


def only_inside(boxes, width, height):
    return [
        [a, b, c, d] for a, b, c, d in boxes if a >= 0 and b >= 0 and c <= width and d <= height
    ]


def only_low(boxes, width, height):
    return [[max(a, 0), max(b, 0), c, d] for a, b, c, d in boxes]


def swapped(boxes, width, height):
    return clipped(boxes, height, width)


def cut_from(answer, boxes, width, height):
    """An array without rows is as good as an empty list."""
    found = answer(boxes, width, height)
    return [] if getattr(found, "shape", None) == (0, 4) else found


clip = Function(
    clipped,
    [
        Case(([[-5, 3, 20, 30], [10, 10, 20, 20]], 100, 50), "The left side lies outside."),
        Case(([[90, 40, 120, 60], [0, 0, 100, 50]], 100, 50), "Right and bottom lie outside."),
        Case(
            ([[-30, 5, -10, 20], [5, 60, 20, 80], [1, 1, 2, 2]], 100, 50),
            "Of a box outside of the picture nothing is left.",
        ),
        Case(([[100, 10, 130, 20], [3, -9, 8, 0]], 100, 50), "A box without area is nothing."),
        Case(([[-30, -20, -10, -5], [2, 2, 9, 9]], 100, 50), "The first lies beyond a corner."),
        Case(([], 100, 50), "There may be no box at all."),
    ],
    run=cut_from,
    mistakes=[
        (by_area, "Beyond a corner both sides come out negative, and their product positive."),
        (with_empty, "Of a box outside of the picture nothing is left, so leave it out."),
        (only_inside, "A box that runs out is cut, not left out."),
        (only_low, "Right and bottom have a border, too: width and height."),
        (swapped, "Left and right go with the width, top and bottom with the height."),
    ],
    hints=[
        "Left and top are at least 0; right is at most the width, bottom at most the height.",
        "Nothing is left if left is not smaller than right, or top not smaller than bottom.",
    ],
)


def share(rows):
    true = sum(row[2] for row in rows)
    return sum(row[1] for row in rows) / true if true else 0.0


def mean_where_said(rows):
    parts = [hits / true for said, hits, true in rows if said and true]
    return sum(parts) / len(parts) if parts else 0.0


def mean_of_pictures(rows):
    parts = [hits / true for _, hits, true in rows if true]
    return sum(parts) / len(parts) if parts else 0.0


def share_where_said(rows):
    return share([row for row in rows if row[0]])


def share_of_said(rows):
    said = sum(row[0] for row in rows)
    return sum(row[1] for row in rows) / said if said else 0.0


def said_to_true(rows):
    return share([(0, said, true) for said, _, true in rows])


def missed(rows):
    return 1 - share(rows)


def in_percent(rows):
    return 100 * share(rows)


recall = Function(
    share,
    [
        Case(
            ([(6, 2, 4), (0, 0, 6), (1, 1, 1)],),
            "These have 2 + 0 + 1 hits and 4 + 6 + 1 true boxes.",
        ),
        Case(([(5, 5, 50), (1, 1, 1)],), "Each true box weighs the same, whatever its picture."),
        Case(([(4, 0, 0), (2, 1, 3)],), "A picture may hold no object, and boxes be said in it."),
        Case(([(4, 0, 0), (0, 0, 0)],), "Without any true box: the task says what to return."),
        Case(([],), "There may be no picture at all."),
    ],
    mistakes=[
        (mean_where_said, "That is the author's number: it skips where all was missed."),
        (share_where_said, "The pictures in which nothing was said hold true boxes as well."),
        (mean_of_pictures, "A mean over pictures: one object there weighs as much as fifty here."),
        (
            share_of_said,
            "That divides by what was said: precision. Recall divides by what is true.",
        ),
        (said_to_true, "A row is `(said, hits, true)`: the hits stand in the middle."),
        (missed, "That is the share that was missed."),
        (in_percent, "That is in percent; a share lies between 0 and 1."),
    ],
    hints=["Add the hits of all pictures, and the true boxes of all pictures.", "Divide once."],
)


def matched(overlaps, at):
    free = list(range(len(overlaps[0]) if overlaps else 0))
    for row in overlaps:
        best = max(free, key=lambda n: row[n], default=None)
        if best is not None and row[best] >= at:
            free.remove(best)
    return (len(overlaps[0]) if overlaps else 0) - len(free)


def each_said(overlaps, at):
    return sum(max(row, default=0) >= at for row in overlaps)


def each_pair(overlaps, at):
    return sum(value >= at for row in overlaps for value in row)


def reached(overlaps, at):
    return sum(max(column) >= at for column in zip(*overlaps, strict=True))


def first_free(overlaps, at):
    taken = set()
    for row in overlaps:
        for n, value in enumerate(row):
            if value >= at and n not in taken:
                taken.add(n)
                break
    return len(taken)


def best_only(overlaps, at):
    return len({row.index(max(row)) for row in overlaps if row and max(row) >= at})


def without_bound(overlaps, at):
    return matched(overlaps, -1)


def above(overlaps, at):
    return matched([[value if value > at else -1 for value in row] for row in overlaps], at)


#: Seven boxes and six objects, on which each well-known mistake gives another number.
CROWD = [
    [0.6, 0.7, 0.3, 0.1, 0.5, 0.1],
    [0.3, 0.7, 0.1, 0.5, 0.2, 0.3],
    [0.7, 0.9, 0.8, 0.5, 0.6, 0.2],
    [0.2, 0.7, 0.6, 0.5, 0.1, 0.1],
    [0.1, 0.9, 0.8, 0.5, 0.3, 0.2],
    [0.1, 0.8, 0.7, 0.5, 0.2, 0.1],
    [0.2, 0.8, 0.7, 0.5, 0.1, 0.2],
]

match = Function(
    matched,
    [
        (CROWD, 0.5),
        Case(([[0.9, 0.1], [0.8, 0.0]], 0.5), "The second box finds its object taken."),
        Case(([[0.6, 0.7], [0.2, 0.9]], 0.5), "The first box takes the one it overlaps most."),
        Case(([[0.6, 0.7], [0.1, 0.9], [0.6, 0.2]], 0.5), "Each in turn, surest first."),
        Case(([[0.9, 0.6], [0.8, 0.7]], 0.5), "The best one is taken; the next best is free."),
        Case(([[0.5, 0.1], [0.1, 0.4]], 0.5), "The IoU has to be `at` or more."),
        ([[0.3, 0.75, 0.2], [0.76, 0.2, 0.1], [0.8, 0.8, 0.1]], 0.75),
        Case(([], 0.5), "There may be no box at all."),
        Case(([[], []], 0.5), "There may be no true box."),
    ],
    mistakes=[
        (each_said, "A true box counts once, however many boxes overlap it."),
        (each_pair, "Count boxes, not pairs: one box hits at most one object."),
        (reached, "One box may overlap two objects, and it hits only one of them."),
        (first_free, "Each in turn, surest first, takes the free one that it overlaps *most*."),
        (without_bound, "A box hits nothing if its best free one has less than `at`."),
        (best_only, "Where its best one is taken, a box takes the best of those still free."),
        (above, "The IoU has to be `at` or more: equal is enough."),
    ],
    hints=[
        "Keep a set of the true boxes that are taken.",
        "For each row: the largest value among the columns that are not taken, if it is enough.",
    ],
)

bits = Value(
    lambda: sum(8 for _ in range(1000) for _ in range(0, 1000, 64)),
    unit="bytes",
    mistakes={
        1000 * 1000 / 8: "Words are whole: a row of 1,000 bits takes 16 of them.",
        128: "Those are kilobytes.",
        1000 * 64 * 8: "A row has 1,000 bits, and a word holds 64 of them: how many words?",
        1000 * 16: "That many words; a word of 64 bits has 8 bytes.",
        1000 * 16 * 64: "Those are bits; a byte has 8 of them.",
        1000 * 1000: "One bit for each pair, not one byte.",
        1000 * 15 * 8: "15 words are 960 bits; the last 40 need a word, too.",
        1000 * 999 / 2 / 8: "A row has a bit for each box, whether it is used or not.",
    },
    hints=["How many words of 64 bits hold 1,000 bits?", "Rows times words times 8 bytes."],
    reason="1,000 rows of 16 words: 128 kB.",
)
