"""One month of the books as visitors may read it: what came in, what it cost, and whether Stripe's book agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Sum
from django.utils import timezone

from donations.domain.status import Status
from donations.models import BalanceTransaction, Chore, Donation, LedgerEntry, Total
from donations.reporting import fees, reconciliation_result
from lib.dates import start_of_day

AGE = 30  # seconds: how old what is read may be


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The last comparison with Stripe's own book."""

    at: datetime
    differences: int


@dataclass(frozen=True, slots=True)
class Month:
    """Sums in minor units of `currency`; `fees` is None while Stripe has not told all of them in this currency."""

    first: date
    currency: str
    gifts: int
    raised: int
    returned: int
    fees: int | None
    waiting: int
    waiting_for: int
    proof: Reconciliation | None

    @property
    def reached(self) -> int:
        return self.raised - self.returned - (self.fees or 0)

    @property
    def empty(self) -> bool:
        return not (self.gifts or self.returned or self.waiting)


def this_month() -> Month:
    """The month that is running by the site's clock."""
    found: Month = cache.get_or_set("donations.month", _read, AGE) or _read()
    return found


def _read() -> Month:
    currency, start = settings.DONATION_CURRENCY, _start()
    total = Total.objects.filter(currency=currency, month=start.date()).first() or Total()
    # A bank sends for days, not for ever: what is older is the treasurer's to look at.
    waiting = Donation.objects.filter(
        status=Status.PROCESSING, currency=currency, created_at__gte=timezone.now() - timedelta(days=30)
    ).aggregate(count=Count("id"), sum=Sum("amount"))
    return Month(
        first=start.date(),
        currency=currency,
        gifts=total.gifts,
        raised=total.raised,
        returned=total.refunded,
        fees=_fees(start, currency, total.raised),
        waiting=waiting["count"],
        waiting_for=waiting["sum"] or 0,
        proof=_proof(),
    )


def _start() -> datetime:
    return start_of_day(timezone.localdate().replace(day=1))


def _fees(start: datetime, currency: str, raised: int) -> int | None:
    """What Stripe kept in this month. Its book may be behind with the payments, or in another currency: then None."""
    ours = LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.PAYMENT, source=OuterRef("payment"), currency=currency, happened_at__gte=start
    )
    told = BalanceTransaction.objects.filter(
        Exists(ours), created_at__gte=start - timedelta(days=1), type__in=fees.PAYMENTS, currency=currency
    ).aggregate(gifts=Sum("gift_amount"))
    if (told["gifts"] or 0) != raised:
        return None
    return fees.of_month(start.date()).get(currency, 0)


def _proof() -> Reconciliation | None:
    job = Chore.objects.filter(pk=Chore.RECONCILE, done_at__isnull=False).first()
    if job is None or job.done_at is None:
        return None
    found = reconciliation_result.differences(job.data)
    return None if found is None else Reconciliation(job.done_at, found)
