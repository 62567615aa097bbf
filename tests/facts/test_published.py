"""Measurements by others: quoted, in the units of the record beside which they stand."""

import re
from fractions import Fraction

import pytest

from helpers import recorded
from helpers.facts import sheet

POINTS = sheet("published").points
#: The unit of a source → the unit of ours, and how many of ours it is.
CONVERTED = {("MB/s", "GB/s"): 1e-3}
#: These records tell the time of a copy or of an exchange of known bytes: a rate is the same fact.
RATES_TOO = {"asynchrony", "scaling"}


def units(record: str) -> set[str]:
    found = {one.unit for run in recorded.load(record).runs for one in run.values.values()}
    return found | ({"GB/s"} if record in RATES_TOO else set())


def test_there_are_many_of_many_cards():
    assert len(POINTS) >= 40
    assert len({point.machine for point in POINTS}) >= 8
    assert len({point.record for point in POINTS}) >= 8


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.record}-{point.machine}")
def test_the_quotation_is_short_and_holds_the_number(point):
    number, unit = point.stated.split(maxsplit=1)
    assert len(point.quotation.split()) <= 25
    assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", point.quotation)
    factor = 1 if unit == point.unit else CONVERTED[unit, point.unit]
    assert point.value == pytest.approx(factor * float(Fraction(number)))


@pytest.mark.parametrize("record", sorted({point.record for point in POINTS}))
def test_a_point_has_the_units_of_the_record_beside_which_it_stands(record):
    assert {point.unit for point in POINTS if point.record == record} <= units(record)


def test_every_source_is_an_address_that_was_read():
    for point in POINTS:
        assert point.source.url.startswith("https://") and point.source.checked
        assert point.year or "ndated" in point.source.note
        assert not point.source.weak


def test_no_point_is_there_twice():
    keys = [(point.record, point.machine, point.quantity, point.stated) for point in POINTS]
    assert len(set(keys)) == len(keys)


def test_the_ladders_climb_as_their_sources_tell():
    def ladder(record):
        return [point.value for point in POINTS if point.record == record]

    product, sums, turned = ladder("matmul_ladder"), ladder("reductions"), ladder("transpose")
    assert product == sorted(product) and product[-1] / product[0] > 70
    assert sums == sorted(sums) and 30 < sums[-1] / sums[0] < 31
    assert turned == sorted(turned) and turned[-1] / turned[0] > 15
