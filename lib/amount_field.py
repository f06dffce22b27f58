"""Amounts that people type, in any form: one way to read them, and a sentence that helps for what cannot be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import currencies, money, typed_amount

CODE = "amount_malformed"


def example(currency: str) -> str:
    """Two amounts as one would type them: "20 or 12.50", "2000 or 500" for yen."""
    one, other = (money.typed(amount, currency) for amount in money.examples(currency))
    return _("%(one)s or %(other)s") % {"one": one, "other": other}


def parse(text: str, currency: str, complaint: str | Promise = "") -> int:
    """Minor units of an amount typed in major units. Raises ValidationError with a sentence and a code.

    `complaint` is said of what is no amount at all.
    """
    try:
        return typed_amount.read(text, currency)
    except typed_amount.TooLong:
        raise ValidationError(_("This amount is too large."), code="amount_too_large") from None
    except money.Malformed as error:
        raise ValidationError(_sentence(error, currency) or str(complaint) or malformed(currency), code=CODE) from None


def written(text: str, currency: str) -> int:
    """Minor units of an amount that a program wrote ("12.50"). Raises ValidationError as `parse` does."""
    try:
        return money.minor(text, currency)
    except money.Malformed:
        raise ValidationError(malformed(currency), code=CODE) from None


def linked(text: str, currency: str) -> int:
    """Minor units of an amount in an address, which a program or a person wrote. Raises as `parse` does."""
    try:
        return money.minor(text, currency)
    except money.Malformed:
        return parse(text, currency)


def malformed(currency: str) -> str:
    """What is said of a text that is no amount of this currency."""
    return _("Enter an amount, like %(example)s.") % {"example": example(currency)}


def last_decimal(currency: str) -> str:
    """What is said of an amount with a third decimal, which the currency has and Stripe does not move."""
    return _("The last decimal of an amount in %(currency)s must be 0. Enter one like %(example)s.") % {
        "currency": money.name(currency),
        "example": example(currency),
    }


def in_currency(currency: str) -> str:
    """A field's help: which currency, and how an amount of it is typed."""
    return _("In %(currency)s, like %(example)s.") % {"currency": currency.upper(), "example": example(currency)}


def _sentence(error: money.Malformed, currency: str) -> str:
    match error:
        case typed_amount.OtherCurrency():
            return _("Amounts here are in %(currency)s. Enter one like %(example)s.") % {
                "currency": money.name(currency),
                "example": example(currency),
            }
        case typed_amount.Ambiguous(readings=[large, small]):
            return _("That could mean %(large)s or %(small)s. Enter %(typed_large)s or %(typed_small)s.") % {
                "large": money.echo(large, currency),
                "small": money.echo(small, currency),
                "typed_large": money.typed(large, currency),
                "typed_small": money.typed(small, currency),
            }
        case typed_amount.Ambiguous(readings=[one]):
            return _("If you mean %(amount)s, enter %(typed)s.") % {
                "amount": money.echo(one, currency),
                "typed": money.typed(one, currency),
            }
        case typed_amount.TooManyDecimals():
            return _decimals(currency)
    return ""


def _decimals(currency: str) -> str:
    """How many decimals the currency has, for who typed more."""
    places = 0 if currency in currencies.WHOLE_UNITS_ONLY else money.exponent(currency)
    words = {"currency": money.name(currency), "n": places, "example": example(currency)}
    if not places:
        return _("Amounts in %(currency)s have no decimals. Enter one like %(example)s.") % words
    return (
        ngettext(
            "Amounts in %(currency)s have at most %(n)d decimal. Enter one like %(example)s.",
            "Amounts in %(currency)s have at most %(n)d decimals. Enter one like %(example)s.",
            places,
        )
        % words
    )


class AmountField(forms.CharField):
    """An amount typed in major units of the site's currency ("5000", "12.50"); its value is in minor units."""

    def __init__(self, *, above_zero: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.above_zero = above_zero

    def prepare_value(self, value: Any) -> Any:
        return money.typed(value, settings.DONATION_CURRENCY) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        # Not `to_python`: the limit of a text's length is for what was typed.
        typed = super().clean(value)
        if not typed:
            return None
        complaint = str(self.error_messages.get(CODE, ""))
        amount = parse(typed, settings.DONATION_CURRENCY, complaint)
        if self.above_zero and not amount:
            raise ValidationError(complaint or malformed(settings.DONATION_CURRENCY), code=CODE)
        return amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
