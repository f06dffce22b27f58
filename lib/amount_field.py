"""Amounts that people type, in any form: one way to read them, and one sentence on what cannot be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lib import money

MALFORMED = _("Type an amount, like 20 or 12.50.")


def parse(text: str, currency: str, complaint: str | Promise = MALFORMED) -> int:
    """Minor units of an amount typed in major units. Raises ValidationError with the complaint and a code."""
    try:
        return money.minor(text, currency)
    except money.Malformed:
        raise _malformed(complaint) from None


class AmountField(forms.CharField):
    """An amount typed in major units of the site's currency ("5000", "12.50"); its value is in minor units."""

    default_error_messages = {"amount_malformed": MALFORMED}

    def __init__(self, *, above_zero: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.above_zero = above_zero

    def prepare_value(self, value: Any) -> Any:
        return money.short(value, settings.DONATION_CURRENCY) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        # Not `to_python`: the limit of a text's length is for what was typed.
        typed = super().clean(value)
        if not typed:
            return None
        complaint = self.error_messages["amount_malformed"]
        amount = parse(typed, settings.DONATION_CURRENCY, complaint)
        if self.above_zero and not amount:
            raise _malformed(complaint)
        return amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _malformed(complaint: str | Promise) -> ValidationError:
    return ValidationError(str(complaint), code="amount_malformed")
