"""A bank payment has one date, whoever tells of it first: the moment in which its money came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from donations.domain.status import Status
from donations.giving import checkout
from donations.giving.claims import Order
from donations.models import Donation, LedgerEntry, StripeEvent
from donations.reporting import period_figures
from donations.stripe import client, events, polling, resync
from donations.stripe.errors import Refused, StripeUnavailable
from sandbox.core import store
from sandbox.engine import bank_payments, settlement
from sandbox.models import Event
from tests.donations import histories
from tests.donations.stripe_objects import charge, event

pytestmark = pytest.mark.django_db(databases=["default", "sandbox"])

AUCKLAND = ZoneInfo("Pacific/Auckland")
BEGUN = datetime(2026, 10, 27, 12, tzinfo=UTC)
# One second on either side of the month's end by the site's clock, which is 13 hours before UTC.
SIDES = {
    "the last second of October": (datetime(2026, 10, 31, 23, 59, 59, tzinfo=AUCKLAND), date(2026, 10, 1)),
    "the first second of November": (datetime(2026, 11, 1, 0, 0, 1, tzinfo=AUCKLAND), date(2026, 11, 1)),
}


class Late:
    """A gift by bank, begun in October, whose money came on one side of midnight. No event has been delivered."""

    def __init__(self, clock: time_machine.Traveller, arrived: datetime) -> None:
        self.clock, self.arrived = clock, arrived
        clock.move_to(BEGUN)
        self.donation = checkout.begin(Order(amount=2000, currency="usd"), "a donor")
        bank_payments.pay(self.donation.session_id, "settles", histories.ADA)
        clock.move_to(arrived)
        before = set(Event.objects.values_list("pk", flat=True))
        intent = store.get("checkout.session", self.donation.session_id).payment_intent
        bank_payments.settle(intent, "settles")
        self.told = {each.type: each.body for each in Event.objects.exclude(pk__in=before)}
        self.charge = store.get("payment_intent", intent).body["latest_charge"]
        settlement.settle(self.charge)
        # What a webhook tells that says nothing of the arrival: a change of the charge, made days after.
        clock.move_to(arrived + timedelta(days=2))
        self.told["charge.updated"] = event(
            "charge.updated", store.get("charge", self.charge).body, created=int(timezone.now().timestamp())
        )

    def tell(self, kind: str) -> None:
        events.receive(json.dumps(self.told[kind]))

    def fetch(self) -> None:
        self.clock.shift(timedelta(days=1))
        polling.poll(Donation.objects.get(pk=self.donation.pk))

    def resync(self) -> None:
        self.clock.shift(timedelta(days=1))
        assert not resync.run(BEGUN).troubles

    def housekeeping(self) -> None:
        self.clock.shift(timedelta(seconds=30))
        polling.retry_due_deferred()


FIRST: dict[str, Callable[[Late], None]] = {
    "told by the session": lambda gift: gift.tell("checkout.session.async_payment_succeeded"),
    "told by the intent": lambda gift: gift.tell("payment_intent.succeeded"),
    "told by the charge": lambda gift: gift.tell("charge.succeeded"),
    "told by a later change of the charge": lambda gift: gift.tell("charge.updated"),
    "fetched": Late.fetch,
    "listed": Late.resync,
}


@pytest.fixture
def clock(settings: Any) -> Iterator[time_machine.Traveller]:
    settings.TIME_ZONE = "Pacific/Auckland"
    with time_machine.travel(BEGUN, tick=False) as traveller, histories.stripe_in_process():
        yield traveller


@pytest.fixture(params=SIDES)
def late(request: pytest.FixtureRequest, clock: time_machine.Traveller) -> Late:
    return Late(clock, SIDES[request.param][0])


@pytest.mark.parametrize("first", FIRST)
def test_whoever_is_first_the_date_is_that_of_the_arrival(late: Late, first: str) -> None:
    FIRST[first](late)
    late.housekeeping()
    for other in FIRST.values():
        other(late)
        late.housekeeping()
    entry = LedgerEntry.objects.get()
    assert entry.happened_at == late.arrived
    month = next(month for at, month in SIDES.values() if at == late.arrived)
    assert period_figures.of_month(month)["usd"].gross == 2000
    assert not StripeEvent.objects.exclude(state=StripeEvent.State.HANDLED).exists()


def test_a_later_change_that_is_told_first_books_the_gift_though_nothing_else_is_told(late: Late) -> None:
    late.tell("charge.updated")
    assert not LedgerEntry.objects.exists()
    late.housekeeping()
    assert LedgerEntry.objects.get().happened_at == late.arrived
    assert Donation.objects.get().status == Status.PAID


@pytest.fixture
def november(clock: time_machine.Traveller) -> Late:
    return Late(clock, SIDES["the first second of November"][0])


def test_a_key_that_may_not_read_events_leaves_the_charges_date(
    november: Late, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _events_answer(monkeypatch, Refused(403, "", "The provided key does not have the required permissions"))
    november.fetch()
    assert LedgerEntry.objects.get().happened_at == BEGUN
    assert "may not read Stripe's events" in caplog.text


def test_a_silent_stripe_leaves_the_gift_for_the_next_look(november: Late, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as silence:
        _events_answer(silence, StripeUnavailable("no answer"))
        november.fetch()
    assert not LedgerEntry.objects.exists()
    november.fetch()
    assert LedgerEntry.objects.get().happened_at == november.arrived


def test_what_stripe_has_not_told_yet_has_just_arrived(november: Late) -> None:
    Event.objects.all().delete()
    november.fetch()
    assert LedgerEntry.objects.get().happened_at == timezone.now()


def test_what_is_older_than_stripes_events_keeps_the_charges_date(november: Late) -> None:
    Event.objects.all().delete()
    november.clock.shift(timedelta(days=30))
    november.fetch()
    assert LedgerEntry.objects.get().happened_at == BEGUN


def test_another_sellers_bank_payment_is_not_asked_about(donation: Donation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "listed", lambda *_, **__: pytest.fail("Stripe was asked"))
    theirs = charge(donation, metadata={}, payment_method_details={"type": "sepa_debit"})
    events.receive(json.dumps(event("charge.updated", theirs)))
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED


def _events_answer(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    listed = client.listed

    def answer(kind: str, *args: Any, **options: Any) -> Any:
        if kind == "events":
            raise error
        return listed(kind, *args, **options)

    monkeypatch.setattr(client, "listed", answer)
