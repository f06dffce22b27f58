"""Stripe's lists are sometimes minutes behind, while everything is there by its id: the books come out right."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from donations.domain.status import Status
from donations.models import BalanceTransaction, Donation, LedgerEntry
from donations.stripe import balance_transactions, polling, resync
from sandbox.core import store
from sandbox.engine import refunds
from sandbox.models import Record
from sandbox.operator import behaviour
from tests.donations.giving.donor import SANDBOX, give
from tests.donations.reporting.test_reconciliation import command
from tests.donations.stripe.test_polling import pay

AN_HOUR = timedelta(hours=1)


def given(client: Client, token: str) -> Donation:
    give(client, "20", token=token)
    donation = Donation.objects.latest("pk")
    pay(donation)
    return donation


@pytest.fixture
def late(stripe: str) -> None:
    """Every event is lost, and lists are behind."""
    behaviour.save({"delivery": "lost", "list_lag": 300})


@SANDBOX
def test_a_gift_is_booked_by_its_id_and_its_fee_when_the_list_shows_it(client: Client, late: None) -> None:
    donation = given(client, "first")
    polling.poll(donation)
    assert Donation.objects.get().status == Status.PAID
    assert balance_transactions.mirror() == 0
    # Nothing disagrees while one side may not have heard of it, and nothing is booked twice.
    assert "The books agree." in command("verify_books")
    assert resync.run(timezone.now() - AN_HOUR).rows == 0

    behaviour.save({"list_lag": 0})
    with time_machine.travel(timezone.now() + AN_HOUR):
        assert "The books agree." in command("verify_books")
    assert BalanceTransaction.objects.filter(type="charge").count() == 1


@SANDBOX
def test_a_movement_that_a_list_shows_after_a_newer_one_is_not_lost(client: Client, late: None) -> None:
    behind, ahead = given(client, "first"), given(client, "second")
    for donation in (behind, ahead):
        polling.poll(donation)
    # The list of the stand-in settles them; then only the newer one can be seen.
    balance_transactions.mirror()
    _, new = Record.objects.filter(kind="balance_transaction").order_by("number")
    new.created -= 400
    new.save()
    assert balance_transactions.mirror() == 1
    behaviour.save({"list_lag": 0})
    assert balance_transactions.mirror(overlap=balance_transactions.LATE) == 1
    with time_machine.travel(timezone.now() + AN_HOUR):
        assert "The books agree." in command("verify_books")


@SANDBOX
def test_a_refund_that_no_event_told_is_booked_when_the_list_shows_it(client: Client, late: None) -> None:
    polling.poll(donation := given(client, "first"))
    intent = store.get("checkout.session", donation.session_id).payment_intent
    refunds.create(store.get("payment_intent", intent).body["latest_charge"], 500)
    since = timezone.now() - AN_HOUR
    resync.run(since)
    behaviour.save({"list_lag": 0})
    resync.run(since)
    assert [row.amount for row in LedgerEntry.objects.filter(kind="refund")] == [-500]
    with time_machine.travel(timezone.now() + AN_HOUR):
        assert "The books agree." in command("verify_books")
