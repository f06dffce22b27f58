"""What a donor may send us, checked. The same rules serve the page and the API."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from donations import money, words
from donations.checkout import Order
from organisation.models import current

# Control characters and the marks that turn the writing direction of what follows: they could disguise a name.
_UNWANTED = {"Cc", "Cs", "Co", "Cn"}
_BIDI = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"}


# Accents that may stand on one letter. No script needs more, and hundreds of them would draw over the whole page.
_ACCENTS = 4


def tidy(text: str) -> str:
    """NFC, one line, without control and direction marks; joiners stay (many scripts and emoji need them)."""
    normal = "".join(_few_accents(unicodedata.normalize("NFC", text)))
    kept = (
        " " if character in "\t\r\n" else character
        for character in normal
        if character in "\t\r\n" or (character not in _BIDI and unicodedata.category(character) not in _UNWANTED)
    )
    return " ".join("".join(kept).split())


def _few_accents(text: str) -> Iterator[str]:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if run <= _ACCENTS:
            yield character


class TidyField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return tidy(str(super().to_python(value) or ""))


class WordsForm(forms.Form):
    """Asked after the gift: the name to show, a few words, and whether the name may be shown."""

    name = TidyField(max_length=60, required=False, label=gettext_lazy("Name to show"))
    message = TidyField(max_length=200, required=False, label=gettext_lazy("A few words"), widget=forms.Textarea)
    public = forms.BooleanField(required=False, label=gettext_lazy("Show my name on the sponsors page"))
    show_amount = forms.BooleanField(required=False, label=gettext_lazy("Show the amount too"))


class GiftForm(WordsForm):
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
            words=words.first_state(),
            language=language,
            user_id=user_id,
        )


def amount_of(text: str) -> int:
    """Minor units of an amount typed in the site's currency, within its bounds. Raises ValidationError with a code."""
    currency, language = settings.DONATION_CURRENCY, get_language() or "en"
    try:
        amount = money.minor(text, currency)
    except money.Malformed:
        raise ValidationError(_("Type an amount, like 20 or 12.50."), code="amount_malformed") from None
    if amount < settings.DONATION_MIN:
        least = money.display_short(settings.DONATION_MIN, currency, language)
        raise ValidationError(
            _("The smallest gift is %(least)s. Card fees would eat anything less.") % {"least": least},
            code="amount_too_small",
        )
    if amount > settings.DONATION_MAX:
        most = money.display_short(settings.DONATION_MAX, currency, language)
        told = _("The largest gift here is %(most)s.") % {"most": most}
        if mail := current().contact_email:
            told = f"{told} {_('For more, write to us: %(mail)s.') % {'mail': mail}}"
        raise ValidationError(told, code="amount_too_large")
    return amount
