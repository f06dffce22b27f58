"""Pages that nobody should pay on any more are closed at Stripe; what was paid before stays paid."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.models import Donation, Opening
from donations.shield import closing, declines
from donations.stripe import client
from donations.stripe.errors import StripeUnavailable
from tests.donations.giving.donor import SANDBOX
from tests.donations.shield.conftest import at
from tests.donations.stripe_objects import event, intent
from tests.donations.subscription_objects import invoice

TEN, TWENTY = Order(amount=1000, currency="usd"), Order(amount=2000, currency="usd")


def browser(*gifts: Donation) -> Any:
    """This visitor's browser remembers these gifts."""
    return at("203.0.113.9", gifts=tuple(gift.uuid.hex for gift in gifts))


def state_at_stripe(donation: Donation) -> str:
    return str(client.retrieve(donation.session_id)["status"])


@SANDBOX
def test_whoever_opens_another_page_has_the_old_one_closed(stripe: str) -> None:
    old = checkout.begin(TEN, "form", browser())
    new = checkout.begin(TWENTY, "form", browser(old))
    assert closing.close_unwanted() == 1
    assert (state_at_stripe(old), state_at_stripe(new)) == ("expired", "open")
    old.refresh_from_db()
    assert old.status == Status.EXPIRED
    assert closing.close_unwanted() == 0


@SANDBOX
def test_a_page_that_was_paid_in_the_same_moment_stays_paid(stripe: str) -> None:
    from sandbox.engine import card_payments
    from sandbox.engine.card_payments import Expiry
    from sandbox.engine.test_cards import lookup
    from sandbox.objects.charge import Payer

    old = checkout.begin(TEN, "form", browser())
    checkout.begin(TWENTY, "form", browser(old))
    # No webhook has told us yet.
    card_payments.pay(old.session_id, lookup("4242424242424242"), Expiry(12, 2034), Payer("ada@example.org", None))
    assert closing.close_unwanted() == 1
    old.refresh_from_db()
    assert old.status == Status.PAID


@SANDBOX
def test_another_browsers_page_is_left_alone(stripe: str) -> None:
    checkout.begin(TEN, "one", browser())
    checkout.begin(TEN, "two", browser())
    assert closing.close_unwanted() == 0


@SANDBOX
def test_whoever_comes_back_to_the_first_page_keeps_it(stripe: str) -> None:
    old = checkout.begin(TEN, "form", browser())
    checkout.begin(TWENTY, "form", browser(old))
    assert checkout.begin(TEN, "form", browser(old)).pk == old.pk
    assert closing.close_unwanted() == 0


@SANDBOX
def test_a_page_with_ten_declined_cards_is_closed(stripe: str, post_event: Any) -> None:
    donation = checkout.begin(TEN, "form", browser())
    for number in range(closing.DECLINES):
        assert closing.close_unwanted() == 0
        failed = event("payment_intent.payment_failed", intent(donation, status="requires_payment_method"))
        failed["id"] = f"evt_declined_{number}"
        for _ in range(2):  # one that is delivered twice counts once
            assert post_event(failed).status_code == 200
    assert Opening.objects.get().declines == 10
    assert closing.close_unwanted() == 1
    assert state_at_stripe(donation) == "expired"


@SANDBOX
def test_so_is_the_page_of_a_monthly_gift(stripe: str, post_event: Any) -> None:
    donation = checkout.begin(Order(amount=1000, currency="usd", frequency="monthly"), "form", browser())
    for number in range(closing.DECLINES):
        assert closing.close_unwanted() == 0
        failed = event("invoice.payment_failed", invoice(donation, status="open", attempt_count=number + 1))
        failed["id"] = f"evt_declined_{number}"
        assert post_event(failed).status_code == 200
    assert declines.recent().declined == 10
    assert closing.close_unwanted() == 1
    assert state_at_stripe(donation) == "expired"


@pytest.mark.django_db
@pytest.mark.usefixtures("stripe_opens")
def test_while_stripe_does_not_answer_it_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: str) -> dict[str, Any]:
        raise StripeUnavailable

    monkeypatch.setattr(closing, "_expire", silent)
    old = checkout.begin(TEN, "form", browser())
    checkout.begin(TWENTY, "form", browser(old))
    assert closing.close_unwanted() == 0
    due = Opening.objects.get(pk=old.pk).close_at
    assert due is not None
    assert due > timezone.now()
