"""What the public pages read: totals from the ledger, and the donors who chose to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum

from donations.models import Donation, LedgerEntry, StripeRef, Total
from organisation.models import current

STATS_AGE = 5  # seconds


@dataclass(frozen=True, slots=True)
class Stats:
    """What has come in: `raised` in minor units of `currency`, and the number of gifts whose sum is above 0."""

    currency: str
    raised: int
    donations: int


def stats(since: date | None = None) -> Stats:
    """The public totals in the site's currency, at most five seconds old; `since` the first of that day's month.

    Other currencies are never added.
    """
    found: Stats | None = cache.get(key := f"donations.stats.{since or ''}")
    if found is None:
        found = _count(since)
        cache.set(key, found, STATS_AGE)
    return found


def _count(since: date | None) -> Stats:
    currency = settings.DONATION_CURRENCY
    months = {"month__gte": since.replace(day=1)} if since else {}
    columns = ("raised", "refunded", "disputed", "gifts", "offline", "offline_gifts")
    found = Total.objects.filter(currency=currency, **months).aggregate(**{name: Sum(name) for name in columns})
    sums = {name: found[name] or 0 for name in columns}
    counted = current().count_offline
    return Stats(
        currency=currency,
        raised=sums["raised"] - sums["refunded"] - sums["disputed"] + (sums["offline"] if counted else 0),
        donations=sums["gifts"] + (sums["offline_gifts"] if counted else 0),
    )


def by_session(session_id: str) -> Donation | None:
    """The donation of a checkout session's id, as it stands in the success page's address."""
    if not session_id.startswith("cs_") or len(session_id) > 255 or not session_id.isascii() or "\0" in session_id:
        return None
    reference = StripeRef.objects.select_related("donation").filter(pk=session_id).first()
    return reference.donation if reference else None


def payment(donation: Donation) -> LedgerEntry | None:
    """The first payment of a donation (more than one is flagged for the treasurer)."""
    return donation.entries.filter(kind__in=LedgerEntry.ARRIVALS).order_by("happened_at", "id").first()


def returned(donation: Donation) -> int:
    """What went back to the donor by refunds, in minor units of the gift's currency."""
    return -(donation.entries.filter(kind__in=LedgerEntry.REFUNDS).aggregate(sum=Sum("amount"))["sum"] or 0)
