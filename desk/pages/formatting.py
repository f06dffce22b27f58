"""How amounts and Stripe's ids look at the desk."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.translation import gettext as _

from donations.models import Donation
from lib import money

# Stripe's dashboard has a page of its own for these; everything else is found by its search.
_FOUND = ("cs", "re", "pyr", "txn", "in", "sub", "po")
_PAGES = {"pi": "payments", "ch": "payments", "py": "payments", "dp": "disputes", "du": "disputes", "evt": "events"}


def amount(minor: int, currency: str) -> str:
    """Minor units in the reader's language: "$20.00"."""
    if not money.known(currency):
        return f"{minor} {currency}"
    return money.display(minor, currency)


def moment(at: datetime) -> str:
    """A time by the site's clock: "22 November 2026, 14:05"."""
    return format_date(timezone.localtime(at), _("j F Y, H:i"))


def day(at: datetime) -> str:
    """A day by the site's clock: "22 November 2026"."""
    return format_date(timezone.localtime(at), _("j F Y"))


def short(minor: int, currency: str) -> str:
    """For the marks of a chart: "$2,000"."""
    if not money.known(currency):
        return f"{minor} {currency}"
    return money.display_short(minor, currency)


def rounded(minor: int, currency: str) -> str:
    """For a column of a chart: "$4,833", to the whole dollar."""
    if not money.known(currency):
        return f"{minor}"
    unit: int = 10 ** money.exponent(currency)
    return money.display_short((minor + unit // 2) // unit * unit, currency)


def dashboard(reference: str) -> str:
    """Where Stripe's dashboard shows this object; nothing when there is no dashboard."""
    kind, mark, _rest = reference.partition("_")
    page = _PAGES.get(kind)
    if not settings.STRIPE_DASHBOARD or not mark or not (page or kind in _FOUND):
        return ""
    place = f"{page}/{reference}" if page else f"search?query={reference}"
    return f"{settings.STRIPE_DASHBOARD}/{place}"


def gift(donation: Donation) -> str:
    """The gift's number and amount, as a link to its page."""
    address = reverse("admin:donations_donation_change", args=[donation.pk])
    return format_html('<a href="{}">{}</a>', address, donation)


def stripe_id(reference: str) -> str:
    """The id, as a link to Stripe's dashboard where there is one."""
    address = dashboard(reference)
    if not address:
        return reference
    return format_html('<a href="{}" rel="noopener" target="_blank">{}</a>', address, reference)


def fingerprint(content: bytes) -> str:
    """A mark by which the same text or picture is known again."""
    return hashlib.sha256(content).hexdigest()[:32]
