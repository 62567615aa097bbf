"""What `book/applications/text.ipynb` checks its exercises with."""

import itertools
import re
import string
import unicodedata

from helpers.check import Case, Choice, Function, Properties, Value

prediction = Choice(
    lambda right: "a" if right < 0.6 else "b" if right < 0.8 else "c",
    lambda right: dict.fromkeys(
        "abc",
        f"{right:.0%} of its answers are right: most lines of the exam were in the lesson, "
        "word for word.",
    ),
)


def pairs_inside(text):
    runs = re.findall(r"[^\W_]+", text)
    return [first + second for run in runs for first, second in itertools.pairwise(run)]


def all_pairs(text):
    return [text[i : i + 2] for i in range(len(text) - 1)]


def across(text):
    return all_pairs("".join(c for c in text if c.isalnum()))


def apart(text):
    return [run[i : i + 2] for run in re.findall(r"[^\W_]+", text) for i in range(0, len(run), 2)]


def one_is_enough(text):
    return [pair for pair in all_pairs(text) if any(c.isalnum() for c in pair)]


def with_the_last(text):
    found = [text[i : i + 2] for i in range(len(text))]
    return [piece for piece in found if piece.isalnum()]


def letters_only(text):
    return [pair for pair in all_pairs(text) if pair.isalpha()]


def first_only(text):
    return [pair for pair in all_pairs(text) if pair[0].isalnum()]


MISTAKES = [
    (all_pairs, "Pairs with a mark or a space in them are to be left out."),
    (across, "What stands on the two sides of a mark are no neighbours."),
    (one_is_enough, "Neither character of a pair may be a mark."),
    (first_only, "Neither character of a pair may be a mark."),
    (with_the_last, "The last character begins no pair: stop one before the end."),
    (letters_only, "Digits are no punctuation: `isalnum`, not `isalpha`."),
    (
        lambda text: [tuple(pair) for pair in pairs_inside(text)],
        "Each pair is one string: join its two characters.",
    ),
    (
        lambda text: list(dict.fromkeys(pairs_inside(text))),
        "A pair that comes twice is returned twice.",
    ),
    (apart, "Neighbouring pairs overlap: each character but the first begins one, too."),
    (lambda text: sorted(set(pairs_inside(text))), "Keep their order, and repeated ones."),
]
TEXTS = [
    ("好好学习，天天向上。", "A comma parts what stands before it from what follows."),
    ("It is 5 km", "A space is in no pair, and nothing is joined across it."),
    ("好好好！好好", "A pair that comes twice is returned twice."),
    ("用了12天", "Digits are no punctuation: `isalnum`, not `isalpha`."),
    ("好", "A single character has no neighbour."),
    ("", "A text may be empty."),
]


def clean(answer):
    """Yield whether an answer cuts each text rightly, and what it did instead."""
    for text, hint in TEXTS:
        found, wanted = answer(text), pairs_inside(text)
        found = found.tolist() if hasattr(found, "tolist") else found
        yield isinstance(found, list | tuple), "Return the pairs as a list."
        hint = next((said for wrong, said in MISTAKES if list(found) == wrong(text)), hint)
        shown = f"{list(found)}, and {wanted} is needed"
        yield list(found) == wanted, f"For {text!r}: {shown}. {hint}"


pairs = Properties(
    clean,
    hints=[
        "Make all pairs first: `text[i : i + 2]`.",
        "Keep those in which `isalnum` holds for both characters.",
    ],
)


def core(text, form="NFKC"):
    plain = unicodedata.normalize(form, text).casefold() if form else text
    return "".join(re.findall(r"[^\W_]", plain))


def leaking(learn, test):
    met = {core(text) for text in learn}
    return [place for place, text in enumerate(test) if core(text) in met]


def word_for_word(learn, test):
    return [place for place, text in enumerate(test) if text in set(learn)]


def with_marks(learn, test):
    def folded(text):
        return unicodedata.normalize("NFKC", text).casefold().strip()

    met = {folded(text) for text in learn}
    return [place for place, text in enumerate(test) if folded(text) in met]


def as_wide_as_they_are(learn, test):
    met = {core(text.casefold(), "") for text in learn}
    return [place for place, text in enumerate(test) if core(text.casefold(), "") in met]


def with_capitals(learn, test):
    def kept(text):
        return core(unicodedata.normalize("NFKC", text), "")

    met = {kept(text) for text in learn}
    return [place for place, text in enumerate(test) if kept(text) in met]


def without_ascii_marks(learn, test):
    def kept(text):
        plain = unicodedata.normalize("NFKC", text).casefold()
        return "".join(c for c in plain if c not in string.punctuation + string.whitespace)

    met = {kept(text) for text in learn}
    return [place for place, text in enumerate(test) if kept(text) in met]


def out_of_order(learn, test):
    met = {frozenset(core(text)) for text in learn}
    return [place for place, text in enumerate(test) if frozenset(core(text)) in met]


def yes_or_no(learn, test):
    found = leaking(learn, test)
    return [place in found for place in range(len(test))]


def as_they_are(learn, test):
    met = {core(text, "") for text in learn}
    return [place for place, text in enumerate(test) if core(text, "") in met]


def parts(learn, test):
    met = [core(text) for text in learn]
    return [n for n, text in enumerate(test) if any(core(text) in one for one in met)]


LEARNT = ["屏幕很好，字很小。", "Vista 很慢！", "不错", "Good hotel, 100 yuan"]

MET_AGAIN = ["不错", "屏幕很好,字很小。", "不 错 ！", "vista很慢", "Ｖｉｓｔａ很慢", "屏幕很好"]

CHINESE_STOP = "Chinese has marks of its own, such as 。: keep what `isalnum` holds for."

leak = Function(
    leaking,
    [
        (LEARNT, ["很错", "不错", "屏幕很好，字很小。"]),
        (LEARNT, MET_AGAIN),
        Case((LEARNT, ["good HOTEL 100 yuan", "好"]), "Capitals make no new text."),
        Case((LEARNT, ["Good hotel， １００ yuan"]), "Ａ and A, １ and 1 are the same: normalise."),
        Case((LEARNT, ["屏幕很好字很小", "vista 很慢"]), CHINESE_STOP),
        Case((LEARNT, ["hotel", "不错吗"]), "A part of a text is another text."),
        Case((LEARNT, ["错不", "慢很Vista"]), "The order of the characters counts."),
        Case(([], ["不错"]), "Nothing was learnt, nothing leaks."),
    ],
    mistakes=[
        (word_for_word, "Word for word is the smallest part of the leak."),
        (with_marks, "Leave punctuation out, inside the text as well."),
        (as_wide_as_they_are, "Ａ and A, １ and 1 are the same: normalise."),
        (with_capitals, "Capitals make no new text."),
        (as_they_are, "Capitals and wide letters make no new text."),
        (without_ascii_marks, CHINESE_STOP),
        (out_of_order, "The order of the characters counts."),
        (yes_or_no, "Return the positions of those found, not a yes or no for each text."),
        (lambda learn, test: len(leaking(learn, test)), "Return where they are, not how many."),
        (
            lambda learn, test: leaking(test, learn),
            "Return positions in `test`: it is `learn` that you look texts up in.",
        ),
        (parts, "A part of a text is another text: compare whole ones."),
    ],
    hints=[
        "Write a function that strips a text to what counts, and call it on both sides.",
        "NFKC, then casefold, then keep the characters for which `isalnum` holds.",
    ],
)

hidden = Value(
    (300.0, 270.0),
    names=("guessed", "changed"),
    tolerance=1e-6,
    mistakes={
        240: "Those that become another token count, too, and differ from what was there.",
        270: "Those that stay as they were count in the loss, too.",
        300: "One in ten of the chosen stays as it was.",
        1600: "Eight in ten of those chosen, not of all.",
        1800: "Nine in ten of those chosen, not of all.",
        30: "One in ten stays; the other nine are changed.",
        2000: "Only what is chosen counts in the loss.",
    },
    hints=["15 % of 2,000 are chosen.", "Of those, hidden and replaced ones look different."],
    reason="Most of the text is seen as it is, and about a seventh of it is lesson.",
)


def turned(tokens, weights, nots):
    total = 0
    for place, token in enumerate(tokens):
        if token not in nots:
            before = 0
            while before < place and tokens[place - 1 - before] in nots:
                before += 1
            total += (-1) ** before * weights.get(token, 0)
    return total


def plain_sum(tokens, weights, nots):
    return sum(weights.get(token, 0) for token in tokens)


def once_only(tokens, weights, nots):
    signs = [-1 if n and tokens[n - 1] in nots else 1 for n in range(len(tokens))]
    return sum(
        sign * weights.get(token, 0)
        for sign, token in zip(signs, tokens, strict=True)
        if token not in nots
    )


def from_there_on(tokens, weights, nots):
    total, sign = 0, 1
    for token in tokens:
        if token in nots:
            sign = -sign
        else:
            total += sign * weights.get(token, 0)
    return total


def whole_text(tokens, weights, nots):
    return plain_sum(tokens, weights, nots) * (-1) ** sum(token in nots for token in tokens)


ZH, EN = {"好": 2, "贵": -1, "干净": 1.5}, {"good": 2, "dear": -1, "clean": 1.5}
NOTS = {"不", "没", "not", "never"}

negate = Function(
    turned,
    [
        (["服务", "很", "好"], ZH, NOTS),
        Case((["服务", "不", "好"], ZH, NOTS), "不 before 好 changes its sign."),
        Case(
            (["good", "not", "dear", "and", "clean"], EN, NOTS),
            "A not concerns the token behind it alone.",
        ),
        Case((["不", "太", "好"], ZH, NOTS), "Here another token stands between them."),
        Case((["never", "not", "good"], EN, NOTS), "Two in a row cancel."),
        Case((["not", "not", "not", "good"], EN, NOTS), "Each of those in a row turns it."),
        Case((["好", "不"], ZH, NOTS), "Nothing stands behind this one."),
        Case(([], ZH, NOTS), "There may be no token at all."),
    ],
    mistakes=[
        (plain_sum, "A not before a token has to turn its weight."),
        (once_only, "Two in a row cancel: look further back than one token."),
        (from_there_on, "A not concerns the token behind it alone; then the sign is as before."),
        (whole_text, "A not turns the next weight, not the whole sum."),
    ],
    hints=[
        "Keep a sign, and turn it at each not.",
        "After a token that is no not, the sign is plus again.",
    ],
)


def bytes_moved(n_texts, n_tokens, width):
    ids, rows, means = 8 * n_texts * n_tokens, 4 * n_texts * n_tokens * width, 4 * n_texts * width
    return ids + rows + means


look_up = Function(
    bytes_moved,
    [(2, 3, 7), (1, 100, 64), (256, 16, 32), (32, 200, 300)],
    mistakes=[
        (lambda b, t, w: b * t * (8 + 4 * w), "Each text writes a row, too."),
        (lambda b, t, w: b * (4 * t * w + 4 * w), "The ids are read, too."),
        (lambda b, t, w: b * t * (8 + 8 * w), "One row is written for a text, not for a token."),
        (lambda b, t, w: b * (t * (8 + w) + w), "A number has four bytes."),
        (lambda b, t, w: b * (t * (8 + 8 * w) + 8 * w), "A number of the table has four bytes."),
        (
            lambda b, t, w: b * (t * (8 + 4 * w) + w),
            "What is written has four bytes a number, too.",
        ),
        (lambda b, t, w: b * t * (8 + 4 * w) + 4 * w, "Each text writes a row, not the batch."),
        (lambda b, t, w: b * (8 + 4 * t * w + 4 * w), "Each token has an id, not each text."),
        (lambda b, t, w: 4 * b * t * w, "The ids are read, too, and a row is written."),
        (
            lambda b, t, w: t * (8 + 4 * w) + 4 * w,
            "That is one text: no text shares the rows of another.",
        ),
        (lambda b, t, w: b * (t * (4 + 4 * w) + 4 * w), "An id has eight bytes."),
    ],
    hints=[
        "Read: for each token an id and a row. Written: for each text a row.",
        "A row is 4 times the width in bytes.",
    ],
)
