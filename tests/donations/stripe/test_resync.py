"""Reconcile goes on where one object cannot be read, and says so; the sweep learns what an event never told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from donations.domain.status import Status
from donations.jobs import scheduler
from donations.models import Donation, LedgerEntry, StripeEvent
from donations.stripe import client, events, polling, resync, retries
from donations.stripe.errors import NotFound, Refused, StripeUnavailable
from mail.models import Mail
from tests.donations.stripe_book import StripeBook, movement
from tests.donations.stripe_objects import event, intent, refund, session

pytestmark = pytest.mark.django_db
Make = Callable[..., Donation]


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> StripeBook:
    monkeypatch.setattr(retries, "PAUSES", (0.0, 0.0, 0.0))
    return StripeBook(monkeypatch)


@pytest.fixture
def retrieved(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Stripe has, by id; an exception is raised. The ids that were asked for stand under "asked"."""
    things: dict[str, Any] = {"asked": []}

    def retrieve(reference: str) -> Any:
        things["asked"].append(reference)
        found = things.get(reference, NotFound(404, "resource_missing", "No such object"))
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(client, "retrieve", retrieve)
    return things


def with_page(donation: Donation, **changes: Any) -> Donation:
    for name, value in {"session_id": session(donation)["id"], "ask_at": timezone.now(), **changes}.items():
        setattr(donation, name, value)
    donation.save()
    return donation


def paid(donation: Donation) -> None:
    events.receive(json.dumps(event("checkout.session.completed", session(donation))))


def reconcile() -> tuple[str, str]:
    """What the command prints, and how it ends."""
    out = StringIO()
    try:
        call_command("reconcile", stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


# --- Reconcile --------------------------------------------------------------------------------------------------------


def test_another_sellers_refund_without_a_payment_is_passed_over(
    donation: Donation, book: StripeBook, retrieved: dict[str, Any]
) -> None:
    book.rows["refunds"] = [refund(donation, payment_intent=None, charge=None, created=int(time.time()) - 60)]
    assert reconcile()[1] == ""
    assert not LedgerEntry.objects.exists()


def test_such_a_refunds_event_is_ignored_at_once(donation: Donation) -> None:
    events.receive(json.dumps(event("refund.created", refund(donation, payment_intent=None, charge=None))))
    assert StripeEvent.objects.get().state == "ignored"


def test_an_object_that_cannot_be_read_keeps_none_of_the_others_from_being_mended(
    make_donation: Make, book: StripeBook, retrieved: dict[str, Any]
) -> None:
    odd, silent, good = (with_page(make_donation()) for _ in range(3))
    retrieved[odd.session_id] = session(odd, payment_intent=None)
    retrieved[silent.session_id] = Refused(500, "", "Something went wrong")
    retrieved[good.session_id] = session(good)
    book.rows["refunds"] = [refund(good, amount=0, created=int(time.time()) - 60)]
    told, problem = reconcile()
    good.refresh_from_db()
    assert good.status == Status.PAID
    assert "1 changed, 1 ledger rows added" in told
    assert odd.session_id in problem
    assert silent.session_id in problem
    assert f"re_1{good.uuid.hex}" in problem


def test_what_was_mended_before_stripe_fell_silent_is_told(
    make_donation: Make, book: StripeBook, retrieved: dict[str, Any]
) -> None:
    good = with_page(make_donation())
    silent = with_page(make_donation())
    retrieved[good.session_id] = session(good)
    retrieved[silent.session_id] = StripeUnavailable("reset")
    told, problem = reconcile()
    assert "1 ledger rows added" in told
    assert "run this again" in problem
    assert retrieved["asked"].count(silent.session_id) == 4, "a busy Stripe is asked again"


def test_another_sellers_payment_is_not_fetched_for_each_of_its_refunds(
    donation: Donation, book: StripeBook, retrieved: dict[str, Any]
) -> None:
    now = int(time.time())
    book.rows["balance_transactions"] = [movement(number) for number in range(20)]
    book.rows["refunds"] = [
        refund(donation, number) | {"payment_intent": f"pi_s{number}", "charge": f"ch_s{number}", "created": now - 60}
        for number in range(20)
    ]
    reconcile()
    assert retrieved["asked"] == []


def test_many_open_gifts_do_not_lock_each_other_out(
    make_donation: Make, book: StripeBook, retrieved: dict[str, Any]
) -> None:
    """A read that stays open keeps SQLite at its moment, so that the first write after it fails."""
    now = timezone.now()
    Donation.objects.bulk_create(
        Donation(amount=100, currency="usd", expires_at=now, session_id=f"cs_test_{number}") for number in range(2100)
    )
    assert reconcile()[1] == ""
    assert len(retrieved["asked"]) == 2100


# --- The sweep --------------------------------------------------------------------------------------------------------


def test_a_payment_whose_session_event_was_lost_still_gets_its_receipt(
    donation: Donation, retrieved: dict[str, Any], book: StripeBook, mailoutbox: list[Any]
) -> None:
    with_page(donation, ask_at=timezone.now() + timedelta(minutes=5))
    retrieved[donation.session_id] = session(donation)
    events.receive(json.dumps(event("payment_intent.succeeded", intent(donation))))
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        scheduler.run_due()
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        scheduler.run_due()
    assert [letter.to for letter in mailoutbox] == [["ada@example.org"]]


def test_a_receipt_that_was_closed_for_want_of_an_address_is_sent_when_one_comes(
    donation: Donation, mailoutbox: list[Any]
) -> None:
    events.receive(json.dumps(event("payment_intent.succeeded", intent(donation))))
    Mail.objects.update(state="closed", next_at=None, error="no address")
    paid(donation)
    assert scheduler.send_emails() == 1
    assert [letter.to for letter in mailoutbox] == [["ada@example.org"]]


def test_a_gift_with_a_page_is_not_given_up_while_stripe_does_not_answer(
    donation: Donation, retrieved: dict[str, Any]
) -> None:
    with_page(donation, expires_at=timezone.now() - timedelta(days=2), created_at=timezone.now() - timedelta(days=2))
    retrieved[donation.session_id] = StripeUnavailable("reset")
    polling.poll_due()
    donation.refresh_from_db()
    assert donation.status == Status.PENDING
    assert donation.ask_at is not None

    retrieved[donation.session_id] = session(donation)
    Donation.objects.update(ask_at=timezone.now(), asked_at=None)
    polling.poll_due()
    donation.refresh_from_db()
    assert donation.status == Status.PAID


def test_a_gift_whose_page_stripe_does_not_know_is_given_up(donation: Donation, retrieved: dict[str, Any]) -> None:
    with_page(donation, expires_at=timezone.now() - timedelta(days=2), created_at=timezone.now() - timedelta(days=2))
    polling.poll_due()
    donation.refresh_from_db()
    assert donation.status == Status.EXPIRED


def test_a_paid_gift_is_not_asked_about_for_ever(donation: Donation, retrieved: dict[str, Any]) -> None:
    with_page(donation, expires_at=timezone.now() - timedelta(days=2), created_at=timezone.now() - timedelta(days=2))
    retrieved[donation.session_id] = StripeUnavailable("reset")
    events.receive(json.dumps(event("payment_intent.succeeded", intent(donation))))
    polling.poll_due()
    donation.refresh_from_db()
    assert (donation.status, donation.ask_at) == (Status.PAID, None)


def test_a_gift_that_housekeeping_deletes_meanwhile_is_no_trouble(
    book: StripeBook, retrieved: dict[str, Any], make_donation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept, stays = make_donation(), make_donation()
    monkeypatch.setattr(resync, "_resync", lambda *_: Donation.objects.filter(pk=swept.pk).delete())
    result = resync.run(timezone.now())
    assert (result.changed, result.rebuilt) == (0, 0)
    assert Donation.objects.get() == stays
