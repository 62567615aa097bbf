"""What `book/cnn/deployment.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    "a",
    {
        "a": "One byte in place of four, whatever the machine. Time depends on the processor's "
        "instructions, and answers on the ranges that calibration saw.",
        "b": "The file is sure. Time is not: without instructions for many integers at once, the "
        "conversions between the layers eat the gain.",
        "c": "Where two scores nearly tie, rounding may change the answer. And time depends on "
        "the processor's instructions.",
    },
)

scale = Value(
    (0.254 / 127, 0.254 / 254),
    names=["step", "error"],
    tolerance=0.001,
    mistakes={
        0.127 / 127: "The weight farthest from zero decides, whatever its sign: -0.254 must fit.",
        0.254 / 128: "The integers end at -127 here, so that both sides are alike.",
        0.381 / 255: "That is the step with a zero point of its own; here z = 0.",
        0.381 / 254: "That is the step with a zero point of its own; here z = 0.",
        0.254: "That is the weight. Which step takes it to the integer 127?",
        127 / 0.254: "That many steps make 1. How long is one of them?",
        -0.002: "A step is a length: take the weight without its sign.",
        0.5: "That is in steps. How much is half a step in weights?",
        0.002: "Rounding goes to the nearer integer: off by half a step at most.",
    },
    hints={
        "step": "The weight farthest from zero becomes -127.",
        "error": "Rounding goes to the nearer integer.",
    },
)


def into_eight_bits(x, step, zero):
    return max(-128, min(127, round(x / step) + zero))


def truncated(x, step, zero):
    return max(-128, min(127, int(x / step) + zero))


def clamped_first(x, step, zero):
    return max(-128, min(127, round(x / step))) + zero


def a_whole_number(answer):
    result = answer(0.137, 0.02, 0)
    kind = str(getattr(result, "dtype", type(result).__name__))
    yield "float" not in kind, "The values are right, but an integer is asked for, not a float."


def unsigned(x, step, zero):
    return max(0, min(255, round(x / step) + zero))


quantise = Function(
    into_eight_bits,
    [
        (0.137, 0.02, 0),
        Case((0.132, 0.02, 5), "Add the zero point after rounding."),
        (-0.137, 0.02, 0),
        Case((9.0, 0.02, 0), "450 does not fit into eight bits: the largest is 127."),
        Case((-9.0, 0.02, 0), "-450 does not fit into eight bits: the smallest is -128."),
        Case((2.0, 0.02, 40), "100 fits, and 140 does not: clamp after the zero point is added."),
        (-2.0, 0.02, -40),
        Case((-3.0, 0.02, 100), "-150 does not fit, and -50 does: clamp at the end only."),
    ],
    tolerance=0.0,
    mistakes=[
        (truncated, "Round to the nearer integer; `int` cuts off instead, and `ceil` goes up."),
        (clamped_first, "Clamp after the zero point is added."),
        (unsigned, "The integers have a sign here: from -128 to 127."),
        (
            lambda x, step, zero: round(x / step) + zero,
            "Eight bits hold no integer below -128 or above 127: clamp.",
        ),
        (
            lambda x, step, zero: max(-128, min(127, round(x * step) + zero)),
            "How many steps is x? Divide by the step.",
        ),
    ],
    also=a_whole_number,
    hints=["Four steps: divide, round, add, clamp.", "`max(-128, min(127, q))` clamps q."],
)


def all_close(original, copy, relative, absolute):
    return len(original) == len(copy) and all(
        abs(b - a) <= absolute + relative * abs(a) for a, b in zip(original, copy, strict=True)
    )


NAN = float("nan")
agree = Function(
    all_close,
    [
        Case(
            ([1.0, -2.0], [1.0, -2.0], 0.0, 0.0),
            "Equal scores agree even with no tolerance: not more than is `<=`.",
        ),
        Case(
            ([100.0, 1.0], [100.5, 1.0], 0.01, 0.0),
            "One part in a hundred of 100 is 1, and 0.5 is less.",
        ),
        Case(([1.0, 100.0], [1.5, 100.0], 0.01, 0.0), "Each score has a limit of its own."),
        Case(([-100.0], [-100.5], 0.01, 0.0), "The limit grows with the size, not the sign."),
        Case(([1.0], [0.5], 0.0, 0.1), "A copy may be too small as well as too large."),
        Case(([0.0], [1e-5], 0.01, 1e-4), "At 0, only the absolute part is left."),
        Case(([1.0, 1.0], [1.0], 0.1, 0.1), "A score is missing: ask for the lengths first."),
        Case(([1.0], [1.0, 1.0], 0.1, 0.1), "One score too many: ask for the lengths first."),
        Case(
            ([1.0, 2.0], [1.0, NAN], 0.1, 0.1),
            "Every comparison with NaN is false: ask if all are close, not if any is far.",
        ),
        Case(([NAN], [NAN], 0.1, 0.1), "Not a number agrees with nothing, not even with another."),
        Case(
            ([100.0], [100.15], 0.001, 0.1),
            "The limit is the sum of the two parts, here 0.2, not the larger of them.",
        ),
        Case(([1.0, 1.0], [1.5, 0.5], 0.1, 0.1), "Differences of two signs do not make up."),
        Case(([10.0], [20.0], 0.6, 0.0), "The limit comes from the original, not from the copy."),
    ],
    hints=[
        "Lengths first, then each pair by itself.",
        "`abs(b - a)` against `absolute + relative * abs(a)`.",
    ],
)


def unfit(saved, wanted):
    names = saved.keys() | wanted.keys()
    return sorted(name for name in names if saved.get(name) != wanted.get(name))


CLASS = {"conv.weight": (32, 3, 3, 3), "conv.bias": (32,), "fc.weight": (10, 64)}
misfits = Function(
    lambda saved, wanted: ", ".join(unfit(saved, wanted)),
    [
        Case((CLASS, CLASS), "Nothing is amiss here: return a list without names."),
        Case(({"conv.weight": (32, 3, 3, 3)}, CLASS), "The class wants names the file lacks."),
        Case((CLASS, {"conv.bias": (32,)}), "The file has names that the class does not want."),
        Case(
            ({**CLASS, "fc.weight": (64, 10)}, CLASS),
            "The name is in both, and (64, 10) is not (10, 64).",
        ),
        Case(
            ({"fc.weight": (10, 64), "z": (1,)}, {"fc.weight": (9, 64), "a": (1,), "m": (2,)}),
            "Each name once, all of them sorted.",
        ),
        ({}, {}),
    ],
    run=lambda answer, saved, wanted: named(answer(saved, wanted)),
    mistakes=[
        (
            lambda saved, wanted: ", ".join(sorted(saved.keys() ^ wanted.keys())),
            "A name in both fits only if the shapes are the same.",
        ),
        (
            lambda saved, wanted: ", ".join(sorted(wanted.keys() - saved.keys())),
            "Names may be missing, too many, or differ in shape. Which are too many, which differ?",
        ),
    ],
    hints=[
        "The names of both tables: `saved.keys() | wanted.keys()`.",
        "`saved.get(name)` is None where the name is missing.",
    ],
)


def named(names):
    """Return a list of names as one text, or what came instead as it is."""
    names = names.tolist() if hasattr(names, "tolist") else names  # an array of NumPy's
    listed = isinstance(names, list | tuple)
    return ", ".join(names) if listed and all(isinstance(n, str) for n in names) else names
