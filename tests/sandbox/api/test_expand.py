"""Expanding: ids are replaced by their objects along any path, and nothing else is."""

from __future__ import annotations

import pytest
import stripe

from tests.sandbox.conftest import session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_line_items_are_shown_when_asked_for(api):
    two = session_params()
    two["line_items"].append({**two["line_items"][0], "quantity": 3})
    session = api.v1.checkout.sessions.create({**two, "expand": ["line_items"]})
    assert session.amount_total == 8000
    assert [(item.description, item.quantity, item.amount_total) for item in session.line_items.data] == [
        ("Notebook", 1, 2000),
        ("Notebook", 3, 6000),
    ]
    assert "line_items" not in api.v1.checkout.sessions.retrieve(session.id)


@pytest.mark.parametrize("path", ["nothing", "payment_intent.nothing", "metadata", "data.payment_intent"])
def test_what_cannot_be_expanded_is_refused(api, create_session, pay, path):
    session = create_session()
    pay(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded") as refused:
        api.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})
    assert refused.value.http_status == 400


def test_a_list_is_expanded_through_its_data(api, create_session, pay):
    pay(create_session().id)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        api.v1.checkout.sessions.list({"expand": ["payment_intent"]})


def test_a_list_expands_each_of_its_objects(api, create_session, pay):
    pay(create_session().id)
    create_session()
    found = api.v1.checkout.sessions.list({"expand": ["data.payment_intent.latest_charge", "data.line_items"]}).data
    assert found[0].payment_intent is None
    assert found[1].payment_intent.latest_charge.status == "succeeded"
    assert found[1].line_items.data[0].amount_total == 2000


def test_the_same_object_stands_at_the_end_of_every_path(api, create_session, pay):
    session = create_session()
    pay(session.id)
    intent = api.v1.checkout.sessions.retrieve(session.id).payment_intent
    charge = api.v1.payment_intents.retrieve(intent).latest_charge
    assert api.v1.charges.retrieve(charge, {"expand": ["payment_intent"]}).payment_intent.id == intent
    assert api.v1.charges.retrieve(charge, {"expand": ["refunds", "balance_transaction"]}).refunds.data == []
