"""Deliveries: signed, retried, at least once, resumed; and the donor who is held back until the site knows."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from django.db import connections

from sandbox import worker
from sandbox.engine import timers
from sandbox.models import Delivery, Event, Record
from sandbox.webhooks import sender
from tests.sandbox.conftest import SECRET, until

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def send_all() -> None:
    """Everything that is due now."""
    while sender.deliver_next():
        pass


def only() -> Any:
    """The one delivery there is."""
    return Delivery.objects.get()


def test_a_delivery_is_signed_as_stripe_signs(receiver, opened, pay):
    pay(opened().id)
    send_all()
    assert receiver.types() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
    for heard in receiver.heard:
        event = stripe.Webhook.construct_event(heard.body, heard.headers["stripe-signature"], SECRET)
        assert event.type == heard.event["type"]
        assert heard.headers["content-type"] == "application/json; charset=utf-8"
        assert heard.headers["user-agent"] == "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(heard.body, heard.headers["stripe-signature"], "whsec_of_another")


def test_what_was_taken_is_done(receiver, api, opened, pay):
    pay(opened().id)
    send_all()
    assert not Delivery.objects.filter(due_at__isnull=False).exists()
    assert len(api.v1.events.list({"delivery_success": True}).data) == 3


@pytest.mark.parametrize("status", [500, 400, 301, 304])
def test_anything_but_2xx_is_a_failure_and_tried_again(receiver, api, opened, status):
    receiver.answers = [status]
    api.v1.checkout.sessions.expire(opened().id)
    send_all()
    row = only()
    assert (row.last_status, row.attempts, row.delivered_at) == (status, 1, None)
    assert 0.5 < row.due_at - time.time() <= 1
    assert not Event.objects.get().delivered
    Delivery.objects.update(due_at=0)
    send_all()
    assert Event.objects.get().delivered
    first, second = receiver.heard
    assert first.body == second.body


def test_retries_grow_rarer_and_end_after_three_days(receiver, api, opened):
    api.v1.checkout.sessions.expire(opened().id)
    waits = []
    for _ in range(7):
        receiver.answers = [503]
        Delivery.objects.update(due_at=0)
        send_all()
        waits.append(round(only().due_at - time.time()))
    assert waits == [1, 2, 5, 15, 60, 300, 300]
    Event.objects.update(created=int(time.time()) - 3 * 24 * 3600 - 1)
    receiver.answers = [503]
    Delivery.objects.update(due_at=0)
    send_all()
    assert only().due_at is None


def test_a_site_that_is_down_is_tried_again(settings, api, opened):
    settings.SANDBOX_FORWARD_TO = "http://127.0.0.1:9/nobody-listens"
    api.v1.checkout.sessions.expire(opened().id)
    send_all()
    row = only()
    assert (row.last_status, row.last_error) == (None, "ConnectionError")
    assert row.due_at > time.time()


def test_many_workers_send_each_delivery_once(receiver, opened, pay):
    for _ in range(5):
        pay(opened().id)

    def work(_: int) -> None:
        try:
            send_all()
        finally:
            connections["sandbox"].close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    ids = [heard.event["id"] for heard in receiver.heard]
    assert len(ids) == len(set(ids)) == 15


def test_what_a_killed_worker_held_comes_back_after_its_lease(receiver, api, opened):
    api.v1.checkout.sessions.expire(opened().id)
    assert sender._claim(only())
    send_all()
    assert receiver.heard == []
    assert only().due_at <= time.time() + sender.LEASE
    Delivery.objects.update(due_at=time.time())
    send_all()
    assert len(receiver.heard) == 1


def test_the_threads_deliver_by_themselves_and_start_only_once(delivering, receiver, opened, pay):
    before = threading.active_count()
    worker.start()
    assert threading.active_count() == before
    pay(opened().id)
    assert len(receiver.wait(3)) == 3


def test_the_threads_survive_whatever_happens(delivering, receiver, api, opened, monkeypatch, caplog):
    def broken() -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(timers, "run_due", broken)
        until(lambda: "could not deliver" in caplog.text)
    api.v1.checkout.sessions.expire(opened().id)
    receiver.wait(1)


def test_the_threads_expire_sessions(delivering, receiver, opened):
    opened()
    Record.objects.update(due_at=time.time() - 1)
    assert receiver.wait(1)[0].event["type"] == "checkout.session.expired"


def test_the_donor_comes_back_after_the_site_has_heard(delivering, receiver, opened, pay):
    receiver.answers = [200, 200, 500, 200]
    pay(opened().id)
    assert Event.objects.get(type="checkout.session.completed").delivered


def test_the_donor_is_not_held_back_for_ever(delivering, receiver, opened, pay, monkeypatch):
    monkeypatch.setattr(worker, "MAX_WAIT", 0.3)
    receiver.answers = [500] * 20
    began = time.monotonic()
    assert pay(opened().id).status_code == 303
    assert 0.3 <= time.monotonic() - began < 2


@pytest.mark.parametrize("mood", [{"delivery": "lost"}, {"delivery": "late"}, {"shuffled": "true"}])
def test_the_donor_is_not_held_back_when_nothing_is_to_come_soon(delivering, receiver, opened, pay, control, mood):
    control(**mood)
    session = opened()
    began = time.monotonic()
    pay(session.id)
    assert time.monotonic() - began < 0.8 * worker.MAX_WAIT
