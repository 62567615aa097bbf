"""What `book/applications/generation.ipynb` checks its exercises with."""

import statistics

from helpers.check import Case, Choice, Function, Value

FEW = 5


def slower(read_ms, write_ms):
    times = write_ms / read_ms
    return "same" if times < 1.5 else "few" if times <= FEW else "many"


def reasons(read_ms, write_ms):
    found = (
        f"Reading took {read_ms:.0f} ms, writing {write_ms:.0f} ms: {write_ms / read_ms:.1f} times."
    )
    return {
        "same": f"{found} The operations are the same. The bytes are not: count them.",
        "few": f"{found} The weights come in once for the prompt, and once for each word written.",
        "many": f"{found} The weights come in once for the prompt, and once for each word written.",
    }


prediction = Choice(slower, reasons)

kept = Value(
    2 * 48 * 8 * 128 * 2,
    mistakes={
        2 * 48 * 40 * 128 * 2: "Queries are not kept: count the heads of keys and values.",
        48 * 8 * 128 * 2: "Half of it: a key and a value, and two bytes for each number.",
        2 * 8 * 128 * 2: "That is one layer.",
        2 * 48 * 8 * 128 * 16: "A number of 16 bits has two bytes.",
        48
        * 40
        * 128
        * 2: "Queries are not kept: a key and a value are, of the heads that have them.",
    },
    hints=[
        "What is kept is a key and a value, for each layer and each of their heads.",
        "Layers times heads times size times two, and two bytes for each number.",
    ],
)


def step_time(texts, length, weights, kept, parameters, peak_flops, bandwidth):
    memory = (weights + texts * length * kept) / bandwidth
    return max(memory, 2 * parameters * texts / peak_flops)


step = Function(
    step_time,
    [
        (1, 2048, 13.5e9, 524288, 6.7e9, 312e12, 2.0e12),
        Case((16, 8192, 13.5e9, 524288, 6.7e9, 312e12, 2.0e12), "Each text has its own cache."),
        Case(
            (1024, 16, 13.5e9, 524288, 6.7e9, 312e12, 2.0e12),
            "Here arithmetic takes longer: it grows with the texts.",
        ),
        (4, 100, 1e9, 1000, 5e8, 1e13, 1e11),
    ],
    mistakes=[
        (
            lambda texts, length, weights, kept, parameters, peak, bandwidth: (
                (weights + texts * length * kept) / bandwidth + 2 * parameters * texts / peak
            ),
            "Fetching and computing run side by side: the longer of the two counts.",
        ),
        (
            lambda texts, length, weights, kept, parameters, peak, bandwidth: max(
                texts * (weights + length * kept) / bandwidth, 2 * parameters * texts / peak
            ),
            "The weights come in once for all texts.",
        ),
        (
            lambda texts, length, weights, kept, parameters, peak, bandwidth: max(
                (weights + length * kept) / bandwidth, 2 * parameters * texts / peak
            ),
            "Each text has a cache of its own to be read.",
        ),
        (
            lambda texts, length, weights, kept, parameters, peak, bandwidth: max(
                (weights + texts * kept) / bandwidth, 2 * parameters * texts / peak
            ),
            "Every token of a text has left its bytes in the cache.",
        ),
        (
            lambda texts, length, weights, kept, parameters, peak, bandwidth: max(
                (weights + texts * length * kept) / bandwidth, parameters * texts / peak
            ),
            "Each weight takes two operations: a multiplication and an addition.",
        ),
        (
            lambda texts, length, weights, kept, parameters, peak, bandwidth: max(
                (weights + texts * length * kept) / bandwidth,
                2 * parameters * texts * length / peak,
            ),
            "A step computes one token of each text; the earlier ones are in the cache.",
        ),
    ],
    hints=[
        "Two times: bytes over bandwidth, operations over the peak. The longer one counts.",
        "Bytes: the weights once, and for each text its length times what a token leaves.",
    ],
)


def one_step(q, k, v, K, V):
    import torch

    K, V = torch.cat([K, k[None]]), torch.cat([V, v[None]])
    together = torch.nn.functional.scaled_dot_product_attention(q[None], K, V)
    return together[0], K, V


def attention_cases():
    import torch

    torch.manual_seed(3)

    def case(tokens, size):
        return (*torch.randn(3, size), torch.randn(tokens, size), torch.randn(tokens, size))

    first = Case(case(0, 8), "Here the new token is the first: it looks at itself alone.")
    return [case(5, 16), case(1, 4), first, case(30, 64)]


def divided_by(root):
    def wrong(q, k, v, K, V):
        import torch

        K, V = torch.cat([K, k[None]]), torch.cat([V, v[None]])
        return torch.softmax(K @ q / root(q, K), dim=0) @ V, K, V

    return wrong


def without_softmax(q, k, v, K, V):
    import torch

    K, V = torch.cat([K, k[None]]), torch.cat([V, v[None]])
    return (K @ q / len(q) ** 0.5) @ V, K, V


next = Function(
    one_step,
    attention_cases,
    results=["what is collected", "the keys", "the values"],
    tolerance=1e-5,
    mistakes=[
        (divided_by(lambda q, K: 1), "The scores are divided by the root of the size."),
        (divided_by(lambda q, K: len(q)), "The root of the size divides, not the size."),
        (
            divided_by(lambda q, K: len(K) ** 0.5),
            "The root is that of the size D of a key, not of the number of tokens.",
        ),
        (without_softmax, "A softmax makes weights of the scores, so that they add up to 1."),
    ],
    hints={
        "what is collected": [
            "Add the new key and value first: the token looks at itself, too.",
            "Scores are K @ q over the root of D; softmax makes weights of them, which mix V.",
        ],
        "the keys": "Return the old keys with the new one as the last row.",
        "the values": "Return the old values with the new one as the last row.",
    },
)

room = Function(
    lambda memory, weights, kept, length, spare: max(
        0, int((memory - weights - spare) // (kept * length))
    ),
    [
        (80e9, 13.5e9, 524288, 2048, 2e9),
        Case((16e9, 137.9e9, 327680, 128, 1e9), "Here not even the weights fit."),
        Case((24e9, 20e9, 1000, 1000, 4.5e9), "The weights fit, but the program does not."),
        Case((24e9, 4e9, 131072, 16384, 1e9), "The last one fits only in part."),
    ],
    mistakes=[
        (
            lambda memory, weights, kept, length, spare: int(
                (memory - weights - spare) // (kept * length)
            ),
            "Where nothing fits the answer is 0, not less.",
        ),
        (
            lambda memory, weights, kept, length, spare: max(
                0, round((memory - weights - spare) / (kept * length))
            ),
            "A text that fits only in part does not fit: round down.",
        ),
        (
            lambda memory, weights, kept, length, spare: max(
                0, (memory - weights - spare) / (kept * length)
            ),
            "A text that fits only in part does not fit: round down.",
        ),
        (
            lambda memory, weights, kept, length, spare: max(
                0, int((memory - weights) // (kept * length))
            ),
            "The program needs its `spare` bytes.",
        ),
    ],
    hints=[
        "What is left of the memory, divided by what one whole text leaves in the cache.",
        "Round down, and never return less than 0.",
    ],
)


def all_together(log):
    log = [request for request in log if request[4] >= 2]
    return sum(w - 1 for *_, w in log) / sum(rest for _, _, rest, *_ in log)


def upper_middle(log):
    rates = sorted((w - 1) / rest for _, _, rest, _, w in log if w >= 2)
    return rates[len(rates) // 2]


def read_rate(requests):
    return statistics.median(
        (written - 1) / rest for _, _, rest, _, written in requests if written >= 2
    )


#: Queue, first token, the rest (s); tokens read and written.
LOG = [
    (0.1, 0.4, 3.9, 2000, 118),
    (2.0, 0.9, 10.0, 6000, 301),
    (0.0, 0.1, 0.0, 30, 1),
    (0.3, 0.2, 5.0, 400, 101),
    (0.0, 0.3, 2.5, 900, 51),
]

rate = Function(
    read_rate,
    [(LOG[1:2],), Case((LOG,), "The one that wrote a single token is left out."), (LOG[:4],)],
    mistakes=[
        (
            lambda log: (
                sum(read + written for *_, read, written in log)
                / sum(first + rest for _, first, rest, *_ in log)
            ),
            "That is the makers' number: it counts what was read.",
        ),
        (
            lambda log: statistics.median(w / r for _, _, r, _, w in log if w >= 2),
            "The first token came at the end of the reading: one fewer is written in `rest`.",
        ),
        (
            lambda log: statistics.mean((w - 1) / r for _, _, r, _, w in log if w >= 2),
            "The median is asked for.",
        ),
        (
            lambda log: statistics.median((w - 1) / (f + r) for _, f, r, _, w in log if w >= 2),
            "The answer has begun when the first token is there.",
        ),
        (
            lambda log: statistics.median((w - 1) / (q + f + r) for q, f, r, _, w in log if w >= 2),
            "The answer has begun when the first token is there.",
        ),
        (
            all_together,
            "A rate for each request, then the median: one long answer must not outweigh the rest.",
        ),
        (upper_middle, "With an even number the median lies between the two in the middle."),
        (
            lambda log: statistics.median(r / (w - 1) for _, _, r, _, w in log if w >= 2),
            "That is seconds for each token: the rate is the other way round.",
        ),
    ],
    hints=[
        "For each request: how many tokens came in `rest` seconds?",
        "All that were written but the first. Then the median over the requests.",
    ],
)
