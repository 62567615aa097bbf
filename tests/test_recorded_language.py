"""The record of small language models: the chapter's own code, trained for a few steps."""

import math

import pytest
import torch

from helpers import recorded

TINY = {
    "sizes": {"small": {"width": 16, "heads": 2, "layers": 1}, "big": {"width": 32, "layers": 2}},
    "steps": (2, 8),
    "seeds": (0, 1),
    "large": {"width": 48, "layers": 3},
    "large_steps": 10,
}


@pytest.fixture(scope="module")
def script():
    return recorded.script("language_scaling")


@pytest.fixture(scope="module")
def chapter(script):
    return script.chapter(torch.device("cpu"))


@pytest.fixture(scope="module")
def values(script, chapter):
    return script.measure(chapter, **TINY)


def test_the_smallest_network_has_every_seed_and_the_larger_runs_stand_apart(values):
    assert values["seed"].value == [0, 1, 0, 1, 0, 0]
    assert values["tokens"].value == [2048, 2048, 8192, 8192, 2048, 8192]
    small, big, large = 12 * 16**2 + 1024 * 16, 24 * 32**2 + 1024 * 32, 36 * 48**2 + 1024 * 48
    assert values["weights"].value == [small] * 4 + [big] * 2
    assert (values["large_weights"].value, values["large_tokens"].value) == (large, 10_240)


def test_a_network_that_knows_nothing_pays_for_a_choice_among_all_tokens(values, chapter):
    tokens_per_byte = len(chapter.test_ids) / len(chapter.test_text)
    nothing = math.log2(len(chapter.pieces)) * tokens_per_byte
    bits = values["bits"].value
    assert bits[0] == pytest.approx(nothing, rel=0.05)
    assert bits[3] < bits[1] and bits[5] < bits[4]  # more steps
    assert bits[5] < bits[2] and values["large_bits"].value < bits[5]  # more weights as well


def test_a_training_is_repeated_exactly_and_its_cost_is_that_of_every_token(script, chapter):
    size = {"width": 16, "heads": 2, "layers": 1}
    first, second = (script.train(chapter, size, 3, 0)["bits"] for _ in range(2))
    assert first == second
    model, _ = chapter.trained(
        chapter.train_ids, len(chapter.pieces), steps=1, progress=False, **size
    )
    for n in (1, 31, 32, 33, 100):
        ids = torch.tensor(chapter.test_ids[:n])
        bits = 0.0
        for place in range(n):  # token by token, from what its window holds before it
            start = place // 32 * 32 - 33
            before = [0] * max(0, -start) + chapter.test_ids[max(0, start) : place]
            with torch.no_grad():
                scores = model(torch.tensor([before]))[0, -1]
            bits -= scores.log_softmax(0)[ids[place]].item() / math.log(2)
        assert chapter.bits_of(model, chapter.test_ids[:n]) == pytest.approx(bits, rel=1e-5)
