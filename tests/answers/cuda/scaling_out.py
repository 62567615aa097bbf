"""Right and plausible wrong answers to the exercises of `book/cuda/scaling_out.ipynb`."""

TIMES = "def both_times(n_bytes, n, alpha, beta):\n    return "
RING = "2 * (n - 1) * (alpha + n_bytes / n * beta)"
TREE = "2 * math.log2(n) * (alpha + n_bytes * beta)"
SPLIT = "def partial_results(x, up, down, parts):\n    return "
IDLE = "def idle_share(stages, pieces):\n    return "

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
            "Two parts are the same",
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
    ],
    "bubble": [
        (IDLE + "(stages - 1) / pieces", "stages = 2"),
        (IDLE + "(stages - 1) / (pieces + stages)", "stages = 2"),
        (IDLE + "pieces / (pieces + stages - 1)", "stages = 2"),
        (IDLE + "2 * (stages - 1) / (pieces + stages - 1)", "stages = 2"),
    ],
}
