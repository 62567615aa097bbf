"""What `book/cuda/triton.ipynb` checks its exercises with."""

import contextlib
from unittest import mock

from helpers.check import Function, Properties, Value

prediction = Value(
    2,
    mistakes={8: "Each thread has 8 numbers. One instruction loads up to 16 bytes."},
    hints=["4 warps are 128 threads, so each has 8 numbers.", "One instruction loads 16 bytes."],
    reason="Two loads of 16 bytes: eight numbers for each of the 128 threads.",
)


def tiles(n, size):
    programs = -(-n // size)
    return programs, programs * size - n


grid = Function(
    tiles,
    [(10_000, 1024), (1024, 1024), (1, 256), (4097, 4096)],
    results=["the programs", "the idle places"],
    hints={
        "the programs": "Programs: n over size, rounded up.",
        "the idle places": "Idle: what the tiles cover, less n.",
        "else": "Return two numbers: programs, then idle places.",
    },
)


def both_halves(m1, l1, o1, m2, l2, o2):
    import torch

    m = max(m1, m2)
    first, second = (torch.exp(torch.tensor(x - m, dtype=torch.float64)) for x in (m1, m2))
    return (first * o1 + second * o2) / (first * l1 + second * l2)


def reports():
    import torch

    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(3, 2, 4, dtype=torch.float64, generator=generator)
    pairs = [(1.0, 2.0, 3.0, 1.5), (200.0, 1.5, -300.0, 2.0), (-5.0, 4.0, 800.0, 1.0)]
    return [
        (m1, l1, o1, m2, l2, o2) for (m1, l1, m2, l2), (o1, o2) in zip(pairs, rows, strict=True)
    ]


merge = Function(
    both_halves,
    reports,
    mistakes=[
        (
            lambda m1, l1, o1, m2, l2, o2: (o1 + o2) / (l1 + l2),
            "Both are relative to maxima of their own: bring them to the same one first.",
        ),
        (
            lambda m1, l1, o1, m2, l2, o2: (o1 / l1 + o2 / l2) / 2,
            "The halves do not weigh the same. Divide by the merged sum at the end, once.",
        ),
    ],
    hints=[
        "Bring both to the larger maximum before you add: multiply by e to the difference.",
        "Never take the exponential of a large positive number.",
        "Divide by the merged sum at the end, once.",
    ],
)


@contextlib.contextmanager
def as_compiled(kernel, read):
    """Let the interpreter do what the compiler does, and collect the addresses of each load.

    A compiled kernel may say `max(a, b)` for `tl.maximum`. And where a GPU would read what is not
    its own, an interpreted kernel reads on in silence.
    """
    from helpers import triton_here

    if triton_here.mode() != "interpreted":
        yield
        return
    from triton.runtime.interpreter import InterpreterBuilder

    tl, load = triton_here.tl, InterpreterBuilder.create_masked_load

    def watched(self, pointers, mask, *others):
        read.append(pointers.data[mask.data.astype(bool)].ravel().tolist())
        return load(self, pointers, mask, *others)

    names = {
        "max": lambda one, other: tl.maximum(one, other),
        "min": lambda one, other: tl.minimum(one, other),
    }
    known = kernel.fn.__globals__
    added = names.keys() - known.keys()
    with mock.patch.object(InterpreterBuilder, "create_masked_load", watched):
        known.update({name: names[name] for name in added})
        try:
            yield
        finally:
            for name in added:
                del known[name]


def row_by_row(bias_relu):
    import torch

    from helpers import triton_here

    generator = torch.Generator().manual_seed(0)
    place = "cuda" if triton_here.mode() == "compiled" else "cpu"
    kernel = hasattr(bias_relu, "fn")
    yield kernel, "`@triton.jit` is missing above the function.", "decorator"
    for rows, columns, size in [(3, 16, 16), (4, 21, 32), (5, 100, 128)]:
        x, bias = (
            torch.randn(s, generator=generator).to(place) for s in [(rows, columns), columns]
        )
        out, read = torch.full((rows * columns + size,), -9.0, device=place), []
        try:
            with as_compiled(bias_relu, read):
                triton_here.launch(bias_relu, (rows,), x, bias, out, columns, size=size)
        except Exception as error:
            reason = str(error.__cause__ or error).strip().splitlines()[-1]
            yield False, f"With {columns} columns it fails: {reason}", "raised"
        found, around = out.split([rows * columns, size])
        wanted = torch.relu(x + bias)
        found = found.reshape(rows, columns)
        off = (found - wanted).abs() > 1e-6
        if off.any():
            row, column = (int(k) for k in off.nonzero()[0])
            text = (
                f"With {columns} columns, row {row} is wrong: out[{row}, {column}] is "
                f"{found[row, column]:.6g}, and {wanted[row, column]:.6g} is needed."
            )
            yield False, text, "value"
        yield bool((around == -9).all()), f"With {columns} columns it writes behind out.", "store"
        own = [range(t.data_ptr(), t.data_ptr() + t.nbytes) for t in (x, bias)]
        addresses = [address for load in read for address in load]
        stray = [address for address in addresses if not any(address in one for one in own)]
        text = f"With {columns} columns it reads behind the end of x or bias, where a GPU may fail."
        yield not stray, text, "load"
        alone = len(addresses) <= 2 * rows * columns
        yield alone, "A program reads more than one row of x, and bias: each has its own.", "row"
        text = "It loads number by number. A program handles its row at once, as a tile."
        yield len(read) <= 4 * rows, text, "tile"


kernel = Properties(
    row_by_row,
    hints={
        "store": "The store needs a mask, `k < columns`.",
        "load": "The mask that guards the store guards the loads, too.",
        "row": "The row is `tl.program_id(0)`.",
        "tile": "`tl.arange(0, size)` is a tile of columns.",
        "else": [
            "The row is `tl.program_id(0)`, and it starts at row times columns.",
            "The same mask, `k < columns`, guards both loads and the store.",
            "`tl.maximum(a, 0.0)` is the larger of two.",
        ],
    },
)


def longest_text():
    return int((16e9 / (2 * 2 * 32)) ** 0.5) // 1024 * 1024


longest = Value(
    longest_text,
    mistakes={
        15360: "Two arrays are kept: scores and weights.",
        11_180: "The text is a multiple of 1,024: round down.",
        62464: "Each of the 32 heads has arrays of its own.",
    },
    hints=[
        "Two arrays of 32 · n · n numbers of 2 bytes.",
        "n is the square root of 16e9 / 128: then round down.",
    ],
)
