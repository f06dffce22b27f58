"""Disputes: inquiries and chargebacks, what they move, and how they go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from django.db import connections

from sandbox.engine import settlement
from sandbox.models import Event
from tests.sandbox.conftest import told

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def disputed(api, control, paid, charge_of):
    """A paid gift that is disputed; events before that are forgotten."""

    def make(kind: str = "chargeback", **more: Any) -> Any:
        charge = charge_of(paid())
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
def test_a_disputed_card_takes_the_money_right_after_the_payment(api, charge_of, paid, number, reason):
    session = paid(number)
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
    assert told()[3:] == ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert [each.id for each in api.v1.balance_transactions.list({"type": "adjustment"}).data] == [
        case.balance_transactions[0].id
    ]


def test_it_comes_once_however_many_look(api, paid):
    paid("4000000000000259")
    (charge,) = api.v1.charges.list().data

    def look(_: int) -> int:
        try:
            settlement.settle(charge.id)
            return len(api.v1.balance_transactions.list().data)
        finally:
            connections["sandbox"].close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(look, range(8))) == {2}
    assert told().count("charge.dispute.created") == 1


def test_an_inquiry_moves_nothing(api, charge_of, paid):
    charge = charge_of(paid("4000000000001976"))
    (case,) = api.v1.disputes.list().data
    assert (case.status, case.balance_transactions, case.is_charge_refundable) == ("warning_needs_response", [], True)
    assert told()[-1] == "charge.dispute.created"
    assert len(api.v1.balance_transactions.list().data) == 1
    assert api.v1.refunds.create({"charge": charge.id}).status == "succeeded"


def test_a_card_can_be_disputed_twice(api, charge_of, paid):
    charge = charge_of(paid("4000000404000079"))
    cases = api.v1.disputes.list({"charge": charge.id}).data
    assert [(case.amount, len(case.balance_transactions)) for case in cases] == [(1000, 1), (1000, 1)]
    assert told().count("charge.dispute.created") == 2


def test_the_operator_can_dispute_in_part(disputed):
    case = disputed(amount=700)
    assert entries(case) == [(-700, 1500, -2200, "dispute")]
    assert told() == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    created = Event.objects.get(type="charge.dispute.created").body
    assert created["data"]["object"] == case.to_dict()
    assert created["request"]["id"] is None


def test_a_case_can_arrive_lost(disputed):
    case = disputed("lost")
    assert (case.status, entries(case)) == ("lost", [OUT])
    assert told() == ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]


@pytest.fixture
def walk(api, control):
    """Makes the moves, and tells the case's state and the events of each."""

    def go(case: Any, *moves: str) -> Any:
        for to in moves:
            Event.objects.all().delete()
            assert control("/dispute_move", dispute=case.id, to=to)["id"] == case.id
        return api.v1.disputes.retrieve(case.id)

    return go


def test_a_case_is_won_and_the_money_comes_back_without_the_fee(disputed, walk):
    case = walk(disputed(), "under_review")
    assert (case.status, case.evidence_details.submission_count) == ("under_review", 1)
    assert told() == ["charge.dispute.updated"]
    assert Event.objects.get().body["data"]["previous_attributes"]["status"] == "needs_response"
    case = walk(case, "won")
    assert (case.status, entries(case)) == ("won", [OUT, BACK])
    assert told() == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    closed = Event.objects.get(type="charge.dispute.closed").body["data"]
    assert closed["object"]["status"] == "won"


def test_a_case_is_lost_and_nothing_more_moves(disputed, walk):
    case = walk(disputed(), "lost")
    assert (case.status, entries(case)) == ("lost", [OUT])
    assert told() == ["charge.dispute.closed"]


def test_an_inquiry_is_closed(disputed, walk):
    case = walk(disputed("inquiry"), "under_review")
    assert case.status == "warning_under_review"
    case = walk(case, "closed")
    assert (case.status, entries(case)) == ("warning_closed", [])
    assert told() == ["charge.dispute.closed"]


def test_an_inquiry_escalates(disputed, walk):
    case = walk(disputed("inquiry"), "escalate")
    assert (case.status, entries(case), case.is_charge_refundable) == ("needs_response", [OUT], False)
    assert case.payment_method_details.card.case_type == "chargeback"
    assert told() == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]


def test_a_won_case_is_appealed_and_the_money_leaves_again(disputed, walk):
    case = walk(disputed(), "won", "appeal")
    assert (case.status, entries(case)) == ("appeal_needs_response", [OUT, BACK, OUT])
    assert told() == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    case = walk(case, "under_review", "won")
    assert (case.status, entries(case)) == ("won", [OUT, BACK, OUT, BACK])


def test_a_lost_case_is_appealed_and_won(disputed, walk):
    case = walk(disputed(), "lost", "appeal")
    assert (case.status, entries(case), told()) == ("appeal_needs_response", [OUT], ["charge.dispute.updated"])
    assert entries(walk(case, "won")) == [OUT, BACK]


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
def test_a_case_goes_only_where_it_can(disputed, walk, control, kind, moves, to):
    case = walk(disputed(kind), *moves)
    before = told()
    assert control("/dispute_move", dispute=case.id, to=to)["error"]["param"] == "to"
    assert told() == before


def test_while_the_bank_holds_the_money_it_cannot_be_refunded(api, disputed, walk):
    case = disputed(amount=100)
    for move in ("under_review", "lost"):
        with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
            api.v1.refunds.create({"charge": case.charge})
        assert (refused.value.http_status, refused.value.code) == (400, "charge_disputed")
        walk(case, move)
    walk(case, "appeal", "won")
    assert api.v1.refunds.create({"charge": case.charge}).status == "succeeded"


def test_a_case_in_another_currency_settles_in_the_accounts(control, disputed):
    control(settlement="eur", exchange_rate="0.5")
    assert entries(disputed()) == [(-1000, 1500, -2500, "dispute")]


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
def test_a_wrong_dispute_is_refused(control, paid, path, fields, param):
    assert control(path, **fields)["error"]["param"] == param


def test_no_case_is_about_more_than_was_paid(control, paid):
    session = paid()
    assert control("/dispute", session=session.id, kind="chargeback", amount=2001)["error"]["param"] == "amount"


def test_a_strangers_payment_is_disputed_too(control):
    assert control("/dispute", session=control("/stranger")["id"], kind="chargeback")["status"] == "needs_response"


def test_disputes_are_listed(api, disputed):
    first, second = disputed(), disputed("inquiry")

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
