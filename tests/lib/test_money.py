from __future__ import annotations

from decimal import Decimal

import pytest
from django.template import engines
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from lib import currencies, money, typed_amount

CURRENCIES = st.sampled_from(["usd", "eur", "jpy", "kwd", "isk", "huf"])


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("20", "usd", 2000),
        ("12.50", "usd", 1250),
        ("0.5", "usd", 50),
        (" 7 ", "usd", 700),
        ("99999999.99", "usd", 9_999_999_999),
        ("٢٠", "usd", 2000),  # Arabic-Indic digits
        ("１２.５", "usd", 1250),  # full-width digits
        ("500", "jpy", 500),
        ("1.5", "kwd", 1500),
        ("1.505", "kwd", 1505),
        ("300", "isk", 30000),
    ],
)
def test_written_amounts_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert money.minor(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["", " ", "-5", "+5", "1e3", "1E3000000", "10,00", "1,000", "0x10", "12.345", ".5", "5.", "NaN", "Infinity", "$5",
     "5 5", "²", "Ⅷ", "5\n5", "123456789", "1" * 5000, "٫5"],
)  # fmt: skip
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(money.Malformed):
        money.minor(text, "usd")


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12.5", "jpy"), ("1.000", "jpy"), ("12.500", "usd"), ("1.5000", "kwd"), ("300.50", "isk"), ("1.01", "ugx")],
)
def test_decimals_that_the_currency_does_not_have_are_malformed(text: str, currency: str) -> None:
    with pytest.raises(money.Malformed):
        money.minor(text, currency)


@given(st.integers(min_value=1, max_value=10**9), CURRENCIES)
def test_an_amount_survives_the_way_to_text_and_back(amount: int, currency: str) -> None:
    if currency in currencies.WHOLE_UNITS_ONLY:
        amount *= 100
    written = money.short(amount, currency)
    if len(written.split(".")[0]) <= 8:
        assert money.minor(written, currency) == amount


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        amount = money.minor(text, "usd")
    except money.Malformed:
        return
    assert 0 <= amount < 10**10


@pytest.mark.parametrize(
    ("amount", "currency", "payable"),
    [(1505, "kwd", False), (1510, "kwd", True), (5, "jpy", True), (30050, "isk", False), (1, "usd", True)],
)
def test_some_minor_units_exist_and_are_not_moved_by_stripe(amount: int, currency: str, payable: bool) -> None:
    assert money.payable(amount, currency) is payable


@given(st.integers(min_value=0, max_value=10**12), CURRENCIES)
def test_major_and_minor_differ_by_the_exponent_only(amount: int, currency: str) -> None:
    assert Decimal(money.plain(amount, currency)) * 10 ** money.exponent(currency) == amount


def test_people_read_amounts_in_their_language() -> None:
    assert money.display(123456, "usd") == "$1,234.56"
    assert money.display(500, "jpy") == "¥500"
    assert money.display(1500, "kwd") == "KWD\xa01.500"
    assert money.display(30000, "isk") == "ISK\xa0300"
    assert money.display(-2000, "chf") == "-CHF\xa020.00"
    assert money.display(1500, "kwd", "de") == "1,500\xa0KWD"
    assert money.display_short(2000, "usd") == "$20"
    assert money.display_short(2050, "usd") == "$20.50"
    assert money.display_short(2000, "eur", "de") == "20\xa0€"
    assert money.spoken(2000, "usd") == "20 US dollars"
    assert money.spoken(1250, "eur", "de") == "12,50 Euro"
    assert money.display(2000, "usd", "xx") == "$20.00"


@pytest.mark.parametrize(
    ("active", "shown", "figure", "symbol"),
    [
        ("en", "$1,234.50", "(1,234.50)", "CA$"),
        ("de", "1.234,50\xa0$", "(1.234,50)", "CA$"),
        ("fr-ca", "1\xa0234,50\xa0$\xa0US", "(1\xa0234,50)", "$"),
        ("xx", "$1,234.50", "(1,234.50)", "CA$"),
    ],
)
def test_where_no_language_is_given_the_active_one_is_written(
    active: str, shown: str, figure: str, symbol: str
) -> None:
    with translation.override(active):
        assert money.display(123450, "usd") == money.display_short(123450, "usd") == shown
        assert money.display(123450, "usd", "en") == "$1,234.50"
        assert money.figure(-123450, "usd") == figure
        assert money.symbol("cad") == symbol
        assert money.coins([123450], "usd")[0]["label"] == shown


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        (1500, "kwd", "en", "KWD\xa01.500"),
        (1_500_000, "kwd", "en", "KWD\xa01,500.000"),
        (1500, "kwd", "de", "1,500\xa0KWD"),
        (1_500_000, "kwd", "de", "1.500,000\xa0KWD"),
        (150_000, "usd", "en", "$1,500"),
        (1500, "jpy", "en", "¥1,500"),
    ],
)
def test_what_was_understood_is_told_apart_at_a_glance(amount: int, currency: str, language: str, shown: str) -> None:
    assert money.echo(amount, currency, language) == shown


def test_english_is_written_where_no_language_is_active() -> None:
    with translation.override(None):
        assert money.display(123450, "usd") == "$1,234.50"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ amount|money:'usd' }}", "$20.00"),
        ("{{ amount|money_short:'usd' }}", "$20"),
        ("{{ amount|money:currency }}", "€20.00"),
        ("{% language 'de' %}{{ amount|money:currency }}, {{ amount|money_short:currency }}{% endlanguage %}",
         "20,00\xa0€, 20\xa0€"),
        ("{% blocktranslate with sum=amount|money:'jpy' %}{{ sum }} in all{% endblocktranslate %}", "¥2,000 in all"),
    ],
)  # fmt: skip
def test_every_template_writes_amounts_by_a_filter(source: str, shown: str) -> None:
    template = engines["django"].from_string(f"{{% load i18n %}}{source}")
    assert template.render({"amount": 2000, "currency": "eur"}) == shown


@pytest.mark.parametrize(
    ("currency", "shown"), [("rsd", "12.50"), ("lbp", "12.50"), ("isk", "12.50"), ("jpy", "1,250")]
)
def test_an_amount_is_written_with_the_decimals_that_stripe_counts(currency: str, shown: str) -> None:
    """CLDR writes some currencies without the small coins that a card can still pay."""
    assert shown in money.display(1250, currency)


@pytest.mark.parametrize(("currency", "written"), [("usd", "20\xa0US$"), ("aed", "20\xa0د.إ.")])
def test_an_amount_among_words_from_right_to_left_runs_by_itself(currency, written):
    told = money.display_short(2000, currency, "ar")
    assert told.startswith("\u2068")
    assert told.endswith("\u2069")
    assert told[1:-1].replace("\u200f", "") == written
    assert typed_amount.read(told, currency, "ar") == 2000


@pytest.mark.parametrize(
    ("number", "language", "written"), [(99, "en", "99"), (1675, "en", "1,675"), (1675, "de", "1.675")]
)
def test_a_count_has_separators(number, language, written):
    assert money.count(number, language) == written
