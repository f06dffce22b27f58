"""The row of a donation while its page is being opened: found or made, claimed by one, released or kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from donations.domain import status
from donations.domain.status import Status
from donations.domain.subscription import Frequency
from donations.models import Donation, StripeRef, Words, insert_once
from donations.models.stripe_key import present_key

# Stripe takes 30 minutes at the least; the rest leaves room for a late retry with the same stored time.
OPEN_FOR = timedelta(hours=2)
RETRY_FOR = timedelta(minutes=85)
# Longer than one call to Stripe usually takes (3 s + 8 s): an older claim most likely belongs to a process that died.
# If not, the second caller sends the same key, and Stripe gives both the same page.
CLAIM_FOR = timedelta(seconds=12)
# After a page has closed, before its fingerprint is free: its last payment may still be on the way to us.
CLOSING = timedelta(minutes=5)
FIRST_ASK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Order:
    """What a donor asks for; `amount` in minor units."""

    amount: int
    currency: str
    name: str = ""
    email: str = ""
    message: str = ""
    public: bool = False
    show_amount: bool = False
    # Whether and how the words may be shown: see donations.wall.messages.
    words: str = Words.WAITING
    name_state: str = Words.SHOWN
    language: str = ""
    user_id: int | None = None
    frequency: str = Frequency.ONCE


def fingerprint(order: Order, token: str) -> str:
    """What makes the same form the same donation."""
    return hashlib.sha256(f"{token}|{order.amount}|{order.currency}|{order.frequency}".encode()).hexdigest()


def find_or_create(order: Order, dedupe: str) -> tuple[Donation, bool]:
    """The live donation with this fingerprint, and whether it is on us to call Stripe for it."""
    while True:
        now = timezone.now()
        created = insert_once(
            Donation(
                amount=order.amount, currency=order.currency, name=order.name, email=order.email,
                message=order.message, public=order.public, show_amount=order.show_amount, words=order.words,
                name_state=order.name_state,
                language=order.language, user_id=order.user_id, frequency=order.frequency, dedupe=dedupe,
                created_at=now, claimed_at=now, expires_at=now + OPEN_FOR, ask_at=now + FIRST_ASK,
            )
        )  # fmt: skip
        if created:
            return created, True
        donation = Donation.objects.filter(dedupe=dedupe).first()
        if donation is None:
            continue  # made and retired by others in between
        if not _dead(donation, now):
            return donation, _claim(donation, now)
        # Its page is closed for ever: the fingerprint is free for a new donation. Only one of us frees it.
        Donation.objects.filter(pk=donation.pk, dedupe=dedupe).exclude(status__in=status.GIVEN).update(dedupe=None)


def _dead(donation: Donation, now: datetime) -> bool:
    if donation.status in status.GIVEN:
        return False
    if donation.status in {Status.EXPIRED, Status.FAILED}:
        return True
    if donation.session_url:
        return donation.expires_at + CLOSING <= now
    return donation.created_at + RETRY_FOR <= now


def _claim(donation: Donation, now: datetime) -> bool:
    """Whether the call to Stripe is ours to make: nobody is making one, or whoever was has died."""
    if donation.status in status.GIVEN or donation.session_url:
        return False
    claimed = (
        Donation.objects.filter(
            pk=donation.pk, session_url="", claimed_at=donation.claimed_at, attempt=donation.attempt
        )
        .filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_FOR))
        .update(claimed_at=now)
    )
    if claimed:
        donation.claimed_at = now
    else:
        donation.refresh_from_db()
    return bool(claimed)


def standing(dedupe: str) -> Donation | None:
    """The live donation with this fingerprint that has its page, or is about to get it: it costs nobody another one."""
    donation = Donation.objects.filter(dedupe=dedupe).first()
    now = timezone.now()
    if donation is None or _dead(donation, now):
        return None
    asked = donation.claimed_at is not None and donation.claimed_at >= now - CLAIM_FOR
    return donation if donation.session_url or donation.status in status.GIVEN or asked else None


def release(donation: Donation, *, next_attempt: bool) -> None:
    """Let the next try have it, under the same key or the next one."""
    mine = Donation.objects.filter(pk=donation.pk, claimed_at=donation.claimed_at, attempt=donation.attempt)
    mine.update(claimed_at=None, attempt=F("attempt") + (1 if next_attempt else 0))


def keep(donation: Donation, session_id: str, session_url: str) -> None:
    """Store the page before anybody is sent there. The first one stored is the only one ever given out."""
    with transaction.atomic():
        StripeRef.objects.bulk_create(
            [StripeRef(id=session_id, donation=donation)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["donation"],
        )
        Donation.objects.filter(pk=donation.pk, session_url="").update(
            session_id=session_id, session_url=session_url, claimed_at=None, ask_at=timezone.now() + FIRST_ASK,
            stripe_key=present_key(),
        )  # fmt: skip
