"""Right and plausible wrong answers to the exercises of `book/appendix/failures.ipynb`."""

KERNEL = "@cuda.jit\ndef differences(x, out):\n    i = cuda.grid(1)\n"
PIECES = (
    "def gradient_in_pieces(rows, weight, size):\n"
    "    weight = weight.clone().requires_grad_()\n"
    "    for piece in rows.split(size):\n"
)
LOSS = "(piece @ weight).square().mean()"
LOG = "def log_sum(x):\n    return "

WRONG = {
    "shift": [
        (KERNEL + "    if i < x.size:\n        out[i] = x[i + 1] - x[i]", "out of bounds"),
        (KERNEL + "    if i + 1 < x.size:\n        out[i] = x[i + 1] - x[i]", "and 0 is needed"),
        (
            KERNEL + "    if i + 1 < x.size:\n        out[i] = x[i + 1] - x[i]\n"
            "    else:\n        out[i] = 0",
            "out of bounds",
        ),
    ],
    "pieces": [
        (PIECES + f"        {LOSS}.backward()\n    return weight.grad", "size = 5"),
        (
            PIECES + f"        ({LOSS} / (len(rows) / size)).backward()\n    return weight.grad",
            "size = 4",
        ),
        (
            PIECES + f"        weight.grad = None\n        ({LOSS} * len(piece) / len(rows))"
            ".backward()\n    return weight.grad",
            "size = 5",
        ),
    ],
    "log-sum": [
        (LOG + "x.exp().sum().log()", "value is inf"),
        (LOG + "(x - x.max()).exp().sum().log()", "is needed"),
        (LOG + "x.max()", "is needed"),
        (LOG + "x.mean() + (x - x.mean()).exp().sum().log()", "value is inf"),
    ],
}
