"""The balance: what a payment leaves after the fee, in which currency, and when anybody learns of it."""

from __future__ import annotations

import time

import pytest
import stripe
from django.test import Client

from sandbox.engine import timers
from sandbox.models import Event, Record
from tests.sandbox.conftest import told, wanted

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

PAID = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
LATEST = "payment_intent.latest_charge"


def listed(api, **params):
    return api.v1.balance_transactions.list(params).data


def test_at_first_a_charge_has_no_transaction(charge_of, paid):
    session = paid()
    assert charge_of(session, LATEST).balance_transaction is None
    assert told() == PAID


def test_a_moment_later_it_has_one_and_the_site_is_told(charge_of, paid):
    session = paid()
    charge: Record = Record.objects.get(kind="charge")
    assert charge.due_at is not None
    assert charge.due_at - time.time() <= 1
    timers.run_due()
    assert told() == PAID
    Record.objects.filter(kind="charge").update(due_at=time.time())
    timers.run_due()
    timers.run_due()
    assert told() == [*PAID, "charge.updated"]
    data = Event.objects.get(type="charge.updated").body["data"]
    assert data["previous_attributes"] == {"balance_transaction": None}
    assert data["object"]["balance_transaction"] == charge_of(session, LATEST).balance_transaction
    assert "previous_attributes" not in Event.objects.get(type="charge.succeeded").body["data"]


def test_the_threads_book_it_by_themselves(delivering, receiver, paid):
    paid()
    assert receiver.wait(4)[3].event["type"] == "charge.updated"


@pytest.mark.parametrize("look", ["list", "expand", "charge"])
def test_whoever_looks_at_the_balance_finds_it_at_once(api, charge_of, paid, look):
    session = paid()
    if look == "list":
        (found,) = listed(api)
    elif look == "expand":
        found = charge_of(session).balance_transaction
    else:
        charge = charge_of(session, LATEST).id
        found = api.v1.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
    assert found.source == charge_of(session, LATEST).id
    assert told() == [*PAID, "charge.updated"]


def test_it_tells_the_fee_and_what_is_left(charge_of, paid):
    booked = charge_of(paid()).balance_transaction
    assert (booked.amount, booked.fee, booked.net, booked.currency) == (2000, 88, 1912, "usd")
    assert [(fee.amount, fee.currency, fee.type) for fee in booked.fee_details] == [(88, "usd", "stripe_fee")]
    assert (booked.type, booked.reporting_category, booked.status) == ("charge", "charge", "pending")
    assert booked.exchange_rate is None
    assert booked.available_on - booked.created == 2 * 24 * 3600


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (500, 45), (1500, 74), (1517, 74), (1051, 60), (1053, 61)])
def test_half_a_cent_of_fee_is_a_cent(charge_of, paid, amount, fee):
    lines = wanted()["line_items"]
    lines[0]["price_data"]["unit_amount"] = amount
    assert charge_of(paid(line_items=lines)).balance_transaction.fee == fee


def test_a_bank_payment_is_a_payment(api, client: Client, opened, control):
    session = opened()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert listed(api) == []
    control("/settle", session=session.id, outcome="settles")
    (booked,) = listed(api)
    assert (booked.type, booked.reporting_category, booked.fee) == ("payment", "charge", 88)
    assert told()[-1] == "charge.updated"


def test_a_failed_charge_moves_nothing(api, opened, pay):
    pay(opened().id, "4000000000000002")
    assert Record.objects.get(kind="charge").due_at is None
    assert listed(api) == []
    assert told() == ["charge.failed", "payment_intent.payment_failed"]


def test_payments_settle_in_the_accounts_currency(api, charge_of, control, paid):
    control(settlement="eur", exchange_rate="0.87654")
    session = paid()
    booked = charge_of(session).balance_transaction
    assert (booked.currency, booked.amount, booked.exchange_rate) == ("eur", 1753, 0.87654)
    assert (booked.fee, booked.net) == (81, 1672)
    assert charge_of(session).currency == "usd"
    control(exchange_rate="0.9")
    refund = api.v1.refunds.create({"charge": charge_of(session).id, "amount": 500, "expand": ["balance_transaction"]})
    assert (refund.amount, refund.currency) == (500, "usd")
    moved = refund.balance_transaction
    assert (moved.amount, moved.currency, moved.exchange_rate) == (-450, "eur", 0.9)


def test_a_payment_in_the_settlement_currency_is_not_converted(charge_of, control, paid):
    control(settlement="usd", exchange_rate="2")
    booked = charge_of(paid()).balance_transaction
    assert (booked.amount, booked.currency, booked.exchange_rate) == (2000, "usd", None)


def test_what_settled_in_one_currency_is_refunded_in_it(api, charge_of, control, paid):
    session = paid()
    assert charge_of(session).balance_transaction.currency == "usd"
    control(settlement="eur", exchange_rate="0.5")
    api.v1.refunds.create({"charge": charge_of(session).id})
    assert [(each.amount, each.currency) for each in listed(api)] == [(-2000, "usd"), (2000, "usd")]


@pytest.mark.parametrize("fields", [{"settlement": "xxx"}, {"exchange_rate": "0"}, {"exchange_rate": "-1"}])
def test_a_wrong_settlement_is_refused(control, fields):
    assert control(**fields)["error"]["param"] == next(iter(fields))


def test_the_list_is_filtered(api, charge_of, paid):
    first, second = charge_of(paid()), charge_of(paid())
    api.v1.refunds.create({"charge": first.id})
    refund, *_ = listed(api)

    def ids(**params):
        return [each.id for each in listed(api, **params)]

    newest_first = [refund.id, second.balance_transaction.id, first.balance_transaction.id]
    assert ids() == newest_first
    assert ids(type="charge") == newest_first[1:]
    assert ids(type="refund") == newest_first[:1]
    assert ids(source=first.id) == newest_first[2:]
    assert ids(currency="usd") == newest_first
    assert ids(currency="eur") == []
    assert ids(created={"gte": first.created}) == newest_first
    assert ids(created={"gt": refund.created}) == []
    assert ids(limit=1) == newest_first[:1]
    assert api.v1.balance_transactions.list({"limit": 2}).has_more
    assert ids(starting_after=newest_first[1]) == newest_first[2:]
    assert ids(ending_before=newest_first[1]) == newest_first[:1]
    walked = api.v1.balance_transactions.list({"limit": 1}).auto_paging_iter()
    assert [each.id for each in walked] == newest_first


def test_one_is_retrieved_with_its_source(api, charge_of, paid):
    charge = charge_of(paid())
    found = api.v1.balance_transactions.retrieve(charge.balance_transaction.id, {"expand": ["source"]})
    assert (found.source.object, found.source.id) == ("charge", charge.id)
    (listing,) = listed(api, expand=["data.source"])
    assert listing.source.id == charge.id
    with pytest.raises(stripe.InvalidRequestError, match="No such balance_transaction"):
        api.v1.balance_transactions.retrieve("txn_none")


def test_after_two_days_the_money_is_available(api, charge_of, paid):
    booked = charge_of(paid()).balance_transaction
    timers.run_due()
    assert api.v1.balance_transactions.retrieve(booked.id).status == "pending"
    Record.objects.filter(kind="balance_transaction").update(due_at=time.time())
    timers.run_due()
    assert api.v1.balance_transactions.retrieve(booked.id).status == "available"
    assert Record.objects.get(stripe_id=booked.id).due_at is None
