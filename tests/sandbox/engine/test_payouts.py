"""Payouts: the balance goes to the bank, every movement in one payout only."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.models import Event
from tests.sandbox.conftest import told

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def pay_out(control) -> list[Any]:
    made: list[Any] = control("/payout")["data"]
    return made


def test_a_payout_takes_everything_that_none_has_taken(api, charge_of, control, paid):
    first = charge_of(paid())
    control("/refund", session=paid().id, amount=300)
    (payout,) = pay_out(control)
    net = 2 * 1912 - 300
    assert (payout["amount"], payout["currency"], payout["status"]) == (net, "usd", "paid")
    assert payout["automatic"] is True
    taken = api.v1.balance_transactions.list({"payout": payout["id"]}).data
    own = taken[0]
    assert (own.id, own.type, own.amount) == (payout["balance_transaction"], "payout", -net)
    assert (own.reporting_category, own.source, own.fee) == ("payout", payout["id"], 0)
    assert [each.type for each in taken] == ["payout", "refund", "charge", "charge"]
    assert sum(each.net for each in taken) == 0
    assert {each.status for each in taken} == {"available"}
    assert first.balance_transaction.id in {each.id for each in taken}
    assert told()[-1] == "payout.paid"
    assert Event.objects.get(type="payout.paid").body["data"]["object"] == payout

    assert pay_out(control) == []
    paid()
    (second,) = pay_out(control)
    assert second["amount"] == 1912
    assert [payout.id for payout in api.v1.payouts.list().data] == [second["id"], payout["id"]]


def test_each_settlement_currency_has_its_own(api, control, paid):
    paid()
    control("/payout")
    paid()
    api.v1.balance_transactions.list()
    control(settlement="eur", exchange_rate="0.5")
    paid()
    made = {payout["currency"]: payout for payout in pay_out(control)}
    assert {currency: payout["amount"] for currency, payout in made.items()} == {"usd": 1912, "eur": 941}
    (_, charge) = api.v1.balance_transactions.list({"payout": made["eur"]["id"]}).data
    assert charge.currency == "eur"


def test_nothing_is_paid_out_of_an_overdrawn_balance(control, paid):
    session = paid()
    control("/dispute", session=session.id, kind="chargeback")
    assert pay_out(control) == []
    paid()
    paid()
    (payout,) = pay_out(control)
    assert payout["amount"] == 3 * 1912 - 3500


def test_a_payout_is_retrieved_with_its_transaction(api, control, paid):
    paid()
    (payout,) = pay_out(control)
    found = api.v1.payouts.retrieve(payout["id"], {"expand": ["balance_transaction.source"]})
    assert found.balance_transaction.amount == -payout["amount"]
    assert found.balance_transaction.source.id == payout["id"]
    assert api.v1.payouts.list({"status": "failed"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such payout"):
        api.v1.payouts.retrieve("po_none")


def test_stripe_bills_what_is_no_payment(api, control):
    control("/stripe_fee", amount=450, currency="eur")
    control("/stripe_fee")
    small, large = api.v1.balance_transactions.list({"type": "stripe_fee"}).data
    assert (large.amount, large.net, large.fee, large.currency, large.source) == (-450, -450, 0, "eur", None)
    assert (small.amount, small.reporting_category) == (-200, "fee")
    assert told() == []
