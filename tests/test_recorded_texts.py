"""The record of texts: parts without repeats, rows of length 1, a ridge as in a library."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from helpers import recorded

SCRIPT = recorded.script("texts")
CPU = torch.device("cpu")


def test_a_text_stands_once_and_not_on_both_sides():
    learn = [("Buy now! https://x.y/1", "a"), ("buy NOW", "b"), ("sell", "c")]
    test = [("Buy, now", "a"), ("hold", "b"), ("Sell? https://x.y/2", "c")]
    kept, exam = SCRIPT.apart(learn, test)
    assert kept == [learn[0], learn[2]] and exam == [test[1]]


def test_a_csv_may_have_commas_and_line_breaks_in_its_texts(tmp_path):
    (tmp_path / "a.csv").write_text('text,label\n"one, two",x\n"three\nfour ",y\n')
    assert SCRIPT.read_csv(tmp_path / "a.csv") == [("one, two", "x"), ("three\nfour", "y")]


def test_rare_words_weigh_more_and_unknown_ones_nothing():
    learn = ["the cat", "the dog", "the end"]
    rows, other = SCRIPT.counted(learn, learn, ["unheard"])
    assert rows.norm(dim=1).tolist() == pytest.approx([1, 1, 1])
    assert other.abs().sum() == 0
    the, cat = (rows[0][rows[0] > 0].min(), rows[0].max())
    assert (rows[:, (rows > 0).all(0)][0] == the).all() and cat > the


@pytest.mark.parametrize("seed", range(3))
def test_the_linear_model_is_that_of_a_library(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(40, 60)), draw.normal(size=(50, 60))
    labels = draw.choice(list("abc"), 40).tolist()
    answers = RidgeClassifier().fit(x, labels).predict(y).tolist()
    tensors = torch.tensor(x), torch.tensor(y)
    assert SCRIPT.linear_share(tensors[0], labels, tensors[1], answers, CPU) == 100
    others = ["z", *answers[1:]]
    assert SCRIPT.linear_share(tensors[0], labels, tensors[1], others, CPU) == 98


def test_as_many_of_each_class_are_drawn_as_there_are():
    learn = [("x", "a")] * 5 + [("y", "b")] * 2
    places = SCRIPT.drawn(learn, 3, seed=0)
    assert sorted(learn[n][1] for n in places) == ["a", "a", "a", "b", "b"]
    assert len(set(places)) == 5 and places == SCRIPT.drawn(learn, 3, seed=0)


def test_tokens_are_hidden_as_bert_hides_them():
    torch.manual_seed(0)
    ids = torch.full((200, 500), 7)
    ids[:, 400:] = SCRIPT.PADDING
    shown, chosen = SCRIPT.hide(ids, 1000)
    assert not chosen[:, 400:].any() and torch.equal(shown[~chosen], ids[~chosen])
    assert chosen[:, :400].float().mean() == pytest.approx(0.15, abs=0.01)
    assert (shown[chosen] == SCRIPT.HIDDEN).float().mean() == pytest.approx(0.8, abs=0.02)
    assert (shown[chosen] == 7).float().mean() == pytest.approx(0.1, abs=0.02)
    assert (shown[chosen] >= SCRIPT.HIDDEN).all()


def test_the_guesser_learns_what_stands_between_two_neighbours():
    torch.manual_seed(0)
    # 3 4 5 and 6 7 8: the middle follows from what is beside it
    ids = SCRIPT.padded([[3, 4, 5], [6, 7, 8]] * 8)
    model = SCRIPT.Guesser([16] * 6, width=32, length=8)
    before = SCRIPT.guessed(model.eval(), ids)
    SCRIPT.pretrain(model.train(), ids, 60)
    assert SCRIPT.guessed(model.eval(), ids) == 1 > before


def test_padding_changes_no_vector():
    torch.manual_seed(0)
    model = SCRIPT.Guesser([1] * 6, width=32, length=8).eval()
    alone = SCRIPT.mean_vectors(
        lambda i, t: model.encoder(i, ~t), ids := torch.tensor([[3, 4]]), ids > 0
    )
    ids = torch.tensor([[3, 4, 0, 0]])
    together = SCRIPT.mean_vectors(lambda i, t: model.encoder(i, ~t), ids, ids > 0)
    assert torch.allclose(alone, together, atol=1e-5)


def test_without_its_set_a_part_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(SCRIPT.data, "missing", lambda name: f"no {name} here")
    assert SCRIPT.masked(CPU) == {}
    assert "no pairs here" in capsys.readouterr().out
