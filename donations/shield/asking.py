"""Asks Stripe about many open pages by few calls.

An attack leaves thousands of pages to ask about. One by one they would keep waiting the gift among them that was paid
and whose event was lost; in a list Stripe tells of a hundred at a time.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.utils import timezone

from donations.domain.status import Status
from donations.domain.updates import Checkout, StripeUpdate
from donations.models import Donation
from donations.stripe import client, events, parsing, polling
from donations.stripe.errors import Refused, StripeUnavailable

log = logging.getLogger(__name__)

MANY = 50  # due pages: fewer are asked about one by one
AT_ONCE = 1000
ROUND = 20.0  # seconds
# Stripe's clock is not ours, and a page may be opened by a second try.
MARGIN = timedelta(minutes=2)


def ask_about_many() -> int:
    """When many pages are due, list Stripe's sessions of their time and book what is told. Returns how many were due.

    A page that is not in the list stays due, and is asked about by itself.
    """
    now = timezone.now()
    open_pages = Donation.objects.filter(ask_at__lte=now, status=Status.PENDING).exclude(session_id="")
    due = {donation.session_id: donation for donation in open_pages.order_by("ask_at")[:AT_ONCE]}
    if len(due) < MANY:
        return 0
    made = [donation.created_at for donation in due.values()]
    told = 0
    at, end = polling.fetch_time(), time.monotonic() + ROUND
    try:
        for session in client.listed("checkout.sessions", min(made) - MARGIN, max(made) + MARGIN):
            donation = due.get(str(session.get("id")))
            if donation:
                told += _claim(donation) and _book(parsing.update_of(session, at=at))
            if time.monotonic() > end:
                break
    except (StripeUnavailable, Refused, parsing.Unreadable) as error:
        log.warning("Stripe did not tell of all open pages (%s)", error)
    return told


def _claim(donation: Donation) -> bool:
    """Another process may be asking as well."""
    now = timezone.now()
    mine = Donation.objects.filter(pk=donation.pk, ask_at=donation.ask_at)
    return bool(mine.update(ask_at=polling.next_poll(donation, now), asked_at=now, answered_at=now))


def _book(update: StripeUpdate | None) -> bool:
    # A page that is open as before is no news: thousands of them are not to be written.
    if update and (update.checkout is not Checkout.OPEN or update.change):
        events.post(update)
    return True
