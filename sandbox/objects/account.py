"""The account object: whose money this is."""

from __future__ import annotations

from typing import Any

from sandbox.core import accounts
from sandbox.objects.checkout_session import NO_ADDRESS


def build(currency: str) -> dict[str, Any]:
    """An account that is ready to take payments and pays out every day, as its owner sees it."""
    no_requirements: dict[str, Any] = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    return {
        "id": accounts.stripe_id(accounts.present()),
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": "8398",
            "minority_owned_business_designation": None,
            "name": "The sandbox",
            "product_description": None,
            "support_address": {**NO_ADDRESS},
            "support_email": "help@sandbox.example",
            "support_phone": None,
            "support_url": None,
            "url": "https://sandbox.example",
        },
        "business_type": "non_profit",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": 1234567890,
        "default_currency": currency,
        "details_submitted": True,
        "email": "owner@sandbox.example",
        "external_accounts": {
            "data": [],
            "has_more": False,
            "object": "list",
            "url": f"/v1/accounts/{accounts.stripe_id(accounts.present())}/external_accounts",
        },
        "future_requirements": no_requirements,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": no_requirements,
        "settings": {
            "bacs_debit_payments": {"display_name": None, "service_user_number": None},
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
            "card_payments": {
                "decline_on": {"avs_failure": False, "cvc_failure": True},
                "statement_descriptor_prefix": "SANDBOX",
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": "The sandbox", "timezone": "Etc/UTC"},
            "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
            "payments": {
                "statement_descriptor": "TINCUP SANDBOX",
                "statement_descriptor_kana": None,
                "statement_descriptor_kanji": None,
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
            "sepa_debit_payments": {},
        },
        "tos_acceptance": {"date": 1234567890, "ip": None, "user_agent": None},
        "type": "standard",
    }
