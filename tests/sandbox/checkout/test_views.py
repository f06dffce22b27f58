"""The pay page: what a donor types, and what becomes of the session."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from sandbox.engine.test_cards import CARDS
from sandbox.models import Event, Record

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

PAYING = [card.number for card in CARDS if card.failure is None and not card.challenged]
DECLINED = [card.number for card in CARDS if card.failure is not None and not card.challenged]


def told(session_id: str | None = None) -> list[str]:
    return list(Event.objects.order_by("number").values_list("type", flat=True))


def test_the_page_shows_what_is_paid_to_whom_and_that_it_plays_a_part(client, opened):
    page = client.get(f"/sandbox/pay/{opened(customer_email='ada@example.com').id}").content.decode()
    assert "$20.00 USD" in page
    assert "To site.example" in page
    assert "A gift" in page
    assert "This plays the part of Stripe" in page
    assert "4242 4242 4242 4242" in page
    assert 'value="ada@example.com"' in page
    assert 'href="https://site.example/cancel"' in page
    assert 'id="pay"' in page
    assert "<script" not in page
    assert "style=" not in page


def test_the_browser_may_follow_the_form_to_the_success_page(client, opened):
    policy = client.get(f"/sandbox/pay/{opened().id}")["Content-Security-Policy"]
    assert "form-action 'self' https://site.example" in policy
    assert "default-src 'none'" in policy


def test_a_test_cards_link_fills_the_form(client, opened):
    page = client.get(f"/sandbox/pay/{opened().id}?card=378282246310005").content.decode()
    assert 'value="3782 822463 10005"' in page
    assert 'value="1234"' in page


@pytest.mark.parametrize("number", PAYING)
def test_a_good_card_pays_and_leads_to_the_success_page(api, opened, pay, number):
    session = opened(metadata={"a": "1"}, payment_intent_data={"metadata": {"b": "2"}, "description": "Thanks"})
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
    assert told() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize("number", [*DECLINED, "4111111111111111"])
def test_a_bad_card_is_declined_and_the_session_stays_open(api, opened, pay, number):
    session = opened()
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
    assert told() == ["charge.failed", "payment_intent.payment_failed"]


def test_each_decline_says_why(opened, pay):
    said = {number: pay(opened().id, number).content.decode() for number in ("4000000000009995", "4000000000000069")}
    assert "insufficient funds" in said["4000000000009995"].partition("sbx-list")[0]
    assert "Your card has expired." in said["4000000000000069"]


def test_after_a_decline_another_card_pays_with_the_same_intent(api, opened, pay):
    session = opened()
    pay(session.id, "4000000000000002")
    first = api.v1.checkout.sessions.retrieve(session.id).payment_intent
    assert pay(session.id).status_code == 303
    assert api.v1.checkout.sessions.retrieve(session.id).payment_intent == first
    assert api.v1.payment_intents.retrieve(first).last_payment_error is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"number": "4242424242424241"}, "Your card number is invalid."),
        ({"number": "not a number"}, "Your card number is invalid."),
        ({"exp": "13/40"}, "expiration month is invalid"),
        ({"exp": "12/20"}, "expiration year is invalid"),
        ({"exp": "soon"}, "expiration date is incomplete"),
        ({"cvc": "12"}, "security code is invalid"),
        ({"email": "nobody"}, "valid email"),
    ],
)
def test_bad_input_is_refused_beside_its_field(opened, pay, typed, reason):
    session = opened()
    answer = pay(session.id, **typed)
    page = answer.content.decode()
    assert answer.status_code == 402
    assert reason in page
    assert page.count('aria-invalid="true"') == 1
    assert f'aria-describedby="id_{next(iter(typed))}_error"' in page
    assert f'id="id_{next(iter(typed))}_error"' in page
    assert told() == []
    assert not Record.objects.filter(kind="payment_intent").exists()


def test_both_forms_of_the_year_and_of_the_placeholder_are_understood(opened, pay):
    session = opened(success_url="https://site.example/ok?a=%7BCHECKOUT_SESSION_ID%7D&b={CHECKOUT_SESSION_ID}")
    answer = pay(session.id, exp="1/2041")
    assert answer["Location"] == f"https://site.example/ok?a={session.id}&b={session.id}"


def test_the_sessions_own_email_counts_when_none_is_typed(api, opened, client):
    session = opened(customer_email="grace@example.com")
    client.post(f"/sandbox/pay/{session.id}", {"number": "4242 4242 4242 4242", "exp": "12/40", "cvc": "123"})
    assert api.v1.checkout.sessions.retrieve(session.id).customer_details.email == "grace@example.com"


def test_a_card_with_approval_pays_once_it_is_approved(api, client, opened, pay):
    session = opened()
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


def test_a_refused_approval_is_declined_and_may_be_tried_again(api, client, opened, pay):
    session = opened()
    answer = client.post(pay(session.id, "4000002760003184")["Location"], {"refuse": "1"})
    assert answer.status_code == 402
    assert "declined" in answer.content.decode()
    assert told() == ["payment_intent.payment_failed"]
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert client.get(f"/sandbox/pay/{session.id}/3ds").status_code == 302
    assert pay(session.id).status_code == 303


def test_another_card_makes_an_open_approval_void(client, opened, pay):
    session = opened()
    approval = pay(session.id, "4000002760003184")["Location"]
    pay(session.id, "4000000000000002")
    assert client.post(approval, {"approve": "1"})["Location"] == f"/sandbox/pay/{session.id}"
    assert "checkout.session.completed" not in told()


@pytest.mark.parametrize(
    ("number", "code"), [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")]
)
def test_two_cards_are_declined_after_approval(api, client, opened, pay, number, code):
    session = opened()
    answer = client.post(pay(session.id, number)["Location"], {"approve": "1"})
    assert answer.status_code == 402
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert intent.last_payment_error.decline_code == code


def test_a_bank_payment_completes_the_session_before_the_money_comes(api, client, opened):
    session = opened()
    answer = client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert answer.status_code == 303
    sent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (sent.status, sent.payment_status) == ("complete", "unpaid")
    assert (sent.payment_intent.status, sent.payment_intent.latest_charge.status) == ("processing", "pending")
    assert told() == ["checkout.session.completed"]


def test_a_bank_payment_needs_an_address_too(client, opened):
    answer = client.post(f"/sandbox/pay/{opened().id}", {"bank": "settles", "email": ""})
    assert answer.status_code == 402
    assert "e-mail address first" in answer.content.decode()


def test_a_paid_sessions_page_sends_the_donor_on(client, opened, pay):
    session = opened()
    pay(session.id)
    again = client.get(f"/sandbox/pay/{session.id}")
    assert (again.status_code, again["Location"]) == (303, f"https://site.example/success?session_id={session.id}")
    assert pay(session.id).status_code == 303
    assert told().count("checkout.session.completed") == 1


def test_an_expired_session_says_so(client, api, opened, pay):
    session = opened()
    api.v1.checkout.sessions.expire(session.id)
    page = pay(session.id)
    assert page.status_code == 410
    assert "expired" in page.content.decode()
    assert 'href="https://site.example/cancel"' in page.content.decode()


def test_an_unknown_session_has_no_page(client, db):
    assert client.get("/sandbox/pay/cs_test_nothing").status_code == 404


def test_eight_clicks_at_once_pay_once(opened):
    session = opened()

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
    assert told().count("checkout.session.completed") == 1


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_without_its_csrf_token_a_form_does_nothing(opened):
    strict = Client(enforce_csrf_checks=True)
    session = opened()
    assert strict.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "a@b.example"}).status_code == 403
    assert told() == []


def test_a_receipt_is_what_the_charge_says(api, client, opened, pay):
    session = opened()
    pay(session.id)
    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    url = paid.payment_intent.latest_charge.receipt_url
    path = url[url.index("/sandbox/") :]
    assert "$20.00 USD" in client.get(path).content.decode()
    assert client.get("/sandbox/receipts/ch_none").status_code == 404
