"""Subscriptions of the past, for demo data: as they would stand today, lived through in their own time.

All functions run in the caller's transaction. No event is created or delivered. Times are seconds since the epoch,
amounts are in minor units.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from sandbox.core import clock, store
from sandbox.engine import sessions, test_cards, timers
from sandbox.engine.card_payments import Expiry
from sandbox.engine.recurring import changes, checkout, invoices, subscriptions
from sandbox.models import Record
from sandbox.objects.charge import Payer
from sandbox.webhooks import events

VISA = "4242424242424242"
FAILS_LATER = "4000000000000341"


def begin(
    at: int,
    amount: int,
    currency: str,
    *,
    payer: Payer,
    metadata: dict[str, str],
    card: str = VISA,
    interval: str = "month",
) -> tuple[Record, Record]:
    """A subscription whose first payment was made at this time: its session, and itself."""
    price = {
        "currency": currency,
        "unit_amount": amount,
        "product_data": {"name": f"Donation to {settings.SITE_NAME}"},
        "recurring": {"interval": interval},
    }
    params: dict[str, Any] = {
        "mode": "subscription",
        "success_url": settings.SITE_URL,
        "line_items": [{"quantity": 1, "price_data": price}],
        "customer_email": payer.email,
        "metadata": metadata,
        "subscription_data": {"metadata": metadata},
    }
    with events.untold():
        with clock.standing_at(at - 90):
            opened = sessions.create(params)
        with clock.standing_at(at):
            checkout.pay(opened.stripe_id, test_cards.lookup(card), Expiry(12, 2060), payer)
    session = store.get(sessions.KIND, opened.stripe_id)
    return session, store.get(subscriptions.KIND, session.body["subscription"])


def live(
    subscription: Record, until: int, *, then_cancel: bool = False, then_pause: bool = False, by: str = ""
) -> Record:
    """What became of the subscription until then; it may have been canceled or paused at that moment.

    `by` is what a site that cancels it puts into its metadata.
    """
    with events.untold():
        timers.run_of(subscription.customer, until)
        found = store.get(subscriptions.KIND, subscription.stripe_id)
        if then_cancel and found.status not in subscriptions.ENDED:
            with clock.standing_at(until):
                if by:
                    changes.update(found.stripe_id, {"metadata": {"tincup_stopped_by": by}})
                found = changes.cancel(found.stripe_id, {})
        elif then_pause and found.status not in subscriptions.ENDED:
            with clock.standing_at(until):
                found = changes.update(found.stripe_id, {"pause_collection": {"behavior": "void"}})
    return found


def invoices_of(subscription: Record) -> list[Record]:
    """Its invoices, oldest first."""
    found = Record.objects.filter(kind=invoices.KIND, subscription=subscription.stripe_id)
    return list(found.order_by("number"))
