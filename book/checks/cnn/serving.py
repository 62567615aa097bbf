"""What `book/cnn/serving.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    "c",
    {
        "a": "When few ask, a little longer. When many ask, the queue is what one waits for.",
        "b": "When few ask, there is nothing to collect: the first waits for others in vain.",
        "c": "Collecting costs a wait of 2 ms, and saves the queue.",
    },
)

inside = Value(
    400 * 0.030,
    tolerance=0.001,
    unit="requests",
    mistakes={
        400 * 30: "λ is per second, so W must be in seconds.",
        400 / 30: "Requests a second, times the seconds that each of them stays.",
        400 / 0.030: "Requests a second, times the seconds that each of them stays.",
        400 * 0.3: "30 ms are 0.030 s: divide by a thousand.",
        0.012: "30 ms are 0.030 s: divide by a thousand once.",
    },
    hints=["Little's law: L = λ W.", "λ is per second, so W must be in seconds."],
)


def nearest_rank(latencies, share):
    rank = -(-share * len(latencies) // 100)  # rounded up, without rounding errors
    return sorted(latencies)[max(rank, 1) - 1]


percentile = Function(
    nearest_rank,
    [
        Case(([5, 1, 4, 2, 3], 50), "Half of five is 2.5, rounded up: the third in order."),
        Case(([9, 1, 8, 2], 50), "Two of these four are half of all: which is the smaller half?"),
        Case(([7, 3, 9, 1, 5], 99), "99 % of five is 4.95, rounded up: the fifth in order."),
        Case(([4, 2], 100), "All are at most the largest, and no rank lies beyond it."),
        ([6], 1),
        Case(
            ([30 - k for k in range(20)], 95),
            "Nineteen of twenty are 95 % of them: the 19th in order, not the 20th.",
        ),
    ],
    mistakes=[
        (
            lambda latencies, share: latencies[-(-share * len(latencies) // 100) - 1],
            "Put them in order first.",
        )
    ],
    hints=[
        "Put them in order first.",
        "The rank is share / 100 times their number, rounded up; ranks begin at 1, indices at 0.",
    ],
)


def status_of(pixels, n):
    if not isinstance(pixels, list) or len(pixels) != n:
        return 400
    numbers = all(type(pixel) in (int, float) for pixel in pixels)
    return 200 if numbers and all(0 <= pixel <= 255 for pixel in pixels) else 400


validate = Function(
    status_of,
    [
        Case(
            ([0, 128.5, 255], 3),
            "Three numbers, none below 0 or above 255; fractions are numbers, too: 200.",
        ),
        Case(([0, 1], 3), "Two numbers are not three."),
        Case(([0, 1, 2, 3], 3), "Four numbers are not three."),
        Case(([0, 1, 256], 3), "256 is above 255."),
        Case(([-1, 1, 2], 3), "-1 is below 0."),
        Case(("abc", 3), "A text has a length, too. Ask for the type first."),
        Case(([1, "2", 3], 3), "Ask each entry for its type, then for its value."),
        Case((None, 3), "Ask for the type first, then for the length, then for the values."),
        Case(([[1], [2], [3]], 3), "Ask each entry for its type, then for its value."),
        Case(
            ([1, float("nan"), 3], 3),
            "Every comparison with NaN is false: ask for what is right, not wrong.",
        ),
        Case(([True, 1, 2], 3), "JSON's `true` is no number; in Python, `True` counts as an int."),
    ],
    hints=[
        "Ask for the type first, then for the length, then for the values.",
        "Every comparison with NaN is false: ask for what is right, not wrong.",
    ],
)


def best_size(run_ms, limit_ms):
    good = [size for size in run_ms if 2 * run_ms[size] <= limit_ms]
    return max(good, key=lambda size: size / run_ms[size], default=0)


choose = Function(
    best_size,
    [
        Case(
            ({1: 6, 8: 10, 32: 20}, 100),
            "All are quick enough, and 32 in 20 ms are the most per second. Return the size.",
        ),
        Case(({1: 6, 8: 10, 32: 20}, 30), "At worst a request waits for two runs."),
        Case(({1: 6, 8: 10}, 10), "No size is quick enough here."),
        Case(({1: 6, 8: 10, 32: 60}, 200), "The largest batch is not always the best."),
        ({1: 2, 2: 3, 4: 7}, 14),
        Case(({1: 5, 8: 10}, 20), "Two runs of 10 ms are at most 20 ms: that is allowed."),
    ],
    hints=[
        "First keep the sizes that are quick enough, twice.",
        "Images per second are size / time, and the largest batch is not always the best.",
    ],
)
