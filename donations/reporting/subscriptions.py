"""What comes again and again: what it is in a month, what began, stopped and failed, and what each one gave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from donations.domain.subscription import GOING, Frequency, InvoiceStatus, SubscriptionStatus, frequency_of
from donations.models import Donation, Invoice, LedgerEntry, Subscription
from lib.dates import month_after, start_of_day

# Nothing was ever charged by these.
NOT_BEGUN = (SubscriptionStatus.STARTING.value, SubscriptionStatus.NEVER_BEGAN.value)
# An attempt failed: the last one of a paid invoice did not.
_FAILED = Q(attempts__gt=1) | (Q(attempts=1) & ~Q(status=InvoiceStatus.PAID.value))


@dataclass(frozen=True, slots=True)
class Recurring:
    """What is expected in a month in one currency: minor units, and of how many subscriptions."""

    currency: str
    monthly: int
    subscriptions: int


@dataclass(frozen=True, slots=True)
class Month:
    """How many subscriptions began and ended in a month, and of how many renewals a charge failed."""

    first: date
    began: int
    ended: int
    failed: int


def monthly_totals(rows: Iterable[tuple[str, str, int, int]]) -> list[Recurring]:
    """By currency, from (currency, Stripe's interval, sum in minor units, how many).

    A yearly gift is a twelfth of itself in a month; the twelfth of their sum is rounded down, once. Different
    currencies are never added.
    """
    sums: dict[str, dict[Frequency, int]] = defaultdict(lambda: {Frequency.MONTHLY: 0, Frequency.YEARLY: 0})
    counts: dict[str, int] = defaultdict(int)
    for currency, interval, amount, count in rows:
        sums[currency][frequency_of(interval)] += amount
        counts[currency] += count
    return [
        Recurring(currency, by[Frequency.MONTHLY] + by[Frequency.YEARLY] // 12, counts[currency])
        for currency, by in sorted(sums.items())
    ]


def expected() -> list[Recurring]:
    """What the subscriptions that go on come to in a month."""
    going = Subscription.objects.filter(status__in=GOING).order_by()
    return monthly_totals(going.values_list("currency", "interval").annotate(sum=Sum("amount"), count=Count("pk")))


def by_month(
    began: Mapping[date, int], ended: Mapping[date, int], failed: Mapping[date, int], shown: Sequence[date]
) -> list[Month]:
    """The three counts of each month, 0 where there is none."""
    return [Month(first, began.get(first, 0), ended.get(first, 0), failed.get(first, 0)) for first in shown]


def months(shown: Sequence[date]) -> list[Month]:
    """What happened in these months (their first days, without a gap), by the site's clock."""
    start, end = start_of_day(shown[0]), start_of_day(month_after(shown[-1]))
    begun = Subscription.objects.exclude(status__in=NOT_BEGUN)
    over = Subscription.objects.filter(status=SubscriptionStatus.ENDED)
    renewals = Invoice.objects.filter(_FAILED).exclude(reason="subscription_create")
    return by_month(
        _counted(begun, "created_at", start, end),
        _counted(over, "ended_at", start, end),
        _counted(renewals, "created_at", start, end),
        shown,
    )


def next_charge(subscription: Subscription) -> datetime | None:
    """When it is charged next, as far as that is known; None if it may never be."""
    if subscription.status == SubscriptionStatus.RETRYING:
        owed = subscription.invoices.filter(status=InvoiceStatus.OPEN, next_attempt_at__isnull=False)
        return owed.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    return subscription.period_end if subscription.status == SubscriptionStatus.ACTIVE else None


@dataclass(frozen=True, slots=True)
class Told:
    """Of one subscription: the gift that tells of its donor, and what was given and is left, by currency."""

    first: Donation | None
    given: dict[str, int]


def told_of(subscriptions: Iterable[Subscription]) -> dict[int, Told]:
    """What a page of subscriptions needs to know, by their keys, in few queries."""
    mine = list(subscriptions)
    sums: dict[int, dict[str, int]] = defaultdict(dict)
    moved = LedgerEntry.objects.filter(donation__subscription__in=mine).order_by()
    for pk, currency, amount in moved.values_list("donation__subscription", "currency").annotate(sum=Sum("amount")):
        sums[pk][currency] = amount
    begun = Donation.objects.filter(subscription__in=mine, uuid=F("subscription__uuid")).select_related("user")
    first = {donation.subscription_id: donation for donation in begun}
    return {each.pk: Told(first.get(each.pk) or each.first, dict(sorted(sums[each.pk].items()))) for each in mine}


def _counted(rows: QuerySet[Any], field: str, start: datetime, end: datetime) -> dict[date, int]:
    here = rows.filter(**{f"{field}__gte": start, f"{field}__lt": end}).order_by()
    found = here.annotate(month=TruncMonth(field)).values_list("month").annotate(count=Count("pk"))
    return {month.date(): count for month, count in found}
