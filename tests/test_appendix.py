"""The appendix: complete, in order, and true where a number can be computed again."""

import re
from pathlib import Path

import numpy as np
import pytest

APPENDIX = Path(__file__).resolve().parents[1] / "book" / "appendix"
VERDICTS = ("confirmed", "imprecise", "corrected", "cannot be tested here")

# §5.4 of the source article: precision, recall, F1 and support of each class, as printed there.
NER = {
    "B-LOC": (0.926, 0.906, 0.916, 1668),
    "I-LOC": (0.900, 0.805, 0.850, 257),
    "B-MISC": (0.875, 0.856, 0.865, 702),
    "I-MISC": (0.838, 0.782, 0.809, 216),
    "B-ORG": (0.914, 0.898, 0.906, 1661),
    "I-ORG": (0.911, 0.894, 0.902, 835),
    "B-PER": (0.964, 0.957, 0.960, 1617),
    "I-PER": (0.983, 0.980, 0.982, 1156),
    "O": (0.993, 0.995, 0.994, 38323),
}


def page(name: str) -> str:
    return (APPENDIX / name).read_text(encoding="utf-8")


def entries(name: str) -> dict[str, str]:
    """Return heading to text for each `## ` section of a page."""
    parts = re.split(r"(?m)^## (.+)$", page(name))[1:]
    return dict(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))


def claims() -> list[list[str]]:
    rows = re.findall(r"(?m)^\| (\d[\d.]*-\d+) \| (.+) \|$", page("audit.md"))
    return [[number, *rest.split(" | ")] for number, rest in rows]


def test_the_glossary_is_sorted_short_and_long_enough():
    terms = entries("glossary.md")
    assert len(terms) >= 70
    assert list(terms) == sorted(terms, key=str.lower)
    for term, text in terms.items():
        sentences = re.findall(r"[.?!](?=\s|$)", re.sub(r"\([^)]*\)", "", text))
        assert 1 <= len(sentences) <= 4, term


@pytest.mark.parametrize(
    "name", ["vaswani2017", "devlin2019", "radford2019", "houlsby2019", "zhang2023"]
)
def test_the_papers_of_the_article_are_there(name):
    assert name in entries("papers.md")


def test_every_paper_has_a_link_and_a_reason():
    papers = entries("papers.md")
    assert list(papers) == sorted(papers)
    for key, text in papers.items():
        assert re.fullmatch(r"[a-z]+\d{4}", key)
        assert f" {key[-4:]}" in text, key
        assert re.search(r"\]\(https://\S+\)", text), key
        assert "Why read it: " in text, key


@pytest.mark.parametrize("name", ["glossary.md", "papers.md"])
def test_an_anchor_stands_above_the_heading_that_it_names(name):
    anchors = re.findall(r'<a id="([^"]+)"></a>\n\n(.*)', page(name))
    for key, line in anchors:
        heading = re.sub(r"[^\w -]", "", line.removeprefix("## ").lower())
        assert line.startswith("## ") and heading.replace(" ", "-") == key, (key, line)


def test_the_audit_covers_every_section_and_counts_rightly():
    rows = claims()
    numbers = [row[0] for row in rows]
    assert len(set(numbers)) == len(numbers)
    assert {number[0] for number in numbers} == set("012345678")
    verdicts = [row[2].strip("*") for row in rows]
    assert set(verdicts) <= {*VERDICTS, "\u2014"}
    text = re.search(
        r"Of (\d+) claims, (\d+) are confirmed, (\d+) imprecise, "
        r"(\d+) corrected\nand (\d+) cannot be tested here",
        page("audit.md"),
    )
    counted = [verdicts.count(verdict) for verdict in VERDICTS]
    assert [int(number) for number in text.groups()] == [sum(counted), *counted]


def test_a_tested_claim_links_to_what_shows_it():
    for number, _, verdict, known, shown in claims():
        if verdict in ("**confirmed**", "**cannot be tested here**"):
            assert "](" in shown or "](" in known, number
        assert len(known) > 0 or verdict == "**confirmed**", number


def test_the_audit_recomputes_the_report_of_the_article():
    precision, recall, f1, support = np.array(list(NER.values())).T
    hits = recall * support
    predicted = hits / precision
    entity = support[:-1].sum()
    p, r = hits[:-1].sum() / predicted[:-1].sum(), hits[:-1].sum() / entity
    assert support.sum() == 46435
    text = page("audit.md")
    row = next(row for row in claims() if row[0] == "5.4-2")[3]
    assert f"{100 * support[-1] / support.sum():.1f} %" in row
    assert f"precision is {p:.3f}, recall {r:.3f} and F1 {2 * p * r / (p + r):.3f}" in row
    assert f"{entity:,.0f} entity tokens" in row
    assert f"weighted by support give {hits.sum() / support.sum():.3f}" in text
    averages = ", ".join(f"{x.mean():.3f}" for x in (precision, recall))
    assert f"{averages} and {f1.mean():.3f}" in text


def test_the_audit_counts_the_parameters_rightly():
    from torch import nn

    layers = [
        nn.Conv2d(3, 16, 3, padding=1),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.Linear(32 * 8 * 8, 64),
        nn.Linear(64, 10),
    ]
    counts = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    assert f"{sum(counts):,} parameters: " + " + ".join(f"{n:,}" for n in counts) in page(
        "audit.md"
    )
    assert f"holds {100 * counts[2] / sum(counts):.0f} %" in page("audit.md")


def test_the_audit_quotes_no_chinese_but_the_title():
    text = page("audit.md").replace("Nvidia的GPU与AI发展的关系", "")
    assert not re.search("[\u4e00-\u9fff]", text)
