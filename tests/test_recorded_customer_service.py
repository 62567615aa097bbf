"""The record of customers' intents: sees words as TF-IDF does, learns, and judges in pairs."""

import json

import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

from helpers import recorded

SCRIPT = recorded.script("customer_service")
CPU = torch.device("cpu")
LEARN = [
    (f"{verb} my {thing}", verb)
    for verb in ("open", "close", "find")
    for thing in ("account", "card", "bag", "door", "shop", "file")
]


@pytest.mark.parametrize("seed", range(3))
def test_the_auroc_is_that_of_scikit_learn_ties_included(seed):
    draw = torch.Generator().manual_seed(seed)
    good, bad = (torch.randint(0, 12, (n,), generator=draw) / 12 for n in (50, 80))
    truth = [1] * 50 + [0] * 80
    expected = roc_auc_score(truth, torch.cat([good, bad]))
    assert SCRIPT.auroc(good, bad) == pytest.approx(expected)


def test_words_weigh_what_scikit_learn_lets_them_weigh():
    texts = ["can I open an open account?", "close my account", "open it", "my my account"]
    words = SCRIPT.Words(texts, least=1)
    places, weights, offsets = words(texts)
    theirs = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"[^\W_]+|[?']"
    ).fit(texts)
    expected = theirs.transform(texts).toarray()
    for row, (start, end) in enumerate(zip(offsets, [*offsets[1:], len(places)], strict=True)):
        found = torch.zeros(len(words.place))
        found[places[start:end]] = weights[start:end]
        for term, place in words.place.items():
            wanted = expected[row, theirs.vocabulary_[term]]
            assert found[place].item() == pytest.approx(wanted, abs=1e-6), term


def test_a_text_without_a_known_word_is_scored_by_the_bias_alone():
    words = SCRIPT.Words(["open it", "open it"])
    model = SCRIPT.OnWords(len(words.place), 3)
    torch.nn.init.normal_(model.bag.weight)
    scores = model(*words(["nothing known", "open it", "", "it open"]))
    assert torch.equal(scores[[0, 2]], model.bias.expand(2, 3))
    assert not torch.equal(scores[1], model.bias)


@pytest.mark.parametrize("seed", [0, 1])
def test_words_that_tell_the_intent_are_learnt(monkeypatch, seed):
    monkeypatch.setitem(SCRIPT.EPOCHS, "words", 30)
    scores, intents, size = SCRIPT.on_words(LEARN, seed, CPU)
    found = scores(["please open the window", "close everything", "find it"])
    assert [intents[n] for n in found.argmax(1)] == ["open", "close", "find"]
    assert found.sum(1) == pytest.approx(torch.ones(3).numpy(), abs=1e-5)
    assert size == 3 * (len(SCRIPT.Words([t for t, _ in LEARN]).place) + 1)


def test_the_head_reads_vectors_and_is_repeated_exactly():
    place = {"open": 0, "close": 1, "find": 2}
    draw = torch.Generator().manual_seed(0)
    vectors = {
        text: torch.eye(8)[place[intent]] + 0.1 * torch.randn(8, generator=draw)
        for text, intent in LEARN
    }
    first, second = (SCRIPT.on_vectors(LEARN, 0, CPU, vectors)[0]([*vectors]) for _ in range(2))
    assert torch.equal(first, second)
    intents = SCRIPT.on_vectors(LEARN, 0, CPU, vectors)[1]
    assert [intents[n] for n in first.argmax(1)] == [intent for _, intent in LEARN]


def test_what_is_accepted_counts_the_strangers_too():
    def scores(texts):
        return torch.tensor([[sure, 1 - sure] for sure in map(float, texts)])

    test = [("0.95", "a"), ("0.8", "a"), ("0.6", "b"), ("0.05", "b")]
    found = SCRIPT.judge(scores, ["a", "b"], test, ["0.55", "0.96"])
    assert found["accuracy"] == 75
    at = SCRIPT.THRESHOLDS.index(0.9)  # 0.95 and 0.05 of the known, 0.96 of the others
    assert found["accepted"][at] == 50
    assert found["purity"][at] == pytest.approx(200 / 3)
    assert found["refused"][at] == 50
    assert found["auroc"] == 4 / 8


def test_no_message_of_an_intent_that_is_left_out_is_learnt():
    messages = [(f"{n} {k}", f"intent {k}") for n in range(3) for k in range(8)]
    kept, texts, gone = SCRIPT.without_some(messages, 0)
    assert len(gone) == 2 and len(texts) == 6
    assert {text for text, _ in kept}.isdisjoint(texts)
    assert len(kept) + len(texts) == len(messages)
    assert SCRIPT.without_some(messages, 1)[2] != gone


def test_a_vector_does_not_depend_on_the_texts_beside_it():
    class Letters:
        def __call__(self, texts, padding=None, truncation=None, return_tensors=None):
            rows = [torch.tensor([ord(c) for c in text]) for text in texts]
            ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
            return {"input_ids": ids, "attention_mask": (ids > 0).long()}

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(200, 4)

        def forward(self, input_ids, attention_mask):
            return type("Output", (), {"last_hidden_state": self.table(input_ids)})

    torch.manual_seed(0)
    texts, model = ["ab", "a longer one", "c"], Encoder()
    together = SCRIPT.encode(texts, Letters(), model, batch=2)
    alone = torch.cat([SCRIPT.encode([text], Letters(), model) for text in texts])
    assert torch.allclose(together, alone, atol=1e-6)
    assert together.norm(dim=1) == pytest.approx(torch.ones(3).numpy(), abs=1e-5)


def test_both_sets_are_read(tmp_path):
    for part, line in (("train", '"May I, or not?",may_i'), ("test", "no,no_")):
        (tmp_path / f"{part}.csv").write_text(f"text,category\n{line}\n", encoding="utf-8")
    assert SCRIPT.banking77(tmp_path) == ([("May I, or not?", "may_i")], [("no", "no_")])
    content = {"train": [["a", "x"]], "test": [["b", "y"]], "oos_test": [["c", "oos"]]}
    (tmp_path / "data_small.json").write_text(json.dumps(content), encoding="utf-8")
    assert SCRIPT.clinc150(tmp_path) == ([("a", "x")], [("b", "y")], ["c"])


def test_without_the_encoder_there_is_no_record(monkeypatch, tmp_path):
    monkeypatch.setattr(SCRIPT.data, "missing", lambda name: f"no {name} here")
    with pytest.raises(recorded.RecordError, match="no encoder here"):
        SCRIPT.record(CPU, tmp_path, tmp_path)


def test_a_small_set_gives_every_quantity(monkeypatch):
    monkeypatch.setattr(SCRIPT, "EPOCHS", {"words": 2, "vectors": 2})
    monkeypatch.setattr(SCRIPT, "UNKNOWN_SHARE", 0.4)  # one of three intents
    vectors = {text: torch.randn(4) for text, _ in LEARN} | {"other": torch.randn(4)}
    found = SCRIPT.measure("small", LEARN, LEARN, None, CPU, vectors)
    assert "small_words_accepted" not in found
    found |= SCRIPT.measure("small", LEARN, LEARN, ["other"], CPU, vectors)
    for way in ("words", "vectors"):
        assert len(found[f"small_{way}_accuracy"].value) == len(SCRIPT.SEEDS)
        assert len(found[f"small_{way}_purity"].value) == len(SCRIPT.THRESHOLDS)
