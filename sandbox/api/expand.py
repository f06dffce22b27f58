"""`expand[]`: replaces ids by the objects themselves, along any dotted path."""

from __future__ import annotations

from typing import Any

from sandbox.core import errors, store
from sandbox.engine import settlement
from sandbox.models import Record

# What may be expanded in each object. An object that the stand-in never creates stays null, as a null does at Stripe.
_EXPANDABLE = {
    "checkout.session": "customer invoice payment_intent payment_link setup_intent subscription",
    "payment_intent": "application customer latest_charge on_behalf_of review source",
    "charge": (
        "application application_fee balance_transaction customer failure_balance_transaction payment_intent review"
    ),
    "refund": (
        "balance_transaction charge failure_balance_transaction payment_intent source_transfer_reversal"
        " transfer_reversal"
    ),
    "dispute": "charge payment_intent",
    "radar.early_fraud_warning": "charge payment_intent",
    "balance_transaction": "source",
    "price": "product",
    "customer": "default_source test_clock",
    "customer.invoice_settings": "default_payment_method",
    "subscription": "application customer default_payment_method latest_invoice pending_setup_intent schedule",
    "invoice": "customer default_payment_method",
    "invoice.parent.subscription_details": "subscription",
    "invoice_payment": "invoice",
    "invoice_payment.payment": "charge payment_intent",
    "payment_method": "customer",
    "plan": "product",
    "billing_portal.session": "configuration",
    "payout": "balance_transaction failure_balance_transaction original_payout reversed_by",
}
_MAX_DEPTH = 4


def expand(body: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """The object with everything along the paths expanded, in place."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _MAX_DEPTH + (body["object"] == "list"):
            raise errors.parameter_invalid(f"You cannot expand more than {_MAX_DEPTH} levels of a property.", "expand")
        _walk(body, steps, path)
    return body


def _walk(body: dict[str, Any], steps: list[str], path: str, place: str = "") -> None:
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    kind = body.get("object", place)
    if kind == "list":
        if step != "data":
            raise _not_expandable(path)
        for item in body["data"]:
            _walk(item, rest, path)
        return
    shown = _SHOWN_WHEN_EXPANDED.get((kind, step))
    if shown is not None:
        body[step] = body.get(step) or shown(body["id"])
    elif step in _EXPANDABLE.get(kind, "").split():
        body[step] = _expanded(body, step)
    # A hash or a list that is part of the object leads to what is below it.
    elif not rest or not isinstance(body.get(step), dict):
        raise _not_expandable(path)
    if isinstance(body.get(step), dict):
        _walk(body[step], rest, path, f"{kind}.{step}")


def _expanded(body: dict[str, Any], step: str) -> Any:
    """The object whose id stands there; a charge is settled at the latest when somebody looks."""
    stripe_id = body.get(step)
    if stripe_id is None and (body["object"], step) == ("charge", "balance_transaction"):
        settlement.settle(body["id"])
        stripe_id = store.get("charge", body["id"]).body[step]
    record = store.find_any(stripe_id) if isinstance(stripe_id, str) else None
    return stripe_id if record is None else record.body


def _refunds(charge_id: str) -> dict[str, Any]:
    records = Record.objects.filter(kind="refund", charge=charge_id).order_by("-number")
    return _list([refund.body for refund in records], f"/v1/charges/{charge_id}/refunds")


def _line_items(session_id: str) -> dict[str, Any]:
    items = store.get("checkout.session", session_id).hidden["line_items"]
    return _list(items, f"/v1/checkout/sessions/{session_id}/line_items")


def _payments(invoice_id: str) -> dict[str, Any]:
    records = Record.objects.filter(kind="invoice_payment", invoice=invoice_id).order_by("-number")
    return _list([payment.body for payment in records], "/v1/invoice_payments")


def _subscriptions(customer_id: str) -> dict[str, Any]:
    records = Record.objects.filter(kind="subscription", customer=customer_id).order_by("-number")
    running = records.exclude(status__in=["canceled", "incomplete_expired"])
    return _list([each.body for each in running], f"/v1/customers/{customer_id}/subscriptions")


def _list(data: list[Any], url: str) -> dict[str, Any]:
    return {"object": "list", "data": data, "has_more": False, "url": url}


# Which lists are not there unless they are asked for.
_SHOWN_WHEN_EXPANDED = {
    ("checkout.session", "line_items"): _line_items,
    ("charge", "refunds"): _refunds,
    ("invoice", "payments"): _payments,
    ("customer", "subscriptions"): _subscriptions,
}


def _not_expandable(path: str) -> errors.ApiError:
    return errors.parameter_invalid(f"This property cannot be expanded ({path}).", "expand")
