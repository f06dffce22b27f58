"""One month of the books as visitors may read it: what came in, what it cost, and whether Stripe's book agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Sum
from django.utils import timezone

from donations.domain.status import Status
from donations.models import Chore, Donation
from donations.reporting import period_figures, reconciliation_result
from donations.reporting.period_figures import Figures

KEY = "donations.month"
AGE = 3  # seconds: how old what is read may be
# Where reading takes long, it takes at most one part in so many of the time.
SHARE = 50
OLDEST = 30  # seconds


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The last comparison with Stripe's own book."""

    at: datetime
    differences: int


@dataclass(frozen=True, slots=True)
class Month:
    """Sums in minor units of `currency`, as visitors may read them.

    The gross is of the gifts `received`; of some of them nothing may be left. `untold` payments have fees that Stripe
    has not told yet. `fees_elsewhere` is what it kept in other currencies, by currency: no part of the figures.
    """

    first: date
    currency: str
    figures: Figures
    received: int
    untold: int
    fees_elsewhere: dict[str, int]
    waiting: int
    waiting_for: int
    proof: Reconciliation | None

    @property
    def empty(self) -> bool:
        return self.figures == Figures() and not self.waiting


def this_month() -> Month:
    """The month that is running by the site's clock."""
    found: Month | None = cache.get(KEY)
    if found is None:
        began = monotonic()
        found = _read()
        cache.set(KEY, found, min(max(AGE, SHARE * (monotonic() - began)), OLDEST))
    return found


def _read() -> Month:
    currency, first = settings.DONATION_CURRENCY, timezone.localdate().replace(day=1)
    # A bank sends for days, not for ever: what is older is the treasurer's to look at.
    waiting = Donation.objects.filter(
        status=Status.PROCESSING, currency=currency, created_at__gte=timezone.now() - timedelta(days=30)
    ).aggregate(count=Count("id"), sum=Sum("amount"))
    return Month(
        first=first,
        currency=currency,
        figures=period_figures.public(period_figures.of_month(first).get(currency, Figures())),
        received=period_figures.received(first, currency),
        untold=period_figures.untold(first, currency),
        fees_elsewhere=period_figures.fees_elsewhere(first, currency),
        waiting=waiting["count"],
        waiting_for=waiting["sum"] or 0,
        proof=_proof(),
    )


def _proof() -> Reconciliation | None:
    job = Chore.objects.filter(pk=Chore.RECONCILE, done_at__isnull=False).first()
    if job is None or job.done_at is None:
        return None
    found = reconciliation_result.differences(job.data)
    return None if found is None else Reconciliation(job.done_at, found)
