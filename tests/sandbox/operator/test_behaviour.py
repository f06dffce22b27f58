"""The control API: what a test may do to the stand-in by `curl`."""

from __future__ import annotations

import pytest
import requests

from sandbox.models import Behaviour, Event
from sandbox.webhooks import sender
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_a_fresh_stand_in_behaves(live_server):
    url = f"{live_server.url}/sandbox/v1/test_helpers/sandbox"
    behaviour = requests.get(url, headers={"Authorization": "Bearer sk_test_1"}, timeout=10).json()
    assert behaviour == {
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
        "payer_currency": "",
        "payer_rate": 1.0,
        "clock_offset": 0,
        "after_retries": "cancel",
        "missing_permissions": "",
        "list_lag": 0,
        "fault": "",
        "fault_calls": "",
        "fault_rate": 100,
        "fault_seed": 0,
        "fault_seconds": 30,
    }


def test_what_is_not_named_stays(control):
    control(delivery="late", delay=7)
    behaviour = control(doubled="true")
    assert (behaviour["delivery"], behaviour["delay"], behaviour["doubled"]) == ("late", 7, True)
    assert control(delivery="normal", doubled="false", release="")["doubled"] is False
    assert Behaviour.objects.count() == 1


@pytest.mark.parametrize("fields", [{"delivery": "never"}, {"release": "fuchsia"}, {"delay": "x"}, {"colour": "red"}])
def test_an_unknown_behaviour_is_refused(control, fields):
    assert control(**fields)["error"]["param"] == next(iter(fields))
    assert not Behaviour.objects.exists()


def test_it_needs_a_key(live_server):
    answer = requests.post(f"{live_server.url}/sandbox/v1/test_helpers/sandbox", data={"delivery": "lost"}, timeout=10)
    assert answer.status_code == 401


def test_another_merchant_on_the_account_is_paid(api, control):
    session = control("/stranger", amount=700)
    assert (session["amount_total"], session["payment_status"]) == (700, "paid")
    charge = api.v1.charges.retrieve(api.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)
    for metadata in (session["metadata"], charge.metadata.to_dict()):
        assert metadata == {"shop_order": "1001"}
    assert event_types() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize("session", ["cs_none", "open"])
def test_only_a_processing_bank_debit_can_be_settled(create_session, control, session):
    session_id = create_session().id if session == "open" else session
    assert control("/settle", session=session_id, outcome="settles")["error"]["param"] == "session"


def test_events_are_sent_again(receiver, create_session, pay, control):
    control(delivery="lost")
    pay(create_session().id)
    first, *_ = Event.objects.order_by("number").values_list("stripe_id", flat=True)

    def received_after(**fields: str) -> list[str]:
        receiver.received.clear()
        control("/resend", **fields)
        while sender.deliver_next():
            pass
        return [webhook.event["id"] for webhook in receiver.received]

    assert received_after(event=first) == [first]
    assert len(received_after(undelivered="true")) == 2
    assert received_after(undelivered="true") == []
    assert len(received_after(all="true")) == 3


def test_resending_needs_something_to_resend(control):
    assert control("/resend")["error"]["code"] == "parameter_missing"
    assert control("/resend", event="evt_none")["error"]["code"] == "resource_missing"


@pytest.mark.parametrize("fields", [{"settlement": "xxx"}, {"exchange_rate": "0"}, {"exchange_rate": "-1"}])
def test_a_wrong_settlement_is_refused(control, fields):
    assert control(**fields)["error"]["param"] == next(iter(fields))
