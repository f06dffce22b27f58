"""The worker: its threads deliver and run the timers, and the redirect to the success page waits for them."""

from __future__ import annotations

import threading
import time

import pytest

from sandbox import worker
from sandbox.engine import settlement, timers
from sandbox.models import Event, Record
from sandbox.webhooks import sender
from tests.sandbox.conftest import wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_the_threads_deliver_by_themselves_and_start_only_once(worker_running, receiver, create_session, pay):
    before = threading.active_count()
    worker.start()
    assert threading.active_count() == before
    pay(create_session().id)
    assert len(receiver.wait(3)) == 3


def test_the_threads_survive_any_error(worker_running, receiver, api, create_session, monkeypatch, caplog):
    def broken() -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(timers, "run_due", broken)
        wait_until(lambda: "could not deliver" in caplog.text)
    api.v1.checkout.sessions.expire(create_session().id)
    receiver.wait(1)


def test_the_threads_expire_sessions(worker_running, receiver, create_session):
    create_session()
    Record.objects.update(due_at=time.time() - 1)
    assert receiver.wait(1)[0].event["type"] == "checkout.session.expired"


def test_the_threads_settle_charges(worker_running, receiver, pay_session, monkeypatch):
    monkeypatch.setattr(settlement, "_DELAY", 0.1)
    pay_session()
    assert receiver.wait(4)[3].event["type"] == "charge.updated"


def test_the_redirect_waits_for_the_delivery(worker_running, receiver, create_session, pay, monkeypatch):
    monkeypatch.setattr(sender, "BACKOFF", [0.1])
    receiver.statuses = [200, 200, 500, 200]
    pay(create_session().id)
    assert Event.objects.get(type="checkout.session.completed").delivered


def test_the_redirect_does_not_wait_for_ever(worker_running, receiver, create_session, pay, monkeypatch):
    monkeypatch.setattr(worker, "MAX_WAIT", 0.3)
    receiver.statuses = [500] * 20
    began = time.monotonic()
    assert pay(create_session().id).status_code == 303
    assert 0.3 <= time.monotonic() - began < 8


@pytest.mark.parametrize("behaviour", [{"delivery": "lost"}, {"delivery": "late"}, {"shuffled": "true"}])
def test_the_redirect_does_not_wait_when_no_delivery_is_due_soon(
    worker_running, receiver, create_session, pay, control, monkeypatch, behaviour
):
    monkeypatch.setattr(worker, "MAX_WAIT", 20)
    control(**behaviour)
    session = create_session()
    began = time.monotonic()
    pay(session.id)
    assert time.monotonic() - began < 10
