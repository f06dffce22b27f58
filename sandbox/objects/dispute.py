"""The dispute object: an inquiry or a chargeback."""

from __future__ import annotations

from typing import Any

from sandbox.core import ids

_DAY = 24 * 3600
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
_NO_EVIDENCE = dict.fromkeys(
    """
    access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal
    customer_communication customer_email_address customer_name customer_purchase_ip customer_signature
    duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt
    refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation
    shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number
    uncategorized_file uncategorized_text
    """.split()
)


def build(charge: dict[str, Any], amount: int, *, created: int, status: str, reason: str) -> dict[str, Any]:
    """A dispute of the charge, whose funds have not been withdrawn yet."""
    inquiry = status.startswith("warning_")
    return {
        "id": ids.new("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**_NO_EVIDENCE, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": created + (7 if inquiry else 14) * _DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _payment_method_details(charge["payment_method_details"], reason, inquiry),
        "reason": reason,
        "status": status,
    }


def _payment_method_details(method: dict[str, Any], reason: str, inquiry: bool) -> dict[str, Any]:
    if method["type"] != "card":
        # Of a bank debit Stripe tells no more here.
        return {"type": method["type"]}
    card = {
        "brand": method["card"]["brand"],
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": method["card"]["network"],
        "network_reason_code": _NETWORK_CODES.get(reason, "10.4"),
    }
    return {"card": card, "type": "card"}
