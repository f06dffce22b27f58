from __future__ import annotations

from typing import Any

import pytest
import pytest_django
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise

from lib.amount_field import AmountField, parse

TOLD = "Type an amount, like 20 or 12.50."


class Form(forms.Form):
    amount = AmountField(max_length=20)
    more = AmountField(required=False, above_zero=True, error_messages={"amount_malformed": "More, please."})


def errors(**typed: str) -> Any:
    return dict(Form({"amount": "1"} | typed).errors)


@pytest.mark.parametrize(("typed", "amount"), [("20", 2000), (" 12.50 ", 1250), ("0", 0), ("٢٠", 2000)])
def test_the_value_is_in_minor_units(typed: str, amount: int) -> None:
    form = Form({"amount": typed})
    assert form.is_valid()
    assert form.cleaned_data == {"amount": amount, "more": None}


@pytest.mark.parametrize("typed", ["twenty", "-1", "12.345", "1,000", "1e3", "$5"])
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


@pytest.mark.parametrize("complaint", [None, "What?"])
def test_an_amount_of_another_currency_is_read_by_the_same_rule(complaint: str | None) -> None:
    more: tuple[str | Promise | Any, ...] = (complaint,) if complaint else ()
    assert parse("500", "jpy") == 500
    with pytest.raises(ValidationError) as caught:
        parse("12.50", "jpy", *more)
    assert caught.value.messages == [complaint or TOLD]
    assert caught.value.code == "amount_malformed"
