"""Bank debits that fail: before they arrive, which was never money of ours, and days after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from desk.pages import tasks, timeline
from donations.domain.status import Status
from donations.donors import emails
from donations.ledger import monthly_totals
from donations.models import Donation, Flag, LedgerEntry, Receipt
from donations.reporting import export_shape, exports, public_totals
from mail.models import Mail
from mail.outbox import Cancel, Email
from tests.donations.stripe_objects import charge, event, intent, session

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


def failed(donation: Donation, **changes: Any) -> dict[str, Any]:
    """The charge of a bank debit that the bank has sent back."""
    return charge(
        donation,
        id=f"py_{donation.uuid.hex}",
        status="failed",
        captured=False,
        amount_captured=0,
        balance_transaction="txn_1",
        failure_balance_transaction="txn_2",
        **changes,
    )


def story(donation: Donation) -> list[dict[str, Any]]:
    """A debit that arrived and was sent back after all, as it is told."""
    py = f"py_{donation.uuid.hex}"
    return [
        event("checkout.session.completed", session(donation, payment_status="unpaid")),
        event("charge.succeeded", charge(donation, id=py, balance_transaction="txn_1")),
        event("checkout.session.async_payment_succeeded", session(donation)),
        event("charge.failed", failed(donation)),
        event("payment_intent.payment_failed", intent(donation, status="requires_payment_method", latest_charge=py)),
    ]


def rows() -> list[tuple[str, str, int]]:
    return [(kind, source[:3], amount) for kind, source, amount in
            LedgerEntry.objects.order_by("kind").values_list("kind", "source", "amount")]  # fmt: skip


def letters() -> list[str]:
    return sorted(mail.kind for mail in Mail.objects.all() if isinstance(emails.compose(mail.kind, mail.key), Email))


BOTH = [("payment", "pi_", 2000), ("payment_failure", "py_", -2000)]


def test_a_failure_after_the_payment_is_booked_gets_a_counter_row(donation: Donation, post_event: Post) -> None:
    for told in story(donation):
        assert post_event(told).status_code == 200
    donation.refresh_from_db()
    assert rows() == BOTH
    assert donation.status == Status.FAILED
    assert donation.flags == Flag.FAILED
    assert letters() == ["payment_failed"]
    assert (public_totals.stats().raised, public_totals.stats().donations) == (0, 0)
    assert monthly_totals.compare() == {}
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_in_any_order_and_twice_it_ends_alike(donation: Donation, post_event: Post, order: list[int]) -> None:
    told = story(donation)
    for number in (*order, *order):
        assert post_event(told[number]).status_code == 200
    donation.refresh_from_db()
    assert rows() == BOTH
    assert (donation.status, donation.flags, letters()) == (Status.FAILED, Flag.FAILED, ["payment_failed"])


def test_a_debit_that_fails_before_it_arrives_is_never_in_the_ledger(donation: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(donation, payment_status="unpaid")))
    post_event(event("charge.failed", failed(donation)))
    donation.refresh_from_db()
    assert rows() == []
    assert (donation.status, donation.flags, letters()) == (Status.FAILED, "", ["failed"])


def test_a_card_that_was_declined_before_it_paid_takes_nothing_back(donation: Donation, post_event: Post) -> None:
    declined = charge(donation, id="ch_declined", status="failed", captured=False, balance_transaction=None)
    for told in (event("charge.succeeded", charge(donation)), event("charge.failed", declined)):
        post_event(told)
    donation.refresh_from_db()
    assert rows() == [("payment", "pi_", 2000)]
    assert donation.status == Status.PAID


def test_a_pending_charge_says_that_the_gift_is_with_the_bank(donation: Donation, post_event: Post) -> None:
    post_event(event("charge.updated", charge(donation, status="pending", captured=False)))
    donation.refresh_from_db()
    assert (donation.status, rows()) == (Status.PROCESSING, [])


def test_one_of_two_payments_that_fails_leaves_the_other(donation: Donation, post_event: Post) -> None:
    second = charge(donation, id="ch_second", payment_intent="pi_second")
    for told in (*story(donation), event("charge.succeeded", second)):
        post_event(told)
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert donation.flags == f"{Flag.FAILED},{Flag.TWICE}"
    assert public_totals.stats().raised == 2000


def test_the_donor_is_told_what_arrived_and_what_went_back(donation: Donation, post_event: Post) -> None:
    for told in story(donation):
        post_event(told)
    letter = emails.compose("payment_failed", f"py_{donation.uuid.hex}")
    assert isinstance(letter, Email)
    assert letter.to == "ada@example.org"
    assert "$20 went back to your bank" in letter.subject
    assert "reached us on" in letter.text
    assert "called the payment back on" in letter.text
    assert "Receipt 1" in letter.text
    assert "/donate?amount=20" in letter.text
    assert isinstance(emails.compose("paid", f"pi_{donation.uuid.hex}"), Cancel), "no receipt is sent any more"


def test_the_treasurer_has_a_task_until_somebody_has_looked(
    donation: Donation, post_event: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RECENT", timedelta(days=10_000))
    for told in story(donation):
        post_event(told)
    (task,) = tasks._failed_payments()
    assert task.what == "A payment of $20.00 failed after it had arrived."
    assert task.urgent
    assert any("failed after all" in moment.what for moment in timeline.of(donation))
    Donation.objects.update(flags_seen=Flag.FAILED)
    assert not list(tasks._failed_payments())


def test_it_stays_in_the_exports_so_that_they_add_up_to_the_ledger(donation: Donation, post_event: Post) -> None:
    for told in story(donation):
        post_event(told)
    export = exports.EXPORTS["donations"]
    (line,) = export.rows(export_shape.Period())
    told = dict(zip(export.columns, line, strict=True))
    assert (told["paid"], told["refunded"], told["kept"]) == (2000, -2000, 0)
    assert export.count(export_shape.Period()) == 1


def test_its_receipt_says_that_it_is_void(donation: Donation, post_event: Post, admin_client: Any) -> None:
    for told in story(donation):
        post_event(told)
    page = admin_client.get("/receipts/1")
    assert page.status_code == 200
    words = page.content.decode()
    assert "called this payment back" in words
    assert "Sent back by the bank" in words
    assert "Refunded" not in words


def test_the_database_refuses_a_failure_that_adds_money(donation: Donation) -> None:
    entry = LedgerEntry(donation=donation, kind="payment_failure", source="py_1", amount=1, currency="usd",
                        happened_at=timezone.now())  # fmt: skip
    with pytest.raises(ValidationError):
        entry.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save()
