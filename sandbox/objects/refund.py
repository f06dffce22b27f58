"""The refund object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids


def build(
    charge: dict[str, Any],
    amount: int,
    *,
    created: int,
    status: str,
    reason: str | None,
    metadata: dict[str, str],
) -> dict[str, Any]:
    """A refund of the charge, which the balance does not show yet."""
    card = {"card": {"type": "refund"}, "type": "card"}
    bank = {"type": "us_bank_transfer", "us_bank_transfer": {"reference": None, "reference_status": None}}
    by_card = charge["payment_method_details"]["type"] == "card"
    refund = {
        "id": ids.new("re" if by_card else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": card if by_card else bank,
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    return {**refund, "pending_reason": "processing"} if status == "pending" else refund
