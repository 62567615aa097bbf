"""What `book/appendix/template.ipynb` checks its exercises with: one assignment for each.

`helpers/check/exercises.py` says what each kind of exercise takes. torch is imported inside
functions, so that nobody waits for it who checks a number.
"""

from helpers.check import Choice, Function, Properties, Value

prediction = Choice(
    "b",
    {
        "a": "The figure shows a line that rises: longer arrays take longer.",
        "b": "Twice the bytes, twice the time: memory sets the pace.",
        "c": "Each number is read and written once, however many there are.",
    },
)

traffic = Value(
    3 * 1000 * 4,
    unit="bytes",
    mistakes={
        2 * 1000 * 4: "Two arrays are read. What about the third?",
        3 * 1000: "That many numbers move. How many bytes does each take?",
    },
    hints=["How many arrays are touched?", "Two are read, and one is written."],
)


def milliseconds(n, gb_per_s):
    return 12 * n / (gb_per_s * 1e9) * 1e3


bound = Function(
    milliseconds,
    cases=[(16_000_000, 100), (1000, 4800), (32_000_000, 16)],
    mistakes=[
        (lambda n, gb_per_s: 12 * n / (gb_per_s * 1e9), "That is the time in seconds."),
        (lambda n, gb_per_s: 4 * n / gb_per_s / 1e6, "How many arrays are read and written?"),
    ],
    hints=[
        "Bytes divided by bytes per second are seconds.",
        "There are 1e9 bytes in a gigabyte, and 1e3 milliseconds in a second.",
    ],
)


def in_place(add_into):
    import torch

    first, second = torch.arange(4.0), torch.ones(4)
    place, result = first.data_ptr(), add_into(first, second)
    yield result is not None, "Your function returned nothing: return the array, too.", "nothing"
    same = isinstance(result, torch.Tensor) and result.data_ptr() == place
    yield same, "The result is a new array, in other memory."
    yield torch.equal(first, torch.arange(4.0) + 1), "The sum is wrong."
    yield torch.equal(second, torch.ones(4)), "The second array has changed, too."


into = Properties(
    in_place,
    hints=["In PyTorch, a method whose name ends in an underscore changes its own array."],
)
