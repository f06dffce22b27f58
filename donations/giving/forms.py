"""What a donor may send us, checked. The same rules serve the page and the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations.domain.subscription import Frequency
from donations.donors.amounts import amount_of
from donations.giving.claims import Order
from donations.reporting import fees
from donations.wall import messages
from donations.wall.message_form import MessageForm
from lib import amount_field, money
from lib.people.addresses import AddressField
from organisation.models import current


class GiftForm(MessageForm):
    """`amount` in major units as a coin's button sends it; "other" or nothing means `other_amount`."""

    amount = forms.CharField(required=False)
    other_amount = forms.CharField(required=False)
    email = AddressField(required=False, max_length=254)
    token = forms.CharField(required=False)
    # That a second monthly gift is meant as one.
    again = forms.BooleanField(required=False)
    # The card fee on top of what was typed; a coin's value has it already.
    cover = forms.BooleanField(required=False)
    frequency = forms.ChoiceField(
        required=False,
        choices=[(each.value, each.value) for each in Frequency],
        error_messages={"invalid_choice": gettext_lazy("Choose how often: “once”, “monthly” or “yearly”.")},
    )

    @staticmethod
    def read_typed(text: str, currency: str) -> int:
        """How `other_amount` is read: as people type."""
        return amount_field.parse(text, currency)

    def _with_fee(self, text: str, currency: str) -> int:
        amount, organisation = self.read_typed(text, currency), current()
        return (organisation.cover_fees and fees.covered(amount, currency, organisation)) or amount

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        coin = str(data.get("amount") or "").strip()
        try:
            if coin in {"", "other"}:
                typed = str(data.get("other_amount") or "")
                data["minor"] = amount_of(typed, self._with_fee if data.get("cover") else self.read_typed)
            else:
                data["minor"] = amount_of(coin, amount_field.linked)
        except ValidationError as error:
            # A coin that is no amount was not typed on our page; the message stands where one can be typed.
            self.add_error("other_amount", error)
        return data

    def order(self, *, user_id: int | None = None, name: str = "", email: str = "", language: str = "") -> Order:
        """What is asked for. A signed-in donor's `name` and `email` stand in for what was not typed."""
        data = self.cleaned_data
        name = data["name"] or name
        return Order(
            amount=data["minor"],
            currency=settings.DONATION_CURRENCY,
            name=name,
            name_state=messages.initial_name_state(name),
            email=data["email"] or email,
            message=data["message"],
            public=data["public"],
            show_amount=data["show_amount"],
            words=messages.initial_state(),
            language=language,
            user_id=user_id,
            frequency=data["frequency"] or Frequency.ONCE.value,
        )


class ProgramGiftForm(GiftForm):
    """What a program sends: its amounts mean one thing or nothing."""

    @staticmethod
    def read_typed(text: str, currency: str) -> int:
        return amount_field.written(text, currency)


def declined(code: str) -> ValidationError:
    """What is said where Stripe, not we, found an amount too small or too large."""
    if code == "amount_too_small":
        return ValidationError(_("This is less than Stripe can take. Enter a larger amount."), code=code)
    return ValidationError(_("This is more than Stripe can take at once. Enter a smaller amount."), code=code)


def closed(least: int) -> ValidationError:
    """What is said of a gift that is too small for this moment only."""
    return ValidationError(
        _("Somebody is testing stolen cards on this page, so gifts below %(least)s have to wait until that’s over.")
        % {"least": money.display_short(least, settings.DONATION_CURRENCY)},
        code="amount_too_small",
    )
