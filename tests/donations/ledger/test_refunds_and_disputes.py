"""Refunds and disputes: each way that money can go back, in any order of its events."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from math import factorial
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection, transaction
from django.db.models import AutoField
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from donations.domain.status import Status
from donations.ledger import monthly_totals
from donations.models import Case, Donation, LedgerEntry, StripeEvent, StripeRef
from donations.stripe import parsing
from donations.stripe.events import post, receive, retry_deferred
from mail.models import Mail
from tests.donations.stripe_objects import charge, dispute, event, intent, movement, refund, session, text

Post = Callable[..., Any]
Story = list[dict[str, Any]]


def ledger_of(donation: Donation) -> list[tuple[str, int]]:
    return sorted(LedgerEntry.objects.filter(donation=donation).values_list("kind", "amount"))


def tell(*events: dict[str, Any]) -> None:
    for happening in events:
        receive(text(happening))


@pytest.fixture
def paid(donation: Donation) -> Donation:
    tell(event("checkout.session.completed", session(donation)))
    donation.refresh_from_db()
    return donation


@pytest.mark.parametrize(
    ("changes", "kinds", "status"),
    [
        ({}, ["payment", "refund"], Status.REFUNDED),
        ({"amount": 500}, ["payment", "refund"], Status.PARTLY_REFUNDED),
        ({"status": "pending", "balance_transaction": None}, ["payment"], Status.PAID),
        ({"status": "pending"}, ["payment", "refund"], Status.REFUNDED),
        ({"status": "failed", "balance_transaction": None}, ["payment"], Status.PAID),
        ({"status": "failed", "failure_balance_transaction": "txn_f"}, ["payment", "refund", "refund_failure"],
         Status.PAID),
        ({"status": "failed"}, ["payment", "refund", "refund_failure"], Status.PAID),
        ({"status": "canceled", "balance_transaction": None}, ["payment"], Status.PAID),
        ({"status": "canceled"}, ["payment", "refund", "refund_failure"], Status.PAID),
    ],
)  # fmt: skip
def test_a_refund_is_booked_by_what_it_did_to_our_balance(
    paid: Donation, changes: dict[str, Any], kinds: list[str], status: Status
) -> None:
    tell(event("refund.updated", refund(paid, **changes)))
    paid.refresh_from_db()
    assert [kind for kind, _ in ledger_of(paid)] == kinds
    assert paid.status == status


def test_several_partial_refunds_add_up(paid: Donation) -> None:
    for number, amount in enumerate((300, 700), 1):
        tell(event("refund.created", refund(paid, number, amount=amount)))
    paid.refresh_from_db()
    assert paid.status == Status.PARTLY_REFUNDED
    tell(event("refund.created", refund(paid, 3, amount=1000)))
    paid.refresh_from_db()
    assert paid.status == Status.REFUNDED
    assert sum(amount for _, amount in ledger_of(paid)) == 0


def test_a_refund_that_comes_first_waits_for_its_payment(donation: Donation) -> None:
    early = event("refund.created", refund(donation))
    tell(early)
    parked = StripeEvent.objects.get()
    assert (parked.state, parked.waits_for) == (StripeEvent.State.DEFERRED, f"pi_{donation.uuid.hex}")
    assert not LedgerEntry.objects.exists()

    tell(event("payment_intent.succeeded", intent(donation)))
    donation.refresh_from_db()
    parked.refresh_from_db()
    assert donation.status == Status.REFUNDED
    assert parked.state == StripeEvent.State.HANDLED


def test_an_inquiry_is_a_task_and_changes_no_status(paid: Donation) -> None:
    tell(event("charge.dispute.created", dispute(paid, "warning_needs_response")))
    paid.refresh_from_db()
    assert paid.status == Status.PAID
    case = Case.objects.get()
    assert (case.kind, case.status) == (Case.Kind.DISPUTE, "warning_needs_response")
    assert case.deadline is not None


def test_a_chargeback_that_is_won_ends_as_if_nothing_had_been(paid: Donation) -> None:
    out, back = movement(paid, 1, -2000), movement(paid, 2, 2000)
    for kind, thing, status in [
        ("created", dispute(paid, "needs_response"), Status.DISPUTED),
        ("funds_withdrawn", dispute(paid, "needs_response", out), Status.DISPUTED),
        ("updated", dispute(paid, "under_review", out), Status.DISPUTED),
        ("closed", dispute(paid, "won", out), Status.DISPUTED),  # decided, but the money is not back yet
        ("funds_reinstated", dispute(paid, "won", out, back), Status.PAID),
    ]:
        tell(event(f"charge.dispute.{kind}", thing, created=1_790_000_500))
        paid.refresh_from_db()
        assert paid.status == status, kind
    assert sum(amount for _, amount in ledger_of(paid)) == 2000


def test_a_chargeback_that_is_lost_and_then_won_on_appeal(paid: Donation) -> None:
    out, back = movement(paid, 1, -2000), movement(paid, 2, 2000)
    at = 1_790_000_500
    for number, (thing, status) in enumerate(
        [
            (dispute(paid, "lost", out), Status.LOST),  # arrives already lost
            (dispute(paid, "appeal_under_review", out), Status.DISPUTED),
            (dispute(paid, "won", out, back), Status.PAID),
        ]
    ):
        tell(event("charge.dispute.updated", thing, created=at + number))
        paid.refresh_from_db()
        assert paid.status == status


def test_a_dispute_settled_in_another_currency_is_booked_in_the_gifts(paid: Donation) -> None:
    tell(event("charge.dispute.funds_withdrawn", dispute(paid, "needs_response",
        movement(paid, 1, -1830, currency="eur"))))  # fmt: skip
    assert LedgerEntry.objects.get(kind="dispute_withdrawal").amount == -2000


def test_another_sellers_refund_waits_and_books_nothing(db: None, make_donation: Callable[..., Donation]) -> None:
    foreign = make_donation()
    tell(event("refund.created", refund(foreign)), event("charge.refunded", charge(foreign, metadata={})))
    assert not LedgerEntry.objects.exists()
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {"parked", "ignored"}


def totals_now() -> dict[Any, Any]:
    assert monthly_totals.compare() == {}
    return {key: sums for key, sums in monthly_totals.rebuilt().items() if any(sums)}


def test_totals_follow_the_ledger(make_donation: Callable[..., Donation]) -> None:
    one, two = make_donation(), make_donation(amount=500, currency="eur")
    tell(
        event("refund.created", refund(one, 1, amount=700)),
        event("checkout.session.completed", session(one)),
        event("checkout.session.completed", session(two)),
        event("refund.created", refund(one, 2, amount=1300)),
        event("refund.failed", refund(one, 2, amount=1300, status="failed")),
    )
    assert totals_now() == {key: value for key, value in monthly_totals.rebuilt().items() if any(value)}
    sums = {"usd": [0] * 6, "eur": [0] * 6}
    for (currency, _), month in totals_now().items():
        sums[currency] = [one + other for one, other in zip(sums[currency], month, strict=True)]
    assert sums == {"usd": [2000, 700, 1, 0, 0, 0], "eur": [500, 0, 1, 0, 0, 0]}


# --- any order ------------------------------------------------------------------------------------------------------


def the_issues_story(d: Donation) -> Story:
    out = movement(d, 1, -1500)
    return [
        event("checkout.session.completed", session(d)),
        event("payment_intent.succeeded", intent(d)),
        event("charge.succeeded", charge(d)),
        event("refund.created", refund(d, amount=500)),
        event("charge.refunded", charge(d, amount_refunded=500)),
        event("charge.dispute.created", dispute(d, "needs_response", amount=1500), created=1_790_000_200),
        event("charge.dispute.funds_withdrawn", dispute(d, "needs_response", out, amount=1500), created=1_790_000_200),
    ]


def a_refund_that_fails(d: Donation) -> Story:
    return [
        event("checkout.session.completed", session(d)),
        event("refund.created", refund(d, status="pending", balance_transaction=None)),
        event("refund.updated", refund(d)),
        event("refund.failed", refund(d, status="failed", failure_balance_transaction="txn_f")),
    ]


def a_bank_payment_refunded_in_parts(d: Donation) -> Story:
    return [
        event("checkout.session.completed", session(d, payment_status="unpaid")),
        event("checkout.session.async_payment_succeeded", session(d)),
        event("refund.created", refund(d, 1, amount=800)),
        event("refund.created", refund(d, 2, amount=1200, status="pending", balance_transaction=None)),
        event("refund.updated", refund(d, 2, amount=1200, status="canceled", balance_transaction=None)),
    ]


def a_dispute_with_an_appeal(d: Donation) -> Story:
    out, back = movement(d, 1, -2000), movement(d, 2, 2000)
    return [
        event("charge.succeeded", charge(d)),
        event("charge.dispute.created", dispute(d, "warning_needs_response"), created=1_790_000_300),
        event("charge.dispute.funds_withdrawn", dispute(d, "needs_response", out), created=1_790_000_400),
        event("charge.dispute.closed", dispute(d, "lost", out), created=1_790_000_500),
        event("charge.dispute.updated", dispute(d, "appeal_under_review", out), created=1_790_000_600),
        event("charge.dispute.funds_reinstated", dispute(d, "won", out, back), created=1_790_000_700),
    ]


STORIES = [the_issues_story, a_refund_that_fails, a_bank_payment_refunded_in_parts, a_dispute_with_an_appeal]


ENDS: dict[Callable[[Donation], Story], Callable[[Donation], Story]] = {
    the_issues_story: lambda d: [
        session(d), refund(d, amount=500), dispute(d, "needs_response", movement(d, 1, -1500), amount=1500)
    ],
    a_refund_that_fails: lambda d: [
        session(d), refund(d, status="failed", failure_balance_transaction="txn_f")
    ],
    a_bank_payment_refunded_in_parts: lambda d: [
        session(d), refund(d, 1, amount=800),
        refund(d, 2, amount=1200, status="canceled", balance_transaction=None),
    ],
    a_dispute_with_an_appeal: lambda d: [
        charge(d), dispute(d, "won", movement(d, 1, -2000), movement(d, 2, 2000))
    ],
}  # fmt: skip


def look(thing: dict[str, Any]) -> None:
    """Fetch an object as it is now, as reconcile does."""
    report = parsing.update_of(thing, at=timezone.now())
    assert report
    post(report)


def rows_of(donation: Donation) -> dict[str, Any]:
    """All rows of a donation, without its own number and times."""
    mine = {"donation__uuid": donation.uuid}
    found = {
        "donation": list(Donation.objects.filter(pk=donation.pk).values_list(
            "status", "checkout", "settling_failed", "delayed", "flags", "email", "session_id")),
        "ledger": sorted(LedgerEntry.objects.filter(**mine).values_list("kind", "source", "amount", "currency")),
        "refs": sorted(StripeRef.objects.filter(**mine).values_list("id")),
        "cases": sorted(Case.objects.filter(**mine).values_list(
            "id", "kind", "amount", "status", "debited", "credited")),
        "mails": sorted(Mail.objects.filter(key__contains=donation.uuid.hex).values_list("kind", "key")),
        "events": sorted(StripeEvent.objects.filter(body__contains=donation.uuid.hex).values_list("type", "state")),
    }  # fmt: skip
    rows: dict[str, Any] = json.loads(json.dumps(found).replace(donation.uuid.hex, "…"))
    return rows


def end_of(story: Callable[[Donation], Story], order: Iterable[int]) -> dict[str, Any]:
    """The rows of a new donation after its story came in this order."""
    donation = Donation.objects.create(amount=2000, currency="usd", expires_at=timezone.now())
    events = story(donation)
    tell(*(events[number] for number in order))
    return rows_of(donation)


# The time of whichever report of a thing came first: it decides the month of a total, which is compared, and no more.
OF_THE_FIRST = {"LedgerEntry.happened_at", "Case.opened_at"}
BY_KEY = {"entry": "entry__source", "donation": "donation__uuid", "subscription": "subscription__stripe_id"}


@functools.cache
def every_query() -> dict[str, tuple[str, tuple[Any, ...]]]:
    """Model -> what reads its table. Django would need most of a test's time to write them anew for every set."""
    queries = {}
    for model in [*apps.get_app_config("donations").get_models(), *apps.get_app_config("mail").get_models()]:
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
        names = [BY_KEY.get(field.name, field.name) for field in fields]
        wanted = [name for name in names if f"{model.__name__}.{name}" not in OF_THE_FIRST]
        queries[model.__name__] = model._default_manager.order_by().values_list(*wanted).query.sql_with_params()
    return queries


def every_row() -> dict[str, list[Any]]:
    """Every column of the site's tables, so that nothing that the next event could depend on is left out.

    But for the numbers that the database counts: a savepoint does not give them back. The clock must stand.
    """
    found = {}
    with connection.cursor() as cursor:
        for model, query in every_query().items():
            cursor.execute(*query)
            found[model] = sorted(cursor.fetchall(), key=repr)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_every_order_of_every_part_of_a_story_ends_alike(
    story: Callable[[Donation], Story], donation: Donation
) -> None:
    """All orders (5,040 of the issue's story) by induction: whichever event of a set came last, the rows are the same.

    Each set of events is made once, in one order; that order may stand for all others because they have been compared,
    in every column, when the set was reached. So every beginning of every order is looked at as well.
    """
    events = story(donation)
    every = frozenset(range(len(events)))
    ends: dict[frozenset[int], dict[str, list[Any]]] = {}
    steps: set[tuple[frozenset[int], int]] = set()  # a set, and the event that was told after it

    def explore(told: frozenset[int]) -> None:
        for number in every - told:
            savepoint = transaction.savepoint()
            tell(events[number])
            now, rows = told | {number}, every_row()
            assert rows == ends.setdefault(now, rows), f"{sorted(told)}, then {number}"
            steps.add((told, number))
            if number == max(now):
                explore(now)
            transaction.savepoint_rollback(savepoint)

    with time_machine.travel(timezone.now(), tick=False):
        explore(frozenset())
        assert len(ends) == 2 ** len(events) - 1
        assert orders(every, steps) == factorial(len(events))
        in_order = end_of(story, range(len(events)))
        tell(*events)
        assert rows_of(donation) == in_order


def orders(every: frozenset[int], steps: set[tuple[frozenset[int], int]]) -> int:
    """How many orders of all these events the steps make up: by counting, not by arithmetic."""
    if not every:
        return 1
    return sum(orders(every - {last}, steps) for last in every if (every - {last}, last) in steps)


class AnyOrderEndsAlike(TestCase):
    @settings(max_examples=80, deadline=None)
    @given(st.data())
    def test_any_order_and_repetition_of_any_story(self, data: st.DataObject) -> None:
        story = data.draw(st.sampled_from(STORIES))
        numbers = list(range(len(story(Donation(amount=2000, currency="usd")))))
        again = data.draw(st.lists(st.sampled_from(numbers), max_size=5))
        order = data.draw(st.permutations(numbers + again))
        assert end_of(story, order) == end_of(story, numbers)
        assert totals_now() == {key: value for key, value in monthly_totals.rebuilt().items() if any(value)}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("story", STORIES)
def test_two_connections_at_once_end_alike(story: Callable[[Donation], Story]) -> None:
    """Two webhooks and a look at Stripe at the same moment: each would fold its own view, were it not for the locks."""
    wanted = end_of(story, range(len(story(Donation(amount=2000, currency="usd")))))
    for seed in range(8):
        chance = random.Random(seed)
        donation = Donation.objects.create(amount=2000, currency="usd", expires_at=timezone.now())
        deeds = [functools.partial(receive, text(happening)) for happening in story(donation) * 2]
        deeds += [functools.partial(look, thing) for thing in ENDS[story](donation)]
        chance.shuffle(deeds)
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(in_own_connection, deeds[third::3]) for third in range(3)]:
                done.result()
        retry_deferred([f"pi_{donation.uuid.hex}"])
        assert rows_of(donation) == wanted, seed


def in_own_connection(deeds: Iterable[Callable[[], object]]) -> None:
    try:
        for deed in deeds:
            deed()
    finally:
        connection.close()
