"""The clock that an operator moves, and what it dates."""

from __future__ import annotations

import time

import pytest
import stripe

from sandbox.models import Delivery
from sandbox.webhooks import sender
from tests.sandbox.conftest import SECRET, session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

DAY = 24 * 3600


def test_what_happens_after_the_clock_was_moved_is_dated_by_it(api, control, pay_session, charge_of):
    moved = control("/advance", seconds=90 * DAY)
    assert moved["now"] == pytest.approx(time.time() + 90 * DAY, abs=5)
    assert moved["offset"] == 90 * DAY
    session = pay_session()
    charge = charge_of(session)
    for created in (session.created, charge.created, charge.balance_transaction.created):
        assert created == pytest.approx(moved["now"], abs=10)
    assert api.v1.events.list().data[0].created == pytest.approx(moved["now"], abs=10)


def test_it_moves_by_seconds_or_to_a_moment_and_never_back(control):
    then = int(time.time()) + 30 * DAY
    assert control("/advance", to=then)["now"] == pytest.approx(then, abs=2)
    assert "forward" in control("/advance", to=then - DAY)["error"]["message"]
    assert "Missing" in control("/advance")["error"]["message"]
    assert "ten years" in control("/advance", seconds=10 * 366 * DAY)["error"]["message"]


def test_a_site_that_knows_nothing_of_the_moved_clock_can_still_sell(api, control):
    control("/advance", seconds=90 * DAY)
    expires = int(time.time()) + 3600
    session = api.v1.checkout.sessions.create(session_params(expires_at=expires))
    assert api.v1.checkout.sessions.retrieve(session.id).status == "open"
    control("/advance", seconds=3601)
    assert api.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_money_becomes_available_and_bank_payments_settle_as_the_clock_moves(api, client, control, create_session):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "a@b.example"})
    control("/advance", seconds=5 * DAY)
    assert api.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    (entry,) = api.v1.balance_transactions.list({"type": "payment"}).data
    assert entry.status == "available"


def test_events_of_a_moved_clock_arrive_signed_by_the_real_one(control, receiver, worker_running, pay_session):
    control("/advance", seconds=365 * DAY)
    pay_session()
    (first, *_) = receiver.wait(1)
    header = first.headers["stripe-signature"]
    assert stripe.WebhookSignature.verify_header(first.body, header, SECRET, tolerance=60)
    assert abs(int(header.split("t=")[1].split(",")[0]) - time.time()) < 60


def test_a_failed_delivery_is_retried_however_far_the_clock_was_moved(control, receiver, pay_session):
    pay_session()
    control("/advance", seconds=365 * DAY)
    receiver.statuses[:] = [500]
    assert sender.deliver_next()
    assert Delivery.objects.filter(last_status=500, due_at__isnull=False).exists()
