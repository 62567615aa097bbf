"""What `book/cuda/frameworks.ipynb` checks its exercises with."""

from unittest import mock

from helpers.check import Case, Function, Value

prediction = Value(
    tolerance=0.3,
    hints=["Look at the row `together`: within a third of that counts as right."],
    reason="Measured here: {expected:.2f}.",
)

amdahl = Function(
    lambda shares, gains: 1 / sum(share / gain for share, gain in zip(shares, gains, strict=True)),
    [((0.5, 0.5), (4, 1)), ((0.6, 0.3, 0.1), (8, 2, 1)), ((1.0,), (3,))],
    mistakes=[
        (
            lambda shares, gains: sum(s / g for s, g in zip(shares, gains, strict=True)),
            "That is the time that is left. How many times as fast is that?",
        ),
        (
            lambda shares, gains: sum(s * g for s, g in zip(shares, gains, strict=True)),
            "Times add up, gains do not: each share shrinks by its own gain.",
        ),
    ],
    hints=[
        "Work out the time that is left: each share shrinks by its own gain.",
        "The new time is the sum of share / gain; the old time is 1.",
    ],
)


def calls_needed(compile_s, eager_ms, compiled_ms):
    if compiled_ms >= eager_ms:
        return 0
    return int(compile_s * 1000 // (eager_ms - compiled_ms)) + 1


worth = Function(
    calls_needed,
    [
        (10, 5, 3),
        (0.001, 5, 3),
        Case((60, 2, 2.5), "If a compiled call is not faster, it never pays."),
        (30, 1.0, 0.5),
    ],
    mistakes=[
        (
            lambda compile_s, eager_ms, compiled_ms: int(1000 * compile_s // eager_ms) + 1,
            "A call does not save all of its time: eager_ms − compiled_ms.",
        ),
        (
            lambda *case: calls_needed(*case) - 1,
            "After that many calls both are equal. Saved means strictly less time.",
        ),
        (
            lambda compile_s, *each: calls_needed(compile_s / 1000, *each),
            "Compiling takes seconds, a call milliseconds.",
        ),
    ],
    hints=[
        "After n calls eager has taken n · eager_ms, compiled 1000 · compile_s + n · compiled_ms.",
        "Saved means strictly less time. If a compiled call is not faster, it never pays.",
    ],
)


def by_the_helper(capability):
    from helpers import device

    with mock.patch("torch.cuda.get_device_capability", lambda _: capability):
        return str(device.amp_dtype("cuda")).removeprefix("torch.")


dtype = Function(
    by_the_helper,
    [
        ((6, 1),),
        ((7, 5),),
        Case(((8, 0),), "8.0 itself has bfloat16, too."),
        ((9, 0),),
        ((12, 0),),
        Case(((7, 0),), "7.0 itself has fast FP16, too."),
    ],
    hints=["Pairs compare like words: (7, 5) < (8, 0).", "Ask for 8.0 first, then 7.0."],
)

fuse = Function(
    lambda operators, kept: 2 * operators / (2 + kept),
    [(6, 0), (6, 2), (1, 0)],
    mistakes=[
        (
            lambda operators, kept: operators / (2 + kept),
            "Unfused, each operator moves two arrays.",
        ),
        (
            lambda operators, kept: 2 * operators / (2 + 2 * kept),
            "A kept array is written only: the fused kernel has it already.",
        ),
        (
            lambda operators, kept: 2 * operators / (1 + kept),
            "The fused kernel reads its input, too.",
        ),
        (lambda operators, kept: operators, "Without kept arrays. Each of them is written, too."),
    ],
    hints=[
        "Unfused, each operator moves two arrays.",
        "Fused: one read, one write, and kept writes. n and size cancel.",
    ],
)
