"""The customer object: whoever pays for a subscription."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids
from sandbox.objects.checkout_session import NO_ADDRESS


def build(email: str | None, name: str | None, *, created: int) -> dict[str, Any]:
    """A customer who has no card yet."""
    return {
        "id": ids.new("cus"),
        "object": "customer",
        "address": {**NO_ADDRESS},
        "balance": 0,
        "created": created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": email,
        "invoice_prefix": ids.invoice_prefix(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": name,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
