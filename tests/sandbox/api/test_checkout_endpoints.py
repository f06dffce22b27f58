"""The calls, asked by Stripe's own SDK over HTTP."""

from __future__ import annotations

import time

import pytest
import stripe

from sandbox.models import Record
from tests.sandbox.conftest import wanted

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def grow_old(session_id: str) -> None:
    """The session's time is over."""
    Record.objects.filter(stripe_id=session_id).update(due_at=time.time() - 1)


def test_a_new_session_is_open_unpaid_and_has_a_pay_page(opened, live_server):
    session = opened(
        client_reference_id="gift-1", metadata={"site": "here"}, submit_type="donate", customer_email="ada@example.com"
    )
    assert session.id.startswith("cs_test_a1")
    assert len(session.id) == 66
    assert session.url == f"{live_server.url}/sandbox/pay/{session.id}"
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.livemode) == (2000, "usd", False)
    assert session.metadata.to_dict() == {"site": "here"}
    assert (session.client_reference_id, session.submit_type) == ("gift-1", "donate")
    assert session.customer_details.email == "ada@example.com"
    assert session.expires_at - session.created == 24 * 3600


def test_a_session_is_retrieved_as_it_was_made(api, opened):
    session = opened()
    assert api.v1.checkout.sessions.retrieve(session.id).to_dict() == session.to_dict()


def test_line_items_are_shown_when_asked_for(api):
    two = wanted()
    two["line_items"].append({**two["line_items"][0], "quantity": 3})
    session = api.v1.checkout.sessions.create({**two, "expand": ["line_items"]})
    assert session.amount_total == 8000
    assert [(item.description, item.quantity, item.amount_total) for item in session.line_items.data] == [
        ("A gift", 1, 2000),
        ("A gift", 3, 6000),
    ]
    assert "line_items" not in api.v1.checkout.sessions.retrieve(session.id)


@pytest.mark.parametrize("path", ["nothing", "payment_intent.nothing", "metadata", "data.payment_intent"])
def test_what_cannot_be_expanded_is_refused(api, opened, pay, path):
    session = opened()
    pay(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded") as refused:
        api.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})
    assert refused.value.http_status == 400


def test_a_list_is_expanded_through_its_data(api, opened, pay):
    pay(opened().id)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        api.v1.checkout.sessions.list({"expand": ["payment_intent"]})


def test_a_list_expands_each_of_its_objects(api, opened, pay):
    pay(opened().id)
    opened()
    found = api.v1.checkout.sessions.list({"expand": ["data.payment_intent.latest_charge", "data.line_items"]}).data
    assert found[0].payment_intent is None
    assert found[1].payment_intent.latest_charge.status == "succeeded"
    assert found[1].line_items.data[0].amount_total == 2000


def test_the_same_object_stands_at_the_end_of_every_path(api, opened, pay):
    session = opened()
    pay(session.id)
    intent = api.v1.checkout.sessions.retrieve(session.id).payment_intent
    charge = api.v1.payment_intents.retrieve(intent).latest_charge
    assert api.v1.charges.retrieve(charge, {"expand": ["payment_intent"]}).payment_intent.id == intent
    assert api.v1.charges.retrieve(charge, {"expand": ["refunds", "balance_transaction"]}).refunds.data == []


def test_an_expired_session_is_closed_and_told_of_once(api, opened):
    session = opened()
    expired = api.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url, expired.payment_status) == ("expired", None, "unpaid")
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions with a status") as refused:
        api.v1.checkout.sessions.expire(session.id)
    assert refused.value.http_status == 400
    assert len(api.v1.events.list({"type": "checkout.session.expired"}).data) == 1


@pytest.mark.parametrize("look", ["retrieve", "list", "page"])
def test_time_expires_a_session_whoever_looks(api, client, opened, look):
    session = opened()
    grow_old(session.id)
    if look == "retrieve":
        assert api.v1.checkout.sessions.retrieve(session.id).status == "expired"
    elif look == "list":
        assert api.v1.checkout.sessions.list({"status": "expired"}).data[0].id == session.id
    else:
        assert client.get(f"/sandbox/pay/{session.id}").status_code == 410
    assert [event.data.object.id for event in api.v1.events.list().data] == [session.id]
    assert Record.objects.get().due_at is None


def test_a_paid_session_never_expires(api, opened, pay):
    session = opened()
    pay(session.id)
    assert Record.objects.get(stripe_id=session.id).due_at is None


def test_every_page_of_a_list_is_walked_newest_first(api, opened):
    made = [opened().id for _ in range(7)]
    walked = [session.id for session in api.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()]
    assert walked == made[::-1]
    first = api.v1.checkout.sessions.list({"limit": 3})
    assert (len(first.data), first.has_more, first.url) == (3, True, "/v1/checkout/sessions")
    assert not api.v1.checkout.sessions.list({"limit": 7}).has_more


def test_walking_backwards_from_one_seen_is_chronological(api, opened):
    made = [opened().id for _ in range(6)]
    newer = api.v1.checkout.sessions.list({"limit": 2, "ending_before": made[0]})
    assert [session.id for session in newer.auto_paging_iter()] == made[1:]


def test_lists_are_filtered(api, opened, pay):
    paid, open_ = opened(), opened()
    pay(paid.id)
    intent = api.v1.checkout.sessions.retrieve(paid.id).payment_intent

    def ids(**params):
        return [session.id for session in api.v1.checkout.sessions.list(params).data]

    assert ids(status="complete") == [paid.id]
    assert ids(status="open") == [open_.id]
    assert ids(payment_intent=intent) == [paid.id]
    assert ids(created={"gte": paid.created}) == [open_.id, paid.id]
    assert ids(created={"gt": open_.created}) == []
    assert ids(created={"lt": paid.created}) == []
    assert ids(created={"lte": open_.created, "gte": paid.created}) == [open_.id, paid.id]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"starting_after": "cs_none"}, "starting_after"),
        ({"starting_after": "cs_1", "ending_before": "cs_2"}, "starting_after"),
        ({"status": "paid"}, "status"),
        ({"created": {"since": 1}}, "created[since]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_list_refuses_what_it_does_not_understand(api, params, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.checkout.sessions.list(params)
    assert (refused.value.http_status, refused.value.param) == (400, param)


def test_events_are_listed_by_type(api, opened, pay):
    pay(opened().id)
    api.v1.checkout.sessions.expire(opened().id)

    def types(**params):
        return [event.type for event in api.v1.events.list(params).data]

    natural = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "checkout.session.expired"]
    assert types() == natural[::-1]
    assert types(type="checkout.session.*") == natural[:1:-1]
    assert types(type="charge.succeeded") == natural[:1]
    assert types(types=["charge.succeeded", "checkout.session.expired"]) == [natural[3], natural[0]]
    assert types(delivery_success=True) == []
    assert len(types(delivery_success=False)) == 4
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        types(type="charge.succeeded", types=["charge.succeeded"])


def test_an_event_is_retrieved(api, opened):
    api.v1.checkout.sessions.expire(opened().id)
    event = api.v1.events.list().data[0]
    assert api.v1.events.retrieve(event.id).to_dict() == event.to_dict()


@pytest.mark.parametrize(
    ("ask", "param"),
    [
        (lambda v1: v1.checkout.sessions.retrieve("cs_none"), "session"),
        (lambda v1: v1.checkout.sessions.expire("cs_none"), "session"),
        (lambda v1: v1.payment_intents.retrieve("pi_none"), "intent"),
        (lambda v1: v1.charges.retrieve("ch_none"), "id"),
        (lambda v1: v1.events.retrieve("evt_none"), "id"),
    ],
)
def test_what_is_not_there_is_missing(api, ask, param):
    with pytest.raises(stripe.InvalidRequestError, match="No such") as refused:
        ask(api.v1)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", param)


def test_an_id_of_another_kind_is_missing_too(api, opened):
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        api.v1.payment_intents.retrieve(opened().id)


def test_charges_and_intents_are_listed(api, opened, pay):
    session = opened()
    pay(session.id, "4000000000000002")
    pay(session.id)
    pay(opened().id)
    newest, paid, declined = api.v1.charges.list().data
    assert [charge.status for charge in (newest, paid, declined)] == ["succeeded", "succeeded", "failed"]

    def charges(**params):
        return [charge.id for charge in api.v1.charges.list(params).data]

    assert charges(payment_intent=paid.payment_intent) == [paid.id, declined.id]
    assert charges(created={"gte": declined.created}) == [newest.id, paid.id, declined.id]
    assert charges(created={"lt": declined.created}) == []
    assert charges(limit=1, starting_after=newest.id) == [paid.id]

    def intents(**params):
        return [intent.id for intent in api.v1.payment_intents.list(params).data]

    assert intents() == [newest.payment_intent, paid.payment_intent]
    assert intents(created={"gt": newest.created}) == []
    assert intents(ending_before=paid.payment_intent) == [newest.payment_intent]
    (found, _) = api.v1.payment_intents.list({"expand": ["data.latest_charge.balance_transaction"]}).data
    assert found.latest_charge.balance_transaction.amount == 2000
