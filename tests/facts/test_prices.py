"""Prices: valid, dated, with sources, of cards that the registry knows."""

from helpers.facts import registry, sheet


def test_every_price_is_of_a_known_card_and_has_a_source_that_was_read():
    cards = {card.name for card in registry.load()}
    for price in sheet("prices").prices:
        assert price.gpu in cards
        assert price.source.url.startswith("https://")
        assert price.low <= price.high
        assert price.date <= price.source.checked.strftime("%Y-%m")
