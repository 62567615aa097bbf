"""The threshold: Python's own normal distributions, Bayes' rule, a search for the cheapest."""

import random
from statistics import NormalDist

import pytest
from explorable_page import FIRST, about, choose, fill, live, show, shown_text, state, static

ABOUT = about("threshold")
CASES = 10_000
NEGATIVE = NormalDist(0, 1)
RANGES = ("separation", "threshold")


def settings(count: int) -> list[dict]:
    """Return random states of the explorable, the same in every run."""
    rng = random.Random(17)
    options = ABOUT["options"]
    return [
        {name: rng.choice(options[name]["choices"]) for name in ("prevalence", "cost")}
        | {name: rng.randint(options[name]["min"], options[name]["max"]) for name in RANGES}
        for _ in range(count)
    ]


def decided(page, case: dict) -> dict:
    return static(page, "decide", [[case]])[0]


def truth(case: dict, score: float) -> float:
    """Return the share of positives among all cases of a score, by Bayes' rule on the densities."""
    share = float(case["prevalence"]) / 100
    positive = share * NormalDist(case["separation"] / 10, 1).pdf(score)
    return positive / (positive + (1 - share) * NEGATIVE.pdf(score))


def test_the_tail_of_the_normal_distribution(opened):
    page = opened(show("threshold"))
    for k in range(-50, 51):
        [found] = static(page, "above", [[k / 10]])
        assert found == pytest.approx(1 - NEGATIVE.cdf(k / 10), abs=2e-7)


def test_counts_and_figures_follow_from_the_distributions(opened):
    page = opened(show("threshold"))
    for case in settings(120):
        found = decided(page, case)
        share = float(case["prevalence"]) / 100
        positive = NormalDist(case["separation"] / 10, 1)
        tp = CASES * share * (1 - positive.cdf(found["score"]))
        fp = CASES * (1 - share) * (1 - NEGATIVE.cdf(found["score"]))
        assert found["tp"] == pytest.approx(tp, abs=0.01)
        assert found["fp"] == pytest.approx(fp, abs=0.01)
        assert found["tp"] + found["fp"] + found["fn"] + found["tn"] == pytest.approx(CASES)
        assert found["tp"] + found["fn"] == pytest.approx(CASES * share)
        assert found["accuracy"] == pytest.approx((found["tp"] + found["tn"]) / CASES)
        assert found["price"] == pytest.approx(found["fp"] + float(case["cost"]) * found["fn"])
        assert found["silent"] == pytest.approx(float(case["cost"]) * CASES * share)
        if tp + fp > 1:
            assert found["precision"] == pytest.approx(tp / (tp + fp), rel=1e-3)


def test_what_it_claims_is_the_truth_of_a_balanced_training_set(opened):
    page = opened(show("threshold"))
    for case in settings(60):
        found = decided(page, case)
        assert found["claimed"] == case["threshold"] / 100
        assert found["claimed"] == pytest.approx(
            truth(case | {"prevalence": "50"}, found["score"]), rel=1e-6
        )
        assert found["real"] == pytest.approx(truth(case, found["score"]), rel=1e-6)


def test_the_cheapest_threshold_is_the_cheapest_of_all(opened):
    page = opened(show("threshold"))
    tried = 0
    for case in settings(25):
        best = decided(page, case)["best"]
        if not 0.02 < best < 0.98:
            continue
        tried += 1
        prices = {
            percent: decided(page, case | {"threshold": percent})["price"]
            for percent in range(1, 100)
        }
        cheapest = min(prices, key=prices.get)
        # Where the price is flat, the error of the tail hides what one per cent changes.
        assert prices[round(100 * best)] == pytest.approx(prices[cheapest], abs=0.02)
    assert tried >= 8


def test_the_fallback_table_is_right(opened):
    (_, *heads), (_, *positive), (_, *negative) = ABOUT["table"]
    found = decided(opened(show("threshold")), defaults())
    assert heads == ["said yes", "said no"]
    assert positive == [round(found["tp"]), round(found["fn"])]
    assert negative == [round(found["fp"]), round(found["tn"])]
    alarms = f"{round(found['tp'])} of {round(found['tp'] + found['fp']):,} alarms"
    assert alarms in ABOUT["strings"]["en"]["fallback"]


def defaults() -> dict:
    return {name: rule["default"] for name, rule in ABOUT["options"].items()}


def test_rare_cases_lower_precision_and_leave_the_roc_curve(opened):
    page = opened(show("threshold"))
    curve = f"{FIRST}.shadowRoot.querySelector('.plots .curve').getAttribute('points')"
    before = page.evaluate(curve)
    assert "21.82 %" in shown_text(page)  # 421 of 1,928
    choose(page, "prevalence", "0.1")
    assert page.evaluate(curve) == before
    assert "Always saying no has an accuracy of 99.9 %" in shown_text(page)
    live(page, "Precision 0.53 %")


def test_the_button_moves_the_slider(opened):
    page = opened(show("threshold", prevalence="50", cost="1"))
    fill(page, "threshold", 80)
    page.locator("[name=best]").click()
    assert state(page)["threshold"] == 50
    assert "The claims are right" in shown_text(page)
    choose(page, "cost", "100")
    page.locator("[name=best]").click()
    assert state(page)["threshold"] == 1
    assert page.evaluate(f"{FIRST}.shadowRoot.querySelector('[name=threshold]').value") == "1"
    live(page, "recall")
