"""The files of `book/data` are made as their schema says, and it refuses what is wrong."""

import copy
import json
import re
from datetime import date
from urllib.parse import urlsplit

import pytest
import yaml
from check_jsonschema import main as check
from click.testing import CliRunner

from helpers import facts, resources

SCHEMA = resources.path("data/schema.json")
FILES = sorted(SCHEMA.parent.glob("*.yml"))
CONTENT = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}


def validate(*paths):
    return CliRunner().invoke(check, ["--schemafile", str(SCHEMA), *map(str, paths)])


def test_every_file_is_as_the_schema_says():
    wanted = {"datasets", "gpus", "hierarchy", "history", "prices", "published"}
    assert {path.stem for path in FILES} >= wanted
    done = validate(*FILES)
    assert done.exit_code == 0, done.output


def entries(content):
    """Yield every part of a file that names a source."""
    if isinstance(content, dict):
        if "source" in content:
            yield content
        for part in content.values():
            yield from entries(part)
    elif isinstance(content, list):
        for part in content:
            yield from entries(part)


@pytest.mark.parametrize("name", CONTENT)
def test_every_source_is_there_and_used_and_was_read_before_today(name):
    content = CONTENT[name]
    used = [entry for key, part in content.items() if key != "sources" for entry in entries(part)]
    assert {entry["source"] for entry in used} == set(content["sources"])
    assert all(entry["checked"] <= date.today() for entry in used if entry["checked"])


#: Lists without an author, shops, encyclopaedias written by machines, and papers on something else.
WEAK_HOSTS = [
    "grokipedia.com",
    "clawkipedia.org",
    "aiwiki.ai",
    "sysrqmts.com",
    "spicedreamphone.com",
    "game-debate.com",
    "pcpartdb.com",
    "waredb.com",
    "pastebin.com",
    "gpu.blog",
    "saulelectric.com",
    "currypurin.com",
    "elprocus.com",
    "xtreview.com",
    "fpsbench.com",
    "techrival.com",
    "hmc-tech.com",
    "qiita.com",
    "gist.github.com",
    "huggingface.co",
    "centerconsulting.com",
    "thundercompute.com",
    "ncbi.nlm.nih.gov",
    "wikipedia.org",
]


def is_weak(url: str) -> bool:
    host = urlsplit(url).hostname
    return any(host == weak or host.endswith("." + weak) for weak in WEAK_HOSTS)


@pytest.mark.parametrize("name", sorted(set(CONTENT) - {"datasets"}))
def test_a_figure_from_a_weak_host_says_so(name):
    sources = CONTENT[name]["sources"]
    for entry in entries(CONTENT[name]):
        if is_weak(sources[entry["source"]]["url"]):
            assert entry.get("weak"), (name, entry)


def test_few_figures_are_weak_and_hosts_are_told_by_their_ends():
    figures = [found for card in CONTENT["gpus"]["gpus"] for found in entries(card)]
    assert 0 < sum(figure.get("weak", False) for figure in figures) <= 8 < 130 < len(figures)
    assert is_weak("https://gpu.spicedreamphone.com/en") and is_weak("https://gpu.blog/x")
    assert not is_weak("https://developer.nvidia.com/gpu.blog")


def test_a_sheet_holds_sources_in_place_of_their_keys():
    first = facts.sheet("prices").prices[0]
    assert first.source.url.startswith("https://") and first.source.checked
    assert not any(hasattr(first, said) for said in ("checked", "note", "weak"))
    weak = {price.gpu for price in facts.sheet("prices").prices if price.source.weak}
    assert weak == {"Tesla T4", "Tesla V100 SXM2 16 GB"}


def test_a_source_that_is_not_there_is_named(monkeypatch, tmp_path):
    (tmp_path / "bad.yml").write_text("sources: {}\nprices: [{source: hearsay, checked: null}]\n")
    monkeypatch.setattr(resources, "path", lambda name: tmp_path / "bad.yml")
    with pytest.raises(ValueError, match=r"bad\.yml: 'hearsay' is not among its sources"):
        facts.sheet("bad")


def card(data):
    return next(entry for entry in data["gpus"] if entry["name"] == "Tesla T4")


def one(data):
    return next(entry for entry in data["packaged"] if entry["terms"] == "free")


WRONG = {
    "gpus": [
        (lambda d: card(d).pop("sms"), "'sms' is a required property"),
        (lambda d: card(d).update(colour="green"), "colour"),
        (lambda d: card(d)["sms"].update(value=-40), "-40"),
        (lambda d: card(d)["sms"].update(value=40.5), "40.5"),
        (lambda d: card(d)["watts"].update(value="70"), "'70' is not of type 'number'"),
        (lambda d: card(d)["watts"].update(value=True), "True is not of type 'number'"),
        (lambda d: card(d).update(watts=None), "None is not of type 'object'"),
        (lambda d: card(d)["year"].update(value=1999), "1999"),
        (lambda d: card(d)["capability"].update(value=7.5), "7.5 is not of type 'string'"),
        (lambda d: card(d)["sms"].update(checked="soon"), "soon"),
        (lambda d: card(d)["year"].update(checked=None), "note"),
        (lambda d: card(d)["sms"].update(remark="x"), "remark"),
        (lambda d: card(d)["sms"].update(weak=False), "weak"),
        (lambda d: card(d).update(reported="Tesla T4"), "'Tesla T4' is not of type 'array'"),
        (lambda d: card(d).update(chips=3), "3 is not one of"),
        (lambda d: card(d).update(architecture=""), "architecture"),
        (lambda d: d["sources"]["report-t4"].update(url="T4"), "'T4' does not match"),
        (lambda d: d["sources"]["report-t4"].pop("title"), "'title' is a required"),
        (lambda d: d.update(more=1), "'more' was unexpected"),
    ],
    "hierarchy": [
        (lambda d: d["lanes"][0].update(value=0), "0 is less than or equal"),
        (lambda d: d["lanes"][0].update(capability="Turing"), "'Turing' does not match"),
        (lambda d: d["latencies"][1].update(checked="today"), "'today' does not match"),
        (lambda d: d["latencies"][1].pop("level"), "'level' is a required"),
        (lambda d: d["links"][0].update(gbs=0), "0 is less than or equal"),
    ],
    "history": [
        (lambda d: d["runs"][0].update(seconds=-1), "-1"),
        (lambda d: d["runs"][0].update(kind="tpu"), "'tpu' is not one of"),
        (lambda d: d["runs"][0].update(date="October"), "'October' does not match"),
        (lambda d: d["runs"][0].update(colour="red"), "colour"),
        (lambda d: d["milestones"][0].pop("paper"), "'paper' is a required"),
    ],
    "published": [
        (lambda d: d["points"][0].pop("quotation"), "'quotation' is a required"),
        (lambda d: d["points"][0].update(stated="fast"), "'fast' does not match"),
        (lambda d: d["points"][0].update(year=None), "'note' is a required"),
        (lambda d: d["points"][0].update(value=0), "0 is less than or equal"),
        (lambda d: d["points"][0].update(checked=None), "None is not of type 'string'"),
    ],
    "prices": [
        (lambda d: d["prices"][0].update(low=0), "0 is less than or equal"),
        (lambda d: d["prices"][0].update(date="2026"), "'2026' does not match"),
        (lambda d: d.pop("sources"), "'sources' is a required"),
    ],
    "datasets": [
        (lambda d: one(d).pop("licence"), "'licence' is a required"),
        (lambda d: one(d).pop("attribution"), "'attribution' is a required"),
        (lambda d: one(d).pop("traps"), "'traps' is a required"),
        (lambda d: one(d).update(terms="unclear"), "'unclear' is not one of"),
        (lambda d: one(d).update(terms="research-only"), "'terms_note' is a required"),
        (lambda d: one(d)["archive"].update(sha256="abc"), "'abc' does not match"),
        (lambda d: one(d)["archive"].update(file="a-1-cp311-x.whl"), "'a-1-cp311-x.whl' does not"),
        (lambda d: one(d)["members"].clear(), r"\[\] should be non-empty"),
        (lambda d: one(d)["members"][0].pop("sha256"), "'sha256' is a required"),
        (lambda d: one(d).update(version=0.1), "0.1 is not of type 'string'"),
        (lambda d: one(d).update(size="big"), "size"),
        (lambda d: d["published"][0]["files"][0].update(url="http://x/y"), "does not match"),
        (lambda d: d["published"][0].pop("files"), "'files' is a required"),
    ],
}
CASES = [(name, *case) for name, cases in WRONG.items() for case in cases]


def test_every_wrong_entry_is_refused_by_name(tmp_path):
    # One call for all: the validator says of each file what is wrong with it.
    for number, (name, change, _) in enumerate(CASES):
        content = copy.deepcopy(CONTENT[name])
        change(content)
        # As JSON, which is written and read far faster.
        (tmp_path / f"case-{number}.json").write_text(json.dumps(content, default=str))
    output = validate(*tmp_path.glob("*.json")).output
    for number, (name, _, message) in enumerate(CASES):
        lines = re.findall(rf"case-{number}\.json::(.*(?:\n(?! *\S*case-).*)*)", output)
        assert any(re.search(message, line) for line in lines), (name, number, message, lines)
