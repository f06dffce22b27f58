"""The payment_method object: a card that a program hands over, by one of Stripe's names for test cards."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids
from sandbox.objects.checkout_session import NO_ADDRESS


def card(
    billing_details: dict[str, Any], *, brand: str, last4: str, year: int, created: int, month: int = 12
) -> dict[str, Any]:
    """A card, of whoever these billing details name."""
    unknown = dict.fromkeys(("email", "name", "phone", "tax_id"))
    return {
        "id": ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            **unknown,
            **billing_details,
            "address": {**NO_ADDRESS, **billing_details.get("address", {})},
        },
        "card": {
            "brand": brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
            "country": "US",
            "display_brand": brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": "Xt5EWLLDS7FJjR1c",
            "funding": "credit",
            "generated_from": None,
            "last4": last4,
            "networks": {"available": [brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": created,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
