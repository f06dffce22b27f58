"""What the public pages read: totals from the ledger, and the donors who chose to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, cast

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet, Sum

from donations.models import SHOWN, Donation, LedgerEntry, StripeRef, Total
from organisation.models import current

STATS_AGE = 5  # seconds
PAGE = 100  # supporters


@dataclass(frozen=True, slots=True)
class Stats:
    """What has come in: `raised` in minor units of `currency`, and the number of gifts whose sum is above 0."""

    currency: str
    raised: int
    donations: int


class Supporter(TypedDict):
    """A donor who chose to be shown. An empty name means "Someone"."""

    name: str
    at: datetime


def stats() -> Stats:
    """The public totals in the site's currency, at most five seconds old. Other currencies are never added."""
    return cache.get_or_set("donations.stats", _count, STATS_AGE) or _count()


def _count() -> Stats:
    currency = settings.DONATION_CURRENCY
    columns = ("raised", "refunded", "gifts", "offline", "offline_gifts")
    found = Total.objects.filter(currency=currency).aggregate(**{name: Sum(name) for name in columns})
    sums = {name: found[name] or 0 for name in columns}
    counted = current().count_offline
    return Stats(
        currency=currency,
        raised=sums["raised"] - sums["refunded"] + (sums["offline"] if counted else 0),
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
    kinds = [LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.OFFLINE]
    return donation.entries.filter(kind__in=kinds).order_by("happened_at", "id").first()


def returned(donation: Donation) -> int:
    """What went back to the donor by refunds, in minor units of the gift's currency."""
    kinds = [LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REFUND_FAILURE]
    return -(donation.entries.filter(kind__in=kinds).aggregate(sum=Sum("amount"))["sum"] or 0)


def recent(limit: int) -> list[Supporter]:
    return list(_shown()[:limit])


def supporters(page: int) -> Page[Supporter]:
    """One page of the sponsors' wall, newest first; a number out of range gives the nearest page."""
    return Paginator(_shown(), PAGE).get_page(page)


def _shown() -> QuerySet[Donation, Supporter]:
    shown = Donation.objects.filter(public=True, status__in=SHOWN).order_by("-id")
    return cast("QuerySet[Donation, Supporter]", shown.values("name", at=F("created_at")))
