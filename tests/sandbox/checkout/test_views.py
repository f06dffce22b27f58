"""The hosted payment page: what the payer sees and types, and where they are redirected."""

from __future__ import annotations

import pytest
from django.test import Client

from sandbox.checkout.card_form import KeptCardForm
from sandbox.engine.card_payments import Expiry
from sandbox.engine.test_cards import CARDS
from sandbox.models import Record
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_the_page_shows_what_is_paid_to_whom_and_that_it_is_a_sandbox(client, create_session):
    page = client.get(f"/sandbox/pay/{create_session(customer_email='ada@example.com').id}").content.decode()
    assert "$20.00 USD" in page
    assert "To site.example" in page
    assert "Notebook" in page
    assert "This plays the part of Stripe" in page
    assert "4242 4242 4242 4242" in page
    assert 'value="ada@example.com"' in page
    assert 'href="https://site.example/cancel"' in page
    assert 'id="pay"' in page
    assert "<script" not in page
    assert "style=" not in page


def test_the_browser_may_follow_the_form_to_the_success_page(client, create_session):
    policy = client.get(f"/sandbox/pay/{create_session().id}")["Content-Security-Policy"]
    assert "form-action 'self' https://site.example" in policy
    assert "default-src 'none'" in policy


def test_a_test_cards_link_fills_the_form(client, create_session):
    page = client.get(f"/sandbox/pay/{create_session().id}?card=378282246310005").content.decode()
    assert 'value="3782 822463 10005"' in page
    assert 'value="1234"' in page


def test_each_decline_says_why(create_session, pay):
    def message(number: str) -> str:
        return str(pay(create_session().id, number).content.decode().partition("sandbox-cards")[0])

    assert "insufficient funds" in message("4000000000009995")
    assert "Your card has expired." in message("4000000000000069")


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
def test_bad_input_is_refused_beside_its_field(create_session, pay, typed, reason):
    session = create_session()
    answer = pay(session.id, **typed)
    page = answer.content.decode()
    assert answer.status_code == 402
    assert reason in page
    assert page.count('aria-invalid="true"') == 1
    assert f'aria-describedby="id_{next(iter(typed))}_error"' in page
    assert f'id="id_{next(iter(typed))}_error"' in page
    assert event_types() == []
    assert not Record.objects.filter(kind="payment_intent").exists()


@pytest.mark.parametrize("typed", ["1/2041", "0141", "01/41", "01 / 2041", "012041", "01-41", "01 41"])
def test_an_expiry_is_taken_as_people_type_it(typed):
    form = KeptCardForm({"number": "4242424242424242", "exp": typed, "cvc": "123"})
    assert form.is_valid()
    assert form.cleaned_data["exp"] == Expiry(1, 2041)


@pytest.mark.parametrize("typed", ["141", "1", "12/", "12/345", "1 2 30"])
def test_an_expiry_that_could_be_read_two_ways_is_refused(typed):
    assert "exp" in KeptCardForm({"number": "4242424242424242", "exp": typed, "cvc": "123"}).errors


def test_the_page_names_whom_a_donation_goes_to(client, create_session):
    price = {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Donation to Saltmarsh"}}
    session = create_session(line_items=[{"price_data": price, "quantity": 1}])
    page = client.get(f"/sandbox/pay/{session.id}").content.decode()
    assert "To Saltmarsh" in page
    assert "Back to Saltmarsh" in page


def test_six_cards_are_shown_and_the_others_folded(client, create_session):
    page = client.get(f"/sandbox/pay/{create_session().id}").content.decode()
    shown, folded = page.partition("<details>")[::2]
    assert (shown.count("?card="), folded.count("?card=")) == (6, len(CARDS) - 6)


def test_both_forms_of_the_year_and_of_the_placeholder_are_understood(create_session, pay):
    session = create_session(success_url="https://site.example/ok?a=%7BCHECKOUT_SESSION_ID%7D&b={CHECKOUT_SESSION_ID}")
    answer = pay(session.id, exp="1/2041")
    assert answer["Location"] == f"https://site.example/ok?a={session.id}&b={session.id}"


def test_the_sessions_own_email_counts_when_none_is_typed(api, create_session, client):
    session = create_session(customer_email="grace@example.com")
    client.post(f"/sandbox/pay/{session.id}", {"number": "4242 4242 4242 4242", "exp": "12/40", "cvc": "123"})
    assert api.v1.checkout.sessions.retrieve(session.id).customer_details.email == "grace@example.com"


def test_a_bank_payment_needs_an_address_too(client, create_session):
    answer = client.post(f"/sandbox/pay/{create_session().id}", {"bank": "settles", "email": ""})
    assert answer.status_code == 402
    assert "e-mail address first" in answer.content.decode()


def test_a_paid_sessions_page_redirects_to_the_success_page(client, create_session, pay):
    session = create_session()
    pay(session.id)
    again = client.get(f"/sandbox/pay/{session.id}")
    assert (again.status_code, again["Location"]) == (303, f"https://site.example/success?session_id={session.id}")
    assert pay(session.id).status_code == 303
    assert event_types().count("checkout.session.completed") == 1


def test_an_expired_session_says_so(client, api, create_session, pay):
    session = create_session()
    api.v1.checkout.sessions.expire(session.id)
    page = pay(session.id)
    assert page.status_code == 410
    assert "expired" in page.content.decode()
    assert 'href="https://site.example/cancel"' in page.content.decode()


def test_an_unknown_session_has_no_page(client, db):
    assert client.get("/sandbox/pay/cs_test_nothing").status_code == 404


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_without_its_csrf_token_a_form_does_nothing(create_session):
    strict = Client(enforce_csrf_checks=True)
    session = create_session()
    assert strict.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "a@b.example"}).status_code == 403
    assert event_types() == []


def test_a_receipt_shows_the_charge(api, client, create_session, pay):
    session = create_session()
    pay(session.id)
    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    url = paid.payment_intent.latest_charge.receipt_url
    path = url[url.index("/sandbox/") :]
    assert "$20.00 USD" in client.get(path).content.decode()
    assert client.get("/sandbox/receipts/ch_none").status_code == 404
