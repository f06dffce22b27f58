"""Closes pages at Stripe that nobody should pay on any more. Stripe decides: what was paid before stays paid."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from donations.domain.status import Status
from donations.models import Donation, Opening
from donations.stripe import client, events, parsing, polling
from donations.stripe.errors import Refused, StripeUnavailable

log = logging.getLogger(__name__)

DECLINES = 10  # on one page: nobody has so many cards of their own
BATCH = 50
ROUND = 10.0  # seconds
AGAIN = timedelta(minutes=1)  # after Stripe did not answer


def close_unwanted() -> int:
    """Expire the pages whose visitor has opened another one, and those with too many declined cards. Returns how many.

    Safe against a payment of the same moment: Stripe expires no page that is complete, and then we ask what it is.
    """
    now = timezone.now()
    unwanted = Q(close_at__lte=now) | Q(declines__gte=DECLINES, close_at__isnull=True)
    end = time.monotonic() + ROUND
    closed = 0
    for opening in list(
        Opening.objects.filter(unwanted, donation__status=Status.PENDING).select_related("donation")[:BATCH]
    ):
        if time.monotonic() > end:
            break
        mine = Opening.objects.filter(pk=opening.pk, close_at=opening.close_at)
        if mine.update(close_at=now + AGAIN):
            closed += _close(opening.donation)
    return closed


def _close(donation: Donation) -> bool:
    at = polling.fetch_time()
    try:
        try:
            update = parsing.update_of(_expire(donation.session_id), at=at)
        except Refused:
            # Paid or expired by now, or not known there any more.
            polling.fetch(donation.session_id)
        else:
            if update:
                events.post(update)
    except (StripeUnavailable, Refused, parsing.Unreadable) as error:
        log.warning("donation %s: its page was not closed (%s)", donation.pk, error)
        return False
    return True


def _expire(session: str) -> dict[str, Any]:
    """The session, closed. Raises StripeUnavailable; Refused when it was not open."""
    with client.connected() as stripe:
        return client.as_dict(stripe.checkout.sessions.expire(session))
