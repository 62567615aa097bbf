"""Right and plausible wrong answers to the exercises of `book/cuda/scaling_out.ipynb`."""

TIMES = "def both_times(n_bytes, n, alpha, beta):\n    return "
RING = "2 * (n - 1) * (alpha + n_bytes / n * beta)"
TREE = "2 * math.log2(n) * (alpha + n_bytes * beta)"
SPLIT = "def partial_results(x, up, down, parts):\n    return "
IDLE = "def idle_share(stages, pieces):\n    return "

RIGHT = {
    "tree": [
        "def both_times(n_bytes, n, alpha, beta):\n"
        "    def message(size):\n"
        "        return alpha + size * beta\n"
        "    ring = sum(message(n_bytes / n) for _ in range(2 * (n - 1)))\n"
        "    return [ring, 2 * (n.bit_length() - 1) * message(n_bytes)]",
        TIMES + f"torch.tensor([{RING}, {TREE}], dtype=torch.float64)",
    ],
    "fits": ["gpus = -(-16 * 70 // 60)", "gpus = math.ceil((2 + 2 + 4 + 4 + 4) * 70 / (80 - 20))"],
    "split": [
        "def partial_results(x, up, down, parts):\n"
        "    step = len(up) // parts\n"
        "    results = []\n"
        "    for first in range(0, len(up), step):\n"
        "        mine = slice(first, first + step)\n"
        "        results.append(torch.relu(x @ up[mine].T) @ down[:, mine].T)\n"
        "    return results",
        "def partial_results(x, up, down, parts):\n"
        "    hidden = torch.relu(x @ up.T)\n"
        "    pairs = zip(hidden.tensor_split(parts, 1), down.tensor_split(parts, 1))\n"
        "    return tuple(mine @ weights.T for mine, weights in pairs)",
    ],
    "bubble": [
        IDLE + "1 - pieces / (pieces + stages - 1)",
        # drawn up: who works in which turn
        "def idle_share(stages, pieces):\n"
        "    turns = pieces + stages - 1\n"
        "    busy = sum(0 <= turn - rank < pieces for rank in range(stages)\n"
        "               for turn in range(turns))\n"
        "    return 1 - busy / (stages * turns)",
    ],
}

WRONG = {
    "tree": [
        (
            TIMES + f"{RING}, 2 * math.log2(n) * (alpha + n_bytes / n * beta)",
            "the tree is 2.01e-05",
        ),
        (TIMES + f"{RING}, math.log2(n) * (alpha + n_bytes * beta)", "the tree is 1.01e-05"),
        (TIMES + f"2 * n * (alpha + n_bytes / n * beta), {TREE}", "the ring is 4.02e-05"),
        (TIMES + f"2 * (n - 1) * (alpha + n_bytes * beta), {TREE}", "the ring is 2.02e-05"),
        (TIMES + f"(n - 1) * (alpha + n_bytes / n * beta), {TREE}", "the ring is 1.005e-05"),
        (TIMES + RING, "2 results are needed"),
    ],
    "fits": [
        ("gpus = 14", "too small"),  # all 80 GB
        ("gpus = 3", "too small"),  # the weights alone
        ("gpus = 18", "too small"),
        ("gpus = 24", "too large"),
        ("gpus = 18.67", "too small"),
    ],
    "split": [
        (
            SPLIT + "[torch.relu(x @ up.T) @ down.T / parts for _ in range(parts)]\n",
            "A part is empty, or like another",
        ),
        (SPLIT + "[torch.relu(x @ up.T) @ down.T] * parts", "do not add up"),
        (
            SPLIT + "[torch.relu(x @ a.T) @ down.T for a in up.chunk(parts)]",
            "your function raised RuntimeError",
        ),
        (
            SPLIT + "[torch.relu(a @ b.T) @ down.T for a, b in "
            "zip(x.chunk(parts, 1), up.chunk(parts, 1))]",
            "do not add up",
        ),
        (
            SPLIT + "[(x @ a.T) @ b.T for a, b in zip(up.chunk(parts), down.chunk(parts, 1))]",
            "do not add up",
        ),
        (
            SPLIT + "sum(torch.relu(x @ a.T) @ b.T "
            "for a, b in zip(up.chunk(parts), down.chunk(parts, 1)))",
            "tensors is needed",
        ),
        # right sum, made by one of them
        (
            "def partial_results(x, up, down, parts):\n"
            "    whole = torch.relu(x @ up.T) @ down.T\n"
            "    return [whole] + [torch.zeros_like(whole)] * (parts - 1)",
            "A part is empty, or like another",
        ),
        # right sum, and everyone makes the whole
        (
            "def partial_results(x, up, down, parts):\n"
            "    whole = torch.relu(x @ up.T) @ down.T\n"
            "    return [whole * 2 * k / (parts * (parts + 1)) for k in range(1, parts + 1)]",
            "A part is empty, or like another",
        ),
    ],
    "bubble": [
        (IDLE + "(stages - 1) / pieces", "stages = 2"),
        (IDLE + "(stages - 1) / (pieces + stages)", "stages = 2"),
        (IDLE + "pieces / (pieces + stages - 1)", "stages = 2"),
        (IDLE + "2 * (stages - 1) / (pieces + stages - 1)", "stages = 2"),
    ],
}
