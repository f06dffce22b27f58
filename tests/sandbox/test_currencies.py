"""Amounts for human eyes."""

from __future__ import annotations

import pytest

from sandbox.currencies import MINIMUM, SUPPORTED, shown


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2000, "usd", "$20.00 USD"),
        (5, "eur", "€0.05 EUR"),
        (123456789, "usd", "$1,234,567.89 USD"),
        (500, "jpy", "¥500 JPY"),
        (1230, "kwd", "1.230 KWD"),
    ],
)
def test_amounts_are_shown_in_major_units(amount, currency, text):
    assert shown(amount, currency) == text


def test_each_minimum_is_of_a_supported_currency():
    assert MINIMUM.keys() <= SUPPORTED
