"""Bank debits: the session is complete at once, and the payment succeeds or fails later."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.engine import timers
from sandbox.models import Event, Record
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def bank_debit(api, client, create_session):
    """A session that is paid by bank debit; events before that are forgotten."""

    def make(outcome: str = "settles"):
        session = create_session()
        client.post(f"/sandbox/pay/{session.id}", {"bank": outcome, "email": "ada@example.com"})
        Event.objects.all().delete()
        return session.id

    return make


def test_a_bank_debit_succeeds(api, bank_debit, control):
    session_id = bank_debit()
    assert control("/settle", session=session_id, outcome="settles")["payment_status"] == "paid"
    paid = api.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_intent.status, paid.payment_intent.amount_received) == (
        "complete",
        "succeeded",
        2000,
    )
    assert paid.payment_intent.latest_charge.captured
    assert event_types() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"]


def test_a_bank_debit_fails(api, bank_debit, control):
    session_id = bank_debit()
    assert control("/settle", session=session_id, outcome="fails")["payment_status"] == "unpaid"
    lost = api.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    assert (lost.status, lost.payment_intent.status) == ("complete", "requires_payment_method")
    assert lost.payment_intent.latest_charge.status == "failed"
    assert event_types() == ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]


def test_a_bank_debit_settles_once(bank_debit, control):
    session_id = bank_debit()
    control("/settle", session=session_id, outcome="settles")
    assert "no bank payment" in control("/settle", session=session_id, outcome="fails")["error"]["message"]
    assert len(event_types()) == 3


@pytest.mark.parametrize(
    ("foreseen", "event"), [("settles", "async_payment_succeeded"), ("fails", "async_payment_failed")]
)
def test_after_the_delay_a_bank_debit_settles_as_scheduled(bank_debit, control, foreseen, event):
    control(bank_delay=60)
    bank_debit(foreseen)
    timers.run_due()
    assert event_types() == []
    Record.objects.filter(kind="payment_intent").update(due_at=time.time() - 1)
    timers.run_due()
    timers.run_due()
    assert event_types()[-1] == f"checkout.session.{event}"
    assert len(event_types()) == 3


def test_the_bank_takes_the_time_that_was_set(bank_debit, control):
    control(bank_delay=500)
    bank_debit()
    intent: Any = Record.objects.get(kind="payment_intent")
    assert round(intent.due_at - time.time(), -1) == 500


def test_a_bank_debit_completes_the_session_before_it_succeeds(api, client, create_session):
    session = create_session()
    answer = client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert answer.status_code == 303
    sent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (sent.status, sent.payment_status) == ("complete", "unpaid")
    assert (sent.payment_intent.status, sent.payment_intent.latest_charge.status) == ("processing", "pending")
    assert event_types() == ["checkout.session.completed"]


def movements(api):
    listed = api.v1.balance_transactions.list({"expand": ["data.source"]}).data
    return [(each.type, each.reporting_category, each.amount, each.net, each.source.status) for each in listed]


def test_the_balance_has_a_bank_debit_from_its_submission(api, bank_debit, control):
    session_id = bank_debit()
    assert movements(api) == [("payment", "charge", 2000, 1912, "pending")]
    control("/settle", session=session_id, outcome="settles")
    assert movements(api) == [("payment", "charge", 2000, 1912, "succeeded")]


@pytest.mark.parametrize("late", [False, True])
def test_a_failure_takes_a_bank_debit_out_of_the_balance_again(api, bank_debit, control, late):
    session_id = bank_debit()
    if late:
        control("/settle", session=session_id, outcome="settles")
        charge = control("/fail_payment", session=session_id)
        assert charge["id"].startswith("py_")
        assert event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    else:
        control("/settle", session=session_id, outcome="fails")
    assert movements(api) == [
        ("payment_failure_refund", "charge_failure", -2000, -1912, "failed"),
        ("payment", "charge", 2000, 1912, "failed"),
    ]
    failed = api.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    intent = failed.payment_intent
    assert (intent.status, intent.amount_received, intent.latest_charge.captured) == (
        "requires_payment_method",
        0,
        False,
    )
    assert intent.latest_charge.failure_balance_transaction.startswith("txn_")
    timers.run_due()
    assert len(movements(api)) == 2


def test_only_a_bank_debit_that_succeeded_can_fail_late(bank_debit, control, pay_session):
    assert "no successful payment" in control("/fail_payment", session=bank_debit())["error"]["message"]
    assert "Only a bank payment" in control("/fail_payment", session=pay_session().id)["error"]["message"]
