"""What `book/applications/outlook.ipynb` checks its exercises with."""

import itertools

import numpy as np

from helpers.check import Case, Choice, Function, Value

MORE = 1.5


def judged(before, after):
    times = after / before
    return "more" if times >= MORE else "same" if times > 1 / MORE else "fewer"


def reasons(before, after):
    found = f"{before:.0f} tokens per second then, {after:.0f} now."
    why = "The memory to be read has grown about as much as the bandwidth that reads it."
    more = f"{found} Eighteen is the arithmetic, and a token waits for the reading. {why}"
    return {"more": more, "same": f"{found} {why}", "fewer": f"{found} {why}"}


prediction = Choice(judged, reasons)


def doubling_of(y0, v0, y1, v1):
    return (y1 - y0) / np.log2(v1 / v0)


doubling = Function(
    doubling_of,
    [
        (2016, 10.0, 2020, 40.0),
        (2017, 125, 2024, 2250),
        Case((2024, 2250, 2017, 125), "The later year may come first: the answer is the same."),
        Case((2010, 8.0, 2016, 1.0), "A figure that halves has a negative answer."),
        (2000, 3.0, 2001, 3.3),
    ],
    tolerance=1e-6,
    mistakes=[
        (lambda y0, v0, y1, v1: (y1 - y0) / (v1 / v0 - 1), "A line is no constant factor."),
        (
            lambda y0, v0, y1, v1: (y1 - y0) / np.log(v1 / v0),
            "With the natural logarithm it is the time to grow by a factor of e.",
        ),
        (lambda y0, v0, y1, v1: np.log2(v1 / v0) / (y1 - y0), "That is doublings per year."),
        (
            lambda y0, v0, y1, v1: (y1 - y0) / np.log2(v0 / v1),
            "Growth is the later over the earlier: v1 / v0.",
        ),
        (
            lambda y0, v0, y1, v1: (v1 / v0) ** (1 / (y1 - y0)),
            "That is the factor of one year: how many years until it makes 2?",
        ),
        (
            lambda y0, v0, y1, v1: (y1 - y0) / np.log10(v1 / v0),
            "With the logarithm to base 10 it is the time to grow tenfold.",
        ),
        (lambda y0, v0, y1, v1: 2 * (y1 - y0) * v0 / v1, "Doublings add up in the exponent."),
    ],
    hints=[
        "How many doublings lead from v0 to v1? A logarithm to base 2 counts them.",
        "Years divided by doublings.",
    ],
)


def fair_of(new, old, *, chips=True, bits=True, sparse=True):
    def plain(card):
        rate = card["tflops"]
        rate /= 2 if sparse and card["sparse"] else 1
        rate /= card["chips"] if chips else 1
        return rate * (card["bits"] / 16 if bits else 1)

    return plain(new) / plain(old)


def upside_down(new, old):
    def plain(card):
        return card["tflops"] / card["chips"] / (2 if card["sparse"] else 1) * 16 / card["bits"]

    return plain(new) / plain(old)


def card(tflops, chips, bits, sparse):
    return {"tflops": tflops, "chips": chips, "bits": bits, "sparse": sparse}


fair = Function(
    fair_of,
    [
        (card(37_500, 8, 4, True), card(500, 3, 32, False)),
        Case((card(4000, 2, 8, False), card(1000, 2, 16, False)), "Only the bits differ."),
        Case((card(1000, 1, 16, True), card(800, 1, 16, False)), "Only one of them is sparse."),
        Case((card(900, 3, 8, True), card(600, 1, 8, True)), "Both are sparse, both at 8 bits."),
        (card(500, 1, 32, False), card(500, 1, 16, True)),
    ],
    tolerance=1e-9,
    mistakes=[
        (lambda new, old: new["tflops"] / old["tflops"], "That is the claim itself."),
        (lambda new, old: fair_of(new, old, chips=False), "One chip of each: divide by `chips`."),
        (
            lambda new, old: fair_of(new, old, bits=False),
            "Half the bits give twice the rate: bring both to 16 bits.",
        ),
        (
            lambda new, old: fair_of(new, old, sparse=False),
            "A sparse rate is twice the dense one: halve it.",
        ),
        (
            lambda new, old: fair_of(new, old, bits=False, sparse=False),
            "Chips are one of three: bring both to 16 bits, and to dense.",
        ),
        (lambda new, old: 1 / fair_of(new, old), "How many times as fast is `new`: new over old."),
        (upside_down, "At 16 bits a card of 4 bits would be slower, not faster."),
    ],
    hints=[
        "Write what one chip of a card does, dense and at 16 bits; then divide two of these.",
        "Divide by 2 where sparse, by the chips, and multiply by bits / 16.",
    ],
)


def readings(years, values, year):
    said = []
    for i, j in itertools.combinations(range(len(years)), 2):
        if years[i] != years[j]:
            slope = np.log2(values[j] / values[i]) / (years[j] - years[i])
            said.append(np.log2(values[j]) + slope * (year - years[j]))
    return np.array(said)


def missed_of(years, values, year, true):
    return np.mean(np.abs(readings(years, values, year) - np.log2(true)) > 1)


def missed_upwards(years, values, year, true):
    return np.mean(readings(years, values, year) - np.log2(true) > 1)


def missed_straight(years, values, year, true):
    said = []
    for i, j in itertools.combinations(range(len(years)), 2):
        if years[i] != years[j]:
            slope = (values[j] - values[i]) / (years[j] - years[i])
            said.append(values[j] + slope * (year - years[j]))
    return np.mean([not true / 2 <= one <= true * 2 for one in said])


def missed_of_all(years, values, year, true):
    n = len(years)
    wrong = np.abs(readings(years, values, year) - np.log2(true)) > 1
    return wrong.sum() / (n * (n - 1) / 2)


def missed_unskipped(years, values, year, true):
    n = len(years)
    wrong = np.sum(np.abs(readings(years, values, year) - np.log2(true)) > 1)
    same = sum(years[i] == years[j] for i, j in itertools.combinations(range(n), 2))
    return (wrong + same) / (n * (n - 1) / 2)


def arrays(years, values, year, true):
    return np.array(years, float), np.array(values, float), year, true


missed = Function(
    missed_of,
    [
        arrays([2016, 2018, 2018, 2020, 2022], [1, 3, 4, 4, 20], 2024, 20.0),
        Case(arrays([2018, 2018, 2020], [16, 32, 40], 2024, 100.0), "Two are of one year."),
        Case(arrays([2000, 2010, 2020], [1, 2, 4], 2030, 8.0), "All pairs hit."),
        Case(arrays([2000, 2001], [8, 4], 2004, 40.0), "The line falls."),
        arrays([2014, 2016, 2017, 2017, 2020, 2022], [9, 10, 15, 16, 19, 67], 2024, 80.0),
    ],
    tolerance=1e-9,
    mistakes=[
        (missed_upwards, "Too low by more than a factor of 2 is a miss as well."),
        (missed_straight, "Draw the lines on the logarithmic scale: equal factors, not steps."),
        (missed_unskipped, "Pairs of one year draw no line: leave them out."),
        (missed_of_all, "Pairs of one year draw no line: leave them out of the denominator, too."),
        (
            lambda years, values, year, true: 1 - missed_of(years, values, year, true),
            "That is the share that hits.",
        ),
    ],
    hints=[
        "`itertools.combinations(range(len(years)), 2)` gives the pairs.",
        "A miss: the logarithms to base 2 differ by more than 1.",
    ],
)

batch = Value(
    125,
    unit="texts",
    mistakes={
        250: "A byte is a whole weight here, and brings two operations for each text.",
        500: "A byte brings two operations for each text: divide by 2.",
        0.125: "TFLOP are 10¹², GB 10⁹.",
        0.25: "TFLOP are 10¹², GB 10⁹. And a byte brings two operations for each text.",
        62.5: "A weight has one byte here.",
    },
    hints=[
        "How many operations must a byte bring? That is the ridge.",
        "A byte is one weight and brings 2 · B operations.",
    ],
)
