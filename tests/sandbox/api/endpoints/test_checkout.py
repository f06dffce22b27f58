"""Sessions, intents and events, asked for by Stripe's own SDK over HTTP."""

from __future__ import annotations

import pytest
import stripe

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_a_new_session_is_open_unpaid_and_has_a_pay_page(create_session, live_server):
    session = create_session(
        client_reference_id="order-1", metadata={"site": "here"}, submit_type="donate", customer_email="ada@example.com"
    )
    assert session.id.startswith("cs_test_a1")
    assert len(session.id) == 66
    assert session.url == f"{live_server.url}/sandbox/pay/{session.id}"
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.livemode) == (2000, "usd", False)
    assert session.metadata.to_dict() == {"site": "here"}
    assert (session.client_reference_id, session.submit_type) == ("order-1", "donate")
    assert session.customer_details.email == "ada@example.com"
    assert session.expires_at - session.created == 24 * 3600


def test_a_session_is_retrieved_as_it_was_made(api, create_session):
    session = create_session()
    assert api.v1.checkout.sessions.retrieve(session.id).to_dict() == session.to_dict()


def test_lists_are_filtered(api, create_session, pay):
    paid, open_ = create_session(), create_session()
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


def test_events_are_listed_by_type(api, create_session, pay):
    pay(create_session().id)
    api.v1.checkout.sessions.expire(create_session().id)

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


def test_an_event_is_retrieved(api, create_session):
    api.v1.checkout.sessions.expire(create_session().id)
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


def test_an_id_of_another_kind_is_missing_too(api, create_session):
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        api.v1.payment_intents.retrieve(create_session().id)
