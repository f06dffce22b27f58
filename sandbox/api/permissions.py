"""What a restricted key may do: each call, and each thing that it expands, needs a permission of its own.

Names and message: https://docs.stripe.com/keys/permissions-reference and what Stripe answers to a key that lacks one.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.core import accounts
from sandbox.core.errors import ApiError
from sandbox.core.permissions import RESOURCES
from sandbox.models import Behaviour

# The beginning of a path -> the resource.
_PATHS = {
    "billing_portal": "customer_portal",
    "account": "accounts_kyc_basic",
    "balance_transactions": "balance_transaction_source",
    "charges": "charge",
    "checkout/sessions": "checkout_session",
    "customers": "customer",
    "disputes": "dispute",
    "events": "event",
    "invoice_payments": "invoice",
    "invoices": "invoice",
    "payment_intents": "payment_intent",
    "payment_pages": "checkout_session",
    "payment_methods": "payment_method",
    "payouts": "payout",
    # Prices were called plans once, and their permission still is.
    "prices": "plan",
    "products": "product",
    "radar/early_fraud_warnings": "early_fraud_warning",
    "refunds": "charge",
    "subscriptions": "subscription",
    "webhook_endpoints": "webhook",
}
# What is expanded -> the resource that it is read from.
_EXPANDED = {
    "balance_transaction": "balance_transaction_source",
    "charge": "charge",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "payments": "invoice",
    "subscription": "subscription",
    "subscriptions": "subscription",
    "source": "balance_transaction_source",
}


def check(key: str, method: str, path: str, params: dict[str, Any]) -> None:
    """Raise Stripe's 403 when the key is a restricted one that lacks a permission for this call."""
    if not key.startswith("rk_"):
        return
    missing = Behaviour.current().missing_permissions.split()
    for needed in _needed(method, path, params):
        # Who may write may read: a key that cannot read cannot write either.
        if needed in missing or needed.replace("_write", "_read") in missing:
            raise _refusal(key, needed)


def _needed(method: str, path: str, params: dict[str, Any]) -> list[str]:
    found = [
        f"{resource}_{'read' if method == 'GET' else 'write'}"
        for start, resource in _PATHS.items()
        if re.fullmatch(rf"{start}(/.*)?", path)
    ]
    paths = params.get("expand", {})
    for expanded in paths.values() if isinstance(paths, dict) else ():
        found += [f"{_EXPANDED[step]}_read" for step in str(expanded).split(".") if step in _EXPANDED]
    return found


def _refusal(key: str, needed: str) -> ApiError:
    resource, _, access = needed.rpartition("_")
    own = accounts.stripe_id(accounts.present())
    return ApiError(
        403,
        f"Permission denied. The provided key '{key[:8]}{'*' * 12}{key[-4:] if len(key) > 16 else ''}' does not have "
        f"the required permissions for this endpoint on account '{own}'. Enabling \"{RESOURCES[resource]} "
        f"{access.title()}\" ('{needed}') permissions on this key would allow this request to continue. You can edit "
        "permissions at https://dashboard.stripe.com/test/apikeys",
        code="more_permissions_required",
    )
