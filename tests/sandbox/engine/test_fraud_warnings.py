"""Early warnings of fraud, and disputes that were settled beforehand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.engine import settlement
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])
EXAMPLE = Path(__file__).parents[1] / "objects" / "radar.early_fraud_warning.json"


def test_a_card_whose_network_warns(api, pay_session):
    session = pay_session("4000000000005423")
    settlement.settle_all()
    assert event_types()[-1] == "radar.early_fraud_warning.created"
    (warning,) = api.v1.radar.early_fraud_warnings.list({"expand": ["data.charge"]}).data
    assert warning.charge.status == "succeeded"
    found = api.v1.radar.early_fraud_warnings.retrieve(warning.id)
    intent = api.v1.checkout.sessions.retrieve(session.id).payment_intent
    assert (found.actionable, found.payment_intent) == (True, intent)
    assert set(json.loads(EXAMPLE.read_text())) - set(found.to_dict()) == set()


def test_the_operator_lets_the_network_warn(control, pay_session):
    assert control("/fraud_warning", session=pay_session().id)["id"].startswith("issfr_")


def test_a_prevented_dispute_takes_the_money_and_is_closed(api, control, pay_session):
    case = control("/dispute", session=pay_session().id, kind="prevented")
    assert (case["status"], [each["amount"] for each in case["balance_transactions"]]) == ("prevented", [-2000])
    assert event_types()[-2:] == ["charge.dispute.funds_withdrawn", "charge.dispute.closed"]
    assert "cannot go there" in control("/dispute_move", dispute=case["id"], to="won")["error"]["message"]
