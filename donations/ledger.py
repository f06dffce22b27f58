"""The one place that writes the ledger and a donation's status.

Every path (webhook, success page, sweep) brings a Report here. The same reports in any order, any number of times,
leave the same rows.
"""

from __future__ import annotations

import logging
import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from donations import states
from donations.facts import Checkout, Payment, Report
from donations.models import Donation, Flag, LedgerEntry, StripeRef, insert_once

log = logging.getLogger(__name__)


def record(report: Report) -> bool:
    """Book what a report says. False when the money is another seller's on the same Stripe account.

    Locks before it reads: the Stripe ids' rows, then the donation. Under READ COMMITTED two facts that arrive at once
    would otherwise each fold their own view of the donation. Runs in the caller's transaction, or its own.
    """
    with transaction.atomic(savepoint=False):
        donation_id = _donation_id(report)
        if donation_id is None:
            return False
        StripeRef.objects.bulk_create(
            [StripeRef(id=reference, donation_id=donation_id) for reference in report.refs],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["donation"],
        )
        donation = Donation.objects.select_for_update().get(pk=donation_id)
        if report.payment:
            _book_payment(donation, report, report.payment)
        _learn(donation, report)
        donation.status = _status(donation)
        if donation.status in states.FINAL:
            donation.ask_at = None
        donation.save(update_fields=["checkout", "settling_failed", "email", "session_id", "flags", "status", "ask_at"])
    return True


def _donation_id(report: Report) -> int | None:
    """The donation that a report is about: by our metadata, else by an id that we know; None when it is not ours."""
    if report.donation:
        known = Donation.objects.filter(uuid=report.donation).values_list("pk", flat=True).first()
        if known is None and report.site == settings.SITE_HOST:
            return _rebuild(report, report.donation)
        if known is not None:
            return known
    return (
        StripeRef.objects.filter(id__in=report.refs, donation__isnull=False)
        .values_list("donation_id", flat=True)
        .first()
    )


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


def _book_payment(donation: Donation, report: Report, payment: Payment) -> None:
    key = {"kind": LedgerEntry.Kind.PAYMENT, "source": payment.intent}
    entry = LedgerEntry(
        **key, donation=donation, amount=payment.amount, currency=payment.currency, happened_at=report.at
    )
    if not insert_once(entry):
        booked = LedgerEntry.objects.get(**key)
        # A second report of one payment changes no row: a person must look.
        if (booked.amount, booked.currency) != (payment.amount, payment.currency):
            _flag(donation, Flag.REPORTS)
    if (payment.amount, payment.currency) != (donation.amount, donation.currency):
        _flag(donation, Flag.AMOUNT)


def _learn(donation: Donation, report: Report) -> None:
    donation.checkout = states.furthest(Checkout(donation.checkout), report.checkout).value
    donation.settling_failed = donation.settling_failed or report.settling_failed
    donation.email = donation.email or report.email
    donation.session_id = donation.session_id or report.session


def _status(donation: Donation) -> states.Status:
    payments = list(donation.entries.filter(kind=LedgerEntry.Kind.PAYMENT).values_list("amount", flat=True))
    if len(payments) > 1:
        _flag(donation, Flag.TWICE)
    return states.fold(
        states.Facts(
            paid=sum(payments),
            checkout=Checkout(donation.checkout),
            settling_failed=donation.settling_failed,
        )
    )


def _flag(donation: Donation, flag: str) -> None:
    donation.flags = ",".join(sorted({*filter(None, donation.flags.split(",")), flag}))
