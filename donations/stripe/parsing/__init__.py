"""The one room that reads the shape of Stripe's JSON.

Shapes: API release "endive" (2026-10-28), https://docs.stripe.com/api.
"""

from donations.stripe.parsing.balance import balance_transaction, payout
from donations.stripe.parsing.events import (
    EVENT_TYPES,
    RELEASE,
    is_event,
    named_in,
    release_of,
    subject_of,
    update_of_event,
)
from donations.stripe.parsing.objects import update_of
from donations.stripe.parsing.values import Unreadable

__all__ = [
    "EVENT_TYPES",
    "RELEASE",
    "Unreadable",
    "balance_transaction",
    "is_event",
    "named_in",
    "payout",
    "release_of",
    "subject_of",
    "update_of",
    "update_of_event",
]
