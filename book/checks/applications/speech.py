"""What `book/applications/speech.ipynb` checks its exercises with."""

import itertools

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    lambda strangers: "a" if strangers < 0.1 else "b" if strangers <= 0.3 else "c",
    lambda strangers: dict.fromkeys(
        "abc",
        f"It gets {100 * strangers:.0f} of a hundred wrong. Speakers of one synthesiser differ in "
        "numbers; another synthesiser, or another way of speaking, differs in kind.",
    ),
)

frames = Value(
    lambda: sum(1 for start in range(0, 40_000, 160) if start + 400 <= 40_000),
    tolerance=0.001,
    unit="columns",
    mistakes={
        248.5: "The next window would run out of the clip, and does not count: round down.",
        250: "Windows that run out of the clip, at either end, do not count.",
        247: "The first window starts at sample 0 and counts as well.",
        100: "Windows overlap: the next one starts 160 samples later, not 400.",
        40_000 - 399: "The window slides by 160 samples, not by one.",
    },
    hints=[
        "2.5 s are 40,000 samples. Where may a window of 400 start at the latest?",
        "How many multiples of 160, zero included, are at most 39,600?",
    ],
    reason="39,600 / 160 is 247.5, so starts 0 to 247.",
)


def least(word):
    frames, last = 0, None
    for symbol in word:
        frames += 2 if symbol == last else 1
        last = symbol
    return frames


def only_length(word):
    return len(word)


def all_blanks(word):
    return 2 * len(word) + 1


def between_all(word):
    return max(2 * len(word) - 1, 0)


def any_repeat(word):
    return len(word) + len(word) - len(set(word))


shortest = Function(
    least,
    [
        Case(([1, 2, 3],), "Different neighbours need nothing between them."),
        Case(([5, 5],), "Two equal ones would be merged into one."),
        Case(([1, 2, 1],), "The same symbol later on is no neighbour."),
        Case(([4, 4, 4, 2, 2],), "Each pair of equal neighbours needs its own blank."),
        Case(([],), "The empty word."),
        ([7],),
    ],
    mistakes=[
        (only_length, "Two equal neighbours are merged, unless a blank stands between them."),
        (all_blanks, "Those are the states of the grid; a path may leave out most blanks."),
        (between_all, "Between two different symbols no blank is needed."),
        (any_repeat, "Only *neighbours* that are equal need a blank between them."),
    ],
    hints=["One frame for each symbol, and more where?", "Count the equal neighbours."],
)


def share(rows):
    spoken = sum(row[1] for row in rows)
    return sum(row[0] for row in rows) / spoken if spoken else 0.0


def colleague(rows):
    parts = [edits / max(spoken, heard) for edits, spoken, heard in rows if spoken or heard]
    return sum(parts) / len(parts) if parts else 0.0


def mean_of_rates(rows):
    parts = [edits / spoken for edits, spoken, _ in rows if spoken]
    return sum(parts) / len(parts) if parts else 0.0


def mean_with_zeros(rows):
    parts = [edits / spoken if spoken else 0 for edits, spoken, _ in rows]
    return sum(parts) / len(parts) if parts else 0.0


def percent(rows):
    return 100 * share(rows)


def right(rows):
    return 1 - share(rows)


def of_the_longer(rows):
    words = sum(max(row[1:]) for row in rows)
    return sum(row[0] for row in rows) / words if words else 0.0


def of_heard(rows):
    heard = sum(row[2] for row in rows)
    return sum(row[0] for row in rows) / heard if heard else 0.0


def capped(rows):
    return min(share(rows), 1.0)


def where_spoken(rows):
    return share([row for row in rows if row[1]])


rate = Function(
    share,
    [
        ([(3, 2, 5), (1, 9, 9), (2, 0, 2), (4, 4, 0)],),
        Case(([(1, 1, 2), (1, 9, 9)],), "Each spoken word weighs the same, whatever its clip."),
        Case(([(9, 3, 12)],), "The recogniser babbles: nine words are inserted."),
        Case(([(4, 4, 0), (0, 4, 4)],), "What is not heard at all is an edit for each word."),
        Case(([(2, 0, 2), (0, 4, 4)],), "In a clip without a word, two are heard."),
        Case(([(2, 0, 2)],), "No word was spoken, two are heard: the task says what to return."),
        Case(([(0, 0, 0)],), "Without any spoken word: the task says what to return."),
        ([],),
    ],
    mistakes=[
        (colleague, "That is the colleague's number: babble lowers it."),
        (mean_of_rates, "A mean over clips: one word there weighs as much as nine here."),
        (mean_with_zeros, "A mean over clips: one word there weighs as much as nine here."),
        (percent, "A rate, not percent: leave out the factor of 100."),
        (right, "The rate of errors is asked for, not of what is right."),
        (of_the_longer, "Divide by what was spoken, not by the longer of the two."),
        (of_heard, "That divides by what was heard: whoever babbles pays less."),
        (capped, "It may exceed 1: more may be inserted than was spoken."),
        (where_spoken, "Words heard in silence are edits, too."),
    ],
    hints=["Add the edits of all clips, and the spoken words of all clips.", "Divide once."],
)


def known(learn, test):
    speakers = {who for who, _ in learn}
    sentences = {what for _, what in learn}
    return sum(who in speakers or what in sentences for who, what in test) / len(test)


def pairs(learn, test):
    return sum(clip in learn for clip in test) / len(test)


def both(learn, test):
    speakers, sentences = {who for who, _ in learn}, {what for _, what in learn}
    return sum(who in speakers and what in sentences for who, what in test) / len(test)


def only_speakers(learn, test):
    return sum(who in {w for w, _ in learn} for who, _ in test) / len(test)


def only_sentences(learn, test):
    return sum(what in {s for _, s in learn} for _, what in test) / len(test)


def added(learn, test):
    return only_speakers(learn, test) + only_sentences(learn, test)


def how_many(learn, test):
    return known(learn, test) * len(test)


def of_learnt(learn, test):
    return how_many(learn, test) / max(len(learn), 1)


def not_leaked(learn, test):
    return 1 - known(learn, test)


def one_of_them(learn, test):
    return added(learn, test) - 2 * both(learn, test)


def each_pair(learn, test):
    return sum(a == c or b == d for a, b in learn for c, d in test) / len(test)


LEARN = [("ann", "one two"), ("bob", "three"), ("bob", "one two")]
#: Clips on which each well-known mistake gives another share.
MIXED = [
    ("bob", "three"),
    ("ann", "three"),
    ("eve", "one two"),
    *((who, what) for who in ("ann", "bob") for what in ("four", "nine")),
    *((who, what) for who in ("joe", "eve") for what in ("five", "six")),
]
leak = Function(
    known,
    [
        (LEARN, MIXED),
        Case((LEARN, [("ann", "nine"), ("eve", "six")]), "Ann has been heard."),
        Case((LEARN, [("eve", "three"), ("eve", "six")]), "Eve is new, and *three* is not."),
        Case((LEARN, [("ann", "three"), ("eve", "four")]), "Both are known, and never together."),
        Case((LEARN, [("eve", "six"), ("joe", "nine")]), "Nothing is known."),
        Case(([], [("eve", "six")]), "Nothing has been learnt."),
    ],
    mistakes=[
        (pairs, "The very clip need not be there: its speaker or its sentence is enough."),
        (both, "One of the two is enough: or, not and."),
        (only_speakers, "A known sentence is a leak as well."),
        (only_sentences, "A known speaker is a leak as well."),
        (added, "A clip with both is one clip: do not count it twice."),
        (how_many, "That is how many; the share divides by the clips of the test."),
        (of_learnt, "Divide by the clips of `test`, not of `learn`."),
        (not_leaked, "That is the share of what is new."),
        (one_of_them, "A clip with both is a leak as well."),
        (each_pair, "Count each clip of the test once, however many clips of `learn` are like it."),
    ],
    hints=["Make a set of the speakers and one of the sentences of `learn`.", "Then `or`."],
)


def listed(word, frames):
    """Count by another way than the grid: how often each symbol and each blank is drawn out.

    A path is a row of groups, a letter each, with blanks before, after and between them, of which
    those between equal neighbours must not be empty.
    """
    from math import comb

    letters, forced = len(word), sum(a == b for a, b in itertools.pairwise(word))
    free = frames - letters - forced  # frames to hand out to letters and to places for blanks
    # each letter and each of the letters + 1 places for blanks takes any number of them
    places = 2 * letters + 1
    return comb(free + places - 1, places - 1) if free >= 0 else 0


def by_states(word, frames, *, jumps=lambda a, b: a is not None and a != b, first=2, last=2):
    """Count in the grid, with a rule for jumps, and from so many rows of its first column."""
    states = [None]
    for symbol in word:
        states += [symbol, None]
    ways = [int(s < first) for s in range(len(states))]
    for _ in range(frames - 1):
        ways = [
            ways[s]
            + (ways[s - 1] if s else 0)
            + (ways[s - 2] if s > 1 and jumps(states[s], states[s - 2]) else 0)
            for s in range(len(states))
        ]
    return sum(ways[-last:])


def never(word, frames):
    return by_states(word, frames, jumps=lambda a, b: False)


def always(word, frames):
    return by_states(word, frames, jumps=lambda a, b: a is not None)


def over_letters(word, frames):
    return by_states(word, frames, jumps=lambda a, b: a != b or a is None)


def blank_at_one_end(word, frames):  # which of both ends makes no difference to the number
    return by_states(word, frames, first=1)


def one_more(word, frames):
    return by_states(word, frames + 1)


def anywhere(word, frames):
    return by_states(word, frames, last=2 * len(word) + 1)


def in_place(word, frames):
    names, ways = [None], [1, 1][: 2 * len(word) + 1]
    for symbol in word:
        names += [symbol, None]
    ways += [0] * (len(names) - len(ways))
    for _ in range(frames - 1):
        for s, name in enumerate(names):
            jump = s > 1 and name is not None and name != names[s - 2]
            ways[s] += (ways[s - 1] if s else 0) + (ways[s - 2] if jump else 0)
    return sum(ways[-2:])


def all_paths(word, frames):
    return (len(set(word)) + 1) ** frames


paths = Function(
    listed,
    [
        Case((["o", "n", "e"], 5), "Between different letters a blank may be left out."),
        Case((["t", "h", "r", "e", "e"], 8), "Two equal letters need a blank between them."),
        Case((["a"], 2), "a, blank and a in either order, twice a: three paths."),
        Case((["s", "e", "e"], 3), "Too short for a blank between both e."),
        Case((["a", "b"], 2), "As short as can be: one path."),
        Case(([], 4), "The empty word: blanks alone."),
        (["s", "e", "e"], 12),
    ],
    mistakes=[
        (never, "A path may jump over a blank between two different letters."),
        (always, "Over a blank between two equal letters no path may jump: they would merge."),
        (one_more, "The first column is the first frame: `frames - 1` more follow."),
        (anywhere, "Only the last two states have the whole word behind them."),
        (in_place, "Sum the old column: do not write into it while you read it."),
        (all_paths, "That is how many paths there are, whatever they say."),
        (over_letters, "A blank state cannot be reached from the blank before: a letter is lost."),
        (
            blank_at_one_end,
            "A path may begin with a blank or with the first letter, and end in the last letter or "
            "in the blank after it.",
        ),
    ],
    hints=[
        "Write the word with a blank before, between and after its letters: the rows of the grid.",
        "Begin with 1 in the first two rows. Each new column is a sum of the old: the same row, "
        "the one above, and the one above that where a jump is allowed. Add the last two rows.",
    ],
)
