"""What `book/appendix/tracer.ipynb` checks its exercises with."""

from helpers.check import Choice, Function, Value

prediction = Choice(
    "instructions",
    {
        "sectors": "An element lies where it lies: every read of it touches the same sectors.",
        "instructions": "The compiler merges, unrolls and reorders; addresses alone cost several.",
    },
)

merged = Value(
    (4, 16, 1, 16),
    names=["requests, single", "sectors, single", "requests, fourfold", "sectors, fourfold"],
    hints={
        "requests, single": "A request is one instruction of a warp, and brings 32 numbers.",
        "requests, fourfold": "A request is one instruction of a warp, and now brings 128 numbers.",
        "else": ["128 numbers are 512 bytes, however they are read.", "A sector has 32 bytes."],
    },
)

trust = Choice(
    "b",
    {
        "a": "Perhaps, but a compiler may have turned those branches into predicates already.",
        "b": "Yes: bank conflicts follow from addresses, which no compiler changes.",
        "c": "That number describes the source; machine code has another.",
    },
)

row = Function(
    lambda n: (-(-n // 32), -(-4 * n // 32)),
    [(3988,), (1,), (33,), (1024,)],
    results=["requests", "sectors"],
    hints={
        "requests": "A warp with one thread inside the array makes a request as a full one does.",
        "sectors": "Sectors are counted in bytes: 32 each. Round up.",
        "else": "Return two numbers: requests, then sectors.",
    },
)
