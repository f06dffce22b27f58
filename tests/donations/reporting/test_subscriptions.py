"""What comes again is added up: by currency, yearly ones a twelfth, and by month what began, ended and failed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from donations.domain.subscription import SubscriptionStatus
from donations.models import Donation, Invoice, LedgerEntry, Subscription
from donations.reporting import subscriptions
from donations.reporting.subscriptions import Month, Recurring

AT = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


def test_yearly_gifts_count_a_twelfth_and_currencies_are_never_added() -> None:
    rows = [("usd", "month", 5000, 2), ("usd", "year", 12005, 3), ("eur", "year", 11, 1), ("usd", "week", 100, 1)]
    assert subscriptions.monthly_totals(rows) == [Recurring("eur", 0, 1), Recurring("usd", 6100, 6)]
    assert subscriptions.monthly_totals([]) == []


def test_each_month_has_its_counts_and_one_without_any_has_none() -> None:
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    found = subscriptions.by_month({january: 2}, {february: 1}, {date(2025, 12, 1): 9}, [january, february])
    assert found == [Month(january, 2, 0, 0), Month(february, 0, 1, 0)]


def made(name: str, status: SubscriptionStatus, *, created: datetime = AT, **more: object) -> Subscription:
    about = {"amount": 2000, "currency": "usd", "created_at": created, "status": status.value}
    return Subscription.objects.create(stripe_id=f"sub_{name}", **about | more)


@pytest.mark.django_db
def test_what_is_expected_leaves_out_what_is_paused_ending_given_up_or_over() -> None:
    for status in SubscriptionStatus:
        made(status.value, status)
    made("yearly", SubscriptionStatus.ACTIVE, interval="year", amount=12000)
    assert subscriptions.expected() == [Recurring("usd", 5000, 3)]


@pytest.mark.django_db
def test_what_began_ended_and_failed_is_counted_in_its_month_by_the_site_s_clock(settings) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.activate("Asia/Tokyo")
    try:
        one = made("one", SubscriptionStatus.ENDED, ended_at=AT + timedelta(days=31))
        made("never", SubscriptionStatus.NEVER_BEGAN, ended_at=AT)
        made("starting", SubscriptionStatus.STARTING)
        about = {"subscription": one, "due": 1, "paid": 1, "currency": "usd", "as_of": AT, "created_at": AT}
        for number, (reason, status, attempts) in enumerate(
            [
                *(("cycle", "paid", 1), ("cycle", "paid", 2), ("cycle", "open", 0), ("cycle", "open", 1)),
                ("subscription_create", "open", 1),
            ]
        ):
            Invoice.objects.create(id=f"in_{number}", reason=reason, status=status, attempts=attempts, **about)
        shown = [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]
        assert subscriptions.months(shown) == [
            Month(shown[0], 0, 0, 0), Month(shown[1], 1, 0, 2), Month(shown[2], 0, 1, 0),
        ]  # fmt: skip
    finally:
        timezone.deactivate()


@pytest.mark.django_db
def test_what_each_gave_in_all_is_what_is_left_of_its_charges(make_donation) -> None:
    one = made("one", SubscriptionStatus.ACTIVE)
    first = make_donation(uuid=one.uuid, subscription=one)
    later = make_donation(subscription=one)
    for number, (gift, kind, amount, currency) in enumerate(
        [
            *((first, "payment", 2000, "usd"), (later, "payment", 2000, "usd"), (later, "refund", -500, "usd")),
            (later, "payment", 300, "eur"),
        ]
    ):
        row = {"source": f"x_{number}", "amount": amount, "currency": currency, "happened_at": AT}
        LedgerEntry.objects.create(donation=gift, kind=kind, **row)
    other = made("other", SubscriptionStatus.ACTIVE)
    told = subscriptions.told_of([one, other])
    assert (told[one.pk].first, told[one.pk].given) == (first, {"eur": 300, "usd": 3500})
    assert (told[other.pk].first, told[other.pk].given) == (None, {})
    Donation.objects.filter(pk=first.pk).update(subscription=None)
    assert subscriptions.told_of([one])[one.pk].first == later, "the oldest that is known"


@pytest.mark.django_db
def test_the_next_charge_of_one_that_failed_is_its_next_attempt() -> None:
    again = AT + timedelta(days=3)
    one = made("one", SubscriptionStatus.RETRYING, period_end=AT + timedelta(days=30))
    about = {"subscription": one, "reason": "x", "due": 1, "paid": 0, "currency": "usd", "as_of": AT, "created_at": AT}
    Invoice.objects.create(id="in_1", status="open", attempts=1, next_attempt_at=again, **about)
    assert subscriptions.next_charge(one) == again
    assert subscriptions.next_charge(made("two", SubscriptionStatus.ACTIVE, period_end=again)) == again
    assert subscriptions.next_charge(made("three", SubscriptionStatus.PAUSED, period_end=again)) is None
