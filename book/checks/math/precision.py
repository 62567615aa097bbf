"""What `book/math/precision.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import Case, Function, Value

prediction = Value(
    hints=["Which numbers of FP16 are next to 1, and which of them is nearest to 1.0001?"],
    reason="1.0001 is nearer to 1 than to the next number of FP16: rounded back each time.",
)


def to_the_next(x, m):
    dtype = {23: np.float32, 10: np.float16, 52: np.float64}[m]
    return float(np.nextafter(dtype(x), dtype(np.inf)) - dtype(x))


spacing = Function(
    to_the_next,
    [
        (1.0, 10),
        (2048.0, 10),
        Case((0.3, 23), "Below 1 the power is negative: round it down."),
        (1e9, 23),
        (3, 52),
    ],
    tolerance=1e-30,
    mistakes=[
        (lambda x, m: 2.0**-m, "That is the step between 1 and 2. How large is it at x?"),
        (lambda x, m: x * 2.0**-m, "Steps stay equal from one power of two to the next."),
    ],
    hints=[
        "Between which powers of two does x lie? There are 2 to the m steps between them.",
        "2 ** (floor(log2(x)) - m).",
    ],
)


def added_up(m):
    import torch

    dtype = {10: torch.float16, 7: torch.bfloat16, 3: torch.float8_e4m3fn, 2: torch.float8_e5m2}[m]
    total = torch.tensor(0.0, dtype=dtype)
    while True:
        following = (total.float() + 1).to(dtype)
        if following.float() == total.float():
            return total.item()
        total = following


stall = Function(
    added_up,
    [(10,), (7,), (3,), (2,)],
    mistakes=[
        (lambda m: 2.0**m, "There the numbers are still 1 apart."),
        (lambda m: 2.0 ** (m + 1) + 1, "The format does not have that number."),
        (lambda m: 2.0 ** (m + 1) - 1, "One more is exact, and the format has it."),
        (
            lambda m: {10: 65504.0, 7: 3.3895313892515355e38, 3: 448.0, 2: 57344.0}[m],
            "That is the largest number of the format: the sum stops long before.",
        ),
    ],
    hints=[
        "From where on are the numbers of the format 2 apart? There, adding 1 lands halfway.",
        "Halfway goes to the even neighbour, which is the number itself: 2 to the power m + 1.",
    ],
)


def read_by_torch(pattern, e, m):
    import torch

    dtype, whole = {
        (5, 10): (torch.float16, torch.int16),
        (8, 7): (torch.bfloat16, torch.int16),
        (4, 3): (torch.float8_e4m3fn, torch.int8),
    }[e, m]
    return torch.tensor([pattern]).to(whole).view(dtype).double().item()


decode = Function(
    read_by_torch,
    [
        (15360, 5, 10),
        Case((48640, 5, 10), "The first bit is the sign."),
        (16256, 8, 7),
        Case((5, 4, 3), "E = 0 is subnormal: no 1 in front, and the exponent of E = 1."),
        Case((1, 5, 10), "E = 0 is subnormal: no 1 in front, and the exponent of E = 1."),
        Case((200, 4, 3), "The first bit is the sign."),
    ],
    tolerance=1e-12,
    mistakes=[
        (
            lambda pattern, e, m: read_by_torch(pattern, e, m) / 2,
            "The bias is 2 to the power e − 1, less 1.",
        ),
    ],
    hints=[
        "S = pattern >> (e + m), E = (pattern >> m) % 2**e, M = pattern % 2**m.",
        "E = 0 is subnormal: no 1 in front, and the exponent of E = 1.",
    ],
)
