"""The record of financial texts: reads both sets, learns, judges by the right denominators."""

import random

import pytest
import torch
from scipy import stats

from helpers import recorded

SCRIPT = recorded.script("finance")
CPU = torch.device("cpu")
ROWS = [
    (f"{name} {what} {n} days ago https://x.y/{n}", mood)
    for n in range(6)
    for name in ("Acme", "Bolt", "Cirrus", "Delta")
    for what, mood in (("loses much", "bad"), ("meets people", "neutral"), ("wins much", "good"))
]


def test_tweets_are_read_once_each_whatever_their_link(tmp_path):
    for part, line in (("train", '"Up, $A https://a.b/1",1'), ("valid", "up $a https://a.b/2,0")):
        text = f"text,label\n{line}\nflat,2\n"
        (tmp_path / f"sent_{part}.csv").write_text(text, encoding="utf-8")
    found = SCRIPT.tweets(tmp_path)
    assert found == [("Up, $A https://a.b/1", "good"), ("flat", "neutral")]


def test_a_sentence_may_hold_an_at_sign_and_is_not_utf8(tmp_path):
    text = "Se\xf1or mails a@b.c .@negative\nSales rose .@positive\n\nFlat .@neutral\n"
    (tmp_path / "Sentences_75Agree.txt").write_bytes(text.encode("iso-8859-1"))
    found = SCRIPT.phrases(tmp_path)
    assert found[0] == ("Se\xf1or mails a@b.c .", "bad")
    assert [mood for _, mood in found] == ["bad", "good", "neutral"]


def test_no_text_is_on_both_sides_and_none_is_lost():
    learn, test = SCRIPT.split(ROWS, 1)
    assert sorted(learn + test) == sorted(ROWS) and not set(learn) & set(test)
    assert SCRIPT.split(ROWS, 1) == (learn, test) != SCRIPT.split(ROWS, 2)


def test_links_make_no_n_grams():
    found = SCRIPT.grams("Up 5% today https://t.co/abc up")
    assert found[:4] == ["up", "5", "%", "today"] and "up 5" in found
    assert not any("co" in gram or "https" in gram for gram in found)


def test_the_score_of_a_text_is_the_sum_of_its_weights():
    model = SCRIPT.Linear([text for text, _ in ROWS])
    torch.nn.init.normal_(model.bag.weight)
    rows = [model.places("acme loses much"), [], model.places("bolt")]
    scores = model(rows)
    expected = model.bag.weight[rows[0]].sum(0) / len(rows[0]) ** 0.5
    assert torch.allclose(scores[0], expected, atol=1e-6)
    assert scores[1].tolist() == [0, 0, 0]
    assert torch.allclose(scores[2], model.bag.weight[rows[2][0]])


def test_moods_that_follow_from_words_are_learnt_and_repeated():
    model, again = (SCRIPT.learnt(ROWS, 0, CPU) for _ in range(2))
    said = model.moods(["Echo loses much", "Foxtrot meets people", "Golf wins much"])
    assert said == ["bad", "neutral", "good"]
    assert torch.equal(model.bag.weight, again.bag.weight)


def test_found_is_of_the_bad_and_wrong_of_the_others():
    truth = ["bad", "bad", "bad", "good", "neutral", "neutral", "good", "neutral"]
    said = ["bad", "good", "neutral", "bad", "neutral", "neutral", "good", "neutral"]
    assert SCRIPT.judge(said, truth) == pytest.approx((500 / 8, 100 / 3, 20))


def test_the_interval_covers_the_value_and_narrows_with_more_texts():
    draw = random.Random(0)
    truth = draw.choices(["bad", "good"], k=80)
    said = [mood if draw.random() < 0.7 else "neutral" for mood in truth]
    few, many = (SCRIPT.interval(said * n, truth * n, draws=200) for n in (1, 16))
    for value, (low, high), (lower, higher) in zip(
        SCRIPT.judge(said, truth), few, many, strict=True
    ):
        assert low <= value <= high
        assert higher - lower <= 0.5 * (high - low) or high == low


@pytest.mark.parametrize("share", [0.0, 0.02, 0.15, 0.5, 1.0])
@pytest.mark.parametrize("n", [1, 100, 160])
def test_the_tail_and_the_line_are_those_of_scipy(n, share):
    for k in (0, 1, n // 3, n):
        expected = stats.binom.sf(k - 1, n, share)
        assert SCRIPT.tail(n, k, share) == pytest.approx(expected, abs=1e-9)
    line = SCRIPT.line(n, share)
    assert line == n + 1 or stats.binom.sf(line - 1, n, share) <= SCRIPT.PROMISE
    assert stats.binom.sf(line - 2, n, share) > SCRIPT.PROMISE


def test_quiet_days_keep_the_promise_and_a_better_rule_sees_more():
    draw = random.Random(0)
    truth = ["bad" if draw.random() < 0.15 else "neutral" for _ in range(4000)]
    perfect = [mood == "bad" for mood in truth]
    weak = [(flag and draw.random() < 0.4) or draw.random() < 0.1 for flag in perfect]
    strong, poor = (SCRIPT.powers(flags, truth, days=600) for flags in (perfect, weak))
    assert strong[0] < 0.07 and poor[0] < 0.07
    assert strong == sorted(strong) and strong[-1] == 1
    at = SCRIPT.BURSTS.index(15)
    assert poor[at] < strong[at] - 0.2


def test_a_small_set_gives_every_quantity(monkeypatch):
    monkeypatch.setattr(SCRIPT, "DRAWS", 20)
    monkeypatch.setattr(SCRIPT, "DAYS", 20)
    monkeypatch.setattr(SCRIPT.interval, "__defaults__", (20,))
    monkeypatch.setattr(SCRIPT.powers, "__defaults__", (20,))
    sets = {"tweets": ROWS, "phrases": [(text.replace("much", "a lot"), m) for text, m in ROWS]}
    found = SCRIPT.measure(sets, lambda text: "loses" in text, CPU, epochs=4)
    for name in sets:
        for way in ("rule", "own", "other"):
            for key in SCRIPT.ASPECTS:
                assert len(found[f"{name}_{way}_{key}"].value) == len(SCRIPT.SEEDS)
                low, high = found[f"{name}_{way}_{key}_interval"].value
                assert low <= high
        assert found[f"{name}_rule_found"].value == [100, 100, 100]
        assert found[f"{name}_rule_wrong"].value == [0, 0, 0]
    for way in ("true", "rule", "own", "other"):
        assert len(found[f"power_{way}"].value) == len(found["bursts"].value)
    assert found["power_true"].value == found["power_rule"].value


def test_the_word_list_and_the_encoder_are_those_of_the_chapter():
    code = SCRIPT.chapter(CPU)
    assert code.flagged("Markets crash") and not code.flagged("Markets meet")
    rates = SCRIPT.speed(code, CPU, (1, 2))
    assert len(rates["speed"].value) == 2 and min(rates["speed"].value) > 0
