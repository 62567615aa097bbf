"""What `book/math/layer.ipynb` checks its exercises with."""

from helpers.check import Case, Function, Value

prediction = Value(
    (1, 64),
    names=["by_the_article", "by_torch"],
    hints={
        "by_the_article": "The formula for neuron i holds one input only.",
        "by_torch": "A linear layer sums over all inputs.",
    },
    reason="Without a sum a score sees one pixel; a neuron sees all 64.",
)


def by_torch(X, W, b):
    import torch

    return torch.relu(torch.nn.functional.linear(X, W, b))


def batches():
    import torch

    generator = torch.Generator().manual_seed(1)
    return [
        tuple(torch.randn(size, generator=generator) for size in [(N, n), (m, n), (m,)])
        for N, n, m in [(4, 7, 3), (5, 5, 5), (1, 3, 2)]
    ]


batch = Function(
    by_torch,
    batches,
    tolerance=1e-5,
    hints={
        "raised": "Which two axes must match in a matrix product? W keeps one neuron in each row.",
        "shape": "One example in each row of the result: X comes first in the product.",
        "else": [
            "W keeps one neuron in each row. The bias comes before ReLU.",
            "The product is X @ W.T. The bias is added to each row of it, and ReLU comes last.",
        ],
    },
)


def two_layers():
    import torch

    generator = torch.Generator().manual_seed(2)
    return [
        tuple(torch.randn(size, generator=generator) for size in [(k, n), (k,), (m, k), (m,)])
        for n, k, m in [(5, 4, 3), (3, 3, 3)]
    ]


collapse = Function(
    lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1 + b2),
    two_layers,
    tolerance=1e-4,
    results=["W", "b"],
    hints={
        "raised": "W = W2 W1, in this order: x meets W1 first. And b1 meets W2 before b2 joins.",
        "W": "W = W2 W1, in this order: x meets W1 first, so it stands on the right.",
        "b": "The first bias passes through the second layer's weights.",
        "else": "Multiply the bracket out. Which terms have x in them, and which do not?",
    },
)


def tried_in_turn(n, m, s, ridge):
    for N in range(1, 100_000):
        if 2 * N * n * m >= ridge * s * (N * n + n * m + N * m):
            return N
    return 0


cost = Function(
    tried_in_turn,
    [
        (1024, 512, 4, 20),
        (4096, 4096, 4, 20),
        (4096, 1024, 2, 150),
        Case((64, 10, 4, 20), "For a very large N, I comes close to 2 n m / (s (n + m)). Compare."),
        Case((8, 8, 4, 0.1), "A batch has one example at least."),
    ],
    mistakes=[
        (
            lambda n, m, s, ridge: -int(-ridge * s // 2),
            "That counts the weights alone. X and Z are bytes, too.",
        ),
        (
            lambda n, m, s, ridge: tried_in_turn(n, m, s, ridge) - 1,
            "With that many it is just below the ridge: round up.",
        ),
        (
            lambda n, m, s, ridge: tried_in_turn(n, m, s, 2 * ridge),
            "A multiply-add counts as two.",
        ),
    ],
    hints=[
        "I grows with N, and levels off. Towards what, when N is very large?",
        "For a very large N, I comes close to 2 n m / (s (n + m)). Compare the ridge with that.",
    ],
)


def counted_by_torch():
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        torch.nn.Conv2d(64, 128, 3, padding=1)(torch.empty(32, 64, 56, 56))
    return 32 * 56 * 56, 64 * 9, 128, counter.get_total_flops()


shape = Value(
    counted_by_torch,
    names=["M", "K", "N", "flops"],
    hints={
        "M": "With padding 1 a 3 × 3 window has as many positions as the image has pixels.",
        "K": "A patch reaches through all 64 channels: K = 64 · 9.",
        "N": "One column for each filter.",
        "flops": "The FLOP are 2 M K N.",
    },
)
