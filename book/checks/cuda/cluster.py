"""What `book/cuda/cluster.ipynb` checks its exercises with."""

import math

from helpers.check import Choice, Function, Value

prediction = Choice(
    "b",
    {
        "a": "One GPU would then last 2,700 hours, not four months. It lasts 50,000.",
        "b": "419 times in 54 days, so every 3.1 hours. One GPU lasts 16,384 times as long: "
        "six years.",
        "c": "One GPU would then last 45 years. Counted were 419 failures in 54 days, about "
        "eight each day.",
        "d": "One GPU would then last 1,300 years. It lasts six.",
    },
)


def ring_and_tree(n_bytes, n, alpha, beta):
    tree = 2 * math.log2(n) * (alpha + n_bytes * beta)
    return 2 * (n - 1) * (alpha + n_bytes / n * beta), tree


tree = Function(
    ring_and_tree,
    [(1000, 2, 1e-5, 1e-10), (1000, 64, 1e-5, 1e-10), (10**9, 64, 1e-5, 1e-10)],
    results=["the ring", "the tree"],
    tolerance=1e-9,
    mistakes=[
        (lambda *given: ring_and_tree(*given)[::-1], "The other way round: the ring comes first."),
        (
            lambda n_bytes, n, alpha, beta: (
                ring_and_tree(n_bytes, n, alpha, beta)[0],
                2 * (math.log2(n) * alpha + n_bytes * beta),
            ),
            "A plain tree moves all bytes in each of its steps, not once up and once down.",
        ),
        (
            lambda n_bytes, n, alpha, beta: (
                ring_and_tree(n_bytes, n, alpha, beta)[0],
                math.log2(n) * (alpha + n_bytes * beta),
            ),
            "That is the way up, where the sum is made. It has to come down again.",
        ),
        (
            lambda n_bytes, n, alpha, beta: (
                ring_and_tree(n_bytes, n, alpha, beta)[0],
                2 * math.log(n) * (alpha + n_bytes * beta),
            ),
            "`math.log` has the base e. Nodes double from step to step: `math.log2`.",
        ),
    ],
    hints={
        "the ring": "The ring: 2 (n - 1) messages, each of M / n bytes.",
        "the tree": "The tree: steps times the time of a message of M bytes.",
        "else": "Return two times: of the ring, then of the tree.",
    },
)


def young(save_s, apart_s):
    interval = math.sqrt(2 * save_s * apart_s)
    return interval, save_s / interval + interval / (2 * apart_s)


save = Function(
    young,
    [(30, 11_136), (2, 3600), (600, 86_400.0)],
    results=["the interval", "the share lost"],
    mistakes=[
        (
            lambda save_s, apart_s: (
                math.sqrt(save_s * apart_s),
                math.sqrt(save_s / apart_s) * 3 / 2,
            ),
            "A failure loses half an interval on average: the 2 in τ / (2T) belongs to it.",
        ),
        (lambda *given: young(*given)[::-1], "The other way round: the interval comes first."),
        (
            lambda save_s, apart_s: (
                math.sqrt(2 * save_s * apart_s),
                math.sqrt(save_s / apart_s / 2),
            ),
            "That is one of two equal parts: saving, or the work that is lost.",
        ),
        (
            lambda save_s, apart_s: (
                math.sqrt(2 * save_s * apart_s),
                100 * math.sqrt(2 * save_s / apart_s),
            ),
            "A share lies between 0 and 1; this is in per cent.",
        ),
    ],
    hints={
        "the interval": "Where the derivative of C / τ + τ / (2T) is zero: C / τ² = 1 / (2T).",
        "the share lost": "Put your interval into C / τ + τ / (2T).",
        "else": "Return two numbers: the interval, then the share.",
    },
)

held = Function(
    lambda n, compute_s, talk_s: compute_s / (compute_s / n + talk_s),
    [(2, 1000.0, 0.5), (16, 1000.0, 0.1), (10_000, 1000.0, 0.1), (10**6, 1000.0, 0.1)],
    tolerance=1e-9,
    mistakes=[
        (
            lambda n, compute_s, talk_s: compute_s / ((compute_s + talk_s) / n),
            "Only the computing is divided. The sum takes as long on many GPUs as on few.",
        ),
        (
            lambda n, compute_s, talk_s: (compute_s + talk_s) / (compute_s / n + talk_s),
            "One GPU alone has nobody to sum with: it takes compute_s.",
        ),
        (
            lambda n, compute_s, talk_s: (compute_s / n + talk_s) / compute_s,
            "That is the time as a share of one GPU's. How many times as fast is its inverse.",
        ),
        (
            lambda n, compute_s, talk_s: compute_s / (compute_s / n + n * talk_s),
            "One sum for all, not one for each GPU: `talk_s` comes once.",
        ),
    ],
    hints=["The time of one over the time of n: computing divided, talking not."],
)

claim = Value(
    (512 / (1 / 16 + 0.05)) / (8192 / 1.05),
    tolerance=0.005,
    mistakes={
        0.96: "That is the claim, for a batch that grew with the GPUs.",
        1 / 16: "The tokens of each GPU are a sixteenth, and its time is shorter, too.",
        7 / 12 * 100: "As a share, so between 0 and 1; this is in per cent.",
        12 / 7: "After over before: an efficiency is at most 1.",
        0.5556: "The talking does not hide before either: 1.05 seconds for 8,192 tokens.",
    },
    hints=[
        "Tokens per second of one GPU, before and after.",
        "After: 512 tokens in a sixteenth of a second and the time of talking.",
    ],
)
