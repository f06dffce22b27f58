"""Payouts: the balance goes to the bank, every movement in one payout only."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.models import Event
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def pay_out(control) -> list[Any]:
    made: list[Any] = control("/payout")["data"]
    return made


def test_a_payout_takes_all_unpaid_balance_transactions(api, charge_of, control, pay_session):
    first = charge_of(pay_session())
    control("/refund", session=pay_session().id, amount=300)
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
    assert event_types()[-1] == "payout.paid"
    assert Event.objects.get(type="payout.paid").body["data"]["object"] == payout

    assert pay_out(control) == []
    pay_session()
    (second,) = pay_out(control)
    assert second["amount"] == 1912
    assert [payout.id for payout in api.v1.payouts.list().data] == [second["id"], payout["id"]]


def test_each_settlement_currency_has_its_own(api, control, pay_session):
    pay_session()
    control("/payout")
    pay_session()
    api.v1.balance_transactions.list()
    control(settlement="eur", exchange_rate="0.5")
    pay_session()
    made = {payout["currency"]: payout for payout in pay_out(control)}
    assert {currency: payout["amount"] for currency, payout in made.items()} == {"usd": 1912, "eur": 941}
    (_, charge) = api.v1.balance_transactions.list({"payout": made["eur"]["id"]}).data
    assert charge.currency == "eur"


def test_nothing_is_paid_out_of_an_overdrawn_balance(control, pay_session):
    session = pay_session()
    control("/dispute", session=session.id, kind="chargeback")
    assert pay_out(control) == []
    pay_session()
    pay_session()
    (payout,) = pay_out(control)
    assert payout["amount"] == 3 * 1912 - 3500


def test_a_minimum_balance_is_held_and_released_by_the_next_payout(api, control, pay_session):
    pay_session()
    (first,) = control("/payout", minimum=500)["data"]
    pay_session()
    (second,) = control("/payout", minimum=200)["data"]
    assert (first["amount"], second["amount"]) == (1412, 1912 + 500 - 200)
    parts = api.v1.balance_transactions.list({"payout": second["id"]}).data
    assert [(each.type, each.net, each.source == second["id"]) for each in parts] == [
        ("payout", -2212, True),
        ("payout_minimum_balance_hold", -200, True),
        ("payout_minimum_balance_release", 500, True),
        ("charge", 1912, False),
    ]
    assert sum(each.net for each in parts) == 0
