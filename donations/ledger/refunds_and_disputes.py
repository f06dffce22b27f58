"""Refunds, disputes and failed payments: what the updates of one case, in any order, ask the ledger to hold.

A case gathers facts that only become true, so that rows can be derived from them whichever update came first. Called
by donations.ledger.posting alone, which holds the donation's lock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from donations.domain.status import DISPUTE_OPEN, dispute_status, furthest_refund, is_newer
from donations.domain.updates import (
    Dispute,
    DisputeStatus,
    FraudWarning,
    Movement,
    PaymentFailure,
    Refund,
    RefundStatus,
)
from donations.models import Case, Donation, Flag, LedgerEntry, booked_by, sources_of

# A refund that succeeded can still fail: https://docs.stripe.com/refunds#failed-refunds
WATCH_REFUND = timedelta(days=30)
ASK_EVERY = timedelta(days=1)

ACTIONABLE = "actionable"  # an early warning of fraud: a refund now saves the dispute and its fee

_UNDONE = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})


def refund_entries(donation: Donation, refund: Refund, at: datetime) -> list[LedgerEntry]:
    """A debit iff money left our balance; a credit iff it left and came back. Also when only the end was ever seen."""
    case, _ = _noted(donation, Case.Kind.REFUND, refund, status=refund.status.value, opened_at=refund.made_at, as_of=at)
    status = furthest_refund(RefundStatus(case.status), refund.status)
    case.status = status.value
    case.as_of = max(case.as_of, at)
    case.debited = case.debited or refund.debited
    case.credited = case.credited or refund.credited
    case.asked_by = case.asked_by or refund.asked_by
    if status in _UNDONE:
        case.ask_at = None
    case.save()
    kinds = LedgerEntry.Kind
    entries = []
    if case.debited:
        entries.append(_entry(donation, kinds.REFUND, refund.id, -case.amount, case.currency, case.opened_at))
        if case.credited or status in _UNDONE:
            entries.append(_entry(donation, kinds.REFUND_FAILURE, refund.id, case.amount, case.currency, at))
    return entries


def dispute_entries(donation: Donation, dispute: Dispute, at: datetime) -> list[LedgerEntry]:
    """One row for each balance transaction of the dispute; its status is the newest that was reported."""
    case, created = _noted(
        donation, Case.Kind.DISPUTE, dispute, status=dispute.status, opened_at=at, as_of=at,
        deadline=dispute.deadline, reason=dispute.reason,
    )  # fmt: skip
    if not created and is_newer(dispute.status, at, case.status, case.as_of):
        case.status, case.as_of, case.deadline = dispute.status, at, dispute.deadline
        case.reason = dispute.reason
    if dispute.closed and DisputeStatus(dispute.status) is DisputeStatus.UNKNOWN:
        case.closed = True
    if case.ask_at is None and _is_open(case):
        case.ask_at = timezone.now() + ASK_EVERY  # a decided case was appealed
    case.save()
    kinds = LedgerEntry.Kind
    entries = []
    for movement in dispute.movements:
        amount, currency = _of_the_gift(donation, dispute, movement)
        kind = kinds.DISPUTE_WITHDRAWAL if amount < 0 else kinds.DISPUTE_REINSTATEMENT
        entries.append(_entry(donation, kind, movement.id, amount, currency, movement.at))
    return entries


def _of_the_gift(donation: Donation, dispute: Dispute, movement: Movement) -> tuple[int, str]:
    """What a movement took from the gift, signed, in the gift's own currency: a dispute may be told in another one.

    When neither the settled nor the disputed amount is in that currency, the whole gift is taken for it, and flagged.
    """
    paid = LedgerEntry.objects.filter(donation=donation, kind=LedgerEntry.Kind.PAYMENT)
    currencies = set(paid.values_list("currency", flat=True)) or {donation.currency}
    if movement.amount and movement.currency in currencies:
        return movement.amount, movement.currency
    if dispute.currency in currencies:
        return movement.sign * dispute.amount, dispute.currency
    flags = {*filter(None, donation.flags.split(",")), Flag.CURRENCY}
    donation.flags = ",".join(sorted(flags))
    return movement.sign * donation.amount, donation.currency


def note_warning(donation: Donation, warning: FraudWarning, at: datetime) -> None:
    """Keep an early warning of fraud. Once a refund or a dispute has answered it, it is never actionable again."""
    case, _ = Case.objects.get_or_create(
        pk=warning.id,
        defaults={
            "kind": Case.Kind.WARNING,
            "donation": donation,
            "amount": donation.amount,
            "currency": donation.currency,
            "status": ACTIONABLE,
            "opened_at": warning.made_at,
            "as_of": at,
            "reason": warning.reason,
        },
    )
    if not warning.actionable:
        case.status = "answered"
    case.as_of = max(case.as_of, at)
    case.save()


def _noted(
    donation: Donation, kind: Case.Kind, told: Refund | Dispute, *, opened_at: datetime, as_of: datetime, **first: Any
) -> tuple[Case, bool]:
    """The case of money that may go back, as it stands or as it begins; and whether it begins."""
    return Case.objects.get_or_create(
        pk=told.id,
        defaults={
            "kind": kind,
            "donation": donation,
            "amount": told.amount,
            "currency": told.currency,
            "opened_at": opened_at,
            "as_of": as_of,
            "ask_at": timezone.now() + ASK_EVERY,
            **first,
        },
    )


def _is_open(case: Case) -> bool:
    return dispute_status(case.status, closed=case.closed) in DISPUTE_OPEN


def note_failure(donation: Donation, failure: PaymentFailure) -> None:
    """Keep that a payment's charge failed: the payment may be told of later."""
    Case.objects.get_or_create(
        pk=failure.charge,
        defaults={
            "kind": Case.Kind.FAILURE,
            "donation": donation,
            "payment": failure.intent,
            "amount": failure.amount,
            "currency": failure.currency,
            "status": "failed",
            "opened_at": failure.at,
            "as_of": failure.at,
        },
    )


def failure_entries(donation: Donation) -> list[LedgerEntry]:
    """A counter-row for each failed charge whose payment is booked. What failed before it arrived was never booked."""
    failed = list(Case.objects.filter(donation=donation, kind=Case.Kind.FAILURE).order_by("pk"))
    sources = sources_of(case.payment for case in failed) if failed else {}
    arrived = set(booked_by(sources).values_list("source", flat=True)) if failed else set()
    return [
        _entry(donation, LedgerEntry.Kind.PAYMENT_FAILURE, case.pk, -case.amount, case.currency, case.opened_at)
        for case in failed
        if sources[case.payment] in arrived
    ]


def next_ask(case: Case, now: datetime) -> datetime | None:
    """When the sweep asks again: daily while anything may still happen, then never."""
    if case.kind == Case.Kind.DISPUTE:
        watched = _is_open(case)
    elif case.kind != Case.Kind.REFUND:
        watched = False
    else:
        watched = RefundStatus(case.status) not in _UNDONE and case.opened_at + WATCH_REFUND > now
    return now + ASK_EVERY if watched else None


def _entry(
    donation: Donation, kind: LedgerEntry.Kind, source: str, amount: int, currency: str, at: datetime
) -> LedgerEntry:
    return LedgerEntry(donation=donation, kind=kind, source=source, amount=amount, currency=currency, happened_at=at)
