"""The payment page's forms: the payer's input, cleaned, or refused beside its field in plain words."""

from __future__ import annotations

import re
import time

from django import forms

from sandbox.core import clock
from sandbox.engine.card_payments import Expiry

# Stripe's own field sets the slash by itself, so people type 1230.
_EXPIRY = re.compile(r"([0-9]{2}|[0-9](?=\s*[/-]))\s*[/-]?\s*([0-9]{4}|[0-9]{2})")


class PayerForm(forms.Form):
    """Who pays: all that a bank payment needs."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    name = forms.CharField(
        label="Name on the card", required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class KeptCardForm(forms.Form):
    """A card of somebody who is known already."""

    number = forms.CharField(
        label="Card number",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-number"}),
    )
    exp = forms.CharField(
        label="Expires (MM/YY)", max_length=10, widget=forms.TextInput(attrs={"autocomplete": "cc-exp"})
    )
    cvc = forms.CharField(
        label="CVC",
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-csc"}),
    )

    def clean_number(self) -> str:
        """Digits only, with a valid check digit."""
        number = re.sub(r"[\s-]", "", self.cleaned_data["number"])
        if not re.fullmatch(r"[0-9]{12,19}", number) or not _luhn(number):
            raise forms.ValidationError("Your card number is invalid.", code="incorrect_number")
        return number

    def clean_exp(self) -> Expiry:
        """A month that is not over."""
        match = _EXPIRY.fullmatch(self.cleaned_data["exp"].strip())
        if match is None:
            raise forms.ValidationError("Your card's expiration date is incomplete: write it like 12/34.")
        month, year = int(match[1]), int(match[2])
        year += 2000 if year < 100 else 0
        if not 1 <= month <= 12:
            raise forms.ValidationError("Your card's expiration month is invalid.", code="invalid_expiry_month")
        now = time.gmtime(clock.now())
        if (year, month) < (now.tm_year, now.tm_mon) or year > now.tm_year + 50:
            raise forms.ValidationError("Your card's expiration year is invalid.", code="invalid_expiry_year")
        return Expiry(month, year)

    def clean_cvc(self) -> str:
        """Three digits, or four on an American Express card."""
        cvc = self.cleaned_data["cvc"].strip()
        if not re.fullmatch(r"[0-9]{3,4}", cvc):
            raise forms.ValidationError("Your card's security code is invalid.", code="invalid_cvc")
        return str(cvc)


class CardForm(KeptCardForm, PayerForm):
    """A card and its holder."""

    field_order = ("email", "number", "exp", "cvc", "name")


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
