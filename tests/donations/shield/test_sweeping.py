"""What was never paid goes after 30 days, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from donations.domain.status import Status
from donations.models import Case, Donation, StripeRef
from donations.shield import sweeping
from tests.donations.stripe_objects import event, session

Make = Callable[..., Donation]
OLD = timezone.now() - timedelta(days=31)


def old(make_donation: Make, **fields: Any) -> Donation:
    return make_donation(created_at=OLD, expires_at=OLD, **fields)


def test_old_gifts_that_were_never_paid_go_with_what_was_typed(make_donation: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for number in range(5):
        gift = old(make_donation, status=Status.EXPIRED, checkout="expired", name="Ada")
        StripeRef.objects.create(id=f"cs_{number}", donation=gift)
    assert sweeping.delete_unpaid() == 5
    assert not Donation.objects.exists()
    assert not StripeRef.objects.exists()


def test_young_ones_and_open_ones_and_paid_ones_stay(make_donation: Make, post_event: Any) -> None:
    make_donation(status=Status.EXPIRED, checkout="expired")
    old(make_donation)
    old(make_donation, status=Status.FAILED)
    paid = old(make_donation)
    post_event(event("checkout.session.completed", session(paid)))
    told_of = old(make_donation, status=Status.EXPIRED, checkout="expired")
    Case.objects.create(
        id="re_1", kind="refund", donation=told_of, amount=1, currency="usd", status="x", opened_at=OLD, as_of=OLD
    )
    assert sweeping.delete_unpaid() == 0
    assert Donation.objects.count() == 5
