"""The balance_transaction object: one entry in the account's balance, in the settlement currency."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids

# What Stripe's own reports call each type; an adjustment says it itself.
_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "payment_failure_refund": "charge_failure",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payout": "payout",
    "payout_minimum_balance_hold": "payout_minimum_balance_hold",
    "payout_minimum_balance_release": "payout_minimum_balance_release",
    "stripe_fee": "fee",
}


def build(
    type: str,
    amount: int,
    currency: str,
    *,
    created: int,
    available_on: int,
    source: str | None,
    description: str | None = None,
    fee: int = 0,
    fee_for: str = "Stripe processing fees",
    exchange_rate: float | None = None,
    reporting_category: str = "",
) -> dict[str, Any]:
    """An entry of `amount` (negative: a debit), less the fee."""
    details = {"amount": fee, "application": None, "currency": currency, "description": fee_for, "type": "stripe_fee"}
    return {
        "id": ids.new("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": description,
        "exchange_rate": exchange_rate,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": reporting_category or _CATEGORIES[type],
        "source": source,
        "status": "pending" if available_on > created else "available",
        "type": type,
    }
