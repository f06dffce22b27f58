"""Which request about subscriptions, and what belongs to them, goes to which endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.api.endpoints.recurring import customers, invoices, portal, subscriptions

_ID = "([^/]+)"
_ONE = f"subscriptions/{_ID}"

ROUTES: list[tuple[str, str, Callable[..., dict[str, Any]]]] = [
    ("POST", "customers", customers.create),
    ("GET", "customers", customers.list_customers),
    ("GET", f"customers/{_ID}", customers.retrieve_customer),
    ("POST", f"customers/{_ID}", customers.update),
    ("DELETE", f"customers/{_ID}", customers.delete),
    ("GET", f"payment_methods/{_ID}", customers.retrieve_payment_method),
    ("GET", "subscriptions", subscriptions.list_subscriptions),
    ("GET", _ONE, subscriptions.retrieve_subscription),
    ("POST", _ONE, subscriptions.update),
    ("DELETE", _ONE, subscriptions.cancel),
    ("POST", f"{_ONE}/pause", subscriptions.pause),
    ("POST", f"{_ONE}/resume", subscriptions.resume),
    ("GET", "invoices", invoices.list_invoices),
    ("GET", f"invoices/{_ID}", invoices.retrieve_invoice),
    ("POST", f"invoices/{_ID}/pay", invoices.pay),
    ("GET", "invoice_payments", invoices.list_invoice_payments),
    ("GET", f"invoice_payments/{_ID}", invoices.retrieve_invoice_payment),
    ("POST", "billing_portal/configurations", portal.create_configuration),
    ("GET", "billing_portal/configurations", portal.list_configurations),
    ("GET", f"billing_portal/configurations/{_ID}", portal.retrieve_configuration),
    ("POST", "billing_portal/sessions", portal.create_session),
]
