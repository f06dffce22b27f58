"""Card payments: paid, declined or challenged, and what that does to the session, the intent and the charge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from sandbox.engine.test_cards import CARDS
from sandbox.models import Record
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


PAYING = [card.number for card in CARDS if card.failure is None and not card.challenged]


DECLINED = [card.number for card in CARDS if card.failure is not None and not card.challenged]


@pytest.mark.parametrize("number", PAYING)
def test_a_good_card_pays_and_redirects_to_the_success_page(api, create_session, pay, number):
    session = create_session(metadata={"a": "1"}, payment_intent_data={"metadata": {"b": "2"}, "description": "Thanks"})
    answer = pay(session.id, number, cvc="1234" if number.startswith("37") else "123")
    assert answer.status_code == 303
    assert answer["Location"] == f"https://site.example/success?session_id={session.id}"

    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (paid.customer_details.email, paid.customer_details.name) == ("ada@example.com", "Ada")
    intent = paid.payment_intent
    assert (intent.status, intent.amount_received, intent.metadata.to_dict()) == ("succeeded", 2000, {"b": "2"})
    charge = intent.latest_charge
    assert (charge.status, charge.paid, charge.captured, charge.amount_captured) == ("succeeded", True, True, 2000)
    assert charge.metadata.to_dict() == {"b": "2"}
    assert charge.balance_transaction is None
    assert charge.payment_method_details.card.last4 == number[-4:]
    assert event_types() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize("number", [*DECLINED, "4111111111111111"])
def test_a_bad_card_is_declined_and_the_session_stays_open(api, create_session, pay, number):
    session = create_session()
    answer = pay(session.id, number)
    assert answer.status_code == 402
    assert "declined" in answer.content.decode()

    still = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (still.status, still.payment_status) == ("open", "unpaid")
    assert still.url
    intent = still.payment_intent
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == intent.latest_charge.failure_code
    assert (intent.latest_charge.status, intent.latest_charge.paid) == ("failed", False)
    assert event_types() == ["charge.failed", "payment_intent.payment_failed"]


def test_after_a_decline_another_card_pays_with_the_same_intent(api, create_session, pay):
    session = create_session()
    pay(session.id, "4000000000000002")
    first = api.v1.checkout.sessions.retrieve(session.id).payment_intent
    assert pay(session.id).status_code == 303
    assert api.v1.checkout.sessions.retrieve(session.id).payment_intent == first
    assert api.v1.payment_intents.retrieve(first).last_payment_error is None


def test_a_card_with_approval_pays_once_it_is_approved(api, client, create_session, pay):
    session = create_session()
    asked = pay(session.id, "4000002760003184")
    assert asked["Location"] == f"/sandbox/pay/{session.id}/3ds"
    open_ = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (open_.status, open_.payment_intent.status) == ("open", "requires_action")
    page = client.get(asked["Location"]).content.decode()
    assert 'name="approve"' in page
    assert 'name="refuse"' in page

    answer = client.post(asked["Location"], {"approve": "1"})
    assert answer["Location"].endswith(session.id)
    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert paid.payment_status == "paid"
    assert paid.customer_details.email == "ada@example.com"
    assert paid.payment_intent.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_refused_approval_is_declined_and_may_be_tried_again(api, client, create_session, pay):
    session = create_session()
    answer = client.post(pay(session.id, "4000002760003184")["Location"], {"refuse": "1"})
    assert answer.status_code == 402
    assert "declined" in answer.content.decode()
    assert event_types() == ["payment_intent.payment_failed"]
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert client.get(f"/sandbox/pay/{session.id}/3ds").status_code == 302
    assert pay(session.id).status_code == 303


def test_another_card_makes_an_open_approval_void(client, create_session, pay):
    session = create_session()
    approval = pay(session.id, "4000002760003184")["Location"]
    pay(session.id, "4000000000000002")
    assert client.post(approval, {"approve": "1"})["Location"] == f"/sandbox/pay/{session.id}"
    assert "checkout.session.completed" not in event_types()


@pytest.mark.parametrize(
    ("number", "code"), [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")]
)
def test_two_cards_are_declined_after_approval(api, client, create_session, pay, number, code):
    session = create_session()
    answer = client.post(pay(session.id, number)["Location"], {"approve": "1"})
    assert answer.status_code == 402
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert intent.last_payment_error.decline_code == code


def test_eight_clicks_at_once_pay_once(create_session):
    session = create_session()

    def click(_: int) -> int:
        form = {"number": "4242424242424242", "exp": "12/40", "cvc": "123", "email": "ada@example.com"}
        try:
            return Client().post(f"/sandbox/pay/{session.id}", form).status_code
        finally:
            connections["sandbox"].close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(click, range(8)))
    assert set(statuses) <= {302, 303}
    assert Record.objects.filter(kind="charge").count() == 1
    assert event_types().count("checkout.session.completed") == 1
