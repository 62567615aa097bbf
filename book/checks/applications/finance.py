"""What `book/applications/finance.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value


def judged(mixed, apart):
    return "as many" if apart >= 0.6 else "half way" if apart >= 0.55 else "a coin"


def reasons(mixed, apart):
    found = f"Drawn at random {mixed:.0%}, on later days {apart:.0%}."
    day = "A title of a day that was learnt is known by its stories, and the day has one answer."
    return dict.fromkeys(("as many", "half way", "a coin"), f"{found} {day}")


prediction = Choice(judged, reasons)

TESTS = 30 * 24 * 4 * 9

tests = Value(
    1 / TESTS,
    tolerance=0.001,
    mistakes={
        1 / 30: "That is one test a day. How many tests are made in thirty days?",
        1 / (30 * 24): "That is one pair alone. There are 4 topics of 9 outlets.",
        1 / (30 * 24 * 4): "Nine outlets are watched for each topic: they are tests, too.",
        1 / (30 * 24 * 9): "Four topics are watched of each outlet: they are tests, too.",
        1 / (24 * 4 * 9): "That promises one false alarm a day, not one in thirty days.",
        1 / (30 * 4 * 9): "It tests every hour, not every day.",
        1 / (4 * 9): "One false alarm in thirty days, not in every round of tests.",
        1 / (30 * 24 * (4 + 9)): "Each topic of each outlet is a pair: 4 times 9 of them.",
        TESTS: "That is how many tests are made. One of them may ring.",
        24 * 4 * 9 / 30: "More tests leave less to each of them: divide by their number.",
    },
    hints=[
        "Count the tests of thirty days: days, hours, topics, outlets.",
        "One of them all may ring, so each has one chance in that many.",
    ],
)


def past_of(n, k):
    return [sum(k[:i]) / sum(n[:i]) if sum(n[:i]) else 0 for i in range(len(n))]


def with_today(n, k):
    return [sum(k[: i + 1]) / sum(n[: i + 1]) if sum(n[: i + 1]) else 0 for i in range(len(n))]


def from_all(n, k):
    return [0, *[sum(k) / sum(n)] * (len(n) - 1)]


def mean_of_shares(n, k):
    shares = [b / a for a, b in zip(n, k, strict=True) if a]
    return [sum(shares[:i]) / len(shares[:i]) if shares[:i] else 0 for i in range(len(n))]


def yesterday(n, k):
    return [0, *(b / a if a else 0 for a, b in zip(n[:-1], k[:-1], strict=True))]


def today_alone(n, k):
    return [b / a if a else 0 for a, b in zip(n, k, strict=True)]


def from_all_at_once(n, k):
    return [sum(k) / sum(n)] * len(n)


def without_first(n, k):
    return past_of(n, k)[1:]


def later_days(n, k):
    return [*past_of(n[::-1], k[::-1])[::-1]]


past = Function(
    past_of,
    [
        ([10, 30, 5, 20], [1, 9, 5, 0]),
        Case(([4], [2]), "On the first day there is no past."),
        Case(([0, 6, 3], [0, 3, 1]), "A first day without titles is no past either."),
        ([8, 8, 8], [0, 4, 8]),
        ([100, 1, 50], [20, 1, 10]),
    ],
    tolerance=1e-6,
    mistakes=[
        (with_today, "Today's titles are in today's share: the day helps to set its own bar."),
        (from_all, "That share knows the future: later days are in it."),
        (from_all_at_once, "That share knows the future: later days are in it."),
        (later_days, "Those are the days after it; the ones before are asked for."),
        (today_alone, "That is the day's own share. What was usual before it?"),
        (without_first, "The first day needs a share, too: 0, since nothing came before."),
        (
            mean_of_shares,
            "A mean of daily shares lets a day of one title count as much as one of a hundred.",
        ),
        (yesterday, "All earlier days count, not yesterday alone."),
    ],
    hints=[
        "Go through the days with two running sums, of titles and of flags.",
        "Write down the share before you add today's numbers.",
    ],
)


def quiet_rate(rang, events, days):
    quiet = [day for day in days if day not in events]
    return 30 * len([day for day in quiet if day in rang]) / len(quiet)


def over_all_days(rang, events, days):
    return 30 * len(set(rang) - set(events)) / len(days)


def all_alarms(rang, events, days):
    return 30 * len(rang) / len(days)


def all_over_quiet(rang, events, days):
    return 30 * len(rang) / len([day for day in days if day not in events])


def share_of_alarms(rang, events, days):
    return len(set(rang) - set(events)) / max(len(rang), 1)


def a_day(rang, events, days):
    return quiet_rate(rang, events, days) / 30


def alarms_in_a_month(rang, events, days):
    return 30 * share_of_alarms(rang, events, days)


def number(rang, events, days):
    return len(set(rang) - set(events))


def over_silent_days(rang, events, days):
    silent = [day for day in days if day not in events and day not in rang]
    return 30 * len(set(rang) - set(events)) / max(len(silent), 1)


def found_a_month(rang, events, days):
    return 30 * len(set(rang) & set(events)) / max(len(events), 1)


rate = Function(
    quiet_rate,
    [
        ({3, 7, 20, 31}, {7, 8, 31}, list(range(45))),
        Case((set(), {1}, [1, 2, 3]), "It never rang."),
        Case(({5, 6}, {5, 6}, list(range(10))), "It rang for events alone."),
        Case(({0, 2}, set(), list(range(4))), "Nothing happened: every alarm is false."),
        ({1, 2, 3, 4}, {2, 4, 6}, list(range(1, 32))),
    ],
    tolerance=1e-6,
    mistakes=[
        (
            over_all_days,
            "Days with an event cannot give a false alarm: divide by the quiet days.",
        ),
        (all_alarms, "An alarm on a day with an event is not false."),
        (all_over_quiet, "An alarm on a day with an event is not false."),
        (
            share_of_alarms,
            "That is the share of alarms that are false. The promise is about quiet days.",
        ),
        (
            alarms_in_a_month,
            "Divided by the alarms, it says how many of them are false. Divide by the quiet days.",
        ),
        (a_day, "That is the rate for one quiet day; thirty are asked for."),
        (number, "That is their number. In how many quiet days did they come?"),
        (over_silent_days, "A quiet day on which it rang is a quiet day, too: count it below."),
        (found_a_month, "Those are the events that it found. A false alarm has no event."),
    ],
    hints=[
        "First make the list of quiet days.",
        "Count those of them on which it rang, divide by their number, times thirty.",
    ],
)


def share_of(seen, found, wrong):
    return min(1.0, max(0.0, (seen - wrong) / (found - wrong)))


share = Function(
    share_of,
    [
        (0.26, 0.5, 0.1),
        (0.31, 0.84, 0.05),
        Case((0.04, 0.5, 0.1), "Fewer are flagged than a day without bad titles would have."),
        Case((0.7, 0.6, 0.1), "More are flagged than if all were bad."),
        Case((0.3, 1.0, 0.0), "A perfect rule shows the truth."),
    ],
    tolerance=1e-6,
    mistakes=[
        (
            lambda seen, found, wrong: (seen - wrong) / (found - wrong),
            "A share lies between 0 and 1: chance can push the solution out of that.",
        ),
        (
            lambda seen, found, wrong: min(1, seen / found),
            "Others are flagged, too: take those away first.",
        ),
        (
            lambda seen, found, wrong: min(1, max(0, (seen - wrong) / found)),
            "If all were bad, no others would be left to be flagged: divide by found - wrong.",
        ),
        (
            lambda seen, found, wrong: min(1, max(0, seen - wrong)),
            "From none bad to all bad the flagged share moves by found - wrong, not by 1.",
        ),
        (
            lambda seen, found, wrong: min(1, max(0, seen / (found - wrong))),
            "With no bad titles a share of `wrong` is flagged already: take it away first.",
        ),
        (
            lambda seen, found, wrong: seen * found / (seen * found + (1 - seen) * wrong),
            "That asks how many flagged titles are bad. How many of all are?",
        ),
        (
            lambda seen, found, wrong: seen,
            "Flagged is not bad: the rule misses some bad titles and flags others.",
        ),
        (
            lambda seen, found, wrong: seen * found + (1 - seen) * wrong,
            "That goes the other way, from the true share to the flagged one.",
        ),
    ],
    hints=[
        "If q are bad, q * found + (1 - q) * wrong are flagged.",
        "Solve for q, and keep it between 0 and 1.",
    ],
)
