"""Right and plausible wrong answers to the exercises of `book/appendix/failures.ipynb`."""

KERNEL = "@cuda.jit\ndef differences(x, out):\n    i = cuda.grid(1)\n"
PIECES = (
    "def gradient_in_pieces(rows, weight, size):\n"
    "    weight = weight.clone().requires_grad_()\n"
    "    for piece in rows.split(size):\n"
)
LOSS = "(piece @ weight).square().mean()"
LOG = "def log_sum(x):\n    return "

RIGHT = {
    "shift": [
        KERNEL + "    if i < x.size:\n        out[i] = x[min(i + 1, x.size - 1)] - x[i]",
        KERNEL + "    if i >= x.size:\n        return\n"
        "    following = x[i + 1] if i + 1 < x.size else x[i]\n"
        "    out[i] = following - x[i]",
        # fewer threads than elements would do, too
        "@cuda.jit\ndef differences(x, out):\n"
        "    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):\n"
        "        if i == x.size - 1:\n            out[i] = 0\n"
        "        else:\n            out[i] = x[i + 1] - x[i]",
    ],
    "pieces": [
        # the loss is a sum over rows, divided once
        PIECES + "        ((piece @ weight).square().sum() / len(rows)).backward()\n"
        "    return weight.grad",
        # one gradient of each piece, weighted afterwards
        "def gradient_in_pieces(rows, weight, size):\n"
        "    weight, gradients, shares = weight.clone().requires_grad_(), [], []\n"
        "    for piece in rows.split(size):\n"
        "        loss = (piece @ weight).square().mean()\n"
        "        gradients.append(torch.autograd.grad(loss, weight)[0])\n"
        "        shares.append(len(piece) / len(rows))\n"
        "    return torch.tensor(shares) @ torch.stack(gradients)",
        # the derivative by hand
        "def gradient_in_pieces(rows, weight, size):\n"
        "    total = torch.zeros_like(weight)\n"
        "    for start in range(0, len(rows), size):\n"
        "        piece = rows[start : start + size]\n"
        "        total += 2 * piece.T @ (piece @ weight) / len(rows)\n"
        "    return total",
    ],
    "log-sum": [
        LOG + "torch.logsumexp(x, 0)",
        # one number after the other
        "def log_sum(x):\n"
        "    total = x[0]\n"
        "    for number in x[1:]:\n"
        "        total = torch.logaddexp(total, number)\n"
        "    return total",
    ],
}

WRONG = {
    "shift": [
        (KERNEL + "    if i < x.size:\n        out[i] = x[i + 1] - x[i]", "out of bounds"),
        (KERNEL + "    if i + 1 < x.size:\n        out[i] = x[i + 1] - x[i]", "and 0 is needed"),
        (
            KERNEL + "    if i + 1 < x.size:\n        out[i] = x[i + 1] - x[i]\n"
            "    else:\n        out[i] = 0",
            "out of bounds",
        ),
        # one thread does it all
        (
            KERNEL + "    if i == 0:\n"
            "        for k in range(x.size - 1):\n"
            "            out[k] = x[k + 1] - x[k]\n"
            "        out[x.size - 1] = 0",
            "100 requests for writes where 5 are enough",
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
        # right numbers, all rows at once
        (
            "def gradient_in_pieces(rows, weight, size):\n"
            "    weight = weight.clone().requires_grad_()\n"
            "    (rows @ weight).square().mean().backward()\n"
            "    return weight.grad",
            "an operator works on all ten rows at once",
        ),
    ],
    "log-sum": [
        (LOG + "x.exp().sum().log()", "value is inf"),
        (LOG + "(x - x.max()).exp().sum().log()", "is needed"),
        (LOG + "x.max()", "is needed"),
        (LOG + "x.mean() + (x - x.mean()).exp().sum().log()", "value is inf"),
        # right numbers, in another format
        (
            "def log_sum(x):\n    return torch.logsumexp(x.double(), 0)",
            "computes in torch.float64",
        ),
    ],
}
