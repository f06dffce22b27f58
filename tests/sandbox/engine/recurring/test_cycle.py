"""A subscription as time goes by: renewals, failures and their retries, pauses, the ways in which it ends."""

from __future__ import annotations

import datetime

import pytest

from sandbox.engine.recurring.attempts import RETRY_AFTER
from sandbox.models import Event, Record
from tests.sandbox.conftest import event_types, monthly_params

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

HOUR, DAY = 3600, 24 * 3600
FAILS_LATER = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"


@pytest.fixture
def advance(control):
    """Moves the stand-in's clock forward."""
    return lambda seconds: control("/advance", seconds=seconds)


@pytest.fixture
def to_renewal(api, control):
    """Moves the clock to the end of the subscription's period and past the hour of the draft."""

    def move(subscription_id: str) -> None:
        end = api.v1.subscriptions.retrieve(subscription_id)["items"].data[0].current_period_end
        control("/advance", to=end + HOUR + 2)

    return move


@pytest.fixture
def now_of(api):
    """The subscription as it is now."""
    return lambda subscription: api.v1.subscriptions.retrieve(subscription.id)


@pytest.fixture
def newest_invoice(api):
    """The subscription's latest invoice, with its payment."""
    return lambda subscription: api.v1.invoices.list(
        {"subscription": subscription.id, "limit": 1, "expand": ["data.payments"]}
    ).data[0]


def types_after(count: int) -> list[str]:
    return event_types()[count:]


def test_a_renewal_is_drafted_then_finalized_after_an_hour_and_paid(
    api, subscribe, control, advance, now_of, newest_invoice
):
    subscription = subscribe()
    seen = len(event_types())
    end = subscription["items"].data[0].current_period_end
    control("/advance", to=end)
    draft = newest_invoice(subscription)
    assert (draft.status, draft.created, draft.billing_reason) == ("draft", end, "subscription_cycle")
    assert draft.lines.data[0].period.start == end
    assert now_of(subscription).latest_invoice == draft.id
    advance(HOUR)
    paid = newest_invoice(subscription)
    assert (paid.id, paid.status, paid.amount_paid, paid.attempt_count) == (draft.id, "paid", 2000, 1)
    assert paid.status_transitions.paid_at == end + HOUR
    events = [type for type in types_after(seen) if type != "charge.updated"]
    assert events == [
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ]
    assert api.v1.events.list({"type": "invoice.paid"}).data[0].created == end + HOUR


def test_a_year_of_renewals_is_one_payment_a_month_with_fees(api, subscribe, control):
    subscription = subscribe()
    control("/advance", seconds=366 * DAY)
    invoices = api.v1.invoices.list({"subscription": subscription.id, "status": "paid", "limit": 100}).data
    assert len(invoices) == 13
    starts = [datetime.datetime.fromtimestamp(each.lines.data[0].period.start, datetime.UTC) for each in invoices]
    assert len({(start.year, start.month) for start in starts}) == 13
    entries = api.v1.balance_transactions.list({"type": "charge", "limit": 100}).data
    assert [(entry.amount, entry.fee) for entry in entries] == [(2000, 88)] * 13
    assert {entry.status for entry in entries[1:]} == {"available"}
    assert len({each.number for each in invoices}) == 13


def test_a_card_that_fails_later_is_tried_by_the_plan_and_then_the_subscription_ends(
    api, subscribe, to_renewal, advance, now_of, newest_invoice
):
    subscription = subscribe(FAILS_LATER)
    to_renewal(subscription.id)
    failed = newest_invoice(subscription)
    assert (failed.status, failed.attempt_count, now_of(subscription).status) == ("open", 1, "past_due")
    for count, wait in enumerate(RETRY_AFTER, 2):
        assert failed.next_payment_attempt
        advance(wait)
        failed = newest_invoice(subscription)
        assert failed.attempt_count == count
    assert (failed.next_payment_attempt, failed.status, failed.auto_advance) == (None, "open", False)
    ended = now_of(subscription)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert ended.ended_at
    assert event_types().count("invoice.payment_failed") == len(RETRY_AFTER) + 1
    assert event_types()[-1] == "customer.subscription.deleted"
    advance(60 * DAY)
    assert newest_invoice(subscription).id == failed.id


@pytest.mark.parametrize("after", ["unpaid", "past_due"])
def test_a_subscription_that_is_given_up_may_stay(control, subscribe, to_renewal, advance, now_of, after):
    control(after_retries=after)
    subscription = subscribe(FAILS_LATER)
    to_renewal(subscription.id)
    advance(sum(RETRY_AFTER))
    assert now_of(subscription).status == after


def test_a_new_card_lets_the_next_attempt_succeed(control, subscribe, to_renewal, advance, now_of, newest_invoice):
    subscription = subscribe(FAILS_LATER)
    to_renewal(subscription.id)
    control("/change_card", subscription=subscription.id, number="4242 4242 4242 4242")
    advance(RETRY_AFTER[0])
    paid = newest_invoice(subscription)
    assert (paid.status, paid.attempt_count, now_of(subscription).status) == ("paid", 2, "active")
    updates = Event.objects.filter(type="customer.subscription.updated").values_list("body", flat=True)
    changes = [body["data"]["previous_attributes"].get("status") for body in updates.order_by("number")]
    assert [status for status in changes if status] == ["incomplete", "active", "past_due"]


def test_a_card_that_asks_always_waits_on_the_invoices_page(client, subscribe, to_renewal, now_of, newest_invoice):
    subscription = subscribe(ASKS_ALWAYS)
    to_renewal(subscription.id)
    waiting = newest_invoice(subscription)
    assert (waiting.status, now_of(subscription).status) == ("open", "past_due")
    types = event_types()
    assert types.index("invoice.payment_action_required") < types.index("invoice.payment_failed")
    path = waiting.hosted_invoice_url[waiting.hosted_invoice_url.index("/sandbox/") :]
    assert "Your bank asks" in client.get(path).content.decode()
    client.post(path, {"approve": "1"})
    assert (newest_invoice(subscription).status, now_of(subscription).status) == ("paid", "active")


def test_a_cancellation_takes_effect_at_the_end_of_the_period(api, subscribe, control, now_of, newest_invoice):
    subscription = subscribe()
    api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    end = now_of(subscription).cancel_at
    assert end == subscription["items"].data[0].current_period_end
    control("/advance", to=end + 2 * HOUR)
    ended = now_of(subscription)
    assert (ended.status, ended.ended_at, ended.cancellation_details.reason) == (
        "canceled",
        end,
        "cancellation_requested",
    )
    assert newest_invoice(subscription).billing_reason == "subscription_create"
    assert event_types()[-1] == "customer.subscription.deleted"


def test_it_may_be_canceled_at_any_moment_to_come(api, subscribe, control, now_of):
    subscription = subscribe()
    moment = subscription.created + 5 * DAY
    api.v1.subscriptions.update(subscription.id, {"cancel_at": moment})
    control("/advance", to=moment + DAY)
    assert (now_of(subscription).status, now_of(subscription).ended_at) == ("canceled", moment)


def test_a_cancellation_can_be_taken_back(api, subscribe, control, now_of):
    subscription = subscribe()
    api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    kept = now_of(subscription)
    assert (kept.cancel_at, kept.canceled_at, kept.cancel_at_period_end) == (None, None, False)
    control("/advance", seconds=40 * DAY)
    assert now_of(subscription).status == "active"


def test_a_first_payment_that_never_comes_expires_the_subscription(api, pay, advance):
    session = api.v1.checkout.sessions.create(monthly_params())
    pay(session.id, "4000000000000002")
    (waiting,) = api.v1.subscriptions.list({"status": "incomplete"}).data
    advance(23 * HOUR + 1)
    assert api.v1.subscriptions.retrieve(waiting.id).status == "incomplete_expired"
    assert api.v1.invoices.retrieve(waiting.latest_invoice).status == "void"
    assert api.v1.checkout.sessions.retrieve(session.id).status == "open"
    pay(session.id)
    assert api.v1.checkout.sessions.retrieve(session.id).subscription != waiting.id


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_while_collection_is_paused_no_invoice_is_paid(
    api, subscribe, to_renewal, newest_invoice, now_of, behavior, status
):
    subscription = subscribe()
    api.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": behavior}})
    to_renewal(subscription.id)
    assert (newest_invoice(subscription).status, now_of(subscription).status) == (status, "active")
    api.v1.subscriptions.update(subscription.id, {"pause_collection": ""})
    to_renewal(subscription.id)
    assert newest_invoice(subscription).status == "paid"


def test_a_pause_with_an_end_ends_by_itself(api, subscribe, control, now_of, to_renewal, newest_invoice):
    subscription = subscribe()
    resumes = subscription["items"].data[0].current_period_end + 10 * DAY
    api.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void", "resumes_at": resumes}})
    control("/advance", to=resumes)
    assert now_of(subscription).pause_collection is None
    assert newest_invoice(subscription).status == "void"
    to_renewal(subscription.id)
    assert newest_invoice(subscription).status == "paid"


def test_a_paused_subscription_bills_nothing_until_it_is_resumed(api, subscribe, advance, now_of, newest_invoice):
    subscription = subscribe()
    api.v1.subscriptions.pause(subscription.id)
    advance(100 * DAY)
    paused = now_of(subscription)
    assert (paused.status, paused.status_details.paused.subscription.type) == ("paused", "pause_requested")
    assert newest_invoice(subscription).billing_reason == "subscription_create"
    api.v1.subscriptions.resume(subscription.id)
    resumed = now_of(subscription)
    assert (resumed.status, newest_invoice(subscription).status) == ("active", "paid")
    assert newest_invoice(subscription).billing_reason == "subscription_update"
    assert resumed["items"].data[0].current_period_start == resumed.billing_cycle_anchor
    assert {"customer.subscription.paused", "customer.subscription.resumed"} <= set(event_types())


def test_one_that_is_resumed_within_its_period_pays_nothing(api, subscribe, advance, now_of, newest_invoice):
    subscription = subscribe()
    api.v1.subscriptions.pause(subscription.id)
    advance(DAY)
    api.v1.subscriptions.resume(subscription.id, {"billing_cycle_anchor": {"type": "unchanged"}})
    assert now_of(subscription).status == "active"
    assert newest_invoice(subscription).billing_reason == "subscription_create"
    assert Record.objects.get(stripe_id=subscription.id).due_at == subscription["items"].data[0].current_period_end


def test_what_a_canceled_subscription_owes_is_not_tried_again(api, subscribe, to_renewal, advance, newest_invoice):
    subscription = subscribe(FAILS_LATER)
    to_renewal(subscription.id)
    api.v1.subscriptions.cancel(subscription.id)
    advance(30 * DAY)
    owed = newest_invoice(subscription)
    assert (owed.status, owed.attempt_count, owed.next_payment_attempt) == ("open", 1, None)
