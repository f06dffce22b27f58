"""Charges, refunds, disputes, balance transactions and payouts, asked for by Stripe's own SDK over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_charges_and_intents_are_listed(api, create_session, pay):
    session = create_session()
    pay(session.id, "4000000000000002")
    pay(session.id)
    pay(create_session().id)
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


@pytest.mark.parametrize(
    ("params", "status", "param"),
    [
        ({}, 400, None),
        ({"charge": "ch_none"}, 404, "charge"),
        ({"payment_intent": "pi_none"}, 404, "payment_intent"),
        ({"charge": "ch_1", "payment_intent": "pi_1"}, 400, "charge"),
        ({"charge": "ch_1", "amount": 0}, 400, "amount"),
        ({"charge": "ch_1", "reason": "regret"}, 400, "reason"),
        ({"charge": "ch_1", "colour": "red"}, 400, "colour"),
    ],
)
def test_what_cannot_be_refunded_is_refused(api, params, status, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create(params)
    assert (refused.value.http_status, refused.value.param) == (status, param)


def test_only_a_success_can_be_refunded(api, create_session, pay):
    session = create_session()
    pay(session.id, "4000000000000002")
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    for params in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
        with pytest.raises(stripe.InvalidRequestError, match="succe") as refused:
            api.v1.refunds.create(params)
        assert refused.value.http_status == 400


def test_refunds_are_listed(api, charge_of, pay_session):
    first, second = charge_of(pay_session()), charge_of(pay_session())
    made = [api.v1.refunds.create({"charge": charge.id}) for charge in (first, second)]

    def ids(**params):
        return [refund.id for refund in api.v1.refunds.list(params).data]

    assert ids() == [made[1].id, made[0].id]
    assert ids(charge=first.id) == [made[0].id]
    assert ids(payment_intent=second.payment_intent) == [made[1].id]
    assert ids(created={"gte": made[0].created}) == [made[1].id, made[0].id]
    assert ids(created={"lt": made[0].created}) == []
    assert ids(limit=1, starting_after=made[1].id) == [made[0].id]
    (found,) = api.v1.refunds.list({"charge": first.id, "expand": ["data.charge"]}).data
    assert found.charge.id == first.id


def test_disputes_are_listed(api, control, pay_session):
    def dispute(kind: str) -> Any:
        return api.v1.disputes.retrieve(control("/dispute", session=pay_session().id, kind=kind)["id"])

    first, second = dispute("chargeback"), dispute("inquiry")

    def ids(**params):
        return [case.id for case in api.v1.disputes.list(params).data]

    assert ids() == [second.id, first.id]
    assert ids(charge=first.charge) == [first.id]
    assert ids(payment_intent=second.payment_intent) == [second.id]
    assert ids(created={"gte": first.created}) == [second.id, first.id]
    assert ids(limit=1) == [second.id]
    assert ids(starting_after=second.id) == [first.id]
    (found,) = api.v1.disputes.list({"charge": first.charge, "expand": ["data.charge"]}).data
    assert found.charge.disputed
    with pytest.raises(stripe.InvalidRequestError, match="No such dispute"):
        api.v1.disputes.retrieve("dp_none")


def test_balance_transactions_are_listed(api, charge_of, pay_session):
    first, second = charge_of(pay_session()), charge_of(pay_session())
    api.v1.refunds.create({"charge": first.id})
    refund, *_ = api.v1.balance_transactions.list().data

    def ids(**params):
        return [each.id for each in api.v1.balance_transactions.list(params).data]

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


def test_a_balance_transaction_is_retrieved_with_its_source(api, charge_of, pay_session):
    charge = charge_of(pay_session())
    found = api.v1.balance_transactions.retrieve(charge.balance_transaction.id, {"expand": ["source"]})
    assert (found.source.object, found.source.id) == ("charge", charge.id)
    (listing,) = api.v1.balance_transactions.list({"expand": ["data.source"]}).data
    assert listing.source.id == charge.id
    with pytest.raises(stripe.InvalidRequestError, match="No such balance_transaction"):
        api.v1.balance_transactions.retrieve("txn_none")


def test_a_payout_is_retrieved_with_its_balance_transaction(api, control, pay_session):
    pay_session()
    (payout,) = control("/payout")["data"]
    found = api.v1.payouts.retrieve(payout["id"], {"expand": ["balance_transaction.source"]})
    assert found.balance_transaction.amount == -payout["amount"]
    assert found.balance_transaction.source.id == payout["id"]
    assert api.v1.payouts.list({"status": "failed"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such payout"):
        api.v1.payouts.retrieve("po_none")
