"""What `book/cuda/scaling_out.ipynb` checks its exercises with."""

import math

from helpers.check import Choice, Function, Properties, Value

prediction = Choice(
    "c",
    {
        "a": "That is one chunk. It is sent in each of 1,998 steps.",
        "b": "Sums have to be made and handed out: the numbers travel almost twice.",
        "c": "Twice its own data, less two chunks: 2 · 999 / 1000 · 16 GB = 31.97 GB. "
        "It would be 31.999 GB for 32,000 GPUs.",
        "d": "That is what rank 0 sends if everything goes through it.",
    },
)


def data_and_tensor(parameters, blocks, batch, width, n):
    ring = 2 * (n - 1) / n * 4
    return ring * parameters, ring * 2 * blocks * batch * width


sends = Function(
    data_and_tensor,
    [(2_000_000, 4, 512, 256, 2), (2_000_000, 4, 512, 256, 8), (10**9, 32, 16, 4096, 64)],
    results=["data parallelism", "tensor parallelism"],
    tolerance=1e-9,
    mistakes=[
        (
            lambda parameters, blocks, batch, width, n: (
                2 * (n - 1) / n * parameters,
                2 * (n - 1) / n * 2 * blocks * batch * width,
            ),
            "Those are numbers. A float32 has 4 bytes.",
        ),
        (
            lambda parameters, blocks, batch, width, n: (
                8 * (n - 1) / n * parameters,
                8 * (n - 1) / n * blocks * batch * width,
            ),
            "Tensor parallelism sums twice for each block: once forward, once backward.",
        ),
        (
            lambda *given: data_and_tensor(*given)[::-1],
            "The other way round: data parallelism comes first.",
        ),
        (
            lambda *given: tuple(n_bytes / 2 for n_bytes in data_and_tensor(*given)),
            "That is a reduce-scatter alone. The sums have to be handed out as well.",
        ),
        (
            lambda *given: tuple(n_bytes * given[-1] for n_bytes in data_and_tensor(*given)),
            "A message of the ring carries one chunk, an n-th of the numbers.",
        ),
    ],
    hints={
        "data parallelism": "One all-reduce of as many numbers as there are parameters.",
        "tensor parallelism": "All-reduces of batch · width numbers: two for each block.",
        "else": "Return two numbers of bytes: data parallelism, then tensor parallelism.",
    },
)

fits = Value(
    math.ceil(16 * 70e9 / 60e9),
    mistakes={
        14: "20 GB of each card stay free for activations.",
        3: "Those are the weights alone. What else does Adam keep?",
        24: "That is three whole nodes. Fewer would do.",
    },
    hints=["16 bytes for each parameter.", "60 GB of each GPU may be used; round up."],
)


def shares_of_a_block(partial_results):
    import torch

    for parts in (1, 2, 3):
        generator = torch.Generator().manual_seed(parts)
        x, up, down = (
            torch.randn(size, generator=generator) for size in [(5, 6), (12, 6), (6, 12)]
        )
        whole = torch.relu(x @ up.T) @ down.T
        got = partial_results(x, up, down, parts)
        right = isinstance(got, (list, tuple)) and len(got) == parts
        yield right, f"A list of {parts} tensors is needed.", "type"
        alike = all(getattr(part, "shape", None) == whole.shape for part in got)
        yield alike, f"Each part has the shape of the result, {tuple(whole.shape)}.", "shape"
        adds_up = torch.allclose(sum(got), whole, atol=1e-4)
        yield adds_up, "The parts do not add up to the block."
        own = torch.linalg.matrix_rank(torch.stack(list(got)).flatten(1), rtol=1e-4) == parts
        yield own, "A part is empty, or like another: each should do its share alone.", "alike"


split = Properties(
    shares_of_a_block,
    hints=[
        "Cut `up` by rows and `down` by columns.",
        "`up.chunk(parts)` and `down.chunk(parts, dim=1)` belong together.",
    ],
)

bubble = Function(
    lambda stages, pieces: (stages - 1) / (pieces + stages - 1),
    [(2, 4), (4, 4), (8, 1), (1, 3), (16, 64)],
    tolerance=1e-9,
    mistakes=[
        (
            lambda stages, pieces: pieces / (pieces + stages - 1),
            "That is the share in which it works.",
        ),
        (
            lambda stages, pieces: (stages - 1) / pieces,
            "The idle turns over all turns, not over the busy ones.",
        ),
    ],
    hints=[
        "From the first piece's start to the last one's end, how many turns pass?",
        "pieces + stages - 1 turns, of which a rank works in `pieces`.",
    ],
)
