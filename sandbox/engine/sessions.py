"""The life of a checkout session up to the payment: created, expired."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from sandbox.core import clock, currencies, errors, store
from sandbox.engine.recurring import session_modes
from sandbox.models import Record
from sandbox.objects import checkout_session
from sandbox.router import ALIAS
from sandbox.webhooks.events import NO_REQUEST, ApiRequest, emit

KIND = "checkout.session"
MIN_LIFETIME = 30 * 60
MAX_LIFETIME = 24 * 3600


def create(params: dict[str, Any]) -> Record:
    """A new open session from checked parameters."""
    now = clock.timestamp()
    expires_at = params.get("expires_at", now + MAX_LIFETIME)
    lead = _check_expiry(expires_at, now)
    items = [_priced(item, f"line_items[{index}]") for index, item in enumerate(params["line_items"])]
    session_modes.check(params, items)
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
    hidden: dict[str, Any] = {
        "line_items": [checkout_session.line_item(item, now) for item in items],
        "payment_intent_data": params.get("payment_intent_data", {}),
    }
    if body["mode"] == "subscription":
        hidden |= session_modes.plan(hidden["line_items"][0], params)
    return store.add(body, hidden=hidden, due_at=expires_at + lead)


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
    if session.due_at is not None and session.due_at <= clock.now():
        expire(session_id)


def _check_expiry(expires_at: int, now: int) -> int:
    """Raise Stripe's error unless the session lasts as long as it may. Returns how far our clock is ahead of the one
    that the caller looked at: a site does not know of a clock that was moved."""
    lead = clock.offset()
    if lead and now - lead + MIN_LIFETIME <= expires_at <= now - lead + MAX_LIFETIME:
        return lead
    if expires_at < now + MIN_LIFETIME:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise errors.parameter_invalid(message, "expires_at")
    if expires_at > now + MAX_LIFETIME:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise errors.parameter_invalid(message, "expires_at")
    return 0


def _currency_of(items: list[dict[str, Any]], params: dict[str, Any]) -> str:
    found = {item["price_data"]["currency"] for item in items}
    if "currency" in params:
        found.add(params["currency"])
    if len(found) > 1:
        raise errors.parameter_invalid(
            "All line items of a Checkout Session must have the same currency.", "line_items"
        )
    return str(found.pop())


def _priced(item: dict[str, Any], name: str) -> dict[str, Any]:
    """The line with what it costs and what it is called, whether it says so itself or names a price or a product."""
    if "quantity" not in item:
        raise errors.parameter_missing(f"{name}[quantity]")
    if item.get("price"):
        price = _named("price", item["price"], f"{name}[price]")
        data = {name: price[name] for name in ("currency", "unit_amount", "product", "recurring")}
        return {**item, "price": price, "price_data": _described(data, name)}
    if item.get("price_data") is None:
        raise errors.parameter_missing(f"{name}[price_data]")
    return {**item, "price_data": _described(item["price_data"], f"{name}[price_data]")}


def _described(price: dict[str, Any], name: str) -> dict[str, Any]:
    if price.get("product"):
        product = _named("product", price["product"], f"{name}[product]")
        price = {**price, "product_data": {"name": product["name"]}}
    for key in ("product_data", "unit_amount"):
        if key not in price:
            raise errors.parameter_missing(f"{name}[{key}]")
    return price


def _named(kind: str, stripe_id: str, param: str) -> dict[str, Any]:
    record = store.find(kind, stripe_id)
    if record is None:
        raise errors.resource_missing(kind, stripe_id, param, status=400)
    return record.body


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
