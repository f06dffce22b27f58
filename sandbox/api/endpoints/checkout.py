"""The endpoints of sessions, intents and events: each checks its parameters and returns one of Stripe's objects."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from sandbox.api import params
from sandbox.api.expand import expand
from sandbox.api.pagination import page
from sandbox.api.retrieve import list_objects, retrieve
from sandbox.core import accounts, errors, store
from sandbox.engine import sessions, timers
from sandbox.models import Event, Record
from sandbox.webhooks.events import ApiRequest

Body = dict[str, Any]


def create_session(raw: Body, request: ApiRequest) -> Body:
    """POST /v1/checkout/sessions"""
    if "payment_method_types" in raw and not request.version:
        # An account's own version may still have it: then it is no mistake of the caller's.
        raise errors.unsupported("payment_method_types")
    clean = params.CREATE_SESSION(raw, "")
    return expand(sessions.create(clean).body, clean.get("expand", []))


def retrieve_session(raw: Body, request: ApiRequest, session_id: str) -> Body:
    """GET /v1/checkout/sessions/<id>"""
    timers.expire_due_sessions()
    return retrieve(sessions.KIND, session_id, raw, "session")


def list_sessions(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/checkout/sessions"""
    timers.expire_due_sessions()
    return list_objects(
        sessions.KIND, "checkout/sessions", params.LIST_SESSIONS, raw, "payment_intent status customer subscription"
    )


def expire_session(raw: Body, request: ApiRequest, session_id: str) -> Body:
    """POST /v1/checkout/sessions/<id>/expire"""
    clean = params.RETRIEVE(raw, "")
    timers.expire_due_sessions()
    store.require(sessions.KIND, session_id, "session")
    expired = sessions.expire(session_id, request)
    if expired is None:
        status = store.get(sessions.KIND, session_id).status
        raise errors.ApiError(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {status}.",
            execution_started=True,
        )
    return expand(expired.body, clean.get("expand", []))


def retrieve_intent(raw: Body, request: ApiRequest, intent_id: str) -> Body:
    """GET /v1/payment_intents/<id>"""
    return retrieve("payment_intent", intent_id, raw, "intent")


def list_intents(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/payment_intents"""
    return list_objects("payment_intent", "payment_intents", params.LIST_INTENTS, raw, "customer")


def retrieve_event(raw: Body, request: ApiRequest, event_id: str) -> Body:
    """GET /v1/events/<id>"""
    clean = params.RETRIEVE(raw, "")
    event = _events().filter(stripe_id=event_id).first()
    if event is None:
        raise errors.resource_missing("event", event_id, "id")
    return expand(event.body, clean.get("expand", []))


def list_events(raw: Body, request: ApiRequest) -> Body:
    """GET /v1/events"""
    clean = params.LIST_EVENTS(raw, "")
    rows = _events()
    type, types = clean.get("type"), clean.get("types")
    if type and types:
        raise errors.parameter_invalid("You may only specify one of these parameters: type, types.", "type")
    if type and type.endswith("*"):
        rows = rows.filter(type__startswith=type[:-1])
    elif type:
        rows = rows.filter(type=type)
    if types:
        rows = rows.filter(type__in=types)
    if "delivery_success" in clean:
        rows = rows.filter(delivered=clean["delivery_success"])
    return expand(page(rows, clean, kind="event", url="/v1/events"), clean.get("expand", []))


def _events() -> QuerySet[Event]:
    """Those of the account that the call is about."""
    return Event.objects.filter(about__in=Record.objects.filter(account=accounts.present()).values("stripe_id"))
