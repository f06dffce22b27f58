"""The one place that writes the ledger and a donation's status.

Every path (webhook, success page, sweep, reconcile) brings a Report here. The same reports in any order, any number of
times, leave the same rows.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from enum import Enum, auto

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from donations.domain import status
from donations.domain.updates import Checkout, DisputeStatus, Offline, Report
from donations.ledger import monthly_totals, receipt_numbers, refunds_and_disputes
from donations.models import Case, Donation, Flag, LedgerEntry, StripeRef, insert_once
from donations.wall import placements
from mail import outbox

log = logging.getLogger(__name__)


# What the donor is told of each kind of row.
LETTERS: dict[str, str] = {
    LedgerEntry.Kind.PAYMENT: "paid",
    LedgerEntry.Kind.REFUND: "refunded",
    LedgerEntry.Kind.REFUND_FAILURE: "refund_failed",
}


class Outcome(Enum):
    BOOKED = auto()
    # Booked, for a donor who had the account erased: what told us is not to be kept.
    BOOKED_ERASED = auto()
    # Another seller's money on the same Stripe account.
    FOREIGN = auto()
    # A refund or dispute of a payment that we do not know yet: it waits for `report.anchor`.
    EARLY = auto()


OURS = frozenset({Outcome.BOOKED, Outcome.BOOKED_ERASED})


def record(report: Report) -> Outcome:
    """Book what a report says. Runs in the caller's transaction, or its own.

    Locks before it reads: the Stripe ids' rows, then the donation. Under READ COMMITTED two facts that arrive at once
    would otherwise each fold their own view of the donation, and a refund could park unseen by its payment.
    """
    with transaction.atomic(savepoint=False):
        donation_id = _donation_id(report)
        if donation_id is None:
            # Without a payment to wait for it is of no gift: money that another seller pays out of a balance.
            return Outcome.EARLY if report.anchor and (report.refund or report.dispute) else Outcome.FOREIGN
        donation = Donation.objects.select_for_update().get(pk=donation_id)
        written = [entry for entry in _entries(donation, report) if _book(donation, entry)]
        had_address = bool(donation.email)
        _learn(donation, report)
        before = status.Status(donation.status)
        donation.status = _status(donation)
        if donation.settled:
            donation.ask_at = None
        donation.save(
            update_fields=[
                *("checkout", "settling_failed", "delayed", "email", "session_id", "flags", "status", "ask_at"),
            ]
        )
        _announce(donation, before, written)
        if donation.email and not had_address:
            outbox.reopen(_letters(donation))
        if donation.public:
            placements.refresh(donation.pk)
        # The hot rows last: the receipts' counter, then the totals.
        for entry in written:
            if entry.kind in {LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.OFFLINE}:
                receipt_numbers.draw(_stored(entry))
        monthly_totals.add(donation, written)
    return Outcome.BOOKED_ERASED if donation.erased_at else Outcome.BOOKED


def _donation_id(report: Report) -> int | None:
    """The donation that a report is about, its ids locked and tied to it; None when it is not ours or not known yet."""
    by_metadata = _by_metadata(report)
    if by_metadata is None and not (report.refund or report.dispute) and not _tied(report):
        return None
    now = timezone.now()
    StripeRef.objects.bulk_create(
        [StripeRef(id=reference, seen_at=now) for reference in report.refs],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["seen_at"],
    )
    donation_id = by_metadata if by_metadata is not None else _tied(report)
    if donation_id is not None:
        StripeRef.objects.filter(id__in=report.refs, donation__isnull=True).update(donation=donation_id)
    return donation_id


def _tied(report: Report) -> int | None:
    return (
        StripeRef.objects.filter(id__in=report.refs, donation__isnull=False)
        .order_by("id")
        .values_list("donation_id", flat=True)
        .first()
    )


def _by_metadata(report: Report) -> int | None:
    if not report.donation:
        return None
    known = Donation.objects.filter(uuid=report.donation).values_list("pk", flat=True).first()
    if known is None and report.site == settings.SITE_HOST:
        return _rebuild(report, report.donation)
    return known


def _rebuild(report: Report, donation: uuid.UUID) -> int | None:
    """A gift of ours that we do not know: the database was restored from an older backup. Not public, and flagged."""
    if not report.amount:
        return None
    log.warning("donation %s is unknown here: rebuilt from Stripe", donation)
    insert_once(
        Donation(
            uuid=donation,
            amount=report.amount,
            currency=report.currency,
            created_at=report.at,
            expires_at=report.at,
            ask_at=timezone.now(),
            flags=Flag.REBUILT,
        )
    )
    return Donation.objects.values_list("pk", flat=True).get(uuid=donation)


def _entries(donation: Donation, report: Report) -> list[LedgerEntry]:
    """The rows that a report asks for; those that stand already are left alone."""
    if report.payment:
        payment = report.payment
        if (payment.amount, payment.currency) != (donation.amount, donation.currency):
            _flag(donation, Flag.AMOUNT)
        return [
            LedgerEntry(
                donation=donation,
                kind=LedgerEntry.Kind.PAYMENT,
                source=payment.intent,
                amount=payment.amount,
                currency=payment.currency,
                happened_at=report.at,
            )
        ]
    if report.refund:
        return refunds_and_disputes.refund_entries(donation, report.refund, report.at)
    if report.dispute:
        return refunds_and_disputes.dispute_entries(donation, report.dispute, report.at)
    if report.offline:
        return [_offline_entry(donation, report.offline, report.at)]
    return []


def _offline_entry(donation: Donation, offline: Offline, at: datetime) -> LedgerEntry:
    kinds = LedgerEntry.Kind
    return LedgerEntry(
        donation=donation,
        kind=kinds.OFFLINE_REVERSAL if offline.struck_out else kinds.OFFLINE,
        source=offline.id,
        amount=-offline.amount if offline.struck_out else offline.amount,
        currency=offline.currency,
        happened_at=at,
    )


def _book(donation: Donation, entry: LedgerEntry) -> bool:
    if insert_once(entry):
        return True
    booked = LedgerEntry.objects.get(kind=entry.kind, source=entry.source)
    # A second report of one thing changes no row: a person must look.
    if (booked.amount, booked.currency) != (entry.amount, entry.currency):
        _flag(donation, Flag.REPORTS)
    return False


def _stored(entry: LedgerEntry) -> LedgerEntry:
    return LedgerEntry.objects.get(kind=entry.kind, source=entry.source)


def _learn(donation: Donation, report: Report) -> None:
    donation.checkout = status.furthest(Checkout(donation.checkout), report.checkout).value
    donation.settling_failed = donation.settling_failed or report.settling_failed
    donation.delayed = donation.delayed or report.delayed
    if donation.erased_at is None:
        donation.email = donation.email or report.email
    donation.session_id = donation.session_id or report.session


def _status(donation: Donation) -> status.Status:
    entries = list(LedgerEntry.objects.filter(donation=donation).order_by("kind", "source"))
    kinds = LedgerEntry.Kind
    payments = [entry for entry in entries if entry.kind in {kinds.PAYMENT, kinds.OFFLINE}]
    if len(payments) > 1:
        _flag(donation, Flag.TWICE)
    # Different currencies are never added; a second payment in another one is flagged above.
    currency = payments[0].currency if payments else donation.currency
    rows = [(entry.kind, entry.amount) for entry in entries if entry.currency == currency]
    disputes = Case.objects.filter(donation=donation, kind=Case.Kind.DISPUTE).values_list("status", flat=True)
    return status.fold(
        status.Facts(
            paid=sum(amount for kind, amount in rows if kind in {kinds.PAYMENT, kinds.OFFLINE}),
            refunded=-sum(amount for kind, amount in rows if kind in {kinds.REFUND, kinds.REFUND_FAILURE}),
            withdrawn=-sum(
                amount for kind, amount in rows if kind in {kinds.DISPUTE_WITHDRAWAL, kinds.DISPUTE_REINSTATEMENT}
            ),
            struck_out=-sum(amount for kind, amount in rows if kind == kinds.OFFLINE_REVERSAL),
            checkout=Checkout(donation.checkout),
            settling_failed=donation.settling_failed,
            disputes=frozenset(DisputeStatus(status) for status in disputes),
        )
    )


def _announce(donation: Donation, before: status.Status, written: list[LedgerEntry]) -> None:
    """Put the mails that this report calls for into the outbox; address and words are found when they are sent."""
    for entry in written:
        if kind := LETTERS.get(entry.kind):
            outbox.add(kind, entry.source)
    if donation.status == status.Status.FAILED != before:
        outbox.add("failed", str(donation.uuid))


def _letters(donation: Donation) -> list[tuple[str, str]]:
    """Kind and key of every letter that the donation may have called for."""
    entries = LedgerEntry.objects.filter(donation=donation, kind__in=LETTERS).values_list("kind", "source")
    return [("failed", str(donation.uuid)), *((LETTERS[kind], source) for kind, source in entries)]


def _flag(donation: Donation, flag: str) -> None:
    donation.flags = ",".join(sorted({*filter(None, donation.flags.split(",")), flag}))
