"""What `book/math/mixed_precision.ipynb` checks its exercises with."""

import math

from helpers.check import Case, Choice, Function

prediction = Choice(
    "c",
    {
        "a": "So it is in FP32. Does FP16 have each number that Adam computes with?",
        "b": "Adam's first step is about the learning rate, 0.001: most weights would feel it.",
        "c": "Adam's 1e-8 is 0 in FP16. Where a gradient is 0 as well, 0/0 is NaN.",
    },
)


def largest_power(g):
    return max(2.0**k for k in range(-40, 60) if (g.abs() * 2.0**k).max() <= 65504)


def largest_of_the_signed(g):
    return largest_power(g.max()) if g.max() > 0 else 0.0


def power_at_least_one(g):
    return max(1.0, largest_power(g))


def exponent(g):
    return math.log2(largest_power(g))


def gradients():
    import torch

    rows = [1e-6, -3e-4, 2e-5], [65504.0, 1.0], [-7e5], [1.0, 0.5]
    return [(torch.tensor(row),) for row in rows]


scale = Function(
    largest_power,
    gradients,
    mistakes=[
        (largest_of_the_signed, "A large negative number overflows, too: take sizes, `abs`."),
        (lambda g: 2 * largest_power(g), "One of them is larger than 65504 then: round down."),
        (lambda g: 65504 / g.abs().max().item(), "Round down to a power of two."),
        (lambda g: largest_power(g.abs().min()), "The largest of them overflows first."),
        (lambda g: largest_power(g.abs().mean()), "The largest of them decides, not the mean."),
        (exponent, "That is the exponent. Return 2 to its power."),
        (power_at_least_one, "A factor may be smaller than 1."),
    ],
    hints=[
        "Only the largest size matters. How many times does it go into 65504?",
        "Round the logarithm of that down: 2 ** floor(log2(65504 / largest)).",
    ],
)


def scaled_by_torch(scale, overflows, wait):
    import torch

    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=float(scale), growth_interval=wait)
    for overflow in overflows:
        optimiser.zero_grad()
        scaler.scale(weight.sum() * (float("inf") if overflow else 1.0)).backward()
        scaler.step(optimiser)
        scaler.update()
    return scaler.get_scale()


def never_counted_anew(scale, overflows, wait):
    good = 0
    for overflow in overflows:
        good += not overflow
        scale *= 0.5 if overflow else 2.0 if good % wait == 0 else 1.0
    return scale


def doubled_for_ever(scale, overflows, wait):
    good = 0
    for overflow in overflows:
        good = 0 if overflow else good + 1
        scale *= 0.5 if overflow else 2.0 if good >= wait else 1.0
    return scale


scaler = Function(
    scaled_by_torch,
    [
        (1024.0, [True, True, False], 10),
        (1024.0, [False, False, False], 3),
        Case((1024.0, [False, True, False], 2), "An overflow ends the row of good steps."),
        Case((8.0, [False] * 5, 2), "Count anew after doubling: five good steps double twice."),
        (65536.0, [True, False, False, False, True, False, False, False, False], 3),
    ],
    mistakes=[
        (never_counted_anew, "An overflow ends the row of good steps."),
        (doubled_for_ever, "Count anew after doubling: five good steps double twice."),
        (
            lambda scale, overflows, wait: scale / 2.0 ** sum(overflows),
            "After `wait` good steps in a row, it doubles.",
        ),
    ],
    hints=[
        "Keep a count of good steps beside the factor. What sets it back to 0?",
        "An overflow halves and sets it back; at `wait`, double and set it back.",
    ],
)


def added_up(n, bits, master):
    kept = {"weight": bits, "gradient": bits, "mean": 32, "mean of squares": 32}
    kept |= {"master": 32} if master else {}
    return n * sum(kept.values()) / 8


bytes = Function(
    added_up,
    [(10, 8, False), (1_000, 16, True), (1, 32, False), (7_000_000_000, 16, True), (4, 8, True)],
    mistakes=[
        (lambda n, bits, master: added_up(n, bits, False), "The master copy is FP32: 4 bytes."),
        (
            lambda n, bits, master: added_up(n, bits, master) - master * n * bits / 8,
            "The master copy comes on top of the weights, not in their place.",
        ),
        (
            lambda n, bits, master: added_up(n, bits, master) + n * (4 - bits / 8),
            "Weights and gradients both have `bits` bits.",
        ),
        (lambda n, bits, master: 8 * added_up(n, bits, master), "Bytes: eight bits each."),
        (
            lambda n, bits, master: added_up(n, bits, master) - n * bits / 8,
            "Each weight has a gradient, of as many bits.",
        ),
        (
            lambda n, bits, master: added_up(n, bits, master) - 4 * n,
            "Adam keeps two means for each weight.",
        ),
        (
            lambda n, bits, master: n * (4 + bool(master)) * bits / 8,
            "Means and master weights stay in FP32, whatever `bits` is.",
        ),
    ],
    hints=[
        "List what is kept for one weight: itself, its gradient, two means, perhaps a copy.",
        "2 · bits / 8, two times 4, and 4 more with a master copy.",
    ],
)
