"""The permissions that a restricted key can have, as Stripe's dashboard names them."""

from __future__ import annotations

# The resource as the API names it -> as the dashboard does. Each can be read ("charge_read") or written.
RESOURCES = {
    "accounts_kyc_basic": "Accounts",
    "balance_transaction_source": "Balance Transaction Sources",
    "charge": "Charges and Refunds",
    "checkout_session": "Checkout Sessions",
    "customer": "Customers",
    "customer_portal": "Customer Portal",
    "dispute": "Disputes",
    "early_fraud_warning": "Early Fraud Warnings",
    "event": "Events",
    "invoice": "Invoices",
    "payment_intent": "Payment Intents",
    "payment_method": "Payment Methods",
    "payout": "Payouts",
    "plan": "Prices",
    "product": "Products",
    "subscription": "Subscriptions",
    "webhook": "Webhook Endpoints, Event Destinations",
}
NAMES = frozenset(f"{resource}_{access}" for resource in RESOURCES for access in ("read", "write"))


def unknown(text: str) -> list[str]:
    """The words of this text that are no permission."""
    return sorted(set(text.split()) - NAMES)
