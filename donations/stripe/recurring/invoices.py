"""Which invoice a payment belongs to: a subscription's payments carry no mark of ours."""

from __future__ import annotations

from donations.models import Subscription
from donations.stripe import client

_PAYMENTS = ("pi_", "ch_", "py_")


def of_payment(reference: str) -> str:
    """The invoice that a payment intent, or a charge's, pays; nothing when it is of none, or of no such kind.

    A site without subscriptions asks nothing: the payment is another seller's. Raises StripeUnavailable or Refused.
    """
    if not reference.startswith(_PAYMENTS) or not Subscription.objects.exists():
        return ""
    intent = reference
    if not reference.startswith("pi_"):
        named = client.retrieve(reference).get("payment_intent") or ""
        intent = named["id"] if isinstance(named, dict) else named
    if not intent:
        return ""
    found = client.listed("invoice_payments", payment={"type": "payment_intent", "payment_intent": intent})
    return next((str(each["invoice"]) for each in found if each.get("invoice")), "")
