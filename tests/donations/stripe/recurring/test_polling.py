"""A monthly gift at the stand-in: booked to the cent from its events, or by asking when none of them came."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from io import StringIO
from unittest.mock import Mock

import pytest
import requests
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.domain.subscription import SubscriptionStatus
from donations.ledger.matching import subscriptions
from donations.models import Donation, Invoice, LedgerEntry, SiteIdentity, StripeEvent, Subscription
from donations.models.site_identity import new_site_id
from donations.reporting import fees, reconciliation
from donations.stripe import balance_transactions, client, events, polling, refundable, resync
from donations.stripe.errors import StripeUnavailable
from donations.stripe.recurring import polling as recurring
from donations.stripe.recurring import unbooked
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


def lose() -> None:
    """The events that were not delivered yet never will be."""
    Event.objects.all().delete()


def ask_now() -> None:
    Subscription.objects.filter(ask_at__isnull=False).update(ask_at=timezone.now())
    assert recurring.poll_subscriptions() == 1


def test_a_charge_is_asked_for_though_only_its_own_event_was_lost_or_the_next_one_has_come(
    begun: Donation, stripe: str
) -> None:
    deliver()
    move(stripe)
    lose()
    move(stripe)
    deliver("invoice.paid")
    found = Subscription.objects.get()
    assert len(booked()) == 1
    assert found.period_start
    assert found.ask_at == found.period_start + subscriptions.LATE
    ask_now()
    assert len(booked()) == 3
    found.refresh_from_db()
    assert found.period_end
    assert found.listed_until
    agree()


def test_an_asking_that_stripe_did_not_answer_whole_is_repeated_soon(
    begun: Donation, stripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver()
    move(stripe)
    with monkeypatch.context() as silent:
        silent.setattr(client, "listed", Mock(side_effect=StripeUnavailable("no answer")))
        ask_now()
    found = Subscription.objects.get()
    assert len(booked()) == 1
    assert found.as_of
    assert found.period_start
    assert found.ask_at == max(found.as_of + subscriptions.ASK_AGAIN, found.period_start + subscriptions.LATE)
    ask_now()
    assert len(booked()) == 2


@pytest.mark.parametrize("way", ["resync", "clock"])
def test_the_last_charge_of_what_has_ended_is_made_good(begun: Donation, stripe: str, way: str) -> None:
    deliver()
    move(stripe)
    lose()
    with client.connected() as services:
        services.subscriptions.cancel(Subscription.objects.get().stripe_id)
    deliver()
    ended = Subscription.objects.get()
    assert ended.status == SubscriptionStatus.ENDED
    assert len(booked()) == 1
    if way == "clock":
        # By the stand-in's clock this happens after the end, not long before it.
        Subscription.objects.update(ended_at=ended.created_at)
        ask_now()
    else:
        resync.run(timezone.now() + timedelta(days=300))
    assert len(booked()) == 2
    if way == "clock":
        ended.refresh_from_db()
        assert ended.ask_at is None
    agree()


def test_the_proof_sees_a_charge_that_is_not_in_the_ledger_however_old(
    begun: Donation, stripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The stand-in's clock is ahead of the site's.
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(days=-400))
    deliver()
    move(stripe)
    lose()
    move(stripe)
    deliver()
    assert len(booked()) == 2
    said = StringIO()
    for since in ([], ["--since", str(timezone.localdate() - timedelta(days=1))]):
        with pytest.raises(SystemExit):
            call_command("verify_books", *since, stdout=said)
        (missed,) = unbooked.paid_since()
        assert f"missing here (invoice): {missed.id}: ours -, Stripe's $20" in said.getvalue()
    assert booked() != [], "the proof changes nothing"
    assert len(booked()) == 2
    assert unbooked.paid_since(timezone.now() + timedelta(days=45)) == []
    resync.run(timezone.now() - timedelta(days=1))
    assert unbooked.paid_since() == []
    call_command("verify_books", stdout=said)
    assert "The books agree." in said.getvalue()


def test_the_proof_leaves_other_sellers_subscriptions_out(begun: Donation, stripe: str) -> None:
    assert [told.paid for told in unbooked.paid_since()] == [2000]
    Donation.objects.update(uuid=uuid.uuid4())
    SiteIdentity.objects.update(site_id=new_site_id())
    cache.clear()
    assert unbooked.paid_since() == []


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
