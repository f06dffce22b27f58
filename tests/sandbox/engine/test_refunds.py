"""Refunds: by the API and from the dashboard, in part, late, failing, canceled."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from django.test import Client

from sandbox.engine import timers
from sandbox.models import Event, Record
from tests.sandbox.conftest import told

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

SLOW, FAILING = "4000000000007726", "4000000000005126"


def let_time_pass() -> None:
    Record.objects.filter(kind="refund", due_at__isnull=False).update(due_at=time.time())
    timers.run_due()


def movements(api):
    return [(each.type, each.amount, each.fee) for each in api.v1.balance_transactions.list().data]


@pytest.mark.parametrize("by", ["charge", "payment_intent"])
def test_a_refund_gives_all_of_it_back(api, charge_of, paid, by):
    charge = charge_of(paid())
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


def test_the_site_is_told_of_both_and_why(api, charge_of, paid):
    charge = charge_of(paid())
    before = len(told())
    refund = api.v1.refunds.create({"charge": charge.id, "amount": 500}, {"idempotency_key": "because"})
    assert told()[before:] == ["refund.created", "charge.refunded"]
    created, refunded = (event.body for event in Event.objects.order_by("number")[before:])
    assert created["data"]["object"] == refund.to_dict()
    assert (refunded["data"]["object"]["amount_refunded"], refunded["data"]["object"]["refunded"]) == (500, False)
    assert {created["request"]["idempotency_key"], refunded["request"]["idempotency_key"]} == {"because"}


def test_several_in_part_add_up(api, charge_of, paid):
    charge = charge_of(paid())
    made = [api.v1.refunds.create({"charge": charge.id, "amount": amount}) for amount in (500, 700)]
    assert not api.v1.charges.retrieve(charge.id).refunded
    made.append(api.v1.refunds.create({"charge": charge.id}))
    assert [refund.amount for refund in made] == [500, 700, 800]
    after = api.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (after.amount_refunded, after.refunded) == (2000, True)
    assert [refund.id for refund in after.refunds.data] == [refund.id for refund in made[::-1]]


def test_a_refund_straight_after_the_payment_finds_it_booked(api, charge_of, paid):
    session = paid()
    api.v1.refunds.create({"payment_intent": charge_of(session, "payment_intent.latest_charge").payment_intent})
    assert movements(api) == [("refund", -2000, 0), ("charge", 2000, 88)]
    assert told()[3:] == ["charge.updated", "refund.created", "charge.refunded"]


def test_more_than_is_left_is_refused(api, charge_of, paid):
    charge = charge_of(paid())
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


def test_only_a_success_can_be_refunded(api, opened, pay):
    session = opened()
    pay(session.id, "4000000000000002")
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    for params in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
        with pytest.raises(stripe.InvalidRequestError, match="succe") as refused:
            api.v1.refunds.create(params)
        assert refused.value.http_status == 400


def test_one_key_refunds_once(api, charge_of, paid):
    charge = charge_of(paid())

    def refund(_):
        try:
            return api.v1.refunds.create({"charge": charge.id, "amount": 100}, {"idempotency_key": "k"}).id
        except stripe.APIError as error:
            return error.http_status

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(refund, range(8)))
    assert len(answers - {409}) == 1
    assert api.v1.charges.retrieve(charge.id).amount_refunded == 100


def test_many_at_once_never_refund_more_than_was_paid(api, charge_of, paid):
    charge = charge_of(paid())

    def refund(_):
        try:
            return api.v1.refunds.create({"charge": charge.id, "amount": 600}).amount
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(refund, range(8))) == 1800
    assert api.v1.charges.retrieve(charge.id).amount_refunded == 1800


def test_a_bank_payment_is_refunded_too(api, client: Client, opened, control):
    session = opened()
    client.post(f"/sandbox/pay/{session.id}", {"bank": "settles", "email": "ada@example.com"})
    assert "no successful payment" in control("/refund", session=session.id)["error"]["message"]
    control("/settle", session=session.id, outcome="settles")
    control("/refund", session=session.id)
    assert movements(api) == [("payment_refund", -2000, 0), ("payment", 2000, 88)]


def test_a_slow_refund_is_pending_first(api, charge_of, paid):
    charge = charge_of(paid(SLOW))
    refund = api.v1.refunds.create({"charge": charge.id})
    assert (refund.status, refund.balance_transaction, refund.pending_reason) == ("pending", None, "processing")
    assert api.v1.charges.retrieve(charge.id).refunded
    assert movements(api) == [("charge", 2000, 88)]
    let_time_pass()
    let_time_pass()
    later = api.v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction"]})
    assert (later.status, later.balance_transaction.amount) == ("succeeded", -2000)
    assert Record.objects.get(stripe_id=refund.id).due_at is None
    assert told()[-2:] == ["charge.refunded", "refund.updated"]
    before = Event.objects.get(type="refund.updated").body["data"]["previous_attributes"]
    assert (before["status"], before["balance_transaction"]) == ("pending", None)


def test_a_refund_can_fail_after_it_succeeded(api, charge_of, paid):
    charge = charge_of(paid(FAILING))
    refund = api.v1.refunds.create({"charge": charge.id, "amount": 500})
    kept = api.v1.refunds.create({"charge": charge.id, "amount": 300})
    assert (refund.status, "failure_reason" in refund) == ("succeeded", False)
    Record.objects.filter(stripe_id=kept.id).update(due_at=None)
    let_time_pass()
    failed = api.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert failed.balance_transaction == refund.balance_transaction
    back = failed.failure_balance_transaction
    assert (back.type, back.amount, back.fee, back.source) == ("refund_failure", 500, 0, refund.id)
    after = api.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (300, False)
    assert told()[-2:] == ["refund.updated", "refund.failed"]


@pytest.mark.parametrize("delay", [0, 500])
def test_the_bank_takes_the_time_that_was_set(charge_of, control, paid, delay):
    control(bank_delay=delay)
    session = paid(SLOW)
    control("/refund", session=session.id)
    due: float | None = Record.objects.get(kind="refund").due_at
    assert due is not None
    assert round(due - time.time(), -1) == delay


def test_a_pending_refund_is_canceled(api, charge_of, paid):
    charge = charge_of(paid(SLOW))
    refund = api.v1.refunds.create({"charge": charge.id})
    canceled = api.v1.refunds.cancel(refund.id, {}, {"idempotency_key": "no"})
    assert (canceled.status, canceled.balance_transaction) == ("canceled", None)
    after = api.v1.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (0, False)
    assert told()[-1] == "refund.updated"
    assert Event.objects.get(type="refund.updated").body["request"]["idempotency_key"] == "no"
    let_time_pass()
    assert movements(api) == [("charge", 2000, 88)]
    with pytest.raises(stripe.InvalidRequestError, match="status is canceled") as refused:
        api.v1.refunds.cancel(refund.id)
    assert refused.value.http_status == 400
    with pytest.raises(stripe.InvalidRequestError, match="No such refund"):
        api.v1.refunds.cancel("re_none")


def test_the_dashboard_refunds_and_decides(api, charge_of, control, paid):
    session = paid(SLOW)
    refund = control("/refund", payment_intent=charge_of(session).payment_intent, amount=400)
    assert (refund["amount"], refund["status"]) == (400, "pending")
    assert Event.objects.get(type="refund.created").body["request"] == {"id": None, "idempotency_key": None}
    assert control("/settle_refund", refund=refund["id"], outcome="succeeds")["status"] == "succeeded"
    assert control("/settle_refund", refund=refund["id"], outcome="canceled")["error"]["param"] == "outcome"
    assert control("/settle_refund", refund=refund["id"], outcome="fails")["status"] == "failed"
    assert [kind for kind, _, _ in movements(api)] == ["refund_failure", "refund", "charge"]


def test_a_pending_refund_that_fails_has_moved_nothing(api, control, paid):
    refund = control("/refund", session=paid(SLOW).id)
    failed = control("/settle_refund", refund=refund["id"], outcome="fails")
    assert failed["failure_reason"]
    assert "failure_balance_transaction" not in failed
    assert movements(api) == [("charge", 2000, 88)]


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
def test_the_dashboard_says_what_is_wrong(control, paid, path, fields, param):
    assert control(path, **fields)["error"]["param"] == param


def test_a_strangers_payment_is_refunded_too(control):
    stranger = control("/stranger")
    assert control("/refund", session=stranger["id"])["amount"] == 1500


def test_refunds_are_listed(api, charge_of, paid):
    first, second = charge_of(paid()), charge_of(paid())
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
