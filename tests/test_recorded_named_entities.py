"""The record of named entities: counts right, pads without effect, and looks up the longest."""

import random

import pytest
import torch
from seqeval.metrics import accuracy_score, f1_score
from seqeval.scheme import IOB2

from helpers import data, recorded
from helpers.data.catalogue import datasets

SCRIPT = recorded.script("named_entities")
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_seqeval_even_for_impossible_tags(seed):
    draw = random.Random(seed)
    gold, guess = ([draw.choices(TAGS, k=1 + n % 9) for n in range(200)] for _ in range(2))
    tokens, whole = SCRIPT.scores(gold, guess)
    assert whole == pytest.approx(100 * f1_score(gold, guess, mode="strict", scheme=IOB2))
    assert tokens == pytest.approx(100 * accuracy_score(gold, guess))


def test_nothing_found_scores_nothing():
    assert SCRIPT.scores([["B-PER", "O"]], [["O", "O"]]) == (50, 0)
    assert SCRIPT.scores([["O"]], [["O"]]) == (100, 0)


def test_the_longest_name_is_looked_up():
    learn = [(["New", "York"], ["B-LOC", "I-LOC"]), (["York"], ["B-PER"]), (["a"], ["O"])]
    test = [(["in", "New", "York", "York"], None)]
    assert SCRIPT.looked_up(learn, test) == [["O", "B-LOC", "I-LOC", "B-PER"]]


@pytest.mark.parametrize(
    "word, form", [("London", "Aa"), ("iPhone6", "aAa0"), ("@you", "@a"), ("USA", "A")]
)
def test_the_form_of_a_word_is_short(word, form):
    assert SCRIPT.form(word) == form


def sentences():
    draw = random.Random(0)
    words = ["Ada", "went", "to", "Paris", "x" * 40]
    return [(draw.choices(words, k=n), draw.choices(TAGS, k=n)) for n in (1, 7, 3, 5)]


@pytest.mark.parametrize("letters", [False, True])
def test_a_tag_does_not_depend_on_the_sentences_beside_it(letters):
    torch.manual_seed(0)
    lines = sentences()
    batches = SCRIPT.Batches(lines, TAGS, torch.device("cpu"), letters=letters)
    characters = len(batches.characters) + 2 if letters else 0
    model = SCRIPT.Windows(len(batches.words) + 2, len(TAGS), letters=characters)
    together = SCRIPT.tagged(model, batches, lines, TAGS)
    alone = [SCRIPT.tagged(model, batches, [line], TAGS)[0] for line in lines]
    assert together == alone
    assert [len(tags) for tags in together] == [len(words) for words, _ in lines]
    assert model.training


def test_the_network_learns_tags_that_follow_from_words():
    torch.manual_seed(0)
    random.seed(0)
    lines = [(["in", place, "."], ["O", "B-LOC", "O"]) for place in ("Paris", "Rome")] * 4
    tags = ["O", "B-LOC"]
    batches = SCRIPT.Batches(lines, tags, torch.device("cpu"), letters=False)
    model = SCRIPT.Windows(len(batches.words) + 2, len(tags), width=16)
    ready = batches(lines)
    steps = []
    SCRIPT.train(model, [lambda: ready], 60, rate=1e-2, after=steps.append)
    assert SCRIPT.tagged(model, batches, lines, tags) == [line for _, line in lines]
    assert steps == list(range(1, 61))


def test_the_first_piece_of_a_word_speaks_for_it():
    class Pieces(torch.nn.Module):
        config = type("Config", (), {"hidden_size": 2})

        def forward(self, input_ids, attention_mask):
            state = torch.stack([input_ids, 10 * input_ids], 2).float()
            return type("Output", (), {"last_hidden_state": state})

    model = SCRIPT.Tuned(Pieces(), 2)
    model.out = torch.nn.Identity()
    ids, first = torch.tensor([[5, 6, 7, 8]]), torch.tensor([[1, 3]])
    assert model(ids, ids > 0, first).tolist() == [[[6, 60], [8, 80]]]


def test_without_its_sets_a_part_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(SCRIPT.data, "missing", lambda name: f"no {name} here")
    assert SCRIPT.chinese(torch.device("cpu")) == {}
    assert "no people_daily here" in capsys.readouterr().out


def test_tagged_words_become_characters_with_tags(tmp_path):
    text = (
        "江/nr  泽民/nr  在/p  北京/ns  新华社/nt  １/m  /  a/b/w\n\r\n江/nr  笑/v\n江/nr  笑/v\n"
    )
    path = tmp_path / "text"
    path.write_bytes(text.encode())
    first, second = SCRIPT.tagged_words(path)
    assert first[:3] == [("江", "nr"), ("泽民", "nr"), ("在", "p")]
    assert first[-1] == ("a/b", "w") and second == [("江", "nr"), ("笑", "v")]
    characters, tags = SCRIPT.characters_with_tags(first)
    assert "".join(characters) == "江泽民在北京新华社１a/b"
    assert tags[:9] == ["B-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "I-ORG"]
    assert set(tags[9:]) == {"O"}


def test_a_conll_file_is_read_whatever_its_ends_of_lines(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"Rome\tB-LOC\r\nis\tO\r\n\t\r\nx NN _ O\n\n\n")
    assert SCRIPT.conll(path) == [(["Rome", "is"], ["B-LOC", "O"]), (["x"], ["O"])]


@pytest.mark.skipif(not datasets()["people_daily"].fetched(), reason="make data SET=people_daily")
def test_the_peoples_daily():
    lines = SCRIPT.tagged_words(data.packaged("people_daily"))
    assert len(lines) == 19_004 and round(sum(map(len, lines)) / 1e6, 2) == 1.12
    names = {tag[2:] for line in lines[:500] for tag in SCRIPT.characters_with_tags(line)[1]}
    assert names == {"", "PER", "LOC", "ORG"}
