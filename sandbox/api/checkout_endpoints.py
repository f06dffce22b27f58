"""The calls about sessions, intents and events: each checks its parameters and answers one of Stripe's objects."""

from __future__ import annotations

from typing import Any

from sandbox.api import params
from sandbox.api.expand import expand
from sandbox.api.pagination import page
from sandbox.api.retrieve import listing, retrieve
from sandbox.core import errors, store
from sandbox.engine import sessions, timers
from sandbox.models import Event
from sandbox.webhooks.events import Cause

Body = dict[str, Any]


def create_session(raw: Body, cause: Cause) -> Body:
    """POST /v1/checkout/sessions"""
    clean = params.CREATE_SESSION(raw, "")
    return expand(sessions.create(clean).body, clean.get("expand", []))


def retrieve_session(raw: Body, cause: Cause, session_id: str) -> Body:
    """GET /v1/checkout/sessions/<id>"""
    timers.expire_due()
    return retrieve(sessions.KIND, session_id, raw, "session")


def list_sessions(raw: Body, cause: Cause) -> Body:
    """GET /v1/checkout/sessions"""
    timers.expire_due()
    return listing(sessions.KIND, "checkout/sessions", params.LIST_SESSIONS, raw, "payment_intent status")


def expire_session(raw: Body, cause: Cause, session_id: str) -> Body:
    """POST /v1/checkout/sessions/<id>/expire"""
    clean = params.RETRIEVE(raw, "")
    timers.expire_due()
    if store.find(sessions.KIND, session_id) is None:
        raise errors.no_such(sessions.KIND, session_id, "session")
    expired = sessions.expire(session_id, cause)
    if expired is None:
        status = store.get(sessions.KIND, session_id).status
        raise errors.ApiError(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {status}.",
            begun=True,
        )
    return expand(expired.body, clean.get("expand", []))


def retrieve_intent(raw: Body, cause: Cause, intent_id: str) -> Body:
    """GET /v1/payment_intents/<id>"""
    return retrieve("payment_intent", intent_id, raw, "intent")


def list_intents(raw: Body, cause: Cause) -> Body:
    """GET /v1/payment_intents"""
    return listing("payment_intent", "payment_intents", params.LIST_INTENTS, raw)


def retrieve_event(raw: Body, cause: Cause, event_id: str) -> Body:
    """GET /v1/events/<id>"""
    clean = params.RETRIEVE(raw, "")
    event = Event.objects.filter(stripe_id=event_id).first()
    if event is None:
        raise errors.no_such("event", event_id, "id")
    return expand(event.body, clean.get("expand", []))


def list_events(raw: Body, cause: Cause) -> Body:
    """GET /v1/events"""
    clean = params.LIST_EVENTS(raw, "")
    rows = Event.objects.all()
    wanted, names = clean.get("type"), clean.get("types")
    if wanted and names:
        raise errors.invalid("You may only specify one of these parameters: type, types.", "type")
    if wanted and wanted.endswith("*"):
        rows = rows.filter(type__startswith=wanted[:-1])
    elif wanted:
        rows = rows.filter(type=wanted)
    if names:
        rows = rows.filter(type__in=names)
    if "delivery_success" in clean:
        rows = rows.filter(delivered=clean["delivery_success"])
    return expand(page(rows, clean, kind="event", url="/v1/events"), clean.get("expand", []))
