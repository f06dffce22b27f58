"""The treasurer's desk: what donors said may be corrected; money, Stripe's ids and events may only be read."""

from desk.admin import (
    audit_log,
    disputes,
    donation,
    events,
    ledger,
    moderation,
    offline_donations,
    shield,
    sponsors,
    subscriptions,
)

__all__ = [
    "audit_log",
    "disputes",
    "donation",
    "events",
    "ledger",
    "moderation",
    "offline_donations",
    "shield",
    "sponsors",
    "subscriptions",
]
