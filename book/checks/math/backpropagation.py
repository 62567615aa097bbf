"""What `book/math/backpropagation.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import Choice, Function, Value

prediction = Choice(
    "b",
    {
        "a": "A layer has two gradients to find: of its weights, and of its input.",
        "b": "Two products for each one forwards; a little less: images need no gradient.",
        "c": "It is a small number, but not as large: count the products of one layer.",
        "d": "That is what nudging would take. Backpropagation shares the way.",
    },
)


def by_autograd(X, W, b, G):
    import torch

    given = [torch.tensor(array, requires_grad=True) for array in (X, W, b)]
    torch.relu(given[0] @ given[1].T + given[2]).backward(torch.tensor(G))
    return tuple(tensor.grad.numpy() for tensor in given)


def layers():
    rng = np.random.default_rng(4)
    return [
        tuple(rng.normal(size=size) for size in [(N, n), (m, n), m, (N, m)])
        for N, n, m in [(5, 4, 3), (3, 3, 3)]
    ]


layer = Function(
    by_autograd,
    layers,
    results=["dX", "dW", "db"],
    mistakes=[
        (
            lambda X, W, b, G: (G @ W, G.T @ X, G.sum(0)),
            "First the way back through ReLU: G passes only where X Wᵀ + b was positive.",
        )
    ],
    hints={
        "count": "Return three gradients: dX, dW, db.",
        "shape": "A gradient has the shape of what it belongs to.",
        "dX": "G passes only where X Wᵀ + b was positive. With that G: dX = G W.",
        "dW": "With the G behind ReLU: dW = Gᵀ X.",
        "db": "Every example adds b: db is the sum of G over the examples.",
        "else": "With the G behind ReLU: dX = G W, dW = Gᵀ X, db = the sum of G.",
    },
)


def nudged(x, g, h=1e-6):
    def loss(x):
        return g @ (x / np.sqrt(x @ x))

    steps = h * np.eye(len(x))
    return np.array([(loss(x + step) - loss(x - step)) / (2 * h) for step in steps])


def vectors():
    rng = np.random.default_rng(5)
    short = np.array([3.0, 4.0]), np.array([1.0, 0.0])
    return [short, (rng.normal(size=6), rng.normal(size=6))]


normalise = Function(
    nudged,
    vectors,
    tolerance=1e-5,
    mistakes=[
        (
            lambda x, g: g / np.sqrt(x @ x),
            "x appears twice: as itself, and in its length, whose slope is y. Two roads add up.",
        ),
        (lambda x, g: nudged(x, g) * np.sqrt(x @ x), "Divide by the length of x."),
        (
            lambda x, g: (g - x * (x @ g)) / np.sqrt(x @ x),
            "The part along y drops out, and y has length 1: x has not.",
        ),
        (
            lambda x, g: 2 * g / np.sqrt(x @ x) - nudged(x, g),
            "A longer x makes y shorter: the second road has a minus.",
        ),
    ],
    hints=[
        "x appears twice: as itself, and in its length, whose slope is y. Two roads add up.",
        "A change of x along y turns nothing: the part of g along y, y (y · g), drops out.",
    ],
)


def counted_by_torch(N, sizes):
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    pairs = [torch.nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)]
    with FlopCounterMode(display=False) as there:
        loss = torch.nn.Sequential(*pairs)(torch.rand(N, sizes[0])).sum()
    with FlopCounterMode(display=False) as back:
        loss.backward()
    return there.get_total_flops(), back.get_total_flops()


flops = Function(
    counted_by_torch,
    [(16, (64, 32, 10)), (8, (5, 5, 5, 5)), (1, (100, 10))],
    results=["forward", "backward"],
    hints={
        "forward": "Each layer is 2 N n m forwards: a multiply-add counts as two.",
        "backward": [
            "Each layer is two products of that size backwards, but one layer.",
            "The first layer hands nothing on: it has one product backwards, not two.",
        ],
    },
)


def fewest():
    best = min(range(1, 401), key=lambda s: s + 400 / s)
    return best, 400 / (best + 400 / best)


segments = Value(
    fewest,
    names=["best_s", "times_less"],
    hints={
        "best_s": [
            "Minimise s + 400 / s. Where is its slope zero?",
            "At the square root of 400.",
        ],
        "times_less": "Add both parts, and divide 400 by the sum.",
    },
)
