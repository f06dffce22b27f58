"""The charge object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.core import ids
from sandbox.objects.checkout_session import NO_ADDRESS


@dataclass(frozen=True)
class Failure:
    """Why a charge did not succeed."""

    code: str
    decline_code: str | None
    message: str
    # "issuer_declined", or "blocked" when Stripe's own rules stopped it.
    outcome: str = "issuer_declined"


@dataclass(frozen=True)
class Payer:
    """What the payer typed about themselves."""

    email: str | None
    name: str | None


def build(
    intent: dict[str, Any],
    payer: Payer,
    details: dict[str, Any],
    *,
    created: int,
    receipt_base_url: str,
    risk: str = "normal",
    failure: Failure | None = None,
    pending: bool = False,
) -> dict[str, Any]:
    """A charge of the intent: succeeded, failed, or pending at a bank."""
    id = ids.new("ch" if details["type"] == "card" else "py")
    charge = {
        "id": id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        # Null even on success: since asynchronous capture the transaction is known only later.
        "balance_transaction": None,
        "billing_details": {
            "address": {**NO_ADDRESS},
            "email": payer.email,
            "name": payer.name,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "TINCUP SANDBOX",
        "captured": False,
        "created": created,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {**intent["metadata"]},
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": details,
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": f"{receipt_base_url}/{id}",
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
    }
    if "presentment_details" in intent:
        charge["presentment_details"] = intent["presentment_details"]
    if failure is not None:
        return failed(charge, failure, risk)
    return {**charge, "outcome": _outcome("authorized", risk)} if pending else succeeded(charge, risk)


def succeeded(charge: dict[str, Any], risk: str = "normal") -> dict[str, Any]:
    """The charge with its money captured."""
    return {
        **charge,
        "amount_captured": charge["amount"],
        "captured": True,
        "outcome": _outcome("authorized", risk),
        "paid": True,
        "status": "succeeded",
    }


def failed(charge: dict[str, Any], failure: Failure, risk: str = "normal") -> dict[str, Any]:
    """The charge after a decline."""
    return {
        **charge,
        "amount_captured": 0,
        "captured": False,
        "failure_code": failure.code,
        "failure_message": failure.message,
        "outcome": _outcome(failure.outcome, risk, failure),
        "paid": False,
        "receipt_url": None,
        "status": "failed",
    }


def _outcome(type: str, risk: str, failure: Failure | None = None) -> dict[str, Any]:
    network = {"authorized": "approved_by_network", "blocked": "not_sent_to_network"}
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network.get(type, "declined_by_network"),
        "reason": (failure.decline_code or failure.code) if failure else None,
        "risk_level": risk,
        "seller_message": failure.message if failure else "Payment complete.",
        "type": type,
    }
