"""Stripe's objects about a subscription, as short as our tests need them. Shapes: API release "endive"."""

from __future__ import annotations

from typing import Any

from donations.models import Donation
from tests.donations.stripe_objects import CREATED, metadata

MONTH = 30 * 24 * 3600


def subscription_id(donation: Donation) -> str:
    return f"sub_{donation.uuid.hex}"


def subscription(donation: Donation, **changes: Any) -> dict[str, Any]:
    """An active monthly subscription that this donation began, unless changed."""
    amount, period_end = changes.pop("amount", donation.amount), changes.pop("period_end", CREATED + MONTH)
    interval = changes.pop("interval", "month")
    return {
        "id": subscription_id(donation),
        "object": "subscription",
        "status": "active",
        "customer": f"cus_{donation.uuid.hex}",
        "currency": donation.currency,
        "created": CREATED,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [
                {
                    "id": f"si_{donation.uuid.hex}",
                    "current_period_start": CREATED,
                    "current_period_end": period_end,
                    "price": {"unit_amount": amount, "recurring": {"interval": interval, "interval_count": 1}},
                    "quantity": 1,
                }
            ],
        },
        "pause_collection": None,
        "metadata": metadata(donation),
        "livemode": False,
    } | changes


def invoice(donation: Donation, number: int = 0, **changes: Any) -> dict[str, Any]:
    """A paid invoice of that subscription, unless changed: 0 is the first one, all others are renewals.

    As in an event: without its payments. `payment` names the intent, as in an invoice that was fetched.
    """
    at = CREATED + number * MONTH
    amount, intent = changes.pop("amount", donation.amount), changes.pop("payment", None)
    paid = changes.get("status", "paid") == "paid"
    thing = {
        "id": f"in_{number}{donation.uuid.hex}",
        "object": "invoice",
        "status": "paid",
        "billing_reason": "subscription_cycle" if number else "subscription_create",
        "amount_due": amount,
        "amount_paid": amount if paid else 0,
        "attempt_count": 1,
        "currency": donation.currency,
        "created": at,
        "customer": f"cus_{donation.uuid.hex}",
        "customer_email": "ada@example.org",
        "customer_name": "Ada",
        "lines": {"object": "list", "data": [{"period": {"start": at, "end": at + MONTH}}]},
        "next_payment_attempt": None,
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "subscription": subscription_id(donation), "metadata": metadata(donation)
            },
        },
        "status_transitions": {"paid_at": at + 60 if paid else None},
        "metadata": {},
        "livemode": False,
    } | changes  # fmt: skip
    if intent:
        paid_by = {"type": "payment_intent", "payment_intent": {"id": intent, "latest_charge": f"ch_{intent[3:]}"}}
        thing["payments"] = {"object": "list", "has_more": False, "data": [{"status": "paid", "payment": paid_by}]}
    return thing


def intent_of(donation: Donation, number: int = 0) -> str:
    return f"pi_{number}{donation.uuid.hex}"
