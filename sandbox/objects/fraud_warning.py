"""The radar.early_fraud_warning object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids


def build(charge: dict[str, Any], *, created: int) -> dict[str, Any]:
    """The card's network takes the charge for fraud; a refund can still answer it."""
    return {
        "id": ids.new("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": created,
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
