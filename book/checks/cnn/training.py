"""What `book/cnn/training.ipynb` checks its exercises with."""

import math

from helpers.check import Case, Choice, Function


def of_equal_scores(classes):
    import torch

    scores = torch.zeros(1, classes, dtype=torch.float64)
    return torch.nn.functional.cross_entropy(scores, torch.tensor([0]))


first_loss = Function(
    of_equal_scores,
    [(10,), Case((2,), "Two equal scores are another probability than ten."), (1000,)],
    mistakes=[
        (lambda classes: 1 / classes, "That is the probability. The loss is −ln of it."),
        (lambda classes: -of_equal_scores(classes), "A loss is −ln p, and p is below 1."),
        (lambda classes: math.log10(classes), "The natural logarithm: `math.log`."),
        (lambda classes: math.log2(classes), "The natural logarithm: `math.log`."),
    ],
    hints=["Each class has the probability 1 / classes.", "The natural logarithm: `math.log`."],
)


def by_torch(w, gradients, learning_rate, momentum):
    import torch

    parameter = torch.nn.Parameter(torch.tensor(w, dtype=torch.float64))
    optimiser = torch.optim.SGD([parameter], lr=learning_rate, momentum=momentum)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimiser.step()
    return parameter


def without_momentum(w, gradients, learning_rate, momentum):
    return by_torch(w, gradients, learning_rate, 0.0)


def damped(w, gradients, learning_rate, momentum):
    return by_torch(w, [(1 - momentum) * g for g in gradients], learning_rate, momentum)


def by_nesterov(w, gradients, learning_rate, momentum):
    v = 0.0
    for g in gradients:
        v = momentum * v + g
        w -= learning_rate * (momentum * v + g)
    return w


momentum = Function(
    by_torch,
    [(1.0, [2.0], 0.1, 0.9), (1.0, [2.0, 2.0, -1.0], 0.1, 0.9), (0.0, [1.0, 1.0], 0.5, 0.0)],
    mistakes=[
        (without_momentum, "The velocity must outlive each turn of the loop."),
        (damped, "The gradient counts in full: v = momentum · v + g."),
        (by_nesterov, "That looks one step ahead, as Nesterov does: the step here is −η v."),
    ],
    hints=[
        "The velocity must outlive each turn of the loop.",
        "The velocity is updated first: v = momentum · v + g. Then the parameter moves by −η v.",
    ],
)


def share_of_hits(scores, labels):
    return (scores.argmax(1) == labels).double().mean()


def scored():
    import torch

    generator = torch.Generator().manual_seed(1)

    def case(n, classes):
        scores = torch.randn(n, classes, generator=generator)
        return scores, torch.randint(classes, (n,), generator=generator)

    return [case(8, 3), (torch.eye(4) - 5, torch.arange(4)), case(5, 7)]


accuracy = Function(
    share_of_hits,
    scored,
    mistakes=[
        (lambda *case: share_of_hits(*case) * len(case[1]), "That is the number, not the share."),
        (lambda *case: share_of_hits(*case) * 100, "Between 0 and 1, not in per cent."),
    ],
    hints={
        "raised": "`argmax(1)` looks along each row: one class for each image.",
        "else": [
            "The place of the largest score is the predicted class; its value is not.",
            "`argmax(1)` looks along each row.",
        ],
    },
)

spread = Choice(
    "c",
    {
        "a": "A's own runs differ by 5 points. One run of B, a point above A's best, may be luck.",
        "b": "That compares a mean of three with one draw, and the draw may be a lucky one.",
        "c": "Run B over several seeds: the spread within A is larger than the difference you see.",
    },
)
