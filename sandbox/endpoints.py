"""The calls that the API knows: each checks its parameters and answers one of Stripe's objects."""

from __future__ import annotations

from typing import Any

from sandbox import errors, params, sessions, store, timers
from sandbox.events import Cause
from sandbox.expanding import expand
from sandbox.models import Event, Record
from sandbox.paging import page

Body = dict[str, Any]


def create_session(raw: Body, cause: Cause) -> Body:
    """POST /v1/checkout/sessions"""
    clean = params.CREATE_SESSION(raw, "")
    return expand(sessions.create(clean).body, clean.get("expand", []))


def retrieve_session(raw: Body, cause: Cause, session_id: str) -> Body:
    """GET /v1/checkout/sessions/<id>"""
    timers.expire_due()
    return _retrieve("checkout.session", session_id, raw, "session")


def list_sessions(raw: Body, cause: Cause) -> Body:
    """GET /v1/checkout/sessions"""
    clean = params.LIST_SESSIONS(raw, "")
    timers.expire_due()
    rows = Record.objects.filter(kind="checkout.session")
    for column in ("payment_intent", "status"):
        if clean.get(column):
            rows = rows.filter(**{column: clean[column]})
    found = page(rows, clean, kind="checkout.session", url="/v1/checkout/sessions")
    return expand(found, clean.get("expand", []))


def expire_session(raw: Body, cause: Cause, session_id: str) -> Body:
    """POST /v1/checkout/sessions/<id>/expire"""
    clean = params.RETRIEVE(raw, "")
    timers.expire_due()
    if store.find("checkout.session", session_id) is None:
        raise errors.no_such("checkout.session", session_id, "session")
    expired = sessions.expire(session_id, cause)
    if expired is None:
        status = store.get("checkout.session", session_id).status
        raise errors.ApiError(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {status}.",
            begun=True,
        )
    return expand(expired.body, clean.get("expand", []))


def retrieve_intent(raw: Body, cause: Cause, intent_id: str) -> Body:
    """GET /v1/payment_intents/<id>"""
    return _retrieve("payment_intent", intent_id, raw, "intent")


def retrieve_charge(raw: Body, cause: Cause, charge_id: str) -> Body:
    """GET /v1/charges/<id>"""
    return _retrieve("charge", charge_id, raw, "id")


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


def _retrieve(kind: str, stripe_id: str, raw: Body, param: str) -> Body:
    clean = params.RETRIEVE(raw, "")
    record = store.find(kind, stripe_id)
    if record is None:
        raise errors.no_such(kind, stripe_id, param)
    return expand(record.body, clean.get("expand", []))
