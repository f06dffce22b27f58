"""Our table of Stripe's currencies and the stand-in's are written apart, and must agree."""

from __future__ import annotations

import pytest

from lib import currencies, money
from sandbox.core import currencies as stand_in


def test_the_stand_in_takes_the_same_currencies_with_the_same_bounds() -> None:
    assert currencies.SUPPORTED == stand_in.SUPPORTED
    assert currencies.MINIMUM == stand_in.MINIMUM
    assert currencies.MAXIMUM == stand_in.MAXIMUM
    assert currencies.THREE_DECIMAL == stand_in.THREE_DECIMAL


def test_every_table_names_only_currencies_of_stripes() -> None:
    tables = [currencies.ZERO_DECIMAL, currencies.THREE_DECIMAL, currencies.WHOLE_UNITS_ONLY, currencies.MINIMUM]
    for table in [*tables, currencies.SCALE, *(codes - {"ghs", "cup"} for codes in currencies.SIGNS.values())]:
        assert set(table) <= currencies.SUPPORTED
    assert all(money.known(currency) for currency in currencies.SUPPORTED)


@pytest.mark.parametrize(
    ("currency", "amount"), [("usd", 500), ("jpy", 500), ("krw", 5000), ("kwd", 5000), ("isk", 50000), ("vnd", 50000)]
)
def test_a_proposed_sum_is_a_round_one_in_each_currency(currency: str, amount: int) -> None:
    assert money.dollars(5, currency) == amount
