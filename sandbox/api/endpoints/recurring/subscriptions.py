"""The endpoints of subscriptions."""

from __future__ import annotations

from typing import Any

from sandbox.api.endpoints.recurring import params
from sandbox.api.expand import expand
from sandbox.api.retrieve import list_found, narrowed, retrieve
from sandbox.core import store
from sandbox.engine.recurring import changes, subscriptions
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]


def retrieve_subscription(raw: Body, request: ApiRequest, subscription_id: str) -> Body:
    """GET /v1/subscriptions/<id>"""
    return retrieve(subscriptions.KIND, subscription_id, raw, "id")


def list_subscriptions(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/subscriptions: without a status, all that are not canceled."""
    clean = params.LIST_SUBSCRIPTIONS(raw, "")
    rows = narrowed(subscriptions.KIND, clean, "customer")
    status = clean.get("status")
    if status == "ended":
        rows = rows.filter(status__in=subscriptions.ENDED)
    elif status is None:
        rows = rows.exclude(status="canceled")
    elif status != "all":
        rows = rows.filter(status=status)
    if clean.get("price"):
        rows = rows.filter(body__items__data__0__price__id=clean["price"])
    return list_found(subscriptions.KIND, "subscriptions", clean, rows)


def update(raw: Body, request: ApiRequest, subscription_id: str) -> Body:
    """POST /v1/subscriptions/<id>"""
    clean = params.UPDATE_SUBSCRIPTION(raw, "")
    store.require(subscriptions.KIND, subscription_id, "id")
    return _answer(changes.update(subscription_id, clean, request).body, clean)


def cancel(raw: Body, request: ApiRequest, subscription_id: str) -> Body:
    """DELETE /v1/subscriptions/<id>"""
    clean = params.CANCEL_SUBSCRIPTION(raw, "")
    store.require(subscriptions.KIND, subscription_id, "id")
    details = clean.get("cancellation_details", {})
    return _answer(changes.cancel(subscription_id, details, request=request).body, clean)


def pause(raw: Body, request: ApiRequest, subscription_id: str) -> Body:
    """POST /v1/subscriptions/<id>/pause"""
    clean = params.PAUSE_SUBSCRIPTION(raw, "")
    store.require(subscriptions.KIND, subscription_id, "id")
    return _answer(changes.pause(subscription_id, request).body, clean)


def resume(raw: Body, request: ApiRequest, subscription_id: str) -> Body:
    """POST /v1/subscriptions/<id>/resume"""
    clean = params.RESUME_SUBSCRIPTION(raw, "")
    store.require(subscriptions.KIND, subscription_id, "id")
    anew = clean.get("billing_cycle_anchor", {"type": "now"})["type"] == "now"
    return _answer(changes.resume(subscription_id, anew=anew, request=request).body, clean)


def _answer(body: Body, clean: Body) -> Body:
    return expand(body, clean.get("expand", []))
