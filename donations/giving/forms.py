"""What a donor may send us, checked. The same rules serve the page and the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from donations.giving.checkout import Order
from donations.wall import messages
from donations.wall.message_form import MessageForm
from lib import amount_field, money
from organisation.models import current


class GiftForm(MessageForm):
    """`amount` in major units as a coin's button sends it; "other" or nothing means `other_amount`."""

    amount = forms.CharField(required=False)
    other_amount = forms.CharField(required=False)
    email = forms.EmailField(required=False, max_length=254)
    token = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        coin = str(data.get("amount") or "").strip()
        typed_in = "other_amount" if coin in {"", "other"} else "amount"
        try:
            data["minor"] = amount_of(str(data.get(typed_in) or "") if typed_in == "other_amount" else coin)
        except ValidationError as error:
            # A coin that is no amount was not typed on our page; the message stands where one can be typed.
            self.add_error("other_amount", error)
        return data

    def order(self, *, user_id: int | None = None, name: str = "", email: str = "", language: str = "") -> Order:
        """What is asked for. A signed-in donor's `name` and `email` stand in for what was not typed."""
        data = self.cleaned_data
        return Order(
            amount=data["minor"],
            currency=settings.DONATION_CURRENCY,
            name=data["name"] or name,
            email=data["email"] or email,
            message=data["message"],
            public=data["public"],
            show_amount=data["show_amount"],
            words=messages.initial_state(),
            language=language,
            user_id=user_id,
        )


def amount_of(text: str) -> int:
    """Minor units of an amount typed in the site's currency, within its bounds. Raises ValidationError with a code."""
    currency = settings.DONATION_CURRENCY
    amount = amount_field.parse(text, currency)
    if amount < settings.DONATION_MIN:
        least = money.display_short(settings.DONATION_MIN, currency)
        raise ValidationError(
            _("The smallest gift is %(least)s. Card fees would eat anything less.") % {"least": least},
            code="amount_too_small",
        )
    if amount > settings.DONATION_MAX:
        most = money.display_short(settings.DONATION_MAX, currency)
        told = _("The largest gift here is %(most)s.") % {"most": most}
        if mail := current().contact_email:
            told = f"{told} {_('For more, write to us: %(mail)s.') % {'mail': mail}}"
        raise ValidationError(told, code="amount_too_large")
    return amount
