"""What the public pages read: totals from the ledger, and the donors who chose to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.cache import cache

from donations.models import Donation, LedgerEntry, StripeRef
from donations.reporting import period_figures

STATS_AGE = 3  # seconds; a page that shows them is kept for two more


@dataclass(frozen=True, slots=True)
class Stats:
    """What has come in: `raised` in minor units of `currency`, and the number of gifts whose sum is above 0."""

    currency: str
    raised: int
    donations: int


def stats(since: date | None = None) -> Stats:
    """The public totals in the site's currency, at most three seconds old; `since` the first of that day's month.

    Other currencies are never added.
    """
    found: Stats | None = cache.get(key := f"donations.stats.{since or ''}")
    if found is None:
        found = _count(since)
        cache.set(key, found, STATS_AGE)
    return found


def _count(since: date | None) -> Stats:
    figures = period_figures.public(period_figures.booked(settings.DONATION_CURRENCY, since))
    return Stats(settings.DONATION_CURRENCY, figures.raised, figures.all_gifts)


def by_session(session_id: str) -> Donation | None:
    """The donation of a checkout session's id, as it stands in the success page's address."""
    if not session_id.startswith("cs_") or len(session_id) > 255 or not session_id.isascii() or "\0" in session_id:
        return None
    reference = StripeRef.objects.select_related("donation").filter(pk=session_id).first()
    return reference.donation if reference else None


def payment(donation: Donation) -> LedgerEntry | None:
    """The first payment of a donation (more than one is flagged for the treasurer)."""
    return donation.entries.filter(kind__in=LedgerEntry.ARRIVALS).order_by("happened_at", "id").first()
