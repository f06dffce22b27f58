"""Subscriptions in the books: each charge is a donation of its own, booked once, in any order of the events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from donations.domain.status import Status
from donations.domain.subscription import SubscriptionStatus
from donations.ledger import monthly_totals
from donations.models import Case, Donation, Invoice, LedgerEntry, StripeEvent, StripeRef, Subscription
from mail.models import Mail
from tests.donations.ledger.test_refunds_and_disputes import every_row, ledger_of, orders, tell
from tests.donations.stripe_objects import CREATED, charge, dispute, event, intent, movement, refund, session
from tests.donations.subscription_objects import MONTH, intent_of, invoice, subscription, subscription_id

State = StripeEvent.State


@pytest.fixture
def monthly(make_donation: Callable[..., Donation]) -> Donation:
    """A donor who has chosen to give monthly, and is on Stripe's page."""
    return make_donation(frequency="monthly", name="Ada", public=True, email="ada@example.org", message="Go on!")


def page_of(donation: Donation, **changes: Any) -> dict[str, Any]:
    """The session of a monthly gift as it comes back: no payment intent, a subscription instead."""
    told = {"mode": "subscription", "payment_intent": None, "subscription": subscription_id(donation)}
    return session(donation, **told | {"invoice": f"in_0{donation.uuid.hex}"} | changes)


def unmarked(thing: dict[str, Any], donation: Donation, number: int = 0) -> dict[str, Any]:
    """A payment intent or charge of a subscription: Stripe copies no metadata to it."""
    named = {"payment_intent": intent_of(donation, number), "id": f"ch_{number}{donation.uuid.hex}"}
    if thing["object"] == "payment_intent":
        named = {"id": intent_of(donation, number), "latest_charge": f"ch_{number}{donation.uuid.hex}"}
    return thing | named | {"metadata": {}}


def test_the_first_charge_is_the_donation_of_the_form(monthly: Donation) -> None:
    tell(event("checkout.session.completed", page_of(monthly)))
    monthly.refresh_from_db()
    assert monthly.status == Status.PROCESSING
    assert not LedgerEntry.objects.exists()

    tell(event("invoice.paid", invoice(monthly)))
    monthly.refresh_from_db()
    assert monthly.status == Status.PAID
    entry = LedgerEntry.objects.get()
    assert (entry.donation, entry.kind, entry.source) == (monthly, "payment", f"in_0{monthly.uuid.hex}")
    assert (entry.amount, entry.currency) == (2000, "usd")
    assert entry.happened_at.timestamp() == CREATED + 60
    assert monthly.subscription == Subscription.objects.get()
    assert Mail.objects.get(kind="paid").key == entry.source


def test_a_renewal_is_a_donation_of_its_own_that_says_what_the_first_one_says(monthly: Donation) -> None:
    tell(event("invoice.paid", invoice(monthly)), event("invoice.paid", invoice(monthly, 1)))
    renewed = Donation.objects.exclude(pk=monthly.pk).get()
    assert (renewed.amount, renewed.currency, renewed.status) == (2000, "usd", Status.PAID)
    assert (renewed.name, renewed.email, renewed.public, renewed.message) == ("Ada", "ada@example.org", True, "")
    assert renewed.frequency == "monthly"
    assert renewed.subscription == Subscription.objects.get()
    assert ledger_of(renewed) == [("payment", 2000)]
    assert renewed.settled
    assert monthly_totals.compare() == {}


def test_the_same_invoice_is_booked_once_however_often_it_is_told(monthly: Donation) -> None:
    paid, again = event("invoice.paid", invoice(monthly, 1)), event("invoice.paid", invoice(monthly, 1))
    tell(paid, paid, again)
    assert LedgerEntry.objects.count() == Invoice.objects.count() == 1


@pytest.mark.parametrize("first", [True, False])
def test_payment_intents_and_charges_of_an_invoice_are_not_counted_again(monthly: Donation, first: bool) -> None:
    others = [
        event("payment_intent.succeeded", unmarked(intent(monthly), monthly)),
        event("charge.succeeded", unmarked(charge(monthly), monthly)),
        event("charge.updated", unmarked(charge(monthly), monthly)),
    ]
    paid = event("invoice.paid", invoice(monthly, payment=intent_of(monthly)))
    tell(*others, paid) if first else tell(paid, *others)
    assert ledger_of(monthly) == [("payment", 2000)]
    assert set(StripeEvent.objects.exclude(type="invoice.paid").values_list("state", flat=True)) == {State.IGNORED}


def test_an_invoice_of_nothing_or_paid_outside_stripe_is_no_gift(monthly: Donation) -> None:
    outside = invoice(monthly, 2) | {"payments": {"object": "list", "data": [], "has_more": False}}
    tell(
        event("invoice.paid", invoice(monthly, 1, amount=0)),
        event("invoice.paid", invoice(monthly, 3, amount_paid=0)),
        event("invoice.paid", outside),
    )
    assert not LedgerEntry.objects.exists()
    assert list(Donation.objects.all()) == [monthly]
    assert Invoice.objects.get(pk=outside["id"]).outside


def test_what_turns_out_to_have_been_paid_outside_after_it_was_counted_is_flagged(monthly: Donation) -> None:
    outside = invoice(monthly) | {"payments": {"object": "list", "data": [], "has_more": False}}
    tell(event("invoice.paid", invoice(monthly)), event("invoice.paid", outside, created=CREATED + 100))
    monthly.refresh_from_db()
    assert monthly.flags == "outside"


def test_an_invoice_of_another_seller_is_ignored_and_forgotten(monthly: Donation) -> None:
    foreign = invoice(monthly)
    foreign["parent"]["subscription_details"]["metadata"] = {}
    tell(event("invoice.paid", foreign), event("customer.subscription.created", subscription(monthly, metadata={})))
    tell(event("invoice.paid", {"id": "in_x", "object": "invoice", "parent": None}))
    assert not Subscription.objects.exists()
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {State.IGNORED}
    assert "ada@" not in StripeEvent.objects.filter(type="invoice.paid").values_list("body", flat=True)[0]


def test_a_refund_and_a_dispute_of_a_renewal_find_it_by_the_invoices_payment(monthly: Donation) -> None:
    theirs: dict[str, Any] = {"payment_intent": intent_of(monthly, 1), "charge": f"ch_1{monthly.uuid.hex}"}
    tell(
        event("refund.created", refund(monthly, amount=500, **theirs)),
        event("invoice.paid", invoice(monthly, 1, payment=intent_of(monthly, 1))),
        event("charge.dispute.funds_withdrawn", dispute(monthly, "needs_response", movement(monthly, 1, -1500),
              amount=1500, **theirs)),
    )  # fmt: skip
    renewed = Donation.objects.exclude(pk=monthly.pk).get()
    assert ledger_of(renewed) == [("dispute_withdrawal", -1500), ("payment", 2000), ("refund", -500)]
    assert renewed.status == Status.DISPUTED


def test_a_bank_debit_of_a_renewal_that_fails_after_all_is_booked_back(monthly: Donation) -> None:
    failed = unmarked(charge(monthly, status="failed", balance_transaction="txn_1"), monthly, 1)
    tell(event("charge.failed", failed), event("invoice.paid", invoice(monthly, 1, payment=intent_of(monthly, 1))))
    renewed = Donation.objects.exclude(pk=monthly.pk).get()
    assert ledger_of(renewed) == [("payment", 2000), ("payment_failure", -2000)]
    assert Case.objects.get().payment == intent_of(monthly, 1)


def test_what_a_restored_backup_forgot_is_made_again(db: None, make_donation: Callable[..., Donation]) -> None:
    forgotten = make_donation(frequency="monthly")
    Donation.objects.all().delete()
    tell(event("invoice.paid", invoice(forgotten, 1)), event("invoice.paid", invoice(forgotten)))
    first = Donation.objects.get(uuid=forgotten.uuid)
    assert (first.flags, first.frequency) == ("rebuilt", "monthly")
    renewed = Donation.objects.exclude(uuid=forgotten.uuid).get()
    assert (renewed.flags, renewed.email) == ("", "ada@example.org")
    assert Subscription.objects.get().uuid == forgotten.uuid


def test_the_renewal_of_an_erased_donor_brings_nobody_back(monthly: Donation) -> None:
    tell(event("invoice.paid", invoice(monthly)))
    Donation.objects.update(erased_at=timezone.now(), name="", email="", public=False)
    tell(event("invoice.paid", invoice(monthly, 1)))
    renewed = Donation.objects.exclude(pk=monthly.pk).get()
    assert (renewed.name, renewed.email, renewed.payer_name) == ("", "", "")
    assert renewed.erased_at
    assert StripeEvent.objects.latest("received_at").body == ""


def test_a_subscription_is_as_its_newest_telling_says(monthly: Donation) -> None:
    told = subscription(monthly, amount=3500, cancel_at=CREATED + MONTH, cancellation_details={
        "reason": "cancellation_requested"})  # fmt: skip
    tell(
        event("customer.subscription.updated", told, created=CREATED + 50),
        event("customer.subscription.created", subscription(monthly, status="incomplete"), created=CREATED),
    )
    found = Subscription.objects.get()
    assert (found.amount, found.status, found.ended_by) == (3500, SubscriptionStatus.ENDING, "stripe")
    assert found.cancel_at == datetime.fromtimestamp(CREATED + MONTH, timezone.get_fixed_timezone(0))
    assert found.is_live


def test_a_failed_charge_shows_until_it_is_paid_or_given_up(monthly: Donation) -> None:
    failed = invoice(monthly, 1, status="open", attempt_count=1, next_payment_attempt=CREATED + MONTH + 1000)
    past_due = subscription(monthly, status="past_due")
    tell(
        event("customer.subscription.updated", past_due, created=CREATED + MONTH),
        event("invoice.payment_failed", failed, created=CREATED + MONTH),
    )
    found = Subscription.objects.get()
    assert (found.status, found.invoices.get().failures) == (SubscriptionStatus.RETRYING, 1)
    given_up = failed | {"attempt_count": 4, "next_payment_attempt": None}
    tell(event("invoice.payment_failed", given_up, created=CREATED + MONTH + 2000))
    found.refresh_from_db()
    assert found.status == SubscriptionStatus.GIVEN_UP
    tell(event("invoice.paid", invoice(monthly, 1, attempt_count=5)))
    assert Invoice.objects.get().failures == 4


@pytest.mark.parametrize("end", [{"status": "canceled", "ended_at": CREATED + 9 * MONTH}, {"status": "unpaid"}])
def test_a_first_debit_that_failed_unheard_is_known_by_its_invoice_in_any_order(
    monthly: Donation, end: dict[str, Any]
) -> None:
    ended = CREATED + 9 * MONTH
    owed: dict[str, Any] = {"status": "open", "attempt_count": 4, "next_payment_attempt": None}
    begun = event("checkout.session.completed", page_of(monthly, payment_status="unpaid"), created=CREATED)
    over = event("customer.subscription.updated", subscription(monthly, **end), created=ended)
    seen = event("invoice.payment_failed", invoice(monthly, **owed), created=ended)
    for order in permutations([begun, over, seen]):
        savepoint = transaction.savepoint()
        tell(*order)
        monthly.refresh_from_db()
        assert monthly.status == Status.FAILED
        assert Mail.objects.filter(kind="failed").count() == 1
        tell(event("invoice.paid", invoice(monthly, attempt_count=5), created=ended + 5))
        monthly.refresh_from_db()
        assert monthly.status == Status.PAID, "paid by hand after all"
        transaction.savepoint_rollback(savepoint)


def test_an_older_look_at_the_first_invoice_does_not_make_a_gift_fail(monthly: Donation) -> None:
    ended = CREATED + 9 * MONTH
    tell(
        event("checkout.session.completed", page_of(monthly)),
        event("invoice.payment_failed", invoice(monthly, status="open", attempt_count=1), created=CREATED),
        event("customer.subscription.deleted", subscription(monthly, status="canceled", ended_at=ended), created=ended),
    )
    monthly.refresh_from_db()
    assert monthly.status == Status.PROCESSING, "a second card may have paid, and that event been lost"
    assert not Mail.objects.filter(kind="failed").exists()


def test_the_payment_of_a_paid_invoice_is_asked_for_until_it_is_known(monthly: Donation) -> None:
    tell(event("invoice.paid", invoice(monthly)))
    assert Invoice.objects.get().ask_at
    tell(event("invoice.paid", invoice(monthly, payment=intent_of(monthly))))
    known = Invoice.objects.get()
    assert (known.ask_at, known.payment) == (None, intent_of(monthly))
    assert StripeRef.objects.get(pk=intent_of(monthly)).donation == monthly


def the_first_eight(d: Donation) -> list[dict[str, Any]]:
    """A first charge, and a renewal that fails, is paid, and is refunded."""
    renewed = {"payment": intent_of(d, 1)}
    failed = invoice(d, 1, status="open", attempt_count=1, next_payment_attempt=CREATED + MONTH + 1000)
    return [
        event("checkout.session.completed", page_of(d)),
        event("customer.subscription.created", subscription(d, status="incomplete"), created=CREATED),
        event("payment_intent.succeeded", unmarked(intent(d), d)),
        event("invoice.paid", invoice(d), created=CREATED + 61),
        event("invoice.payment_failed", failed, created=CREATED + MONTH),
        event("customer.subscription.updated", subscription(d, status="past_due"), created=CREATED + MONTH),
        event("invoice.paid", invoice(d, 1, attempt_count=2, **renewed), created=CREATED + MONTH + 61),
        event("refund.created", refund(d, payment_intent=intent_of(d, 1), charge=f"ch_1{d.uuid.hex}", amount=500)),
    ]


@pytest.mark.slow
def test_every_order_of_every_part_of_a_subscriptions_first_eight_events_ends_alike(monthly: Donation) -> None:
    """All 40,320 orders by induction over subsets, as for one gift's events: see test_refunds_and_disputes."""
    events = the_first_eight(monthly)
    every = frozenset(range(len(events)))
    ends: dict[frozenset[int], dict[str, list[Any]]] = {}
    steps: set[tuple[frozenset[int], int]] = set()

    def explore(told: frozenset[int]) -> None:
        for number in every - told:
            savepoint = transaction.savepoint()
            tell(events[number])
            now, rows = told | {number}, every_row()
            # Receipts are numbered as the payments come: which has which number is no matter of its events.
            rows["Receipt"] = sorted(row[1:] for row in rows["Receipt"])
            assert rows == ends.setdefault(now, rows), f"{sorted(told)}, then {number}"
            steps.add((told, number))
            if number == max(now):
                explore(now)
            transaction.savepoint_rollback(savepoint)

    with time_machine.travel(timezone.now(), tick=False):
        explore(frozenset())
        assert len(ends) == 2 ** len(events) - 1
        assert orders(every, steps) == 40_320
        tell(*events)
        assert LedgerEntry.objects.filter(kind="payment").count() == 2
