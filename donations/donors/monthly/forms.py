"""What a donor may ask for on the pages of monthly gifts."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from donations.domain.subscription import Frequency
from donations.donors import amounts
from donations.models import Subscription
from lib import amount_field, money
from lib.people.addresses import AddressField

# How many charges can be left out; 0 is until the donor goes on.
PAUSES = {Frequency.MONTHLY: (1, 2, 3, 6, 0), Frequency.YEARLY: (1, 0)}


class AskForm(forms.Form):
    """For which address a link is wanted."""

    email = AddressField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address, like alice@example.org."),
        },
    )


class Once(forms.Form):
    """A form with a name of its own, so that two clicks are one change."""

    once = forms.RegexField(r"^[0-9a-f]{16}$", required=False, widget=forms.HiddenInput)

    def __init__(self, subscription: Subscription, data: Any = None) -> None:
        super().__init__(data, auto_id=False, initial={"once": secrets.token_hex(8)})
        self.subscription = subscription

    def key(self, what: str) -> str:
        """By which Stripe knows the change.

        What is known by now is part of it: the page of before, sent again after another change, is a new change.
        """
        once = self.cleaned_data.get("once") or secrets.token_hex(8)
        as_of = self.subscription.as_of
        return f"monthly-{self.subscription.uuid.hex}-{what}-{once}-{as_of.timestamp() if as_of else 0}"


class AmountForm(Once):
    """Another amount; `minor` once it is valid."""

    amount = forms.CharField(label=_("New amount"), required=False, max_length=40)

    def __init__(self, subscription: Subscription, data: Any = None) -> None:
        super().__init__(subscription, data)
        self.auto_id = "id_%s"
        field = self.fields["amount"]
        field.help_text = amount_field.in_currency(subscription.currency)
        field.initial = money.typed(subscription.amount, subscription.currency)
        field.widget.attrs = {"inputmode": "decimal", "autocomplete": "off"}

    def clean_amount(self) -> str:
        """As it was typed."""
        typed = str(self.cleaned_data["amount"])
        self.minor = amounts.amount_of(typed, currency=self.subscription.currency)
        return typed


class PauseForm(Once):
    """How many charges to leave out."""

    def __init__(self, subscription: Subscription, data: Any = None) -> None:
        super().__init__(subscription, data)
        self.auto_id = "id_%s"
        choices = [(number, _said(number)) for number in PAUSES[subscription.frequency]]
        self.fields["leave_out"] = forms.TypedChoiceField(label=_("Skip"), coerce=int, choices=choices)


def _said(number: int) -> Any:
    if not number:
        return _("all charges, until I resume")
    return ngettext("the next charge", "the next %(number)s charges", number) % {"number": number}
