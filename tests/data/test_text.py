"""The readers of texts, on small files of the same make, and on the sets where they are here."""

import json

import pytest

from helpers import data
from helpers.data.catalogue import datasets

HERE = {one.name for one in datasets().values() if one.fetched()}


def needs(name):
    return pytest.mark.skipif(name not in HERE, reason=f"make data SET={name}")


GRAMMAR = {
    "intents": {
        "Light": {"data": [{"sentences": ["[<please>] (turn|switch) on {name}[s]"]}]},
        "Timer": {"data": [{"sentences": ["<timer> {minutes:time} minutes", "wait {unknown}"]}]},
        "Mix": {"data": [{"sentences": ["(now;open {state})"]}]},
    },
    "lists": {
        "minutes": {"range": {"from": 3, "to": 5}},
        "state": {"values": [{"in": "(wide|half) open", "out": "x"}]},
        "unknown": {"wildcard": True},
    },
    "expansion_rules": {"please": "please|kindly", "timer": "(set|start) a timer of"},
}


def sentences(folder, language="en", **options):
    (folder / f"{language}.json").write_text(json.dumps(GRAMMAR), encoding="utf-8")
    return data.slot_sentences(folder, language, {"name": ["hall lamp", "灯"]}, **options)


def test_slot_sentences_are_drawn_from_templates(tmp_path):
    found = sentences(tmp_path, of_each=200)
    light = {one.tokens for one in found if one.intent == "Light" and "灯" not in one.tokens}
    words = {" ".join(tokens) for tokens in light if "灯s" not in tokens}
    assert words == {
        f"{polite}{verb} on hall lamp{s}"
        for polite in ("", "please ", "kindly ")
        for verb in ("turn", "switch")
        for s in ("", " s")
    }
    timers = {" ".join(one.tokens) for one in found if one.intent == "Timer"}
    assert timers == {f"{v} a timer of {n} minutes" for v in ("set", "start") for n in (3, 4, 5)}
    mixed = {" ".join(one.tokens) for one in found if one.intent == "Mix"}
    parts = [f"open {how} open" for how in ("wide", "half")]
    assert mixed == {f"now {part}" for part in parts} | {f"{part} now" for part in parts}
    for one in found:
        assert len(one.tokens) == len(one.tags) and "unknown" not in one.template
    timer = next(one for one in found if one.intent == "Timer")
    assert timer.tags == ("O", "O", "O", "O", "B-time", "O")
    lamp = next(one for one in found if one.tokens[-2:] == ("hall", "lamp"))
    assert lamp.tags[-2:] == ("B-name", "I-name") and set(lamp.tags[:-2]) == {"O"}


def test_equal_sentences_are_kept_once_and_a_seed_gives_one_order(tmp_path):
    found = sentences(tmp_path, of_each=100)
    assert len({(one.tokens, one.intent) for one in found}) == len(found)
    assert sentences(tmp_path, of_each=100) == found
    assert sentences(tmp_path, of_each=1, seed=1) != sentences(tmp_path, of_each=1, seed=2)


def test_chinese_is_cut_into_characters(tmp_path):
    found = sentences(tmp_path, "zh-CN", of_each=50)
    tokens = {token for one in found for token in one.tokens}
    assert all(len(token) == 1 and not token.isspace() for token in tokens)
    lamp = next(one for one in found if "灯" in one.tokens)
    assert lamp.tags[lamp.tokens.index("灯")] == "B-name"


# The sets themselves, as datasets.yml describes them


@needs("pairs")
def test_the_pairs():
    pairs = data.sentence_pairs(data.packaged("pairs"))
    assert len(pairs) == 4354 and {one.level for one in pairs} == set(range(1, 7))
    first = pairs[0]
    assert first.chinese == "老师，您好！" and first.english == "Hello, teacher!"
    assert first.words[0] == ("老师", "lǎo shī", "teacher")
    assert all(one.words and one.reading and one.topic for one in pairs)


@needs("intents")
@pytest.mark.parametrize(
    ("language", "intents", "templates"), [("en", 42, 862), ("zh-CN", 40, 700)]
)
def test_the_commands(language, intents, templates):
    path = data.packaged("intents")
    content = json.loads((path / f"{language}.json").read_text(encoding="utf-8"))
    texts = [t for one in content["intents"].values() for b in one["data"] for t in b["sentences"]]
    assert (len(content["intents"]), len(texts)) == (intents, templates)
    open_slots = {"name": ["lamp"], "area": ["hall"], "floor": ["top"]}
    found = data.slot_sentences(path, language, open_slots, of_each=1)
    assert len({one.template for one in found}) > templates / 2
    left = set("()[]<>{}|;")
    assert not any(left & set(token) for one in found for token in one.tokens)
