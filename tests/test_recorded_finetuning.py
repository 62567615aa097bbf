"""The record of fine-tuning: the chapter's own code, on its small encoder for a few steps."""

import pytest
import torch

from helpers import recorded

WIDTH, RANK, MIDDLE, BLOCKS, HEAD = 128, 8, 16, 2, 2 * 128 + 2


@pytest.fixture(scope="module")
def script():
    return recorded.script("finetuning")


@pytest.fixture(scope="module")
def chapter(script, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOK_OFFLINE", "1")
        patch.setenv("BOOK_CACHE", str(tmp_path_factory.mktemp("empty")))
        return script.chapter(torch.device("cpu"))


@pytest.fixture(scope="module")
def values(script, chapter):
    return script.measure(chapter, steps=2, seeds=(0, 1))


def test_each_way_trains_as_many_parameters_as_its_paper_counts(values, chapter):
    trained = {kind: values[f"trained_{kind}"].value for kind in chapter.KINDS}
    lora = BLOCKS * (RANK * 2 * WIDTH + RANK * 3 * WIDTH)  # a query layer, one for key and value
    norms = (2 * BLOCKS + 1) * 2 * WIDTH
    adapters = BLOCKS * 2 * (2 * MIDDLE * WIDTH + WIDTH + MIDDLE)
    assert trained["head"] == HEAD
    assert trained["lora"] == HEAD + lora
    assert trained["adapter"] == HEAD + norms + adapters
    assert trained["full"] == HEAD + chapter.size(chapter.pretrained.parameters())


def test_every_way_has_every_seed_and_both_sets(values, chapter):
    for kind in chapter.KINDS:
        for key in ("first", "fair", "many"):
            assert len(values[f"{key}_{kind}"].value) == 2
            assert all(0 <= share <= 1 for share in values[f"{key}_{kind}"].value)
        assert len(values[f"seconds_{kind}"].value) == 4


@pytest.mark.parametrize("kind", ["head", "lora", "adapter", "full"])
def test_what_is_frozen_stays_as_it_was_and_the_rest_moves(chapter, kind):
    before = chapter.built(kind, 3).state_dict()
    model, _ = chapter.tuned(kind, chapter.learn, steps=3)
    moving = {name for name, p in model.named_parameters() if p.requires_grad}
    for name, values in model.state_dict().items():
        rows = values.flatten() != before[name].flatten()
        assert bool(rows.any()) == (name in moving), name


def test_a_training_is_repeated_exactly(chapter):
    first, second = (chapter.tuned("lora", chapter.learn, steps=2)[0] for _ in range(2))
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def words_of_names(chapter, sentences):
    labelled = [zip(s.tokens, chapter.is_name(s), strict=True) for s in sentences]
    return {word for pairs in labelled for word, named in pairs if named}


def test_no_word_of_the_fair_exam_is_in_what_is_learnt(chapter):
    learnt = words_of_names(chapter, chapter.to_learn(chapter.many))
    asked = words_of_names(chapter, chapter.fair_exam)
    assert learnt and asked and not learnt & asked


def test_the_small_encoder_is_not_taken_for_the_large_one(script, chapter, monkeypatch):
    monkeypatch.setattr(script, "chapter", lambda device: chapter)
    with pytest.raises(recorded.RecordError, match="large encoder"):
        script.record(torch.device("cpu"), None)
