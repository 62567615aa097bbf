"""Right and plausible wrong answers to the exercises of `book/cuda/scaling_out.ipynb`."""

SENDS = "def bytes_sent(parameters, blocks, batch, width, n):\n    return "
SUMMED = "8 * (n - 1) / n"  # bytes sent for each number of an all-reduce
SPLIT = "def partial_results(x, up, down, parts):\n    return "
IDLE = "def idle_share(stages, pieces):\n    return "

RIGHT = {
    "sends": [
        SENDS + f"{SUMMED} * parameters, {SUMMED} * 2 * blocks * batch * width",
        "def bytes_sent(parameters, blocks, batch, width, n):\n"
        "    def all_reduce(numbers):\n"
        "        return 2 * (n - 1) * (4 * numbers / n)\n"
        "    return [all_reduce(parameters), 2 * blocks * all_reduce(batch * width)]",
        SENDS + f"torch.tensor([parameters, 2 * blocks * batch * width]).double() * {SUMMED}",
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
    "sends": [
        (
            SENDS + "2 * (n - 1) / n * parameters, 4 * (n - 1) / n * blocks * batch * width",
            "A float32 has 4 bytes",
        ),
        (
            SENDS + f"{SUMMED} * parameters, {SUMMED} * blocks * batch * width",
            "once forward, once backward",
        ),
        (
            SENDS + f"4 * parameters, {SUMMED} * 2 * blocks * batch * width",
            "as many numbers as there are parameters",
        ),
        (SENDS + f"{SUMMED} * parameters", "2 results are needed"),
        (
            SENDS + f"{SUMMED} * 2 * blocks * batch * width, {SUMMED} * parameters",
            "data parallelism comes first",
        ),
        (
            SENDS + "4 * (n - 1) / n * parameters, 8 * (n - 1) / n * blocks * batch * width",
            "handed out as well",
        ),
        (SENDS + "8 * (n - 1) * parameters, 16 * (n - 1) * blocks * batch * width", "one chunk"),
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
