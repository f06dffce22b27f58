"""Amounts for human eyes."""

from __future__ import annotations

import pytest

from sandbox.core.currencies import MINIMUM, SUPPORTED, format_amount, parse_amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2000, "usd", "$20.00 USD"),
        (5, "eur", "€0.05 EUR"),
        (123456789, "usd", "$1,234,567.89 USD"),
        (500, "jpy", "¥500 JPY"),
        (1230, "kwd", "1.230 KWD"),
        (-3500, "usd", "−$35.00 USD"),
        (-5, "eur", "−€0.05 EUR"),
    ],
)
def test_amounts_are_shown_in_major_units(amount, currency, text):
    assert format_amount(amount, currency) == text


def test_each_minimum_is_of_a_supported_currency():
    assert MINIMUM.keys() <= SUPPORTED


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("20", "usd", 2000),
        ("12.5", "usd", 1250),
        ("12.05", "usd", 1205),
        ("500", "jpy", 500),
        ("1.23", "kwd", 1230),
        ("1.234", "usd", None),
        ("1.5", "jpy", None),
        ("-1", "usd", None),
        ("1e3", "usd", None),
        ("", "usd", None),
        (".5", "usd", None),
    ],
)
def test_what_is_typed_in_major_units_is_read(typed, currency, amount):
    assert parse_amount(typed, currency) == amount
