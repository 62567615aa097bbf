"""What `book/cnn/environment.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    "c",
    {
        "a": "There are more: this chapter has shown several.",
        "b": "There are more than two: count the cures in the report.",
        "c": "An old driver, no code for the card, a build without CUDA, hidden GPUs.",
    },
)


def new_enough(driver, cuda):
    from helpers import environment

    return int(driver.split(".")[0]) >= environment.OLDEST_DRIVER[int(cuda.split(".")[0])]


driver = Function(
    new_enough,
    [
        Case(("535.104.05", "12.6"), "The first number of the driver counts, and that of CUDA."),
        ("535.104.05", "13.0"),
        Case(("580.65.06", "13.2"), "A driver of exactly the oldest branch will do."),
        Case(("550.54.14", "12.4"), "Each major version of CUDA has its own oldest driver."),
        Case(("1000.10", "13.0"), "As text, '1000' comes before '580': compare numbers."),
        ("525.60.13", "12.0"),
        ("450.51", "11.8"),
    ],
    hints={
        "raised": "Take what stands before the first dot, and turn it into a whole number.",
        "else": [
            "Take what stands before the first dot, and turn it into a number.",
            "As text, '1000' comes before '580'. A driver of the oldest branch will do.",
        ],
    },
)


def served():
    from helpers import environment

    cards = (7, 5), (8, 6), (9, 0), (7, 0), (12, 0)
    return tuple(environment.runs_on(card, ("sm_75", "sm_80", "sm_90")) for card in cards)


cards = Value(
    served,
    names=["T4", "RTX 3090", "H100", "V100", "RTX 5090"],
    hints={
        "RTX 3090": "8.6 has the major version of sm_80, and a minor version no smaller.",
        "V100": "7.0 has the major version of sm_75. Is its minor version large enough?",
        "RTX 5090": "Code of another major version does not run, newer card or not.",
        "else": [
            "The major versions must be equal.",
            "Within one major version, the card's minor version must be no smaller.",
        ],
    },
)


def of_norms(computed, exact):
    return (computed - exact).norm() / exact.norm()


def matrices():
    import torch

    generator = torch.Generator().manual_seed(1)
    matrix = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    vector = torch.tensor([3.0, 4.0])
    return [(matrix + 0.1, matrix), (matrix * 2, matrix), (vector * 0, vector)]


error = Function(
    of_norms,
    matrices,
    mistakes=[
        (lambda computed, exact: (computed - exact).norm(), "Relative to what? Divide by a norm."),
        (
            lambda computed, exact: (computed - exact).norm() / computed.norm(),
            "The error is relative to the exact one.",
        ),
        (
            lambda computed, exact: ((computed - exact) / exact).abs().mean(),
            "A number near zero would spoil it: first the norms, then divide.",
        ),
        (
            lambda computed, exact: (computed - exact).abs().max() / exact.abs().max(),
            "Those are the largest numbers; a norm takes all of them.",
        ),
    ],
    hints=["Divide the norm of the difference by another norm.", "By that of the exact one."],
)

first = Choice(
    "python",
    {
        "python": "Another Python means another torch, and perhaps another driver to ask for.",
        "driver": "Perhaps, but which driver? Python decides which torch you can install.",
        "card": "A T4 has compute capability 7.5, which this build serves.",
        "disk": "Look at the verdict of that line.",
    },
)
