"""How amounts and Stripe's ids look at the desk."""

from __future__ import annotations

from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import get_language

from donations import money

# Stripe's dashboard has a page of its own for these; everything else is found by its search.
_PAGES = {"pi": "payments", "ch": "payments", "py": "payments", "dp": "disputes", "du": "disputes", "evt": "events"}


def amount(minor: int, currency: str) -> str:
    """Minor units in the reader's language: "$20.00"."""
    if not money.known(currency):
        return f"{minor} {currency}"
    return money.display(minor, currency, get_language() or "en")


def dashboard(reference: str) -> str:
    """Where Stripe's dashboard shows this object; nothing when there is no dashboard."""
    if not settings.STRIPE_DASHBOARD or not reference:
        return ""
    page = _PAGES.get(reference.partition("_")[0])
    place = f"{page}/{reference}" if page else f"search?query={reference}"
    return f"{settings.STRIPE_DASHBOARD}/{place}"


def stripe_id(reference: str) -> str:
    """The id, as a link to Stripe's dashboard where there is one."""
    address = dashboard(reference)
    if not address:
        return reference
    return format_html('<a href="{}" rel="noopener" target="_blank">{}</a>', address, reference)
