from __future__ import annotations

from typing import Any

import pytest
import pytest_django
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from lib.amount_field import AmountField, in_currency, linked, parse, written

TOLD = "Enter an amount, like 20 or 12.50."


class Form(forms.Form):
    amount = AmountField(max_length=20)
    more = AmountField(required=False, above_zero=True, error_messages={"amount_malformed": "More, please."})


def errors(**typed: str) -> Any:
    return dict(Form({"amount": "1"} | typed).errors)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("20", 2000), (" 12.50 ", 1250), ("0", 0), ("٢٠", 2000), ("$5", 500), ("1,000", 100_000), ("12,50", 1250)],
)
def test_the_value_is_in_minor_units(typed: str, amount: int) -> None:
    form = Form({"amount": typed})
    assert form.is_valid()
    assert form.cleaned_data == {"amount": amount, "more": None}


@pytest.mark.parametrize("typed", ["twenty", "-1", "1e3", "5 5", "1.2.3"])
def test_what_is_no_amount_is_told_in_words(typed: str) -> None:
    assert errors(amount=typed) == {"amount": [TOLD]}
    assert Form({"amount": typed}).errors.get_json_data()["amount"][0]["code"] == "amount_malformed"


def test_each_field_may_say_it_in_its_own_words_and_may_want_more_than_nothing() -> None:
    assert errors(more="x") == errors(more="0") == errors(more="0.00") == {"more": ["More, please."]}
    assert errors(more="0.01") == {}


def test_what_is_missing_or_long_is_told_as_in_any_field() -> None:
    assert errors(amount=" ") == {"amount": ["This field is required."]}
    assert errors(amount="1" * 21) == {"amount": ["Ensure this value has at most 20 characters (it has 21)."]}


@pytest.mark.parametrize(("currency", "shown"), [("usd", "12.50"), ("jpy", "1250")])
def test_the_form_shows_it_as_people_type_it(settings: pytest_django.Settings, currency: str, shown: str) -> None:
    settings.DONATION_CURRENCY = currency
    assert f'value="{shown}"' in str(Form(initial={"amount": 1250})["amount"])
    assert Form({"amount": shown}).fields["amount"].clean(shown) == 1250


def test_what_was_typed_wrong_is_shown_again() -> None:
    assert 'value="&lt;b&gt;"' in str(Form({"amount": "<b>"})["amount"])


@pytest.mark.parametrize(
    ("initial", "typed", "changed"),
    [(1250, "12.50", False), (1250, "12", True), (None, "", False), (0, "", True), (1250, "", True), (1250, "x", True)],
)
def test_an_amount_that_was_left_as_it_was_is_not_changed(initial: int | None, typed: str, changed: bool) -> None:
    assert Form({"amount": typed}, initial={"amount": initial}).has_changed() is changed


@pytest.mark.parametrize(
    ("typed", "currency", "told"),
    [
        ("x", "jpy", "Enter an amount, like 2000 or 500."),
        ("x", "huf", "Enter an amount, like 2000 or 500."),
        ("x", "kwd", "Enter an amount, like 20 or 12.500."),
        ("12.50", "jpy", "Amounts in Japanese yen have no decimals. Enter one like 2000 or 500."),
        ("300.50", "isk", "Amounts in Icelandic krónur have no decimals. Enter one like 2000 or 500."),
        ("12.3456", "usd", "Amounts in US dollars have at most 2 decimals. Enter one like 20 or 12.50."),
        ("12.3456", "kwd", "Amounts in Kuwaiti dinars have at most 3 decimals. Enter one like 20 or 12.500."),
        ("€20", "usd", "Amounts here are in US dollars. Enter one like 20 or 12.50."),
        ("1.000", "usd", "That could mean $1,000 or $1. Enter 1000 or 1."),
        ("1'000,500", "usd", "Amounts in US dollars have at most 2 decimals. Enter one like 20 or 12.50."),
        ("1.234", "usd", "If you mean $1,234, enter 1234."),
        ("100000000", "usd", "This amount is too large."),
    ],
)
def test_what_cannot_be_read_is_told_by_the_sentence_that_helps(typed: str, currency: str, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(typed, currency)
    assert caught.value.messages == [told]
    assert caught.value.code == ("amount_too_large" if "large" in told else "amount_malformed")


@pytest.mark.parametrize(("currency", "typed"), [("kwd", "1,500"), ("eur", "12,50"), ("jpy", "1500")])
def test_in_another_language_the_form_shows_what_it_reads(
    settings: pytest_django.Settings, currency: str, typed: str
) -> None:
    settings.DONATION_CURRENCY = currency
    with translation.override("de"):
        form = Form({"amount": typed})
        assert form.is_valid()
        assert f'value="{typed}"' in str(Form(initial={"amount": form.cleaned_data["amount"]})["amount"])
        assert in_currency(currency).endswith(
            "2000 oder 500." if currency == "jpy" else {"kwd": "12,500.", "eur": "12,50."}[currency]
        )


@pytest.mark.parametrize("text", ["12.50", "1.5", "20"])
def test_a_program_writes_one_way_in_every_language(text: str) -> None:
    with translation.override("de"):
        assert written(text, "kwd") == linked(text, "kwd") == int(float(text) * 1000)
    with pytest.raises(ValidationError, match="Enter an amount"):
        written("$20", "usd")


def test_an_address_is_read_as_a_program_writes_before_it_is_read_as_people_do() -> None:
    with translation.override("de"):
        assert linked("1.500", "kwd") == 1500
        assert linked("1.500", "eur") == 150_000
        assert linked("12,50", "eur") == 1250
