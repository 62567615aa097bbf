"""What `book/math/convolution.ipynb` checks its exercises with."""

import numpy as np

from helpers.check import Choice, Function, Value

prediction = Choice(
    "b",
    {
        "a": "That is the definition. Neighbouring outputs share pixels, and can share products.",
        "b": "By Fourier transform; Winograd's way takes four ninths.",
        "c": "Each of the 64 input channels has to come in at least once.",
    },
)


def tried_by_torch(k, d):
    import torch
    from torch.nn import functional

    x, w = torch.empty(1, 1, 31, device="meta"), torch.empty(1, 1, k, device="meta")
    return next(
        p for p in range(100) if functional.conv1d(x, w, padding=p, dilation=d).shape == x.shape
    )


padding = Function(
    tried_by_torch,
    [(3, 1), (5, 1), (3, 4), (7, 3)],
    mistakes=[
        (lambda k, d: (k - 1) // 2, "The dilation stretches the kernel to d (k - 1) + 1."),
        (lambda k, d: d * (k - 1), "That is the padding of both sides together."),
        (lambda k, d: (d * k - 1) // 2, "Between k taps there are k − 1 gaps of d."),
        (lambda k, d: d * k // 2, "Between k taps there are k − 1 gaps of d."),
    ],
    hints=["Set m = n and s = 1 in the law. n drops out.", "2 p = d (k - 1)."],
)


def unfolded(X, k):
    import torch

    return torch.nn.functional.unfold(torch.tensor(X)[None, None], k)[0].T.numpy()


def squares():
    rng = np.random.default_rng(6)
    return [(np.arange(9.0).reshape(3, 3), 2), (rng.normal(size=(6, 6)), 3)]


patches = Function(
    unfolded,
    squares,
    hints={
        "shape": "The patch at (a, b) is X[a : a + k, b : b + k]. How many places are there?",
        "value": "In reading order b runs faster than a, in places and within a patch.",
        "else": "Flatten each patch with .ravel() and stack them with np.array.",
    },
)


class Counted(float):
    """A number that counts the products of two of its kind."""

    products = plain = 0

    def __float__(self):
        Counted.plain += 1  # what is done with a plain number is not counted
        return float.__pos__(self)

    def __add__(self, other):
        return Counted(float.__add__(self, other))

    def __sub__(self, other):
        return Counted(float.__sub__(self, other))

    def __rsub__(self, other):
        return Counted(float.__rsub__(self, other))

    def __neg__(self):
        return Counted(float.__neg__(self))

    def __truediv__(self, other):
        return Counted(float.__truediv__(self, other))

    def __mul__(self, other):
        Counted.products += isinstance(other, Counted)
        return Counted(float.__mul__(self, other))

    __radd__, __rmul__ = __add__, __mul__


def on_counted(two_outputs, x, w):
    Counted.products = Counted.plain = 0
    return two_outputs([Counted(pixel) for pixel in x], [Counted(weight) for weight in w])


def four_products(two_outputs):
    on_counted(two_outputs, (1.0, 2.0, 4.0, 8.0), (1.0, 1.0, 1.0))
    number, hidden = Counted.products, Counted.plain
    yield number <= 4, f"{number} products of a pixel term and a weight term, more than 4.", "many"
    text = f"Only {number} products could be counted: use x[i] and w[j] themselves, no arrays."
    yield number == 4, text, "few"
    yield not hidden, "Some products are of plain numbers: leave out `float()`.", "few"


winograd = Function(
    lambda x, w: (float(np.dot(w, x[:3])), float(np.dot(w, x[1:]))),
    [((1.0, 2.0, 4.0, 8.0), (1.0, 1.0, 1.0)), ((0.5, -1.0, 3.0, 2.0), (2.0, -1.0, 0.25))],
    results=["y0", "y1"],
    run=on_counted,
    also=four_products,
    hints={
        "many": "Write m1 to m4 as in the text, then the two sums.",
        "few": "",
        "else": [
            "Write m1 to m4 as in the text, then the two sums.",
            "m2 = (x[1] + x[2]) * ((w[0] + w[1] + w[2]) / 2) is one multiplication.",
        ],
    },
)


def layers_needed():
    def needed(stride):
        seen, step, layers = 1, 1, 0
        while seen < 224:
            seen, step, layers = seen + 2 * step, step * stride, layers + 1
        return layers

    return needed(1), needed(2)


field = Value(
    layers_needed,
    names=["plain_layers", "strided_layers"],
    hints={
        "plain_layers": "With stride 1 each layer adds two pixels, starting from one.",
        "strided_layers": "The additions double, 2, 4, 8, …: r is 2 to the power L + 1, minus 1.",
    },
)
