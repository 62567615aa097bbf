"""The record of recommenders: the chapter's own code, on a made-up audience for a few steps."""

import csv

import pytest
import torch

from helpers import recorded

PEOPLE, FILMS = 60, 160


@pytest.fixture(scope="module")
def script():
    return recorded.script("recommender")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ratings as GroupLens publishes them; the last two films are rated only at the end."""
    home = tmp_path_factory.mktemp("ratings")
    draw = torch.Generator().manual_seed(0)
    films = [
        [i, f"Film {i} ({1860 + i})", "Drama|Comedy" if i % 2 else "Horror"] for i in range(FILMS)
    ]
    films[3][1] = "A film without a year"
    rows = []
    for person in range(PEOPLE):
        late = person >= PEOPLE - 4
        films_of = (
            torch.randperm(FILMS - 2, generator=draw)[:20].tolist() + [FILMS - 2, FILMS - 1] * late
        )
        rows += [
            (person, film, 3.5 if n == 2 else 4.0, 1000 * person + n)
            for n, film in enumerate(films_of)
        ]
    for name, head, lines in (
        ("movies", ("movieId", "title", "genres"), films),
        ("ratings", ("userId", "movieId", "rating", "timestamp"), rows),
    ):
        with (home / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *lines])
    return home


@pytest.fixture(scope="module")
def code(script, folder):
    return script.chapter(torch.device("cpu"), *script.read(folder))


@pytest.fixture(scope="module")
def values(script, code):
    return script.measure(code, steps=3, seeds=(0, 1))


def test_only_four_stars_and_more_are_likes_in_the_order_of_time(script, folder):
    likes, names, kinds = script.read(folder)
    assert len(likes) == PEOPLE * 19 + 4 * 2
    assert likes == sorted(likes)
    assert (names[3], kinds[3]) == ("A film without a year", ["Drama", "Comedy", "undated"])
    assert (names[10], kinds[10]) == ("Film 10", ["Horror", "1870s"])


def test_every_way_has_its_scores_and_networks_every_seed(values):
    for way, seeds in {
        "popularity": 1,
        "factors": 1,
        "rows": 2,
        "words": 2,
        "rows_words": 2,
    }.items():
        for key in ("recall", "ndcg", "sampled"):
            found = values[f"{key}_{way}"].value
            assert len(found) == seeds and all(0 <= share <= 1 for share in found)
        assert values[f"recall_{way}"].value[0] >= values[f"ndcg_{way}"].value[0]
    assert values["new_questions"].value > 0
    assert len(values["table_mb"].value) == len(values["bag_rates"].value)


def test_popularity_equals_a_ranking_by_hand(code, values):
    hits = 0
    for history, answer in code.test:
        allowed = [film for film in range(FILMS) if film not in history]
        better = sum(code.liked_before[film] > code.liked_before[answer] for film in allowed)
        equal = sum(code.liked_before[film] == code.liked_before[answer] for film in allowed) - 1
        hits += 1 + better + equal / 2 <= 10
    assert values["recall_popularity"].value[0] == pytest.approx(
        int(hits) / len(code.test), abs=1e-3
    )


def test_no_answer_is_in_its_history_and_nothing_is_learnt_from_later(code):
    assert all(answer not in history for history, answer in code.learn + code.test)
    assert max(when for when, *_ in code.past) <= min(when for when, *_ in code.future)


def test_sampled_rivals_are_neither_liked_nor_the_answer(code):
    best = torch.full((len(code.test), FILMS), -1.0)
    for row, (history, answer) in enumerate(code.test):
        best[row, list(history)] = 2.0  # would win, were they among the rivals
        best[row, answer] = 1.0
    assert (code.sampled(best, code.test, rivals=5) == 1).all()
