"""When a bank payment arrived. Its charge is made days before, and no object of Stripe's tells: its events do.

So what is fetched is dated by the same event that a webhook would have told it by: whichever comes first, and on
whichever side of midnight it was heard of, the ledger has the same date.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from donations.domain.updates import Payment, StripeUpdate
from donations.models import LedgerEntry
from donations.stripe import client
from donations.stripe.errors import Refused
from donations.stripe.parsing.values import moment

log = logging.getLogger(__name__)

# Sent for payments that arrive late, and for no others: few, also where a shop uses the account.
ARRIVED = "checkout.session.async_payment_succeeded"
KEPT = timedelta(days=30)  # https://docs.stripe.com/api/events: older ones are gone


def is_missing(update: StripeUpdate) -> bool:
    """Whether the date of a payment of a site's that is about to be booked has to be asked for."""
    return (
        update.arrival_unknown
        and update.donation is not None
        and isinstance(update.change, Payment)
        and not LedgerEntry.objects.filter(kind=LedgerEntry.Kind.PAYMENT, source=update.change.source).exists()
    )


def dated(update: StripeUpdate, fetched_at: datetime) -> StripeUpdate:
    """The update with the moment in which its bank payment arrived, asked of Stripe's events where it is not known.

    Without an event it arrived just now, if Stripe still keeps what is as old as the charge. Otherwise, and with a key
    that may not read events, the charge's own date stays. Raises StripeUnavailable.
    """
    if not is_missing(update) or not isinstance(update.change, Payment):
        return update
    try:
        arrived = _told(update.change.source, update.at)
    except Refused as error:
        log.warning("%s: dated by its charge, the key may not read Stripe's events (%s)", update.change.source, error)
        return update
    just_now = fetched_at if fetched_at - update.at < KEPT else update.at
    return replace(update, at=arrived or just_now)


def _told(intent: str, since: datetime) -> datetime | None:
    """When Stripe's event said that this payment intent was paid; the earliest, if several did."""
    events = client.listed("events", since, type=ARRIVED)
    return min((moment(event["created"]) for event in events if _pays(event, intent)), default=None)


def _pays(event: dict[str, Any], intent: str) -> bool:
    paid = event["data"]["object"].get("payment_intent")
    return (paid.get("id") if isinstance(paid, dict) else paid) == intent
