"""From a chosen amount to an open page at Stripe, exactly once.

A form carries a one-time token. Token, amount, currency and frequency make one fingerprint, which is UNIQUE: however
often, and however many at once, the same form is sent, there is one donation and one page to pay on.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from donations.domain import status
from donations.domain.subscription import INTERVALS, Frequency
from donations.giving import claims
from donations.giving.claims import Order
from donations.ledger import identity
from donations.models import Donation
from donations.shield import gate
from donations.shield.visitors import Visitor
from donations.stripe import client
from donations.stripe.checkout import locales
from donations.stripe.errors import RateLimited, Refused, StripeUnavailable

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds that the second of two clicks waits for the first one's page
GLANCE = 0.1  # seconds between two looks
# Each waiting click holds a thread of the server: an impatient finger must not take them all.
_waiting = threading.BoundedSemaphore(8)
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


def begin(order: Order, token: str, visitor: Visitor | None = None) -> Donation:
    """The donation of this order and token, with its page at Stripe (`session_url`), or one that is given already.

    Look at `status`: a donation in states.GIVEN must not be sent to its old page. Raises TryAgain, and what
    `gate.admit` raises when `visitor` has to wait before another page is opened.
    """
    dedupe = claims.fingerprint(order, token or secrets.token_urlsafe(16))
    if standing := claims.standing(dedupe):
        gate.wanted_again(standing)
        return _wait_for_the_other(standing)
    entry = gate.admit(visitor, order.amount)
    donation, mine = claims.find_or_create(order, dedupe)
    if not mine:
        entry.unused()
        return _wait_for_the_other(donation)
    try:
        opened = _open_session(donation)
    except TryAgain as error:
        if isinstance(error.__cause__, Refused):
            entry.refused()
        else:
            entry.unused()
        raise
    entry.opened(opened)
    return opened


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
        if claimed is None or claimed < timezone.now() - claims.CLAIM_FOR or time.monotonic() > deadline:
            raise TryAgain
        time.sleep(GLANCE)
        donation.refresh_from_db()


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
            interval=INTERVALS.get(Frequency(donation.frequency), ""),
            description=f"Donation to {settings.SITE_NAME}",
            # Not through urlencode: Stripe looks for the braces as they are.
            success_url=f"{settings.SITE_URL}{reverse('success')}?session_id={{CHECKOUT_SESSION_ID}}",
            cancel_url=f"{settings.SITE_URL}{reverse('cancel')}?gift={reference}",
            expires_at=donation.expires_at,
            reference=reference,
            email=email,
            locale=locales.for_checkout(donation.language),
            metadata={**identity.metadata(), "tincup_donation": reference},
        )
    except StripeUnavailable as error:
        log.warning("donation %s: no answer from Stripe (%s)", donation.pk, error)
        claims.release(donation, next_attempt=False)
        raise (Crowded if isinstance(error, RateLimited) else TryAgain) from error
    except Refused as error:
        if error.code == "email_invalid" and email:
            # Stripe's message would repeat the address in the log.
            log.warning("donation %s: Stripe does not take the address; asked again without it", donation.pk)
            return _ask_next(donation)
        log.error("donation %s: Stripe refused the session (%s)", donation.pk, error)
        claims.release(donation, next_attempt=True)
        raise _problem(error) from error
    claims.keep(donation, session["id"], session["url"])
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
