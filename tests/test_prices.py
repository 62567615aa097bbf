"""Prices: valid, dated, with sources, of cards that the registry knows."""

from datetime import date

import pytest
import yaml

from helpers import prices, registry, resources

TEXT = resources.path("data/prices.yml").read_text(encoding="utf-8")


def edited(field, value) -> str:
    data = yaml.safe_load(TEXT)
    data["prices"][0][field] = value
    return yaml.safe_dump(data)


def test_every_price_is_of_a_known_card_and_has_a_source_that_was_read():
    cards = {card.name for card in registry.load()}
    for price in prices.load():
        assert price.gpu in cards
        assert price.source.url.startswith("https://")
        assert price.source.checked <= date.today()
        assert price.date <= price.source.checked.strftime("%Y-%m")


def test_an_hour_costs_the_price():
    price = prices.load()[0]
    assert price.of(3600) == (price.low, price.high)
    assert price.of(36) == pytest.approx((price.low / 100, price.high / 100))


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("low", 9.0, "low must be above 0 and not above high"),
        ("low", 0, "low must be above 0"),
        ("date", "2026", "must be a month"),
        ("checked", "yesterday", "must be a day"),
        ("source", "hearsay", "not among the sources"),
        ("colour", "red", "colour: missing or unknown"),
    ],
)
def test_a_bad_entry_is_named(field, value, message):
    with pytest.raises(ValueError, match=message) as caught:
        prices.parse(edited(field, value))
    assert "A100" in str(caught.value)


def test_a_file_without_sources_is_refused():
    with pytest.raises(ValueError, match="sources"):
        prices.parse("prices: []")
