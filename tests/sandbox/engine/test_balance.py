"""The balance: what a payment leaves after the fee, in which currency, and when anybody learns of it."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from sandbox.engine import timers
from sandbox.models import Event, Record
from tests.sandbox.conftest import event_types, session_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

PAID = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
LATEST = "payment_intent.latest_charge"


def listed(api, **params):
    return api.v1.balance_transactions.list(params).data


def test_at_first_a_charge_has_no_balance_transaction(charge_of, pay_session):
    session = pay_session()
    assert charge_of(session, LATEST).balance_transaction is None
    assert event_types() == PAID


def test_it_settles_a_moment_later_with_an_event(charge_of, pay_session):
    session = pay_session()
    charge: Record = Record.objects.get(kind="charge")
    assert charge.due_at is not None
    assert charge.due_at - time.time() <= 1
    timers.run_due()
    assert event_types() == PAID
    Record.objects.filter(kind="charge").update(due_at=time.time())
    timers.run_due()
    timers.run_due()
    assert event_types() == [*PAID, "charge.updated"]
    data = Event.objects.get(type="charge.updated").body["data"]
    assert data["previous_attributes"] == {"balance_transaction": None}
    assert data["object"]["balance_transaction"] == charge_of(session, LATEST).balance_transaction
    assert "previous_attributes" not in Event.objects.get(type="charge.succeeded").body["data"]


@pytest.mark.parametrize("look", ["list", "expand", "charge"])
def test_it_settles_at_once_when_the_balance_is_read(api, charge_of, pay_session, look):
    session = pay_session()
    if look == "list":
        (found,) = listed(api)
    elif look == "expand":
        found = charge_of(session).balance_transaction
    else:
        charge = charge_of(session, LATEST).id
        found = api.v1.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
    assert found.source == charge_of(session, LATEST).id
    assert event_types() == [*PAID, "charge.updated"]


def test_it_says_the_fee_and_the_net_amount(charge_of, pay_session):
    booked = charge_of(pay_session()).balance_transaction
    assert (booked.amount, booked.fee, booked.net, booked.currency) == (2000, 88, 1912, "usd")
    assert [(fee.amount, fee.currency, fee.type) for fee in booked.fee_details] == [(88, "usd", "stripe_fee")]
    assert (booked.type, booked.reporting_category, booked.status) == ("charge", "charge", "pending")
    assert booked.exchange_rate is None
    assert booked.available_on - booked.created == 2 * 24 * 3600


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (500, 45), (1500, 74), (1517, 74), (1051, 60), (1053, 61)])
def test_half_a_cent_of_fee_is_a_cent(charge_of, pay_session, amount, fee):
    lines = session_params()["line_items"]
    lines[0]["price_data"]["unit_amount"] = amount
    assert charge_of(pay_session(line_items=lines)).balance_transaction.fee == fee


def test_a_bank_payment_is_a_payment(api, client: Client, create_session, control):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    (booked,) = listed(api)
    assert (booked.type, booked.reporting_category, booked.fee) == ("payment", "charge", 88)
    control("/settle", session=session.id, outcome="settles")
    assert listed(api) == [booked]


def test_a_failed_charge_has_no_balance_transaction(api, create_session, pay):
    pay(create_session().id, "4000000000000002")
    assert Record.objects.get(kind="charge").due_at is None
    assert listed(api) == []
    assert event_types() == ["charge.failed", "payment_intent.payment_failed"]


def test_payments_settle_in_the_accounts_currency(api, charge_of, control, pay_session):
    control(settlement="eur", exchange_rate="0.87654")
    session = pay_session()
    booked = charge_of(session).balance_transaction
    assert (booked.currency, booked.amount, booked.exchange_rate) == ("eur", 1753, 0.87654)
    assert (booked.fee, booked.net) == (81, 1672)
    assert charge_of(session).currency == "usd"
    control(exchange_rate="0.9")
    refund = api.v1.refunds.create({"charge": charge_of(session).id, "amount": 500, "expand": ["balance_transaction"]})
    assert (refund.amount, refund.currency) == (500, "usd")
    moved = refund.balance_transaction
    assert (moved.amount, moved.currency, moved.exchange_rate) == (-450, "eur", 0.9)


def test_a_payment_in_the_settlement_currency_is_not_converted(charge_of, control, pay_session):
    control(settlement="usd", exchange_rate="2")
    booked = charge_of(pay_session()).balance_transaction
    assert (booked.amount, booked.currency, booked.exchange_rate) == (2000, "usd", None)


def test_what_settled_in_one_currency_is_refunded_in_it(api, charge_of, control, pay_session):
    session = pay_session()
    assert charge_of(session).balance_transaction.currency == "usd"
    control(settlement="eur", exchange_rate="0.5")
    api.v1.refunds.create({"charge": charge_of(session).id})
    assert [(each.amount, each.currency) for each in listed(api)] == [(-2000, "usd"), (2000, "usd")]


def test_after_two_days_the_funds_are_available(api, charge_of, pay_session):
    booked = charge_of(pay_session()).balance_transaction
    timers.run_due()
    assert api.v1.balance_transactions.retrieve(booked.id).status == "pending"
    Record.objects.filter(kind="balance_transaction").update(due_at=time.time())
    timers.run_due()
    assert api.v1.balance_transactions.retrieve(booked.id).status == "available"
    assert Record.objects.get(stripe_id=booked.id).due_at is None
