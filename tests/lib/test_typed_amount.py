"""What people type is read as they mean it, or they are asked; no reading is a guess."""

from __future__ import annotations

import pytest
from django.conf.locale import LANG_INFO
from hypothesis import given
from hypothesis import strategies as st

from lib import currencies, money, typed_amount
from lib.typed_amount import Ambiguous, OtherCurrency, TooLong, TooManyDecimals

LANGUAGES = st.sampled_from(sorted(code for code in LANG_INFO if "name" in LANG_INFO[code]))
CURRENCIES = st.sampled_from(["usd", "eur", "gbp", "chf", "jpy", "kwd", "tnd", "isk", "ugx", "huf", "inr"])
NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        *(("$20", "usd"), ("$ 20", "usd"), ("20$", "usd"), (f"20{NBSP}$", "usd"), ("US$20", "usd"), ("US $20", "usd")),
        *(("20 USD", "usd"), ("usd20", "usd"), ("$20 USD", "usd"), ("USD$20", "usd"), ("＄20", "usd")),
        *(("20 dollars", "usd"), ("20 US dollars", "usd"), ("$20", "cad"), ("C$20", "cad"), ("CA$20", "cad")),
        *(("€20", "eur"), (f"20{NARROW}€", "eur"), ("20 EUR", "eur"), ("20 Euro", "eur"), ("£20", "gbp")),
        *(("Fr. 20", "chf"), ("Fr.20", "chf"), ("20 Fr.", "chf"), ("CHF 20.-", "chf"), ("20 kr.", "sek")),
        *(("20 zł", "pln"), ("20 Kč", "czk"), ("Rs.20", "inr"), ("Rs. 20", "inr"), ("₹20", "inr"), ("R$ 20", "brl")),
        *(("20円", "jpy"), ("¥20", "jpy"), ("￥20", "jpy"), ("20 د.ك.", "kwd"), ("KD 20", "kwd"), ("20 ₽", "rub")),
    ],
)
def test_the_sites_currency_may_stand_beside_the_number(typed: str, currency: str) -> None:
    assert typed_amount.read(typed, currency) == money.minor("20", currency)


@pytest.mark.parametrize(
    ("typed", "language"),
    [("20 Franken", "de"), ("20 Schweizer Franken", "de"), ("20 francs", "fr"), ("20 francs suisses", "fr")],
)  # fmt: skip
def test_the_currencys_name_may_stand_there_in_the_visitors_language(typed: str, language: str) -> None:
    assert typed_amount.read(typed, "chf", language) == 2000


@pytest.mark.parametrize(
    "typed",
    [
        *("20", " 20 ", f"{NBSP}20{NARROW}", "\u200e20\u200f", "20\ufeff", "20.", "20,", "20.0", "20,00", "20.00"),
        *(
            "20,-",
            "20.-",
            "20.–",
            "20,--",
            "20:-",
            "20/-",
            "$20/=",
            "20 /-",
            "20.— ",
            "٢٠",
            "２０",
            "२०",
            "٢٠٫٠٠",
            "020",
        ),
    ],
)
def test_twenty_may_be_written_in_many_ways(typed: str) -> None:
    assert typed_amount.read(typed, "usd") == 2000


@pytest.mark.parametrize("typed", [".50", ",50", "0,5", "0.5", "٫50", "٠٫٥", "$.50", "$ ,50", "０．５"])
def test_half_a_dollar_needs_no_zero(typed: str) -> None:
    assert typed_amount.read(typed, "usd") == 50


@pytest.mark.parametrize("language", ["en", "de", "fr", "de-ch", "ar", "hi"])
@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        *(("12,50", 1250), ("12.50", 1250), ("12,5", 1250), ("12.5", 1250), ("1234,50", 123450), ("1234.5", 123450)),
        *(("1,234.56", 123456), ("1.234,56", 123456), (f"1{NBSP}234,56", 123456), (f"1{NARROW}234.56", 123456)),
        *((f"1{THIN}234", 123400), ("1'234.50", 123450), ("1’234", 123400), ("1٬234٫5", 123450)),
        *(("1,234,567", 123456700), ("1.234.567", 123456700), ("1 234 567,8", 123456780), ("1,00,000", 10_000_000)),
        *(("1,00,000.50", 10_000_050), ("10,000.5", 1_000_050), ("1,234.", 123400)),
    ],
)  # fmt: skip
def test_what_can_mean_one_thing_only_means_it_in_every_language(language: str, typed: str, amount: int) -> None:
    assert typed_amount.read(typed, "usd", language) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "language", "amount"),
    [
        ("1,000", "usd", "en", 100_000),
        ("$1,000", "usd", "en", 100_000),
        ("1.000", "eur", "de", 100_000),
        ("1.000 €", "eur", "es", 100_000),
        ("1,000", "jpy", "en", 1000),
        ("1,500", "kwd", "en", 1_500_000),
        ("1.500", "kwd", "en", 1500),
        ("1,500", "kwd", "de", 1500),
        ("1.500", "kwd", "de", 1_500_000),
        # Not in groups: nobody writes a thousand with a zero in front, or without a mark for the million.
        ("0,500", "kwd", "en", 500),
        ("1234,500", "kwd", "en", 1_234_500),
    ],
)
def test_one_mark_before_three_digits_is_read_by_the_visitors_language(
    typed: str, currency: str, language: str, amount: int
) -> None:
    assert typed_amount.read(typed, currency, language) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "language", "readings"),
    [
        ("1.000", "usd", "en", [100_000, 100]),
        ("1,000", "eur", "de", [100_000, 100]),
        ("1.500", "usd", "en", [150_000, 150]),
        ("1.234", "usd", "en", [123_400]),
        ("1.000", "jpy", "en", [1000, 1]),
        ("1.500", "jpy", "en", [1500]),
        ("1.000", "eur", "fr", [100_000, 100]),
        ("1.500", "kwd", "fr", [1_500_000, 1500]),
        ("1,000", "chf", "de-ch", [100_000, 100]),
    ],
)
def test_what_stays_ambiguous_is_not_guessed(typed: str, currency: str, language: str, readings: list[int]) -> None:
    with pytest.raises(Ambiguous) as caught:
        typed_amount.read(typed, currency, language)
    assert caught.value.readings == readings


@pytest.mark.parametrize(
    ("typed", "currency"),
    [("€20", "usd"), ("20 EUR", "usd"), ("US$20", "cad"), ("£5", "eur"), ("20 kr", "usd"), ("$5", "eur")],
)  # fmt: skip
def test_another_currency_is_never_taken_for_the_sites(typed: str, currency: str) -> None:
    with pytest.raises(OtherCurrency):
        typed_amount.read(typed, currency)


@pytest.mark.parametrize(
    ("typed", "currency"),
    [("12.5", "jpy"), ("300.50", "isk"), ("1.01", "ugx"), ("0.500", "usd"), ("1.2345", "kwd")],
)
def test_coins_that_the_currency_does_not_have_are_not_rounded(typed: str, currency: str) -> None:
    with pytest.raises(TooManyDecimals):
        typed_amount.read(typed, currency)


@pytest.mark.parametrize("typed", ["100000000", "1,000,000,000", "123456789012"])
def test_a_number_without_end_is_told_from_nonsense(typed: str) -> None:
    with pytest.raises(TooLong):
        typed_amount.read(typed, "usd")


@pytest.mark.parametrize(
    "typed",
    ["", " ", "$", "twenty", "-5", "+5", "-$5", "$-5", "5-", "10-20", "1/2", "1e3", "1E3000000", "0x10", "NaN", "5 5",
     "1 00", "1,00,00", "1,000,00", "1.000.", "1..5", "1,,5", "1.2.3", "1.000,000.5", "²", "2²", "Ⅷ", "5\n5", "20%",
     "20 apples", "USD.50", ". 20", "1" * 41, "1' 000", "(20)"],
)  # fmt: skip
def test_anything_else_is_no_amount(typed: str) -> None:
    with pytest.raises(money.Malformed) as caught:
        typed_amount.read(typed, "usd")
    assert type(caught.value) is money.Malformed


@given(st.integers(min_value=0, max_value=10**9), CURRENCIES, LANGUAGES)
def test_what_we_write_into_a_field_is_read_as_it_was(amount: int, currency: str, language: str) -> None:
    if currency in currencies.WHOLE_UNITS_ONLY:
        amount = amount // 100 * 100
    if money.major(amount, currency) < 10**8:
        assert typed_amount.read(money.typed(amount, currency, language), currency, language) == amount


@given(st.integers(min_value=0, max_value=10**9), CURRENCIES, st.sampled_from(["en", "de", "fr", "es", "pl", "ja"]))
def test_what_a_person_copies_from_our_pages_is_read_as_it_was(amount: int, currency: str, language: str) -> None:
    if currency in currencies.WHOLE_UNITS_ONLY:
        amount = amount // 100 * 100
    if money.major(amount, currency) < 10**8:
        for shown in (money.display(amount, currency, language), money.display_short(amount, currency, language)):
            assert typed_amount.read(shown, currency, language) == amount


@given(st.text(max_size=45) | st.text("0123456789.,' $€-", max_size=15), CURRENCIES, LANGUAGES)
def test_no_text_is_more_than_one_amount_or_none(text: str, currency: str, language: str) -> None:
    try:
        amount = typed_amount.read(text, currency, language)
    except money.Malformed:
        return
    assert 0 <= amount < 10**11
    digits = "".join(money.ascii_digit(character) for character in text if character.isdecimal())
    written = money.plain(amount, currency).replace(".", "").lstrip("0").rstrip("0")
    assert written == digits.lstrip("0").rstrip("0"), "the digits are those that were typed"
