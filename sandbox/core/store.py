"""Reads and writes the objects that the stand-in keeps."""

from __future__ import annotations

from typing import Any

from sandbox.core import accounts, errors
from sandbox.models import Record

_LOOKUP_COLUMNS = ("payment_intent", "charge", "source", "customer", "subscription", "invoice")


def add(
    body: dict[str, Any],
    *,
    hidden: dict[str, Any] | None = None,
    due_at: float | None = None,
    account: str | None = None,
) -> Record:
    """Store a new object: in the account of what it is about, or in that of the call."""
    record = Record(
        stripe_id=body["id"],
        kind=body["object"],
        account=_account_of(body) if account is None else account,
        created=body["created"],
        due_at=due_at,
        hidden=hidden or {},
    )
    save(record, body)
    return record


def save(record: Record, body: dict[str, Any]) -> None:
    """Store the object's new state, and the columns by which it is looked up."""
    record.body = body
    record.status = body.get("status") or ""
    about = _about(body)
    for column in _LOOKUP_COLUMNS:
        setattr(record, column, about.get(column) or "")
    record.save()


def update(record: Record, **new: Any) -> dict[str, Any]:
    """Store these new values; returns what they overwrote, an event's `previous_attributes`."""
    previous = {name: record.body.get(name) for name, value in new.items() if record.body.get(name) != value}
    save(record, {**record.body, **new})
    return previous


def _account_of(body: dict[str, Any]) -> str:
    found = _about(body)
    about = [found[column] for column in _LOOKUP_COLUMNS if found.get(column)]
    known = Record.objects.filter(stripe_id__in=about).values_list("account", flat=True).first() if about else None
    return accounts.present() if known is None else known


def _about(body: dict[str, Any]) -> dict[str, Any]:
    """What the object is about, where it says so deeper than at its top."""
    if body["object"] == "invoice":
        return {**body, "subscription": body["parent"]["subscription_details"]["subscription"]}
    return {**body, **body["payment"]} if body["object"] == "invoice_payment" else body


def find(kind: str, stripe_id: str) -> Record | None:
    """The object, if there is one of this kind."""
    return Record.objects.filter(kind=kind, stripe_id=stripe_id).first()


def find_any(stripe_id: str) -> Record | None:
    """The object of whatever kind: an id is one object's only."""
    return Record.objects.filter(stripe_id=stripe_id).first()


def require(kind: str, stripe_id: str, param: str) -> Record:
    """The object that a parameter names; an error that names the parameter if there is none."""
    record = find(kind, stripe_id)
    if record is None or record.account != accounts.present():
        raise errors.resource_missing(kind, stripe_id, param)
    return record


def get(kind: str, stripe_id: str) -> Record:
    """The object, which is known to exist."""
    return Record.objects.get(kind=kind, stripe_id=stripe_id)


def session_of(intent_id: str) -> Record:
    """The session that an intent pays."""
    return Record.objects.get(kind="checkout.session", payment_intent=intent_id)


def invoice_of(intent_id: str) -> Record | None:
    """The invoice that an intent pays, if it pays one."""
    payment = Record.objects.filter(kind="invoice_payment", payment_intent=intent_id).first()
    return None if payment is None else get("invoice", payment.invoice)


def charge_of(intent_id: str) -> Record | None:
    """The charge that paid an intent."""
    return Record.objects.filter(kind="charge", payment_intent=intent_id, status="succeeded").first()
