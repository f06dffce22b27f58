"""Refunds: by the API and from the dashboard, in part, late, failing, canceled."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from django.test import Client

from sandbox.engine import timers
from sandbox.models import Event, Record
from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

SLOW, FAILING = "4000000000007726", "4000000000005126"


def run_timers() -> None:
    Record.objects.filter(kind="refund", due_at__isnull=False).update(due_at=time.time())
    timers.run_due()


def movements(api):
    return [(each.type, each.amount, each.fee) for each in api.v1.balance_transactions.list().data]


@pytest.mark.parametrize("by", ["charge", "payment_intent"])
def test_a_refund_is_of_the_whole_charge(api, charge_of, pay_session, by):
    charge = charge_of(pay_session())
    of = {"charge": charge.id, "payment_intent": charge.payment_intent}[by]
    params = {by: of, "reason": "requested_by_customer", "metadata": {"ours": "7"}, "expand": ["balance_transaction"]}
    refund = api.v1.refunds.create(params)
    assert (refund.amount, refund.currency, refund.status) == (2000, "usd", "succeeded")
    assert (refund.charge, refund.payment_intent) == (charge.id, charge.payment_intent)
    assert (refund.reason, refund.metadata.to_dict()) == ("requested_by_customer", {"ours": "7"})
    moved = refund.balance_transaction
    assert (moved.amount, moved.fee, moved.net, moved.type) == (-2000, 0, -2000, "refund")
    assert (moved.reporting_category, moved.source) == ("refund", refund.id)
    after = api.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (2000, True)
    assert api.v1.refunds.retrieve(refund.id).balance_transaction == moved.id


def test_a_refund_has_two_events_that_name_its_request(api, charge_of, pay_session):
    charge = charge_of(pay_session())
    before = len(event_types())
    refund = api.v1.refunds.create({"charge": charge.id, "amount": 500}, {"idempotency_key": "because"})
    assert event_types()[before:] == ["refund.created", "charge.refunded"]
    created, refunded = (event.body for event in Event.objects.order_by("number")[before:])
    assert created["data"]["object"] == refund.to_dict()
    assert (refunded["data"]["object"]["amount_refunded"], refunded["data"]["object"]["refunded"]) == (500, False)
    assert {created["request"]["idempotency_key"], refunded["request"]["idempotency_key"]} == {"because"}


def test_several_in_part_add_up(api, charge_of, pay_session):
    charge = charge_of(pay_session())
    made = [api.v1.refunds.create({"charge": charge.id, "amount": amount}) for amount in (500, 700)]
    assert not api.v1.charges.retrieve(charge.id).refunded
    made.append(api.v1.refunds.create({"charge": charge.id}))
    assert [refund.amount for refund in made] == [500, 700, 800]
    after = api.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (after.amount_refunded, after.refunded) == (2000, True)
    assert [refund.id for refund in after.refunds.data] == [refund.id for refund in made[::-1]]


def test_a_refund_straight_after_the_payment_settles_it_first(api, charge_of, pay_session):
    session = pay_session()
    api.v1.refunds.create({"payment_intent": charge_of(session, "payment_intent.latest_charge").payment_intent})
    assert movements(api) == [("refund", -2000, 0), ("charge", 2000, 88)]
    assert event_types()[3:] == ["charge.updated", "refund.created", "charge.refunded"]


def test_more_than_is_left_is_refused(api, charge_of, pay_session):
    charge = charge_of(pay_session())
    api.v1.refunds.create({"charge": charge.id, "amount": 1500})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"charge": charge.id, "amount": 501})
    message = "Refund amount ($5.01 USD) is greater than unrefunded amount on charge ($5.00 USD)"
    assert (refused.value.http_status, refused.value.param) == (400, "amount")
    assert refused.value.user_message == message
    api.v1.refunds.create({"charge": charge.id, "amount": 500})
    for amount in ({}, {"amount": 1}):
        with pytest.raises(stripe.InvalidRequestError, match="has already been refunded") as again:
            api.v1.refunds.create({"charge": charge.id, **amount})
        assert (again.value.http_status, again.value.code) == (400, "charge_already_refunded")
    assert Record.objects.filter(kind="refund").count() == 2


def test_one_key_refunds_once(api, charge_of, pay_session):
    charge = charge_of(pay_session())

    def refund(_):
        try:
            return api.v1.refunds.create({"charge": charge.id, "amount": 100}, {"idempotency_key": "k"}).id
        except stripe.APIError as error:
            return error.http_status

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(refund, range(8)))
    assert len(answers - {409}) == 1
    assert api.v1.charges.retrieve(charge.id).amount_refunded == 100


def test_many_at_once_never_refund_more_than_was_paid(api, charge_of, pay_session):
    charge = charge_of(pay_session())

    def refund(_):
        try:
            return api.v1.refunds.create({"charge": charge.id, "amount": 600}).amount
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(refund, range(8))) == 1800
    assert api.v1.charges.retrieve(charge.id).amount_refunded == 1800


def test_a_bank_payment_is_refunded_too(api, client: Client, create_session, control):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert "no successful payment" in control("/refund", session=session.id)["error"]["message"]
    control("/settle", session=session.id, outcome="settles")
    control("/refund", session=session.id)
    assert movements(api) == [("payment_refund", -2000, 0), ("payment", 2000, 88)]


def test_a_slow_refund_is_pending_first(api, charge_of, pay_session):
    charge = charge_of(pay_session(SLOW))
    refund = api.v1.refunds.create({"charge": charge.id})
    assert (refund.status, refund.balance_transaction, refund.pending_reason) == ("pending", None, "processing")
    assert api.v1.charges.retrieve(charge.id).refunded
    assert movements(api) == [("charge", 2000, 88)]
    run_timers()
    run_timers()
    later = api.v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction"]})
    assert (later.status, later.balance_transaction.amount) == ("succeeded", -2000)
    assert Record.objects.get(stripe_id=refund.id).due_at is None
    assert event_types()[-2:] == ["charge.refunded", "refund.updated"]
    before = Event.objects.get(type="refund.updated").body["data"]["previous_attributes"]
    assert (before["status"], before["balance_transaction"]) == ("pending", None)


def test_a_refund_can_fail_after_it_succeeded(api, charge_of, pay_session):
    charge = charge_of(pay_session(FAILING))
    refund = api.v1.refunds.create({"charge": charge.id, "amount": 500})
    kept = api.v1.refunds.create({"charge": charge.id, "amount": 300})
    assert (refund.status, "failure_reason" in refund) == ("succeeded", False)
    Record.objects.filter(stripe_id=kept.id).update(due_at=None)
    run_timers()
    failed = api.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert failed.balance_transaction == refund.balance_transaction
    back = failed.failure_balance_transaction
    assert (back.type, back.amount, back.fee, back.source) == ("refund_failure", 500, 0, refund.id)
    after = api.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (300, False)
    assert event_types()[-2:] == ["refund.updated", "refund.failed"]


@pytest.mark.parametrize("delay", [0, 500])
def test_the_bank_takes_the_time_that_was_set(charge_of, control, pay_session, delay):
    control(bank_delay=delay)
    session = pay_session(SLOW)
    control("/refund", session=session.id)
    due: float | None = Record.objects.get(kind="refund").due_at
    assert due is not None
    assert round(due - time.time(), -1) == delay


def test_a_pending_refund_is_canceled(api, charge_of, pay_session):
    charge = charge_of(pay_session(SLOW))
    refund = api.v1.refunds.create({"charge": charge.id})
    canceled = api.v1.refunds.cancel(refund.id, {}, {"idempotency_key": "no"})
    assert (canceled.status, canceled.balance_transaction) == ("canceled", None)
    after = api.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (0, False)
    assert event_types()[-1] == "refund.updated"
    assert Event.objects.get(type="refund.updated").body["request"]["idempotency_key"] == "no"
    run_timers()
    assert movements(api) == [("charge", 2000, 88)]
    with pytest.raises(stripe.InvalidRequestError, match="status is canceled") as refused:
        api.v1.refunds.cancel(refund.id)
    assert refused.value.http_status == 400
    with pytest.raises(stripe.InvalidRequestError, match="No such refund"):
        api.v1.refunds.cancel("re_none")


def test_the_dashboard_refunds_and_settles_refunds(api, charge_of, control, pay_session):
    session = pay_session(SLOW)
    refund = control("/refund", payment_intent=charge_of(session).payment_intent, amount=400)
    assert (refund["amount"], refund["status"]) == (400, "pending")
    assert Event.objects.get(type="refund.created").body["request"] == {"id": None, "idempotency_key": None}
    assert control("/settle_refund", refund=refund["id"], outcome="succeeds")["status"] == "succeeded"
    assert control("/settle_refund", refund=refund["id"], outcome="canceled")["error"]["param"] == "outcome"
    assert control("/settle_refund", refund=refund["id"], outcome="fails")["status"] == "failed"
    assert [kind for kind, _, _ in movements(api)] == ["refund_failure", "refund", "charge"]


def test_a_pending_refund_that_fails_has_no_balance_transaction(api, control, pay_session):
    refund = control("/refund", session=pay_session(SLOW).id)
    failed = control("/settle_refund", refund=refund["id"], outcome="fails")
    assert failed["failure_reason"]
    assert "failure_balance_transaction" not in failed
    assert movements(api) == [("charge", 2000, 88)]


@pytest.mark.parametrize(
    ("outcome", "shape"),
    [
        ("fails", ("refund_failure", "refund_failure")),
        ("fails_as_adjustment", ("adjustment", "refund_failure")),
        ("fails_as_payment_refund", ("payment_refund", "refund")),
    ],
)
def test_the_money_of_a_failed_refund_comes_back_in_three_shapes(api, control, pay_session, outcome, shape):
    refund = control("/refund", session=pay_session().id)
    failed = control("/settle_refund", refund=refund["id"], outcome=outcome)
    credit = api.v1.balance_transactions.retrieve(failed["failure_balance_transaction"])
    assert (credit.type, credit.reporting_category, credit.amount, credit.source) == (*shape, 2000, refund["id"])


def test_the_refund_of_a_bank_payment_has_ids_of_its_own(api, client, create_session, control):
    session = create_session()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    control("/settle", session=session.id, outcome="settles")
    refund = control("/refund", session=session.id)
    assert refund["id"].startswith("pyr_")
    assert api.v1.refunds.retrieve(refund["id"]).amount == 2000
    assert movements(api)[0] == ("payment_refund", -2000, 0)
