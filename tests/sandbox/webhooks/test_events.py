"""Events: snapshots are frozen, and delivered with the behaviour that was set."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.core import versions
from sandbox.models import Delivery, Event

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

NATURAL = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


def test_a_snapshot_stays_as_it_was(api, client, create_session, control):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    control("/settle", session=session.id, outcome="settles")
    assert api.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    snapshots = api.v1.events.list({"type": "checkout.session.*"}).data
    assert [(event.type, event.data.object.payment_status) for event in snapshots] == [
        ("checkout.session.async_payment_succeeded", "paid"),
        ("checkout.session.completed", "unpaid"),
    ]


def test_an_event_that_the_payer_made_names_no_request(api, create_session, pay):
    pay(create_session().id)
    event = api.v1.events.list().data[0]
    assert (event.request.id, event.request.idempotency_key) == (None, None)
    assert (event.api_version, event.livemode, event.pending_webhooks) == ("2026-10-28.endive", False, 1)


def test_each_event_has_one_delivery_that_is_due_at_once(create_session, pay):
    pay(create_session().id)
    assert [delivery.event.type for delivery in Delivery.objects.order_by("pk")] == NATURAL
    assert not Delivery.objects.exclude(due_at__lte=time.time()).exists()


def test_lost_events_exist_but_are_never_sent(api, create_session, pay, control):
    control(delivery="lost")
    pay(create_session().id)
    assert len(api.v1.events.list({"delivery_success": False}).data) == 3
    assert not Delivery.objects.exists()


def test_late_events_are_due_late(create_session, pay, control):
    control(delivery="late", delay=100)
    pay(create_session().id)
    assert Delivery.objects.filter(due_at__range=(time.time() + 90, time.time() + 100)).count() == 3


def test_doubled_events_are_sent_twice_under_one_id(create_session, pay, control):
    control(doubled="true")
    pay(create_session().id)
    assert (Event.objects.count(), Delivery.objects.count()) == (3, 6)


def test_two_ids_are_two_events_for_each_change(create_session, pay, control):
    control(two_ids="true")
    pay(create_session().id)
    assert sorted(Event.objects.values_list("type", flat=True)) == sorted(NATURAL * 2)
    assert Event.objects.values("stripe_id").distinct().count() == 6


def test_shuffled_events_never_come_in_their_natural_order(create_session, pay, control):
    control(shuffled="true")
    for _ in range(5):
        pay(create_session().id)
        sent = [delivery.event.type for delivery in Delivery.objects.order_by("due_at")]
        assert sent != NATURAL
        assert sorted(sent) == sorted(NATURAL)
        Delivery.objects.all().delete()


@pytest.mark.parametrize("release", ["dahlia", "acacia"])
def test_another_release_has_its_version_and_an_older_shape(create_session, pay, control, release):
    control(release=release)
    pay(create_session().id)
    bodies = {event.type: event.body for event in Event.objects.all()}
    assert {body["api_version"] for body in bodies.values()} == {versions.api_version(release)}
    assert versions.api_version(release).endswith(f".{release}")
    session = bodies["checkout.session.completed"]["data"]["object"]
    assert not {"payment_status", "amount_total", "status"} & session.keys()
    intent = bodies["payment_intent.succeeded"]["data"]["object"]
    assert "latest_charge" not in intent
    assert len(intent["charges"]["data"]) == 1
    assert "refunds" in bodies["charge.succeeded"]["data"]["object"]


def test_an_older_release_has_two_ids_too(create_session, pay, control):
    control(release="dahlia", two_ids="true")
    pay(create_session().id)
    bodies = [event.body["data"] for event in Event.objects.filter(type="checkout.session.completed")]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


def test_an_older_release_changes_no_object(api, create_session, pay, control):
    control(release="dahlia")
    session = create_session()
    pay(session.id)
    assert api.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_before_basil_an_invoice_names_its_payment_and_a_subscription_its_period(control, subscribe):
    control(release="acacia")
    subscription = subscribe()

    def last(type: str) -> dict[str, Any]:
        body: dict[str, Any] = Event.objects.filter(type=type).latest("number").body["data"]["object"]
        return body

    invoice, intent = last("invoice.paid"), last("payment_intent.succeeded")
    assert invoice["subscription"] == subscription.id
    assert (invoice["paid"], invoice["payment_intent"]) == (True, intent["id"])
    assert invoice["charge"] == last("charge.succeeded")["id"]
    assert intent["invoice"] == last("charge.succeeded")["invoice"] == invoice["id"]
    assert "parent" not in invoice
    assert last("customer.subscription.updated")["current_period_end"] > subscription.created
