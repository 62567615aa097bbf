"""The record of translation: the chapter's own code, on a few sentences for a few steps."""

import gzip

import pytest
import torch

from helpers import data, recorded

TINY = {"width": 16, "heads": 2, "layers": 1}


@pytest.fixture(scope="module")
def script():
    return recorded.script("translation")


@pytest.fixture(scope="module")
def code(script):
    return script.chapter(torch.device("cpu"))


def test_both_forms_of_the_set_give_the_same_pairs(script, tmp_path):
    text = (
        "He reads.\t他看书。\tCC-BY 1\nI see.\t我 看见。\tCC-BY 2\n"
        + "a " * 30
        + "\t长。\tCC-BY 3\n"
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "cmn.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b" / "cmn-eng.tsv.gz").write_bytes(gzip.compress(text.encode()))
    published, packed = script.read(tmp_path / "a"), script.read(tmp_path / "b")
    assert published == packed
    assert [pair.english for pair in packed] == ["He reads.", "I see."]
    assert script.characters(packed[1]) == ["我", "看", "见", "。"]


def test_a_split_by_sentence_leaves_no_twin_and_one_by_line_does(script, code):
    pairs = code.FEW_PAIRS
    train, test = script.by_sentence(code, pairs, 60)
    assert len(test) == 60 and not any(code.has_twin(test, train))
    assert len({pair.english for pair in test}) == 60
    train, test = script.by_line(pairs, 60)
    assert len(train) + len(test) == len(pairs) and any(code.has_twin(test, train))


def test_twins_are_found_by_either_side(code):
    known = [data.Pair("他看书。", "He reads.", "", (), "", 1)]
    asked = [
        data.Pair("他读书。", "he reads!", "", (), "", 1),
        data.Pair("他看书", "He is reading.", "", (), "", 1),
        data.Pair("他买书。", "He buys.", "", (), "", 1),
    ]
    assert code.has_twin(asked, known) == [True, True, False]


def test_a_beam_of_one_is_greedy_and_a_wider_one_is_never_less_probable(script, code):
    rows = code.numbered([script.characters(p) for p in code.FEW_PAIRS[:9]], ["", "", "", ""])
    torch.manual_seed(1)
    model = code.models.EncoderDecoder(8, 30, **code.SIZE | TINY).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(8)  # sure of itself, so that searches differ
    assert code.beam(model, rows, 1) == code.greedy(model, rows)

    def logp(row, ids):
        end = [code.END] * (len(ids) < code.LONGEST)
        target = torch.tensor([[code.BEGIN, *ids, *end]])
        with torch.no_grad():
            scores = model(row[None], target[:, :-1])
        scores[..., [code.PAD, code.BEGIN, code.RARE]] = -torch.inf
        return scores.log_softmax(-1).gather(2, target[:, 1:, None]).sum().item()

    narrow, wide = code.greedy(model, rows), code.beam(model, rows, 30)
    gains = [logp(row, b) - logp(row, a) for row, a, b in zip(rows, narrow, wide, strict=True)]
    assert min(gains) > -1e-3 and max(gains) > 0.1


def test_the_scores_are_those_of_the_field(code):
    sacrebleu = pytest.importorskip("sacrebleu")
    pairs = [
        ('He took 3,000.50 books-away, "now"!', "He took 3,000.5 books away now!"),
        ("The the the the", "The cat."),
        ("", "Something."),
        ("He is at home & well.", "He's at home, and well."),
        ("It is the same sentence here.", "It is the same sentence here."),
    ]
    for chosen in (pairs, pairs[:2], pairs[1:2], pairs[4:]):
        texts, references = map(list, zip(*chosen, strict=True))
        assert code.bleu(texts, references) == sacrebleu.corpus_bleu(texts, [references]).score
        assert code.chrf(texts, references) == sacrebleu.corpus_chrf(texts, [references]).score


def test_a_record_holds_both_ways_and_what_twins_are_worth(script, code):
    values = script.measure(code, code.FEW_PAIRS, steps=12, n_test=40, **TINY)
    for name in ("zh_en", "en_zh"):
        nats, unigram = (values[f"{name}_{key}"].value for key in ("nats", "unigram"))
        assert 0 < nats < 10 and 0 < unigram < 5
    assert 0 < values["twins"].value < 1
    assert values["pairs"].value == len(code.FEW_PAIRS) and values["steps"].value == 12
    assert len(values["rates"].value) == len(values["batches"].value)
    assert min(values["rates"].value) > 0
