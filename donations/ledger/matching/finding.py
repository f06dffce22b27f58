"""Which donation an update is about: by our mark in its metadata, or by an id that it names."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone

from donations.domain.updates import Checkout, Dispute, FraudWarning, Payment, Refund, StripeUpdate
from donations.ledger import identity, statements
from donations.ledger.matching import subscriptions
from donations.models import Donation, Invoice, StripeRef, Subscription, insert_once

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """The donation that an update is about; its ids are locked and tied to it."""

    donation: int
    # Made again just now.
    rebuilt: bool
    # The ids that were nobody's until now: a refund or dispute may have been deferred until they are known.
    now_known: list[str]


def donation_of(update: StripeUpdate) -> Found | None:
    """The donation that an update is about. None if it is not ours or not known yet; then its ids are locked, if any
    may be a payment's of ours."""
    if update.donation and (tied := statements.tie(tuple(dict.fromkeys(update.refs)), update.donation)):
        own, rebuilt, nobodys = tied.donation, False, tied.nobodys
    else:
        by_metadata, rebuilt = _by_metadata(update)
        if by_metadata is None and not names_only_a_payment(update):
            # The payments and charges of a subscription carry no mark of ours: its invoices tell of them.
            return None
        lock(update.refs)
        known = dict(StripeRef.objects.filter(id__in=update.refs).values_list("pk", "donation_id"))
        owners = [owner for _, owner in sorted(known.items()) if owner is not None]
        nobodys = [reference for reference, owner in known.items() if owner is None]
        if by_metadata is None and not owners:
            return None
        own = by_metadata if by_metadata is not None else owners[0]
    if nobodys:
        StripeRef.objects.filter(id__in=nobodys).update(donation=own)
    return Found(own, rebuilt, nobodys)


def lock(references: Iterable[str]) -> None:
    """Make whoever else names one of these ids wait for the end of our transaction; also where none is known yet."""
    now = timezone.now()
    StripeRef.objects.bulk_create(
        [StripeRef(id=reference, seen_at=now) for reference in dict.fromkeys(references)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["seen_at"],
    )


def is_known(payment: str) -> bool:
    """Whether a payment is of a donation of ours; who makes it known meanwhile waits for our transaction."""
    lock([payment])
    return StripeRef.objects.filter(pk=payment, donation__isnull=False).exists()


def names_only_a_payment(update: StripeUpdate) -> bool:
    """Refunds and disputes carry no metadata of ours: they belong to whatever donation their payment belongs to."""
    unmarked_failure = update.failure is not None and update.donation is None
    return unmarked_failure or isinstance(update.change, Refund | Dispute | FraudWarning)


def _by_metadata(update: StripeUpdate) -> tuple[int | None, bool]:
    if not update.donation:
        return None, False
    known = Donation.objects.filter(uuid=update.donation).values_list("pk", flat=True).first()
    if known is None and update.site in identity.marks():
        return _rebuild(update, update.donation)
    return known, False


def _rebuild(update: StripeUpdate, donation: uuid.UUID) -> tuple[int | None, bool]:
    """A gift of ours that we do not know: the database was restored from an older backup. Not public, and flagged."""
    # A page that expired unpaid is nothing that was lost: gifts that were never paid are deleted after a while.
    if not update.amount or (update.checkout is Checkout.EXPIRED and not update.change and not update.failure):
        return None, False
    log.warning("donation %s is unknown here: rebuilt from Stripe", donation)
    rebuilt = insert_once(
        Donation(
            uuid=donation,
            amount=update.amount,
            currency=update.currency,
            created_at=update.at,
            expires_at=update.at,
            ask_at=timezone.now(),
            subscription=Subscription.objects.filter(uuid=donation).first(),
        )
    )
    # Another update of it may have been quicker.
    return (rebuilt.pk, True) if rebuilt else (Donation.objects.values_list("pk", flat=True).get(uuid=donation), False)


def paid_by(invoice: Invoice, update: StripeUpdate) -> StripeUpdate:
    """The update of a paid invoice as the payment of its own donation, which is made if it is told of first."""
    gift = invoice.subscription.uuid
    marked = update.site in identity.marks() and update.donation == gift
    if not invoice.told.is_first or not (marked or Donation.objects.filter(uuid=gift).exists()):
        gift = subscriptions.renewal(invoice)
    return replace(update, donation=gift, change=Payment(invoice.pk, invoice.paid, invoice.currency))
