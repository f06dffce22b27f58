"""The parameters of a checkout session: a page on which a gift is paid, once or again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from lib import money


def build(
    *,
    amount: int,
    currency: str,
    interval: str,
    description: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    reference: str,
    email: str,
    locale: str,
    metadata: dict[str, str],
) -> dict[str, Any]:
    """What Stripe is asked for: `amount` in minor units, for each `interval` ("month", "year"), or once without one.

    `payment_method_types` is gone since 2026-09-30.endive: Stripe offers what the dashboard allows.
    """
    price: dict[str, Any] = {"currency": currency, "unit_amount": amount, "product_data": {"name": description}}
    params: dict[str, Any] = {
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
        "client_reference_id": reference,
        # The session's metadata is not copied to what it makes: each must name the donation.
        "metadata": metadata,
    }
    told = f"{description}, {money.plain(amount, currency)} {currency.upper()}"
    if interval:
        price["recurring"] = {"interval": interval}
        params |= {
            "mode": "subscription",
            "submit_type": "subscribe",
            "subscription_data": {"metadata": metadata, "description": f"{told} a {interval}"},
        }
    else:
        params |= {
            "mode": "payment",
            "submit_type": "donate",
            # Left out, the dashboard's setting would decide whether donors are asked for a sum in their own currency.
            "adaptive_pricing": {"enabled": settings.STRIPE_ADAPTIVE_PRICING},
            "payment_intent_data": {"metadata": metadata, "description": told},
        }
    params["line_items"] = [{"quantity": 1, "price_data": price}]
    if email:
        params["customer_email"] = email
    if locale:
        params["locale"] = locale
    return params
