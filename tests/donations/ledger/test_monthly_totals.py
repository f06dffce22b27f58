"""A month's count and its money are of the same gifts: those that arrived in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from donations.domain.updates import Dispute as Disputed
from donations.domain.updates import DisputeStatus as State
from donations.domain.updates import Movement, Payment, Refund, RefundStatus, StripeUpdate
from donations.ledger import monthly_totals, posting
from donations.models import Donation, LedgerEntry, Total

Make = Callable[..., Donation]
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
BEGUN, LANDED = datetime(2026, 10, 30, 12, tzinfo=UTC), datetime(2026, 11, 3, 12, tzinfo=UTC)


def payment(donation: Donation, at: datetime, intent: str = "pi_1") -> StripeUpdate:
    change = Payment(intent, donation.amount, donation.currency)
    return StripeUpdate(at=at, donation=donation.uuid, refs=(intent,), change=change)


def refund(amount: int, at: datetime, reference: str = "re_1") -> StripeUpdate:
    change = Refund(reference, at, amount, "usd", RefundStatus.SUCCEEDED, debited=True, credited=False)
    return StripeUpdate(at=at, refs=(reference, "pi_1"), change=change)


def withdrawal(amount: int, at: datetime, reference: str = "dp_1") -> StripeUpdate:
    moved = (Movement(f"txn_{reference}", -amount, "usd", at),)
    return StripeUpdate(
        at=at, refs=(reference, "pi_1"), change=Disputed(reference, amount, "usd", State.LOST, None, moved)
    )


def counts() -> dict[date, int]:
    assert monthly_totals.compare() == {}
    return {total.month: total.gifts for total in Total.objects.all()}


@pytest.mark.django_db
def test_a_bank_gift_begun_in_october_and_landed_in_november_is_novembers(make_donation: Make) -> None:
    posting.post(payment(make_donation(created_at=BEGUN), LANDED))
    assert counts() == {NOVEMBER: 1}
    assert Total.objects.get().raised == 2000


@pytest.mark.django_db
def test_a_gift_that_goes_back_later_is_taken_from_the_month_in_which_it_came(make_donation: Make) -> None:
    posting.post(payment(make_donation(created_at=BEGUN), BEGUN))
    assert counts() == {OCTOBER: 1}
    posting.post(refund(500, LANDED))
    assert counts() == {OCTOBER: 1, NOVEMBER: 0}
    posting.post(refund(1500, LANDED, "re_2"))
    assert counts() == {OCTOBER: 0, NOVEMBER: 0}


@pytest.mark.django_db
def test_an_earlier_payment_that_is_told_later_moves_the_gift_to_its_month(make_donation: Make) -> None:
    twice = make_donation(created_at=BEGUN)
    posting.post(payment(twice, LANDED))
    posting.post(payment(twice, BEGUN, "pi_0"))
    assert counts() == {OCTOBER: 1, NOVEMBER: 0}


@pytest.mark.django_db
def test_disputes_are_kept_apart_from_refunds(make_donation: Make) -> None:
    posting.post(payment(make_donation(), LANDED))
    posting.post(refund(500, LANDED))
    posting.post(withdrawal(1500, LANDED))
    assert counts() == {NOVEMBER: 0}
    total = Total.objects.get()
    assert (total.raised, total.refunded, total.disputed) == (2000, 500, 1500)


class AnyOrder(TestCase):
    @settings(deadline=None, max_examples=60)
    @given(st.data())
    def test_each_gift_counts_once_in_the_month_of_its_first_payment_while_something_is_left(
        self, data: st.DataObject
    ) -> None:
        days = st.integers(0, 100).map(lambda day: BEGUN + timedelta(days=day))
        donation = Donation.objects.create(amount=2000, currency="usd", created_at=BEGUN, expires_at=timezone.now())
        paid = [
            payment(donation, data.draw(days), f"pi_{number + 1}") for number in range(data.draw(st.integers(1, 2)))
        ]
        amounts = data.draw(st.lists(st.sampled_from([300, 1000, 2000]), max_size=3))
        taken = [
            data.draw(st.sampled_from([refund, withdrawal]))(amount, data.draw(days), f"re_{number}")
            for number, amount in enumerate(amounts)
        ]
        posting.post(paid[0])  # what went back is known by it
        for update in data.draw(st.permutations([*paid, *taken])):
            posting.post(update)
            assert monthly_totals.compare() == {}
        wanted: Counter[tuple[int, int]] = Counter()
        first = min(update.at for update in paid)
        wanted[first.year, first.month] = int(2000 * len(paid) > sum(amounts))
        found = {(total.month.year, total.month.month): total.gifts for total in Total.objects.all()}
        assert found == {month: wanted[month] for month in found}
        assert found.keys() >= wanted.keys()
        assert LedgerEntry.objects.count() == len(paid) + len(taken)
