"""Deliveries: signed, retried, at least once, resumed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from django.db import connections

from sandbox.models import Delivery, Event
from sandbox.webhooks import sender
from tests.sandbox.conftest import SECRET

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def send_all() -> None:
    """Everything that is due now."""
    while sender.deliver_next():
        pass


def only() -> Any:
    """The one delivery there is."""
    return Delivery.objects.get()


def test_a_delivery_is_signed_as_stripe_signs(receiver, create_session, pay):
    pay(create_session().id)
    send_all()
    assert receiver.types() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
    for webhook in receiver.received:
        event = stripe.Webhook.construct_event(webhook.body, webhook.headers["stripe-signature"], SECRET)
        assert event.type == webhook.event["type"]
        assert webhook.headers["content-type"] == "application/json; charset=utf-8"
        assert webhook.headers["user-agent"] == "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(webhook.body, webhook.headers["stripe-signature"], "whsec_of_another")


def test_a_delivery_that_was_answered_is_done(receiver, api, create_session, pay):
    pay(create_session().id)
    send_all()
    assert not Delivery.objects.filter(due_at__isnull=False).exists()
    assert len(api.v1.events.list({"delivery_success": True}).data) == 3


@pytest.mark.parametrize("status", [500, 400, 301, 304])
def test_anything_but_2xx_is_a_failure_and_retried(receiver, api, create_session, status):
    receiver.statuses = [status]
    api.v1.checkout.sessions.expire(create_session().id)
    before = time.time()
    send_all()
    row = only()
    assert (row.last_status, row.attempts, row.delivered_at) == (status, 1, None)
    assert before <= row.due_at - sender.BACKOFF[0] <= time.time()
    assert not Event.objects.get().delivered
    Delivery.objects.update(due_at=0)
    send_all()
    assert Event.objects.get().delivered
    first, second = receiver.received
    assert first.body == second.body


def test_retries_back_off_and_end_after_three_days(receiver, api, create_session):
    api.v1.checkout.sessions.expire(create_session().id)
    waits = []
    for _ in range(7):
        receiver.statuses = [503]
        Delivery.objects.update(due_at=0)
        before = time.time()
        send_all()
        waits.append(int(only().due_at - before))
    assert waits == [1, 2, 5, 15, 60, 300, 300]
    Delivery.objects.update(made_at=time.time() - 3 * 24 * 3600 - 1)
    receiver.statuses = [503]
    Delivery.objects.update(due_at=0)
    send_all()
    assert only().due_at is None


def test_an_endpoint_that_is_down_is_retried(settings, api, create_session):
    settings.SANDBOX_FORWARD_TO = "http://127.0.0.1:9/nobody-listens"
    api.v1.checkout.sessions.expire(create_session().id)
    send_all()
    row = only()
    assert (row.last_status, row.last_error) == (None, "ConnectionError")
    assert row.due_at > time.time()


def test_many_workers_send_each_delivery_once(receiver, create_session, pay):
    for _ in range(5):
        pay(create_session().id)

    def work(_: int) -> None:
        try:
            send_all()
        finally:
            connections["sandbox"].close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    ids = [webhook.event["id"] for webhook in receiver.received]
    assert len(ids) == len(set(ids)) == 15


def test_what_a_killed_worker_had_claimed_is_due_after_the_lease(receiver, api, create_session):
    api.v1.checkout.sessions.expire(create_session().id)
    assert sender._claim(only())
    send_all()
    assert receiver.received == []
    assert only().due_at <= time.time() + sender.LEASE
    Delivery.objects.update(due_at=time.time())
    send_all()
    assert len(receiver.received) == 1
