"""From a chosen amount to an open page at Stripe, exactly once.

A form carries a one-time token. Token, amount, currency and frequency make one fingerprint, which is UNIQUE: however
often, and however many at once, the same form is sent, there is one donation and one page to pay on.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from donations.domain import status
from donations.domain.status import Status
from donations.ledger import identity
from donations.models import Donation, StripeRef, Words, insert_once
from donations.models.stripe_key import present_key
from donations.stripe import checkout_locales, client
from donations.stripe.errors import RateLimited, Refused, StripeUnavailable

log = logging.getLogger(__name__)

# Stripe takes 30 minutes at the least; the rest leaves room for a late retry with the same stored time.
OPEN_FOR = timedelta(hours=2)
RETRY_FOR = timedelta(minutes=85)
# Longer than one call to Stripe usually takes (3 s + 8 s): an older claim most likely belongs to a process that died.
# If not, the second caller sends the same key, and Stripe gives both the same page.
CLAIM_FOR = timedelta(seconds=12)
# After a page has closed, before its fingerprint is free: its last payment may still be on the way to us.
CLOSING = timedelta(minutes=5)
PATIENCE = 10.0  # seconds that the second of two clicks waits for the first one's page
GLANCE = 0.1  # seconds between two looks
# Each waiting click holds a thread of the server: an impatient finger must not take them all.
_waiting = threading.BoundedSemaphore(8)
FIRST_ASK = timedelta(minutes=5)
TOO_FAR = {"amount_too_small", "amount_too_large"}


class TryAgain(Exception):
    """No page to pay on this time; nothing was taken, and the same form may be sent again."""


class Crowded(TryAgain):
    """Too many donors at this moment, here or at Stripe."""


class Faulty(TryAgain):
    """Stripe answered that the fault is its own."""


class Declined(TryAgain):
    """Stripe answered, but did not accept the request."""


class AmountDeclined(Declined):
    """Stripe takes no payment as small or as large as this; `code` says which, as our own check of an amount does."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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


def begin(order: Order, token: str) -> Donation:
    """The donation of this order and token, with its page at Stripe (`session_url`), or one that is given already.

    Look at `status`: a donation in states.GIVEN must not be sent to its old page. Raises TryAgain.
    """
    donation, mine = _find_or_create(order, _fingerprint(order, token or secrets.token_urlsafe(16)))
    return _open_session(donation) if mine else _wait_for_the_other(donation)


def _wait_for_the_other(donation: Donation) -> Donation:
    """The donation once the other click's call has its page. Raises TryAgain when that does not come about."""
    if donation.status in status.GIVEN and not donation.session_id:
        # Rebuilt from its payment after an old backup was restored: the session's own report is still to come.
        raise TryAgain
    if donation.status in status.GIVEN or donation.session_url:
        return donation
    if not _waiting.acquire(blocking=False):
        raise Crowded
    try:
        return _watch(donation)
    finally:
        _waiting.release()


def _watch(donation: Donation) -> Donation:
    deadline = time.monotonic() + PATIENCE
    while True:
        if donation.status in status.GIVEN or donation.session_url:
            return donation
        # The other click's call failed while we waited, its process died, or it takes too long: the next try is the
        # donor's, for a call of our own now could last longer than anybody should wait.
        claimed = donation.claimed_at
        if claimed is None or claimed < timezone.now() - CLAIM_FOR or time.monotonic() > deadline:
            raise TryAgain
        time.sleep(GLANCE)
        donation.refresh_from_db()


def _fingerprint(order: Order, token: str) -> str:
    return hashlib.sha256(f"{token}|{order.amount}|{order.currency}|once".encode()).hexdigest()


def _find_or_create(order: Order, dedupe: str) -> tuple[Donation, bool]:
    """The live donation with this fingerprint, and whether it is on us to call Stripe for it."""
    while True:
        now = timezone.now()
        created = insert_once(
            Donation(
                amount=order.amount, currency=order.currency, name=order.name, email=order.email,
                message=order.message, public=order.public, show_amount=order.show_amount, words=order.words,
                name_state=order.name_state,
                language=order.language, user_id=order.user_id, dedupe=dedupe,
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


def _open_session(donation: Donation) -> Donation:
    """Ask Stripe for the session. All that is asked comes from the stored row and the settings, so a retry is equal.

    The donor's address goes along on the first attempt only: Stripe has rules of its own for addresses, and none is
    needed, for its page asks for one.
    """
    reference = str(donation.uuid)
    email = donation.email if donation.attempt == 1 else ""
    try:
        session = client.create_session(
            key=f"donation-{reference}-{donation.attempt}",
            amount=donation.amount,
            currency=donation.currency,
            description=f"Donation to {settings.SITE_NAME}",
            # Not through urlencode: Stripe looks for the braces as they are.
            success_url=f"{settings.SITE_URL}{reverse('success')}?session_id={{CHECKOUT_SESSION_ID}}",
            cancel_url=f"{settings.SITE_URL}{reverse('cancel')}?gift={reference}",
            expires_at=donation.expires_at,
            reference=reference,
            email=email,
            locale=checkout_locales.for_checkout(donation.language),
            metadata={**identity.metadata(), "tincup_donation": reference},
        )
    except StripeUnavailable as error:
        log.warning("donation %s: no answer from Stripe (%s)", donation.pk, error)
        _release(donation, next_attempt=False)
        raise (Crowded if isinstance(error, RateLimited) else TryAgain) from error
    except Refused as error:
        if error.code == "email_invalid" and email:
            # Stripe's message would repeat the address in the log.
            log.warning("donation %s: Stripe does not take the address; asked again without it", donation.pk)
            return _ask_next(donation)
        log.error("donation %s: Stripe refused the session (%s)", donation.pk, error)
        _release(donation, next_attempt=True)
        raise _problem(error) from error
    _keep(donation, session["id"], session["url"])
    donation.refresh_from_db()
    return donation


def _problem(error: Refused) -> TryAgain:
    if error.status is not None and error.status >= 500:
        return Faulty()
    # Stripe's bounds hold in the currency that it settles in, and the exchange rate decides.
    return AmountDeclined(error.code) if error.code in TOO_FAR else Declined()


def _ask_next(donation: Donation) -> Donation:
    """Ask under the next attempt's key, with the same claim made anew."""
    now = timezone.now()
    mine = Donation.objects.filter(pk=donation.pk, claimed_at=donation.claimed_at, attempt=donation.attempt)
    claimed = mine.update(claimed_at=now, attempt=F("attempt") + 1)
    donation.refresh_from_db()
    return _open_session(donation) if claimed else _wait_for_the_other(donation)


def _release(donation: Donation, *, next_attempt: bool) -> None:
    mine = Donation.objects.filter(pk=donation.pk, claimed_at=donation.claimed_at, attempt=donation.attempt)
    mine.update(claimed_at=None, attempt=F("attempt") + (1 if next_attempt else 0))


def _keep(donation: Donation, session_id: str, session_url: str) -> None:
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
