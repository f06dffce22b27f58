"""The payment_intent object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids
from sandbox.objects.checkout_session import NO_ADDRESS


def build(params: dict[str, Any], *, created: int, amount: int, currency: str) -> dict[str, Any]:
    """A fresh intent; `params` is the session's payment_intent_data, or what an intent of its own was asked with."""
    id = ids.new("pi")
    return {
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": ids.client_secret(id),
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.get("payment_method_types", ["card", "us_bank_account"]),
        "processing": None,
        "receipt_email": params.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": _shipping(params.get("shipping")),
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def _shipping(params: dict[str, Any] | None) -> dict[str, Any] | None:
    if params is None:
        return None
    nothing = dict.fromkeys(("carrier", "phone", "tracking_number"))
    return {**nothing, **params, "address": {**NO_ADDRESS, **params["address"]}}
