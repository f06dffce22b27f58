"""How a charge was paid: by a card or from a bank account."""

from __future__ import annotations

from typing import Any


def card(
    *,
    brand: str,
    last4: str,
    month: int,
    year: int,
    cvc_check: str,
    postal_check: str | None,
    three_d_secure: bool,
    amount: int,
) -> dict[str, Any]:
    """payment_method_details of a card."""
    authentication = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    return {
        "card": {
            "amount_authorized": amount,
            "authorization_code": None,
            "brand": brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": postal_check,
                "cvc_check": cvc_check,
            },
            "country": "US",
            "exp_month": month,
            "exp_year": year,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": "Xt5EWLLDS7FJjR1c",
            "funding": "credit",
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "last4": last4,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": brand,
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": authentication if three_d_secure else None,
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }


def bank() -> dict[str, Any]:
    """payment_method_details of a bank debit, a delayed payment method."""
    account = {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "expected_debit_date": None,
        "fingerprint": "FFDMA0jkkVQMuSM1",
        "last4": "6789",
        "mandate": None,
        "payment_reference": None,
        "routing_number": "110000000",
    }
    return {"type": "us_bank_account", "us_bank_account": account}
