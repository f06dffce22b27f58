"""A monthly gift at the stand-in: booked to the cent from its events, or by asking when none of them came."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import requests
import time_machine
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.domain.subscription import SubscriptionStatus
from donations.models import Donation, Invoice, LedgerEntry, StripeEvent, Subscription
from donations.reporting import fees, reconciliation
from donations.stripe import balance_transactions, client, events, polling, refundable, resync
from donations.stripe.recurring import polling as recurring
from sandbox.models import Event
from tests.donations.giving.donor import SANDBOX, give
from tests.donations.stripe.test_polling import pay

pytestmark = [SANDBOX]
MONTH = 31 * 86400
# Attached without a word, and declined at each later charge.
FAILS_LATER = "4000000000000341"


@pytest.fixture
def begun(client: Client, stripe: str) -> Donation:
    """A monthly gift whose first charge was paid; Stripe's events are made and not delivered."""
    assert give(client, "20", frequency="monthly").status_code == 303
    donation = Donation.objects.get()
    pay(donation)
    return donation


def move(stripe: str, seconds: int = MONTH) -> None:
    answer = requests.post(
        f"{stripe}/v1/test_helpers/sandbox/advance", data={"seconds": seconds}, auth=("sk_test_x", ""), timeout=30
    )
    answer.raise_for_status()


def deliver(*but: str) -> None:
    """All events that the stand-in has made and not delivered yet, in its order, but for these types."""
    known = set(StripeEvent.objects.values_list("pk", flat=True))
    for made in Event.objects.order_by("number"):
        if made.body["id"] not in known and made.body["type"] not in but:
            events.receive(json.dumps(made.body))


def booked() -> list[tuple[int, str]]:
    return list(LedgerEntry.objects.order_by("happened_at").values_list("amount", "source"))


def test_three_charges_are_three_gifts_whose_fees_and_refunds_are_known(begun: Donation, stripe: str) -> None:
    deliver()
    begun.refresh_from_db()
    assert begun.status == Status.PAID
    for _ in range(2):
        move(stripe)
    deliver()
    assert [amount for amount, _ in booked()] == [2000, 2000, 2000]
    assert all(source.startswith("in_") for _, source in booked())
    assert Donation.objects.filter(status=Status.PAID, frequency="monthly").count() == 3
    subscription = Subscription.objects.get()
    assert (subscription.status, subscription.amount) == (SubscriptionStatus.ACTIVE, 2000)
    assert subscription.donations.count() == 3

    assert recurring.poll_invoices() == 3
    assert not Invoice.objects.filter(payment="").exists()
    balance_transactions.mirror()
    renewed = LedgerEntry.objects.latest("happened_at")
    kept = fees.of_payment(renewed)
    assert kept
    assert kept.fee > 0
    (payment,) = refundable.refresh(renewed.donation)
    assert (payment.left, payment.payment[:3]) == (2000, "pi_")
    client.create_refund(key="r", payment=payment.payment, amount=500, reason="", metadata={})
    deliver()
    renewed.donation.refresh_from_db()
    assert renewed.donation.status == Status.PARTLY_REFUNDED
    agree()


def agree() -> None:
    """Both books, some months later, when nothing is too young to be compared."""
    recurring.poll_invoices()
    balance_transactions.mirror()
    with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
        result = reconciliation.reconcile()
        assert not result.discrepancies, result.discrepancies
        assert result.young == 0
        assert result.compared == LedgerEntry.objects.count()


def test_the_page_after_paying_asks_for_what_no_event_told(begun: Donation, stripe: str) -> None:
    polling.poll(begun)
    assert begun.status == Status.PAID
    assert booked() == [(2000, Invoice.objects.get().pk)]
    assert Subscription.objects.get().told
    assert begun.email


@pytest.mark.parametrize("way", ["resync", "clock"])
def test_lost_events_of_renewals_are_made_good(begun: Donation, stripe: str, way: str) -> None:
    deliver()
    for _ in range(3):
        move(stripe)
    if way == "resync":
        result = resync.run(timezone.now() - timedelta(days=1))
        assert not result.troubles
        assert not result.stopped
    else:
        Subscription.objects.update(ask_at=timezone.now())
        assert recurring.poll_subscriptions() == 1
    assert [amount for amount, _ in booked()] == [2000] * 4
    assert len(set(booked())) == 4
    deliver()
    assert len(booked()) == 4
    agree()


def test_a_refund_that_comes_before_its_invoice_was_asked_for_finds_it(begun: Donation, stripe: str) -> None:
    deliver()
    move(stripe)
    paid = client.retrieve(str(next(iter(client.listed("invoices")))["id"]))
    intent = paid["payments"]["data"][0]["payment"]["payment_intent"]["id"]
    client.create_refund(key="r", payment=intent, amount=2000, reason="", metadata={})
    deliver("invoice.paid")
    waiting = StripeEvent.objects.filter(state=StripeEvent.State.DEFERRED)
    assert set(waiting.values_list("waits_for", flat=True)) == {intent}
    waiting.update(retry_at=timezone.now())
    polling.retry_due_deferred()
    renewed = Donation.objects.latest("pk")
    assert renewed != begun
    assert renewed.status == Status.REFUNDED
    agree()


def test_a_card_that_fails_at_the_renewal_is_told_and_ends_by_stripes_rules(client: Client, stripe: str) -> None:
    give(client, "20", frequency="monthly")
    pay(Donation.objects.get(), pay="1", number=FAILS_LATER)
    move(stripe)
    deliver()
    subscription = Subscription.objects.get()
    assert subscription.status == SubscriptionStatus.RETRYING
    assert subscription.invoices.latest("created_at").failures == 1
    move(stripe, 40 * 86400)
    deliver()
    subscription.refresh_from_db()
    assert (subscription.status, subscription.ended_by) == (SubscriptionStatus.ENDED, "failed")
    assert len(booked()) == 1
    agree()
