"""The cache of keys and values: the models' own sizes, the registry's cards, and the roofline."""

import random

import pytest
from explorable_page import about, choose, facts, fill, live, show, shown_text, state, static

from helpers.facts import registry

ABOUT = about("kv_cache")
CARDS = {gpu.name: gpu for gpu in registry.load()}
#: Parameters as the models' own files hold them.
PARAMETERS = {
    "Llama 2 7B": 6_738_415_616,
    "Llama 3 8B": 8_030_261_248,
    "Llama 2 70B": 68_976_648_192,
}
BYTES_OF_A_CACHED_NUMBER = 2


def settings(count: int) -> list[dict]:
    """Return random states of the explorable, the same in every run."""
    rng = random.Random(13)
    choices = {name: rule.get("choices") for name, rule in ABOUT["options"].items()}
    return [
        {name: rng.choice(choices[name]) for name in ("model", "card", "bits")}
        | {"batch": 2 ** rng.randint(0, 10), "length": 2 ** rng.randint(7, 17)}
        for _ in range(count)
    ]


def llama(model: dict):
    """Return transformers' model of this size, without memory for its weights."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        num_hidden_layers=model["layers"],
        hidden_size=model["width"],
        intermediate_size=model["inner"],
        num_attention_heads=model["heads"],
        num_key_value_heads=model["kept"],
        vocab_size=model["words"],
    )
    with torch.device("meta"):
        return transformers.LlamaForCausalLM(config)


@pytest.mark.parametrize("name", list(PARAMETERS))
def test_a_model_has_the_parameters_of_its_files_and_of_the_library(opened, name):
    model = ABOUT["models"][name]
    found = static(opened(show("kv_cache")), "sizes", [[model]])[0]
    theirs = {key: tensor.numel() for key, tensor in llama(model).named_parameters()}
    assert found["parameters"] == PARAMETERS[name] == sum(theirs.values())
    vectors = sum(n for key, n in theirs.items() if "norm" in key)
    assert found["matrices"] == sum(theirs.values()) - vectors - theirs["model.embed_tokens.weight"]
    # Of a token, the cache keeps what the two projections of a layer put out.
    kept = [
        tensor.shape[0]
        for key, tensor in llama(model).named_parameters()
        if "k_proj" in key or "v_proj" in key
    ]
    assert found["cached"] == sum(kept)


def test_the_cards_are_the_registrys():
    assert ABOUT["options"]["card"]["choices"] == list(ABOUT["cards"])
    assert ABOUT["options"]["model"]["choices"] == list(ABOUT["models"])
    for name, figures in ABOUT["cards"].items():
        gpu = CARDS[name]
        wanted = {"gb": gpu.memory_gb, "gbs": gpu.bandwidth_gbs, "tflops": gpu.tensor_tflops}
        assert figures == wanted


def test_the_fallback_table_is_right(opened):
    page = opened(show("kv_cache"))
    (_, *names), *rows = ABOUT["table"]
    sizes = static(page, "sizes", [[ABOUT["models"][name]] for name in names])
    wanted = [
        [size["parameters"] / 1e9 for size in sizes],
        [size["parameters"] * 2 / 1e9 for size in sizes],
        [size["cached"] * BYTES_OF_A_CACHED_NUMBER / 1e3 for size in sizes],
    ]
    for (_, *told), right in zip(rows, wanted, strict=True):
        assert told == pytest.approx(right, rel=0.001)


def test_a_step_takes_what_the_roofline_says(opened):
    page = opened(show("kv_cache"))
    seen = set()
    cases = settings(150)
    for case, found in zip(cases, static(page, "step", [[c] for c in cases]), strict=True):
        gpu, model = CARDS[case["card"]], ABOUT["models"][case["model"]]
        head = model["width"] // model["heads"]
        per_token = 2 * model["layers"] * model["kept"] * head * BYTES_OF_A_CACHED_NUMBER
        assert found["perToken"] == per_token
        assert found["cache"] == per_token * case["batch"] * case["length"]
        matrices = static(page, "sizes", [[model]])[0]["matrices"]
        read = matrices * int(case["bits"]) / 8 + found["cache"]
        # Each of the heads multiplies by the keys and by the values of every token kept.
        attention = 2 * 2 * model["layers"] * model["heads"] * head * case["length"]
        flops = case["batch"] * (2 * matrices + attention)
        reading = read / (gpu.bandwidth_gbs * 1e9)
        arithmetic = flops / (gpu.tensor_tflops * 1e12)
        assert found["seconds"] == pytest.approx(max(reading, arithmetic))
        assert found["all"] == pytest.approx(case["batch"] / found["seconds"])
        room = gpu.memory_gb * 1e9 - PARAMETERS[case["model"]] * int(case["bits"]) / 8
        each = per_token * case["length"]
        assert found["most"] == max(0, int(room // each))
        seen.add((arithmetic > reading, found["most"] > 0))
    assert {limit for limit, _ in seen} == {True, False} == {room for _, room in seen}


def test_one_text_and_many_on_an_a100(opened):
    page = opened(show("kv_cache"))
    assert facts(page) == {
        "Cache per token": "524 kB",
        "Weights + cache": "14.6 GB",
        "One step, at least": "7.01 ms",
        "Each text, at most": "143 tokens/s",
        "All texts, at most": "143 tokens/s",
    }
    assert "It fits: 65.4 GB are left" in shown_text(page)
    assert "As many texts as fit at this length: 61." in shown_text(page)
    fill(page, "batch", 5)
    assert state(page)["batch"] == 32
    assert "Memory is the limit" in shown_text(page)
    live(page, "47.8 GB of 80 GB. It fits")
    fill(page, "batch", 6)
    live(page, "It does not fit: 2.2 GB too much.")
    fill(page, "length", 7)
    fill(page, "batch", 10)
    assert "It does not fit" in shown_text(page)
    choose(page, "model", "Llama 3 8B")
    assert "Arithmetic is the limit now" in shown_text(page)


def test_what_never_fits_says_so(opened):
    page = opened(show("kv_cache", model="Llama 2 70B", card="Tesla T4"))
    assert "Not even one text of this length fits." in shown_text(page)
    choose(page, "card", "H200 SXM")
    assert "It fits" in shown_text(page)
