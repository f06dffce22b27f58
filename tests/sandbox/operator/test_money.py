"""The dashboard's part of the control API: refunds, disputes, payouts and fees that no API request made."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("/refund", {}, "session"),
        ("/refund", {"session": "cs_none"}, "session"),
        ("/refund", {"payment_intent": "pi_none"}, "payment_intent"),
        ("/settle_refund", {"refund": "re_none", "outcome": "fails"}, "refund"),
        ("/settle_refund", {"refund": "re_none", "outcome": "vanishes"}, "outcome"),
    ],
)
def test_a_wrong_refund_is_refused(control, pay_session, path, fields, param):
    assert control(path, **fields)["error"]["param"] == param


def test_another_merchants_payment_is_refunded_too(control):
    payment = control("/stranger")
    assert control("/refund", session=payment["id"])["amount"] == 1500


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("/dispute", {"kind": "chargeback"}, "session"),
        ("/dispute", {"kind": "chargeback", "charge": "ch_none"}, "charge"),
        ("/dispute", {"kind": "quarrel", "charge": "ch_none"}, "kind"),
        ("/dispute", {"charge": "ch_none"}, "kind"),
        ("/dispute_move", {"dispute": "dp_none", "to": "won"}, "dispute"),
    ],
)
def test_a_wrong_dispute_is_refused(control, pay_session, path, fields, param):
    assert control(path, **fields)["error"]["param"] == param


def test_no_dispute_is_about_more_than_was_paid(control, pay_session):
    session = pay_session()
    assert control("/dispute", session=session.id, kind="chargeback", amount=2001)["error"]["param"] == "amount"


def test_another_merchants_payment_is_disputed_too(control):
    assert control("/dispute", session=control("/stranger")["id"], kind="chargeback")["status"] == "needs_response"


def test_stripe_bills_a_fee(api, control):
    control("/stripe_fee", amount=450, currency="eur")
    control("/stripe_fee")
    small, large = api.v1.balance_transactions.list({"type": "stripe_fee"}).data
    assert (large.amount, large.net, large.fee, large.currency, large.source) == (-450, -450, 0, "eur", None)
    assert (small.amount, small.reporting_category) == (-200, "fee")
    assert event_types() == []
