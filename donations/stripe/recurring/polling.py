"""Asks Stripe about subscriptions whose time has come, and by which payment an invoice was paid.

No event tells the latter; and the events of a renewal may be lost like any others.
"""

from __future__ import annotations

import logging

from django.utils import timezone

from donations.ledger import posting
from donations.ledger.matching import subscriptions
from donations.ledger.matching.subscriptions import ASK_AGAIN
from donations.models import Invoice, Subscription
from donations.stripe import client, events, parsing, polling
from donations.stripe.errors import Refused, StripeUnavailable

log = logging.getLogger(__name__)


def poll_invoices() -> int:
    """Ask by which payments invoices were paid. Returns how many were asked about."""
    asked, due = 0, Invoice.objects.filter(ask_at__lte=timezone.now()).order_by("ask_at")
    for invoice in polling.in_time(due[: polling.BATCH]):
        # The claim: another process may be asking as well.
        claim = Invoice.objects.filter(pk=invoice.pk, ask_at=invoice.ask_at)
        if not claim.update(ask_at=timezone.now() + ASK_AGAIN):
            continue
        asked += 1
        try:
            polling.fetch(invoice.pk)
        except (StripeUnavailable, Refused, parsing.Unreadable) as error:
            log.warning("%s: Stripe did not tell its payment (%s)", invoice.pk, error)
    return asked


def poll_subscriptions() -> int:
    """Ask about subscriptions of which an event should have told by now. Returns how many were asked about."""
    asked, due = 0, Subscription.objects.filter(ask_at__lte=timezone.now()).order_by("ask_at")
    for subscription in polling.in_time(due[: polling.BATCH]):
        claim = Subscription.objects.filter(pk=subscription.pk, ask_at=subscription.ask_at)
        if not claim.update(ask_at=timezone.now() + ASK_AGAIN):
            continue
        asked += 1
        try:
            fetch(subscription.stripe_id)
        except (StripeUnavailable, Refused, parsing.Unreadable) as error:
            log.warning("%s: Stripe did not tell its state (%s)", subscription.stripe_id, error)
    return asked


def fetch(subscription: str) -> bool:
    """Fetch a subscription by its id, and every invoice of it, and book what they say. Whether it is ours.

    Raises StripeUnavailable or Refused.
    """
    if polling.fetch(subscription) not in posting.OURS:
        return False
    at = polling.fetch_time()
    for thing in client.listed("invoices", subscription=subscription):
        if update := parsing.update_of(thing, at=at):
            events.post(update)
    subscriptions.note_listed(subscription, at)
    return True
