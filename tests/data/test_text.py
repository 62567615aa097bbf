"""The readers of texts, on small files of the same make, and on the sets where they are here."""

import io
import json
import tarfile

import pytest

from helpers import data
from helpers.data.catalogue import datasets
from helpers.data.text import RATED

HERE = {one.name for one in datasets().values() if hasattr(one, "kept") and one.fetched()}


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


def test_tagged_words_become_characters_with_tags(tmp_path):
    text = (
        "江/nr  泽民/nr  在/p  北京/ns  新华社/nt  １/m  /  a/b/w\n\r\n江/nr  笑/v\n江/nr  笑/v\n"
    )
    path = tmp_path / "text"
    path.write_bytes(text.encode())
    first, second = data.tagged_words(path)
    assert first[:3] == [("江", "nr"), ("泽民", "nr"), ("在", "p")]
    assert first[-1] == ("a/b", "w") and second == [("江", "nr"), ("笑", "v")]
    characters, tags = data.characters_with_tags(first)
    assert "".join(characters) == "江泽民在北京新华社１a/b"
    assert tags[:9] == ["B-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "I-ORG"]
    assert set(tags[9:]) == {"O"}


def test_a_conll_file_is_read_whatever_its_ends_of_lines(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"Rome\tB-LOC\r\nis\tO\r\n\t\r\nx NN _ O\n\n\n")
    assert data.conll(path) == [(["Rome", "is"], ["B-LOC", "O"]), (["x"], ["O"])]


def test_reviews_stand_as_in_the_files(tmp_path):
    (tmp_path / "pos_sentences.txt").write_text("好\n\n好\u2028吗\n好\n", encoding="utf-8")
    (tmp_path / "neg_sentences.txt").write_text("差 \n好", encoding="utf-8")
    found = [(one.text, one.label) for one in data.reviews(tmp_path)]
    assert found == [("好", 1), ("好\u2028吗", 1), ("好", 1), ("差", 0), ("好", 0)]


def test_rated_sentences_carry_group_and_rating(tmp_path):
    with tarfile.open(tmp_path / "hutto_ICWSM_2014.tar.gz", "w:gz") as archive:
        for name in RATED.values():
            content = b"7_1\t-0.5\tbad\r\n7_2\t2.25\tvery good\r\n8_1\t0\tso\r\n"
            about = tarfile.TarInfo(f"hutto_ICWSM_2014/{name}")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    assert len(data.rated_sentences(tmp_path)) == 3 * len(RATED)
    bad, good, neither = data.rated_sentences(tmp_path, "product")
    assert (good.text, good.label, good.rating) == ("very good", 1, 2.25)
    assert bad.label == neither.label == 0
    assert bad.group == good.group == "product-7" != neither.group
    (tmp_path / "vader_lexicon.txt").write_text(":)\t2.0\t1\t[2]\nbad\t-2.5\t1\t[-2]\n")
    assert data.lexicon(tmp_path) == {":)": 2.0, "bad": -2.5}


def test_lines_of_tatoeba(tmp_path):
    path = tmp_path / "cmn.txt"
    path.write_text("Hi.\t嗨。\tCC-BY 2.0 (x)\n\nbroken\n", encoding="utf-8")
    assert data.tatoeba_pairs(path) == [("Hi.", "嗨。", "CC-BY 2.0 (x)")]


# The sets themselves, as datasets.yml describes them


@needs("pairs")
def test_the_pairs():
    pairs = data.sentence_pairs(data.packaged("pairs"))
    assert len(pairs) == 4354 and {one.level for one in pairs} == set(range(1, 7))
    first = pairs[0]
    assert first.chinese == "老师，您好！" and first.english == "Hello, teacher!"
    assert first.words[0] == ("老师", "lǎo shī", "teacher")
    assert all(one.words and one.reading and one.topic for one in pairs)


@needs("reviews_zh")
def test_the_reviews():
    reviews = data.reviews(data.packaged("reviews_zh"))
    good, bad = ({one.text for one in reviews if one.label == label} for label in (1, 0))
    assert len(reviews) == 35_123
    assert abs(len(good | bad) / len(reviews) - 0.5) < 0.01 and len(good & bad) == 47


@needs("rated_sentences")
def test_the_rated_sentences():
    path = data.packaged("rated_sentences")
    counts = {kind: len(data.rated_sentences(path, kind)) for kind in RATED}
    assert counts == {"film": 10_605, "product": 3_708, "editorial": 5_190, "tweet": 4_200}
    assert len(data.lexicon(path)) == 7_506


@needs("people_daily")
def test_the_peoples_daily():
    lines = data.tagged_words(data.packaged("people_daily"))
    assert len(lines) == 19_004 and round(sum(map(len, lines)) / 1e6, 2) == 1.12
    names = {tag[2:] for line in lines[:500] for tag in data.characters_with_tags(line)[1]}
    assert names == {"", "PER", "LOC", "ORG"}


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
