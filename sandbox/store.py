"""Reads and writes the objects that the stand-in keeps."""

from __future__ import annotations

from typing import Any

from sandbox.models import Record


def add(body: dict[str, Any], *, hidden: dict[str, Any] | None = None, due_at: float | None = None) -> Record:
    """Keep a new object."""
    record = Record(
        stripe_id=body["id"], kind=body["object"], created=body["created"], due_at=due_at, hidden=hidden or {}
    )
    save(record, body)
    return record


def save(record: Record, body: dict[str, Any]) -> None:
    """Keep the object's new state, and the columns by which it is looked for."""
    record.body = body
    record.status = body["status"]
    record.payment_intent = body.get("payment_intent") or ""
    record.save()


def find(kind: str, stripe_id: str) -> Record | None:
    """The object, if there is one of this kind."""
    return Record.objects.filter(kind=kind, stripe_id=stripe_id).first()


def get(kind: str, stripe_id: str) -> Record:
    """The object, which is known to exist."""
    return Record.objects.get(kind=kind, stripe_id=stripe_id)


def session_of(intent_id: str) -> Record:
    """The session that an intent pays."""
    return Record.objects.get(kind="checkout.session", payment_intent=intent_id)
