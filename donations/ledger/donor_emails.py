"""Which e-mails a donation calls for, and what the outbox knows each of them by.

An e-mail about a row of the ledger is kept under the row's source, one about the donation itself under its uuid, so
that each is sent once however often the row is reported.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from enum import StrEnum

from donations.ledger import subscription_emails
from donations.models import Donation, LedgerEntry, Subscription
from mail import outbox
from mail.models import Mail


class EmailKind(StrEnum):
    PAID = "paid"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    FAILED = "failed"
    PAYMENT_FAILED = "payment_failed"
    OFFLINE = "offline"


# What the donor is told of by itself; the receipt of a gift outside Stripe is sent when staff want it.
_OF_ENTRIES = {
    LedgerEntry.Kind.PAYMENT: EmailKind.PAID,
    LedgerEntry.Kind.REFUND: EmailKind.REFUNDED,
    LedgerEntry.Kind.REFUND_FAILURE: EmailKind.REFUND_FAILED,
    LedgerEntry.Kind.PAYMENT_FAILURE: EmailKind.PAYMENT_FAILED,
}
_ENTRY_OF = {kind: entry for entry, kind in _OF_ENTRIES.items()} | {EmailKind.OFFLINE: LedgerEntry.Kind.OFFLINE}


def enqueue(written: Iterable[LedgerEntry]) -> None:
    """Owe the donor an e-mail for each of these new rows that calls for one. In the caller's transaction."""
    for entry in written:
        if kind := _OF_ENTRIES.get(LedgerEntry.Kind(entry.kind)):
            outbox.enqueue(kind, entry.source)


def enqueue_failed(donation: Donation) -> None:
    """Owe the donor the e-mail that the payment did not come through. In the caller's transaction."""
    outbox.enqueue(EmailKind.FAILED, str(donation.uuid))


def reopen(donation: Donation, entries: Iterable[LedgerEntry]) -> None:
    """The donor's address has come: what was closed for want of one is due again, of all that was owed before."""
    owed = [(str(kind), entry.source) for entry in entries if (kind := _OF_ENTRIES.get(LedgerEntry.Kind(entry.kind)))]
    # Only what has failed was ever told of.
    if owed or donation.settling_failed:
        outbox.reopen([(str(EmailKind.FAILED), str(donation.uuid)), *owed])


def send_receipt_again(source: str) -> None:
    """Owe the receipt of the gift outside Stripe with this id; once more if it was sent before."""
    sent = Mail.objects.filter(kind=EmailKind.OFFLINE, key=source).first()
    if sent is None:
        outbox.enqueue(EmailKind.OFFLINE, source)
    else:
        outbox.send_again(sent)


def entry_of(kind: EmailKind, key: str) -> LedgerEntry | None:
    """The row of the ledger that an e-mail of this kind is about, its donation at hand."""
    return LedgerEntry.objects.select_related("donation").filter(kind=_ENTRY_OF[kind], source=key).first()


def donation_of(key: str) -> Donation | None:
    """The donation that an e-mail about a donation itself is about."""
    return Donation.objects.filter(uuid=uuid.UUID(key)).first()


def keys(donations: Iterable[Donation | int]) -> set[str]:
    """What the outbox knows all e-mails about these donations by."""
    mine = Donation.objects.filter(pk__in=[getattr(each, "pk", each) for each in donations])
    sources = LedgerEntry.objects.filter(donation__in=mine).values_list("source", flat=True)
    again = subscription_emails.keys(Subscription.objects.filter(donations__in=mine).distinct())
    return {*sources, *again, *(str(each) for each in mine.values_list("uuid", flat=True))}
