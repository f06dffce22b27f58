"""The control API and the bank: what a test may do to the stand-in by `curl`."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from sandbox.engine import timers
from sandbox.models import Behaviour, Event, Record
from sandbox.webhooks import sender

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def sent(api, client, opened):
    """A session whose donor paid by bank."""

    def make(outcome: str = "settles"):
        session = opened()
        client.post(f"/sandbox/pay/{session.id}", {"bank": outcome, "email": "ada@example.com"})
        Event.objects.all().delete()
        return session.id

    return make


def told() -> list[str]:
    return list(Event.objects.order_by("number").values_list("type", flat=True))


def test_a_fresh_stand_in_behaves(live_server):
    url = f"{live_server.url}/sandbox/v1/test_helpers/sandbox"
    mood = requests.get(url, headers={"Authorization": "Bearer sk_test_1"}, timeout=10).json()
    assert mood == {
        "object": "sandbox",
        "delivery": "normal",
        "delay": 10,
        "doubled": False,
        "shuffled": False,
        "two_ids": False,
        "release": "",
        "bank_delay": 30,
        "settlement": "",
        "exchange_rate": 1.0,
        "fault": "",
        "fault_rate": 100,
        "fault_seed": 0,
        "fault_seconds": 30,
    }


def test_what_is_not_named_stays(control):
    control(delivery="late", delay=7)
    mood = control(doubled="true")
    assert (mood["delivery"], mood["delay"], mood["doubled"]) == ("late", 7, True)
    assert control(delivery="normal", doubled="false", release="")["doubled"] is False
    assert Behaviour.objects.count() == 1


@pytest.mark.parametrize("fields", [{"delivery": "never"}, {"release": "fuchsia"}, {"delay": "x"}, {"colour": "red"}])
def test_an_unknown_mood_is_refused(control, fields):
    assert control(**fields)["error"]["param"] == next(iter(fields))
    assert not Behaviour.objects.exists()


def test_it_needs_a_key(live_server):
    answer = requests.post(f"{live_server.url}/sandbox/v1/test_helpers/sandbox", data={"delivery": "lost"}, timeout=10)
    assert answer.status_code == 401


def test_a_stranger_pays_elsewhere_on_the_account(api, control):
    session = control("/stranger", amount=700)
    assert (session["amount_total"], session["payment_status"]) == (700, "paid")
    charge = api.v1.charges.retrieve(api.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)
    for metadata in (session["metadata"], charge.metadata.to_dict()):
        assert metadata == {"shop_order": "1001"}
    assert told() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


def test_a_bank_payment_settles(api, sent, control):
    session_id = sent()
    assert control("/settle", session=session_id, outcome="settles")["payment_status"] == "paid"
    paid = api.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_intent.status, paid.payment_intent.amount_received) == (
        "complete",
        "succeeded",
        2000,
    )
    assert paid.payment_intent.latest_charge.captured
    assert told() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"]


def test_a_bank_payment_fails(api, sent, control):
    session_id = sent()
    assert control("/settle", session=session_id, outcome="fails")["payment_status"] == "unpaid"
    lost = api.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    assert (lost.status, lost.payment_intent.status) == ("complete", "requires_payment_method")
    assert lost.payment_intent.latest_charge.status == "failed"
    assert told() == ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]


def test_the_bank_answers_once(sent, control):
    session_id = sent()
    control("/settle", session=session_id, outcome="settles")
    assert "no bank payment" in control("/settle", session=session_id, outcome="fails")["error"]["message"]
    assert len(told()) == 3


@pytest.mark.parametrize(
    ("foreseen", "event"), [("settles", "async_payment_succeeded"), ("fails", "async_payment_failed")]
)
def test_after_the_delay_the_bank_answers_as_foreseen(sent, control, foreseen, event):
    control(bank_delay=60)
    sent(foreseen)
    timers.run_due()
    assert told() == []
    Record.objects.filter(kind="payment_intent").update(due_at=time.time() - 1)
    timers.run_due()
    timers.run_due()
    assert told()[-1] == f"checkout.session.{event}"
    assert len(told()) == 3


def test_the_banks_delay_is_what_was_set(sent, control):
    control(bank_delay=500)
    sent()
    intent: Any = Record.objects.get(kind="payment_intent")
    assert round(intent.due_at - time.time(), -1) == 500


@pytest.mark.parametrize("session", ["cs_none", "open"])
def test_only_a_bank_payment_under_way_can_be_settled(opened, control, session):
    session_id = opened().id if session == "open" else session
    assert control("/settle", session=session_id, outcome="settles")["error"]["param"] == "session"


def test_events_are_sent_again(receiver, opened, pay, control):
    control(delivery="lost")
    pay(opened().id)
    first, *_ = Event.objects.order_by("number").values_list("stripe_id", flat=True)

    def heard_after(**fields: str) -> list[str]:
        receiver.heard.clear()
        control("/resend", **fields)
        while sender.deliver_next():
            pass
        return [heard.event["id"] for heard in receiver.heard]

    assert heard_after(event=first) == [first]
    assert len(heard_after(undelivered="true")) == 2
    assert heard_after(undelivered="true") == []
    assert len(heard_after(all="true")) == 3


def test_resending_needs_something_to_resend(control):
    assert control("/resend")["error"]["code"] == "parameter_missing"
    assert control("/resend", event="evt_none")["error"]["code"] == "resource_missing"
