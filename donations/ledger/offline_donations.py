"""Gifts outside Stripe: written down once, and corrected only by a counter-entry."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from donations.domain.updates import Offline, StripeUpdate
from donations.ledger import donor_emails, posting
from donations.models import Donation, OfflineGift, insert_once
from donations.wall import messages


@dataclass(frozen=True, slots=True)
class Received:
    """What came: `amount` in minor units; `form` is the page's own number, so that one page is one gift."""

    form: uuid.UUID
    amount: int
    currency: str
    method: str
    received_on: date
    by: str
    reference: str = ""
    name: str = ""
    email: str = ""
    message: str = ""
    public: bool = False


def record(received: Received) -> tuple[OfflineGift, bool]:
    """Write the gift down; the same page sent again gives the same gift. True when it is new."""
    at = _moment(received.received_on)
    gift_id = f"off-{received.form.hex}"  # no underscore: the admin reads one as an escape
    with transaction.atomic():
        donation = insert_once(
            Donation(
                uuid=received.form, amount=received.amount, currency=received.currency, name=received.name,
                name_state=messages.initial_name_state(received.name), email=received.email, message=received.message,
                public=received.public, created_at=at, expires_at=at,
            )
        )  # fmt: skip
        if donation is None:
            return OfflineGift.objects.select_related("donation").get(pk=gift_id), False
        gift = OfflineGift.objects.create(
            pk=gift_id,
            donation=donation,
            method=received.method,
            reference=received.reference,
            received_on=received.received_on,
            recorded_by=received.by,
        )
        posting.post(_update(gift, at))
    return gift, True


def void(gift: OfflineGift, by: str, why: str) -> bool:
    """Take the gift out of the books again: the record was wrong. False when somebody has done so already."""
    now = timezone.now()
    with transaction.atomic():
        standing = OfflineGift.objects.filter(pk=gift.pk, struck_out_at__isnull=True)
        if not standing.update(struck_out_at=now, struck_out_by=by, why=why):
            return False
        posting.post(_update(gift, now, voided=True))
    gift.refresh_from_db()
    return True


def send_receipt(gift: OfflineGift) -> None:
    """Put the donor's e-mail into the outbox; once more if it was sent before."""
    donor_emails.send_receipt_again(gift.pk)


def _update(gift: OfflineGift, at: datetime, *, voided: bool = False) -> StripeUpdate:
    donation = gift.donation
    return StripeUpdate(
        at=at,
        donation=donation.uuid,
        change=Offline(gift.pk, donation.amount, donation.currency, voided),
    )


def _moment(day: date) -> datetime:
    """A moment of that day, by the site's clock: this one, or noon."""
    now = timezone.localtime()
    return now if day == now.date() else timezone.make_aware(datetime.combine(day, time(12)))
