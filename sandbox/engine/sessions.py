"""The life of a checkout session up to the payment: created, expired."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import transaction

from sandbox.core import currencies, errors, store
from sandbox.models import Record
from sandbox.objects import checkout_session
from sandbox.router import ALIAS
from sandbox.webhooks.events import NO_REQUEST, ApiRequest, emit

KIND = "checkout.session"
MIN_LIFETIME = 30 * 60
MAX_LIFETIME = 24 * 3600


def create(params: dict[str, Any]) -> Record:
    """A new open session from checked parameters."""
    now = int(time.time())
    expires_at = params.get("expires_at", now + MAX_LIFETIME)
    _check_expiry(expires_at, now)
    items = params["line_items"]
    currency = _currency_of(items, params)
    total = sum(item["price_data"]["unit_amount"] * item["quantity"] for item in items)
    _check_total(total, currency)
    body = checkout_session.build(
        params,
        url=f"{settings.SANDBOX_URL}/pay",
        created=now,
        expires_at=expires_at,
        total=total,
        currency=currency,
    )
    hidden = {
        "line_items": [checkout_session.line_item(item, now) for item in items],
        "payment_intent_data": params.get("payment_intent_data", {}),
    }
    return store.add(body, hidden=hidden, due_at=expires_at)


@transaction.atomic(using=ALIAS)
def expire(session_id: str, request: ApiRequest = NO_REQUEST) -> Record | None:
    """Close an open session; None if it is not open."""
    session = store.get(KIND, session_id)
    if session.status != "open":
        return None
    session.due_at = None
    store.save(session, {**session.body, "status": "expired", "url": None})
    emit(("checkout.session.expired", session.body), request=request)
    return session


@transaction.atomic(using=ALIAS)
def expire_if_due(session_id: str) -> None:
    """Expire the session unless it was paid or expired in the meantime."""
    session = store.get(KIND, session_id)
    if session.due_at is not None and session.due_at <= time.time():
        expire(session_id)


def _check_expiry(expires_at: int, now: int) -> None:
    if expires_at < now + MIN_LIFETIME:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise errors.parameter_invalid(message, "expires_at")
    if expires_at > now + MAX_LIFETIME:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise errors.parameter_invalid(message, "expires_at")


def _currency_of(items: list[dict[str, Any]], params: dict[str, Any]) -> str:
    for index, item in enumerate(items):
        _check_item(item, f"line_items[{index}]")
    found = {item["price_data"]["currency"] for item in items}
    if "currency" in params:
        found.add(params["currency"])
    if len(found) > 1:
        raise errors.parameter_invalid(
            "All line items of a Checkout Session must have the same currency.", "line_items"
        )
    return str(found.pop())


def _check_item(item: dict[str, Any], name: str) -> None:
    if item.get("price"):
        raise errors.resource_missing("price", item["price"], f"{name}[price]", status=400)
    price = item.get("price_data")
    if price is None:
        raise errors.parameter_missing(f"{name}[price_data]")
    if price.get("product"):
        raise errors.resource_missing("product", price["product"], f"{name}[price_data][product]", status=400)
    for key in ("product_data", "unit_amount"):
        if key not in price:
            raise errors.parameter_missing(f"{name}[price_data][{key}]")
    if "quantity" not in item:
        raise errors.parameter_missing(f"{name}[quantity]")


def _check_total(total: int, currency: str) -> None:
    smallest = currencies.MINIMUM.get(currency, 1)
    if total < smallest:
        minimum = currencies.format_amount(smallest, currency)
        message = f"The Checkout Session's total amount due must add up to at least {minimum}"
        raise errors.parameter_invalid(message, "line_items", "amount_too_small")
    if total > currencies.MAXIMUM:
        maximum = currencies.format_amount(currencies.MAXIMUM, currency)
        message = f"The Checkout Session's total amount due must be no more than {maximum}"
        raise errors.parameter_invalid(message, "line_items", "amount_too_large")
    if not currencies.payable(total, currency):
        raise errors.parameter_invalid(
            f"Amounts in {currency} must end in 0.", "line_items", "parameter_invalid_integer"
        )
