"""The one place that writes the ledger and a donation's status.

Every path (webhook, success page, sweep, reconcile) brings a Report here. The same updates in any order, any number of
times, leave the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple, assert_never

from django.db import transaction

from donations.domain import status
from donations.domain.subscription import InvoiceTold, SubscriptionTold
from donations.domain.updates import Checkout, Dispute, FraudWarning, Offline, Payment, Refund, StripeUpdate
from donations.ledger import (
    donor_emails,
    erased,
    monthly_totals,
    receipt_numbers,
    refunds_and_disputes,
    statements,
)
from donations.ledger.matching import finding, subscriptions
from donations.ledger.statements import Known
from donations.models import (
    Case,
    Donation,
    Flag,
    Invoice,
    LedgerEntry,
    Subscription,
    insert_once,
    sums_of,
)
from donations.wall import placements
from lib.database import rows


class Outcome(Enum):
    POSTED = auto()
    # Posted, for a donor who had the account erased: what told us is not to be kept.
    POSTED_ERASED = auto()
    # Another seller's money on the same Stripe account.
    NOT_OURS = auto()
    # A refund or dispute of a payment that we do not know yet: it waits for `update.payment_reference`.
    DEFERRED = auto()


OURS = frozenset({Outcome.POSTED, Outcome.POSTED_ERASED})
# Of a donation: what an update may change.
WRITTEN = (
    *("checkout", "settling_failed", "delayed", "email", "payer_name", "session_id", "flags", "status", "ask_at"),
    *("presented_amount", "presented_currency", "subscription_id", "frequency", "to_index"),
)


class Posted(NamedTuple):
    """What became of an update, and the ids that were nobody's before: a deferred event may have waited for them."""

    outcome: Outcome
    now_known: Sequence[str] = ()


def post(update: StripeUpdate) -> Posted:
    """Book what an update says. Runs in the caller's transaction, or its own.

    Locks before it reads: the Stripe ids' rows, then the donation. Under READ COMMITTED two facts that arrive at once
    would otherwise each fold their own view of the donation, and a refund could park unseen by its payment.
    """
    with transaction.atomic(savepoint=False):
        invoice = None
        if isinstance(update.change, SubscriptionTold):
            return Posted(_outcome(subscriptions.note(update, update.change), update))
        if isinstance(update.change, InvoiceTold):
            invoice = subscriptions.note_invoice(update, update.change)
            if invoice is None or not (invoice.donation_id or invoice.told.is_gift):
                return Posted(_outcome(invoice.subscription if invoice else None, update))
            update = finding.paid_by(invoice, update)
        found = finding.donation_of(update)
        if found is None:
            # Without a payment to wait for it is of no gift: money that another seller pays out of a balance.
            waits = finding.names_only_a_payment(update) and update.payment_reference
            return Posted(Outcome.DEFERRED if waits else Outcome.NOT_OURS)
        known = statements.read(found.donation, erased.digest(update.email))
        donation = known.donation
        before = {name: getattr(donation, name) for name in WRITTEN}
        if found.rebuilt:
            _flag(donation, Flag.REBUILT)
        if invoice:
            _join(donation, invoice)
        written = [entry for wanted in _entries(donation, update) if (entry := _insert(known, wanted))]
        written += [entry for wanted in _failures(known, update) if (entry := _insert(known, wanted))]
        _apply_to(known, update)
        donation.status = _status(known, written, update)
        if donation.settled:
            donation.ask_at = None
        if changed := [name for name in WRITTEN if getattr(donation, name) != before[name]]:
            rows.update(donation, changed)
        donor_emails.enqueue(written)
        if donation.status == status.Status.FAILED != before["status"] and not _arrived(written):
            donor_emails.enqueue_failed(donation)
        if donation.email and not before["email"]:
            donor_emails.reopen(donation, known.entries)
        if donation.public:
            placements.refresh(donation.pk)
        # The hot rows last: the receipts' counter, then the totals.
        for entry in written:
            if entry.kind in LedgerEntry.ARRIVALS:
                receipt_numbers.draw(entry)
        monthly_totals.add(written, known.entries)
    return Posted(Outcome.POSTED_ERASED if donation.erased_at else Outcome.POSTED, found.now_known)


def _outcome(subscription: Subscription | None, update: StripeUpdate) -> Outcome:
    """Of an update that makes no gift: at most it tells that there will be none."""
    if subscription is None:
        return Outcome.NOT_OURS
    first = subscription.first
    if first and first.uuid == subscription.uuid and subscriptions.never_paid(subscription):
        post(StripeUpdate(at=update.at, donation=subscription.uuid))
    return Outcome.POSTED_ERASED if first and first.erased_at else Outcome.POSTED


def _join(donation: Donation, invoice: Invoice) -> None:
    donation.subscription, donation.frequency = invoice.subscription, invoice.subscription.frequency.value
    if invoice.outside:
        _flag(donation, Flag.OUTSIDE)
    Invoice.objects.filter(pk=invoice.pk).update(donation=donation)


def _entries(donation: Donation, update: StripeUpdate) -> list[LedgerEntry]:
    """The rows that an update asks for; those that stand already are left alone."""
    match update.change:
        case Payment() as payment:
            return [_payment_entry(donation, payment, update.at)]
        case Refund() as refund:
            return refunds_and_disputes.refund_entries(donation, refund, update.at)
        case Dispute() as dispute:
            return refunds_and_disputes.dispute_entries(donation, dispute, update.at)
        case FraudWarning() as warning:
            refunds_and_disputes.note_warning(donation, warning, update.at)
            return []
        case Offline() as offline:
            return [_offline_entry(donation, offline, update.at)]
        case SubscriptionTold() | InvoiceTold() | None:
            return []
    assert_never(update.change)


def _failures(known: Known, update: StripeUpdate) -> list[LedgerEntry]:
    """The counter-rows of payments that failed, whichever of the two is told first."""
    if update.failure:
        refunds_and_disputes.note_failure(known.donation, update.failure)
    elif not known.has_cases or not isinstance(update.change, Payment):
        return []
    return refunds_and_disputes.failure_entries(known.donation)


def _arrived(written: list[LedgerEntry]) -> bool:
    """Whether what failed had arrived before: another e-mail tells that."""
    return any(entry.kind == LedgerEntry.Kind.PAYMENT_FAILURE for entry in written)


def _payment_entry(donation: Donation, payment: Payment, at: datetime) -> LedgerEntry:
    if (payment.amount, payment.currency) != (donation.amount, donation.currency):
        _flag(donation, Flag.AMOUNT)
    return LedgerEntry(
        donation=donation,
        kind=LedgerEntry.Kind.PAYMENT,
        source=payment.source,
        amount=payment.amount,
        currency=payment.currency,
        happened_at=at,
    )


def _offline_entry(donation: Donation, offline: Offline, at: datetime) -> LedgerEntry:
    kinds = LedgerEntry.Kind
    return LedgerEntry(
        donation=donation,
        kind=kinds.OFFLINE_REVERSAL if offline.voided else kinds.OFFLINE,
        source=offline.id,
        amount=-offline.amount if offline.voided else offline.amount,
        currency=offline.currency,
        happened_at=at,
    )


def _insert(known: Known, entry: LedgerEntry) -> LedgerEntry | None:
    """The entry, if it was not in the ledger yet."""
    standing = next((row for row in known.entries if (row.kind, row.source) == (entry.kind, entry.source)), None)
    if standing is None and (written := insert_once(entry)):
        return written
    # Another donation's, if it is none of these.
    standing = standing or LedgerEntry.objects.get(kind=entry.kind, source=entry.source)
    # A second update of one thing changes no row: a person must look.
    if (standing.amount, standing.currency) != (entry.amount, entry.currency):
        _flag(known.donation, Flag.REPORTS)
    return None


def _apply_to(known: Known, update: StripeUpdate) -> None:
    donation = known.donation
    donation.checkout = status.furthest(Checkout(donation.checkout), update.checkout).value
    donation.settling_failed = donation.settling_failed or update.settling_failed
    donation.delayed = donation.delayed or update.delayed
    if update.presented and not donation.presented_currency:
        donation.presented_amount, donation.presented_currency = update.presented
    if update.unknown_status:
        _flag(donation, Flag.STATUS)
    found_by = (donation.email, donation.payer_name)
    if donation.erased_at is None and (donation.email or not erased.keep_out(donation, known.erased_at)):
        donation.email = donation.email or update.email
        if not donation.name:
            donation.payer_name = donation.payer_name or update.payer_name
    donation.to_index = donation.to_index or found_by != (donation.email, donation.payer_name)
    donation.session_id = donation.session_id or update.session


def _status(known: Known, written: list[LedgerEntry], update: StripeUpdate) -> status.Status:
    donation, entries = known.donation, [*known.entries, *written]
    # Different currencies are never added; a second payment in another one is flagged.
    sums = sums_of(donation, entries)
    if sum(entry.kind in LedgerEntry.ARRIVALS for entry in entries) > 1:
        _flag(donation, Flag.TWICE)
    if sums.failed:
        _flag(donation, Flag.FAILED)
    disputes = []
    if known.has_cases or isinstance(update.change, Dispute):
        noted = Case.objects.filter(donation=donation, kind=Case.Kind.DISPUTE)
        disputes = list(noted.values_list("status", "closed"))
    return status.fold(
        status.StatusInput(
            paid=sums.given,
            refunded=sums.refunded,
            withdrawn=sums.disputed,
            voided=sums.struck_out,
            failed=sums.failed,
            checkout=Checkout(donation.checkout),
            settling_failed=donation.settling_failed or _never_paid(donation),
            disputes=frozenset(status.dispute_status(word, closed=closed) for word, closed in disputes),
        )
    )


def _never_paid(donation: Donation) -> bool:
    """Of a monthly gift that was begun by a bank's debit: whether that failed, should no event of its page tell."""
    begun = donation.subscription if donation.checkout == Checkout.COMPLETE.value else None
    return begun is not None and begun.uuid == donation.uuid and subscriptions.never_paid(begun)


def _flag(donation: Donation, flag: str) -> None:
    donation.flags = ",".join(sorted({*filter(None, donation.flags.split(",")), flag}))
