"""Disputes: inquiries and chargebacks, what they move, and how they go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from django.db import connections

from sandbox.engine import settlement
from sandbox.models import Event
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def dispute_payment(api, control, pay_session, charge_of):
    """A payment that is disputed; events before that are forgotten."""

    def make(kind: str = "chargeback", **more: Any) -> Any:
        charge = charge_of(pay_session())
        Event.objects.all().delete()
        return api.v1.disputes.retrieve(control("/dispute", charge=charge.id, kind=kind, **more)["id"])

    return make


def entries(case: Any) -> list[tuple[int, int, int, str]]:
    return [(each.amount, each.fee, each.net, each.reporting_category) for each in case.balance_transactions]


OUT = (-2000, 1500, -3500, "dispute")
BACK = (2000, 0, 2000, "dispute_reversal")


@pytest.mark.parametrize(
    ("number", "reason"), [("4000000000000259", "fraudulent"), ("4000000000002685", "product_not_received")]
)
def test_a_disputed_card_withdraws_the_funds_right_after_the_payment(api, charge_of, pay_session, number, reason):
    session = pay_session(number)
    assert api.v1.disputes.list().data == []
    charge = charge_of(session)
    (case,) = api.v1.disputes.list().data
    assert (case.status, case.reason, case.amount, case.currency) == ("needs_response", reason, 2000, "usd")
    assert (case.charge, case.payment_intent) == (charge.id, charge.payment_intent)
    assert case.payment_method_details.card.case_type == "chargeback"
    assert entries(case) == [OUT]
    assert case.balance_transactions[0].type == "adjustment"
    assert case.balance_transactions[0].source == case.id
    assert case.is_charge_refundable is False
    assert api.v1.charges.retrieve(charge.id).disputed
    assert event_types()[3:] == ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert [each.id for each in api.v1.balance_transactions.list({"type": "adjustment"}).data] == [
        case.balance_transactions[0].id
    ]


def test_it_settles_once_however_many_read_the_balance(api, pay_session):
    pay_session("4000000000000259")
    (charge,) = api.v1.charges.list().data

    def look(_: int) -> int:
        try:
            settlement.settle(charge.id)
            return len(api.v1.balance_transactions.list().data)
        finally:
            connections["sandbox"].close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(look, range(8))) == {2}
    assert event_types().count("charge.dispute.created") == 1


def test_an_inquiry_withdraws_nothing(api, charge_of, pay_session):
    charge = charge_of(pay_session("4000000000001976"))
    (case,) = api.v1.disputes.list().data
    assert (case.status, case.balance_transactions, case.is_charge_refundable) == ("warning_needs_response", [], True)
    assert event_types()[-1] == "charge.dispute.created"
    assert len(api.v1.balance_transactions.list().data) == 1
    assert api.v1.refunds.create({"charge": charge.id}).status == "succeeded"


def test_a_card_can_be_disputed_twice(api, charge_of, pay_session):
    charge = charge_of(pay_session("4000000404000079"))
    cases = api.v1.disputes.list({"charge": charge.id}).data
    assert [(case.amount, len(case.balance_transactions)) for case in cases] == [(1000, 1), (1000, 1)]
    assert event_types().count("charge.dispute.created") == 2


def test_the_operator_can_dispute_in_part(dispute_payment):
    case = dispute_payment(amount=700)
    assert entries(case) == [(-700, 1500, -2200, "dispute")]
    assert event_types() == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    created = Event.objects.get(type="charge.dispute.created").body
    assert created["data"]["object"] == case.to_dict()
    assert created["request"]["id"] is None


def test_a_dispute_can_be_opened_lost(dispute_payment):
    case = dispute_payment("lost")
    assert (case.status, entries(case)) == ("lost", [OUT])
    assert event_types() == ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]


@pytest.fixture
def advance(api, control):
    """Makes the moves, and tells the case's state and the events of each."""

    def go(case: Any, *moves: str) -> Any:
        for to in moves:
            Event.objects.all().delete()
            assert control("/dispute_move", dispute=case.id, to=to)["id"] == case.id
        return api.v1.disputes.retrieve(case.id)

    return go


def test_a_won_dispute_reinstates_the_funds_without_the_fee(dispute_payment, advance):
    case = advance(dispute_payment(), "under_review")
    assert (case.status, case.evidence_details.submission_count) == ("under_review", 1)
    assert event_types() == ["charge.dispute.updated"]
    assert Event.objects.get().body["data"]["previous_attributes"]["status"] == "needs_response"
    case = advance(case, "won")
    assert (case.status, entries(case)) == ("won", [OUT, BACK])
    assert event_types() == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    closed = Event.objects.get(type="charge.dispute.closed").body["data"]
    assert closed["object"]["status"] == "won"


def test_a_lost_dispute_moves_no_more_funds(dispute_payment, advance):
    case = advance(dispute_payment(), "lost")
    assert (case.status, entries(case)) == ("lost", [OUT])
    assert event_types() == ["charge.dispute.closed"]


def test_an_inquiry_is_closed(dispute_payment, advance):
    case = advance(dispute_payment("inquiry"), "under_review")
    assert case.status == "warning_under_review"
    case = advance(case, "closed")
    assert (case.status, entries(case)) == ("warning_closed", [])
    assert event_types() == ["charge.dispute.closed"]


def test_an_inquiry_escalates(dispute_payment, advance):
    case = advance(dispute_payment("inquiry"), "escalate")
    assert (case.status, entries(case), case.is_charge_refundable) == ("needs_response", [OUT], False)
    assert case.payment_method_details.card.case_type == "chargeback"
    assert event_types() == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]


def test_a_won_dispute_is_appealed_and_the_funds_are_withdrawn_again(dispute_payment, advance):
    case = advance(dispute_payment(), "won", "appeal")
    assert (case.status, entries(case)) == ("appeal_needs_response", [OUT, BACK, OUT])
    assert event_types() == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    case = advance(case, "under_review", "won")
    assert (case.status, entries(case)) == ("won", [OUT, BACK, OUT, BACK])


def test_a_lost_dispute_is_appealed_and_won(dispute_payment, advance):
    case = advance(dispute_payment(), "lost", "appeal")
    assert (case.status, entries(case), event_types()) == ("appeal_needs_response", [OUT], ["charge.dispute.updated"])
    assert entries(advance(case, "won")) == [OUT, BACK]


@pytest.mark.parametrize(
    ("kind", "moves", "to"),
    [
        ("chargeback", [], "escalate"),
        ("chargeback", [], "closed"),
        ("chargeback", [], "appeal"),
        ("chargeback", ["won"], "lost"),
        ("inquiry", [], "won"),
        ("inquiry", ["closed"], "escalate"),
    ],
)
def test_a_dispute_makes_only_allowed_transitions(dispute_payment, advance, control, kind, moves, to):
    case = advance(dispute_payment(kind), *moves)
    before = event_types()
    assert control("/dispute_move", dispute=case.id, to=to)["error"]["param"] == "to"
    assert event_types() == before


def test_while_the_funds_are_withdrawn_there_is_no_refund(api, dispute_payment, advance):
    case = dispute_payment(amount=100)
    for move in ("under_review", "lost"):
        with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
            api.v1.refunds.create({"charge": case.charge})
        assert (refused.value.http_status, refused.value.code) == (400, "charge_disputed")
        advance(case, move)
    advance(case, "appeal", "won")
    assert api.v1.refunds.create({"charge": case.charge}).status == "succeeded"


def test_a_dispute_in_another_currency_settles_in_the_accounts(control, dispute_payment):
    control(settlement="eur", exchange_rate="0.5")
    assert entries(dispute_payment()) == [(-1000, 1500, -2500, "dispute")]
