"""Prices: valid, dated, with sources, of cards that the registry knows."""

import pytest

from helpers.facts import prices, registry


def test_every_price_is_of_a_known_card_and_has_a_source_that_was_read():
    cards = {card.name for card in registry.load()}
    for price in prices.load():
        assert price.gpu in cards
        assert price.source.url.startswith("https://")
        assert price.low <= price.high
        assert price.date <= price.source.checked.strftime("%Y-%m")


def test_an_hour_costs_the_price():
    price = prices.load()[0]
    assert price.of(3600) == (price.low, price.high)
    assert price.of(36) == pytest.approx((price.low / 100, price.high / 100))
