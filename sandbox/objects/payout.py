"""The payout object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids


def build(amount: int, currency: str, *, created: int) -> dict[str, Any]:
    """An automatic payout that has arrived in the bank account."""
    return {
        "id": ids.new("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": created,
        "automatic": True,
        "balance_transaction": None,
        "created": created,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": "ba_1TheAccountOfThisSandbox",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid",
        "trace_id": {"status": "unsupported", "value": None},
        "type": "bank_account",
    }
