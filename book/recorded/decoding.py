"""Record how fast a decoder reads and writes: by batch, and by the length of what stands before."""

import torch

from helpers import device as devices
from helpers import recorded, roofline, timing
from helpers.models import Decoder

TITLE = "A decoder reads a prompt, and writes token by token"
METHOD = (
    "A decoder with random weights, which take as long as trained ones: on a CPU 8 layers of width "
    "512 in float32, on a GPU 16 layers of width 2048 in 16 bits, both with 8,192 tokens of "
    "vocabulary. Reading: one prompt of 256 tokens. Writing: one more token for each text of the "
    "batch, behind 256 tokens; and for 16 texts, behind more. No compiler; on a GPU once launched "
    "one by one, once as a CUDA graph. Medians."
)
SIZES = {
    "cpu": {"width": 512, "heads": 8, "layers": 8},
    "cuda": {"width": 2048, "heads": 16, "layers": 16},
}
VOCABULARY, PROMPT = 8192, 256
BATCHES = {"cpu": (1, 2, 4, 8, 16, 32, 64), "cuda": (1, 4, 16, 64, 256, 1024)}
LENGTHS, TEXTS = (256, 512, 1024, 2048), 16
TIMES = 7


def decoder(device) -> Decoder:
    """Return the model in the format that the device multiplies fastest."""
    kind = "cuda" if device.type == "cuda" else "cpu"
    dtype = devices.amp_dtype(device) if kind == "cuda" else torch.float32
    model = Decoder(VOCABULARY, length=max(LENGTHS) + 1, **SIZES[kind])
    return model.to(device, dtype).eval().requires_grad_(False)


def filled(model, texts: int, length: int):
    """Return a cache as full as `texts` texts of `length` tokens leave it, with random numbers."""
    cache = model.cache(length + 1)
    places = model.tokens.weight
    heads = model.blocks[0].own.heads
    shape = (texts, heads, length + 1, places.shape[1] // heads)
    for kept in cache.own:
        kept.k, kept.v = (torch.randn(shape, device=places.device).to(places.dtype) for _ in "kv")
        kept.n = length
    return cache


def step_ms(model, texts: int, length: int, *, graph: bool = False) -> float:
    """Return milliseconds of one more token for each of `texts` texts of `length` tokens.

    Args:
        model: a decoder.
        texts: of the batch.
        length: tokens behind which one more is written.
        graph: launch the whole step as one CUDA graph.
    """
    cache = filled(model, texts, length)
    device = model.tokens.weight.device
    ids = torch.zeros(texts, 1, dtype=torch.long, device=device)

    def step():
        for kept in cache.own:
            kept.n = length
        model(ids, cache=cache)

    work = recorded.script("asynchrony").captured(step) if graph else step
    return timing.measure(work, n=TIMES, device=device).median_ms


def reading_ms(model, length: int = PROMPT) -> float:
    """Return milliseconds in which one prompt is read."""
    device = model.tokens.weight.device
    prompt = torch.zeros(1, length, dtype=torch.long, device=device)
    work = lambda: model(prompt, cache=model.cache())  # noqa: E731
    return timing.measure(work, n=TIMES, device=device).median_ms


def graph_steps(model, batches) -> dict[str, list[float]]:
    """Return the milliseconds of the same steps, each launched as one graph."""
    return {
        "graph_steps": [step_ms(model, texts, PROMPT, graph=True) for texts in batches],
        "graph_long_steps": [step_ms(model, TEXTS, length, graph=True) for length in LENGTHS],
    }


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time reading and writing on `device`; no data is needed."""
    torch.manual_seed(0)
    model = decoder(device)
    batches = BATCHES["cuda" if device.type == "cuda" else "cpu"]
    with torch.inference_mode():
        read = reading_ms(model)
        steps = [step_ms(model, texts, PROMPT) for texts in batches]
        longer = [step_ms(model, TEXTS, length) for length in LENGTHS]
        graphs = graph_steps(model, batches) if device.type == "cuda" else {}
    peaks = roofline.measure_peaks(device=device, dtype=model.tokens.weight.dtype)
    weights = sum(p.nbytes for p in model.parameters())
    number, width = model.tokens.weight.element_size(), model.tokens.weight.shape[1]

    def times(values, unit="ms"):
        return recorded.Quantity([float(f"{v:.4g}") for v in values], unit, "median", TIMES)

    def one(value, unit, statistic, n=1):
        return recorded.Quantity(float(f"{value:.5g}"), unit, statistic, n)

    return {
        "weights": one(weights / 1e6, "MB", "counted"),
        "number": one(number, "bytes", "counted"),
        "kept": one(2 * len(model.blocks) * width * number, "bytes", "counted"),
        "reading": one(read, "ms", "median", TIMES),
        "batches": recorded.Quantity(list(batches), "texts", "chosen", len(batches)),
        "steps": times(steps),
        "lengths": recorded.Quantity(list(LENGTHS), "tokens", "chosen", len(LENGTHS)),
        "long_steps": times(longer),
        **{name: times(values) for name, values in graphs.items()},
        "peak": one(peaks.flops_per_s / 1e9, "GFLOP/s", "best", 5),
        "copy": one(peaks.bytes_per_s / 1e9, "GB/s", "best", 5),
    }
