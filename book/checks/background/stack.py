"""What `book/background/stack.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    "a",
    {
        "a": "Both calls cost their overhead; 4,096 multiply-adds hardly show beside it.",
        "b": "The arithmetic grows 4,096 times, the bytes too, and neither sets the time here.",
        "c": "That would hold if arithmetic set the time. Here the call does.",
    },
)

rungs = Value(
    ("F.linear", "operator", "dispatcher", "library", "kernel"),
    names=["first", "second", "third", "fourth", "fifth"],
    hints={
        "first": "What do you write yourself, in Python?",
        "second": "What does Python call by its name, whatever the device is?",
        "third": "Who looks at device and type, and picks the function?",
        "fourth": "Something picks and starts the kernel: which of the two is left?",
        "else": "What is still Python, what is C++, and what runs last?",
    },
)


def what_is_left(small, small_us, large, large_us):
    per_operation = (large_us - small_us) / (large - small)
    return small_us - per_operation * small


floor = Function(
    what_is_left,
    [(1000, 12.0, 2000, 14.0), (0, 5.0, 10, 25.0), (4096, 9.0, 8192, 9.0)],
    tolerance=1e-9,
    mistakes=[
        (
            lambda small, small_us, large, large_us: small_us,
            "The small call does some work as well: what is left without it?",
        ),
        (
            lambda small, small_us, large, large_us: large_us - small_us,
            "That is what the larger work costs more. What is left without any?",
        ),
        (
            lambda small, small_us, large, large_us: (large_us - small_us) / (large - small),
            "That is the cost of one operation. How much of the small call is not operations?",
        ),
    ],
    hints=[
        "Two points make a line. What does one operation more cost?",
        "The fixed part is what is left of the small call when its own work is taken away.",
    ],
)


def counted(work, views=True):
    """Return how many operators passed the dispatcher while `work` ran, with or without views."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Counter(TorchDispatchMode):
        number = 0

        def __torch_dispatch__(self, operator, types, arguments=(), options=None):
            aliases = [part.alias_info for part in operator._schema.returns if part.alias_info]
            self.number += views or not aliases or any(alias.is_write for alias in aliases)
            return operator(*arguments, **(options or {}))

    with Counter() as counter:
        work()
    return counter.number


def row_by_row(rows, weight, bias):
    import torch

    return torch.stack([weight @ row + bias for row in rows])


def batches():
    import torch

    generator = torch.Generator().manual_seed(0)
    return [
        tuple(torch.rand(shape, generator=generator) for shape in [(n, 5), (m, 5), (m,)])
        for n, m in [(40, 3), (5, 5)]
    ]


def without_gradients(layer_for_all, rows, weight, bias):
    import torch

    with torch.no_grad():
        return layer_for_all(rows, weight, bias)


def three_operators(layer_for_all):
    given = batches()[0]
    number = counted(lambda: without_gradients(layer_for_all, *given), views=False)
    text = f"{number} operators ran, more than three. (Transposes are not counted.)"
    yield number <= 3, text, "operators"


rows = Function(
    row_by_row,
    batches,
    tolerance=1e-5,
    run=without_gradients,
    also=three_operators,
    hints={
        "operators": "`torch.addmm` adds the bias in the same operator, and `F.linear` does all.",
        "shape": "One row in, one row out: n rows and m outputs make (n, m).",
        "else": [
            "A batch is one matrix product: which of the two matrices has to be transposed?",
            "`torch.addmm` adds the bias in the same operator, and `F.linear` does all of it.",
        ],
    },
)


def multiply_and_add():
    import torch

    return torch.ones(3) * 2 + 1


def through_a_layer():
    import torch

    with torch.no_grad():
        return torch.relu(torch.nn.functional.linear(torch.ones(2, 3), torch.ones(4, 3)))


def nothing():
    pass


count = Function(
    counted,
    [
        (multiply_and_add,),
        Case((through_a_layer,), "An operator that runs twice counts twice."),
        Case((nothing,), "Where no operator runs, the count is 0."),
    ],
    hints=[
        "Change the `Listener` of this chapter: let it count and not print.",
        "Keep the number in the object: `self.number += 1`, and read it after the `with` block.",
    ],
)
