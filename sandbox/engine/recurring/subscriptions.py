"""A subscription from its first invoice to its end. Nothing here emits: each step returns its events."""

from __future__ import annotations

from typing import Any

from sandbox.core import clock, store
from sandbox.engine.recurring import invoices, periods
from sandbox.models import Record
from sandbox.objects.recurring import subscription as objects
from sandbox.webhooks.events import NewEvent

KIND = "subscription"
# Seconds in which the first invoice must be paid.
FIRST_PAYMENT_WITHIN = 23 * 3600
ENDED = ("canceled", "incomplete_expired")
_RENEWING = ("active", "past_due", "unpaid", "trialing")


def create(
    customer: Record, price: dict[str, Any], quantity: int, data: dict[str, Any]
) -> tuple[Record, list[NewEvent]]:
    """A subscription with its first invoice, which is open; `data` is the session's subscription_data."""
    now = clock.timestamp()
    body = objects.build(
        customer.stripe_id,
        price,
        quantity,
        created=now,
        period_end=periods.end_after(now, now, price["recurring"]),
        payment_method=None,
        metadata=data.get("metadata", {}),
        description=data.get("description"),
    )
    made = store.add(body, due_at=now + FIRST_PAYMENT_WITHIN)
    invoice, events = invoices.draft(made, "subscription_create")
    events += invoices.finalize(invoice)
    store.update(made, latest_invoice=invoice.stripe_id)
    return made, [("customer.subscription.created", made.body), *events]


def change(subscription: Record, **new: Any) -> list[NewEvent]:
    """Store these new values and what its timer is to wait for; returns the event, if anything has changed."""
    subscription.due_at = _due({**subscription.body, **new})
    previous = store.update(subscription, **new)
    return [("customer.subscription.updated", subscription.body, previous)] if previous else []


def open_period(subscription: Record, start: int, anchor: int | None = None) -> dict[str, Any]:
    """The values that the subscription has in the period which begins now; an anchor is where all begin anew."""
    recurring = objects.item_of(subscription.body)["price"]["recurring"]
    end = periods.end_after(anchor or subscription.body["billing_cycle_anchor"], start, recurring)
    return {
        "billing_cycle_anchor": anchor or subscription.body["billing_cycle_anchor"],
        "items": objects.with_item(subscription.body, current_period_start=start, current_period_end=end),
    }


def end(
    subscription: Record, reason: str, *, comment: str | None = None, feedback: str | None = None
) -> list[NewEvent]:
    """It is over now; what it still owes is not collected any more."""
    now = clock.timestamp()
    before = subscription.body["cancellation_details"]
    change(
        subscription,
        canceled_at=subscription.body["canceled_at"] or now,
        cancellation_details={
            "comment": comment or before["comment"],
            "feedback": feedback or before["feedback"],
            "reason": reason,
        },
        ended_at=now,
        status="canceled",
    )
    return [*invoices.stop_collecting(subscription.stripe_id), ("customer.subscription.deleted", subscription.body)]


def expire(subscription: Record) -> list[NewEvent]:
    """Its first invoice was not paid in time."""
    events: list[NewEvent] = []
    for invoice in Record.objects.filter(kind=invoices.KIND, subscription=subscription.stripe_id, status="open"):
        events += invoices.close(invoice, "void")
    now = clock.timestamp()
    return [*events, *change(subscription, ended_at=now, status="incomplete_expired")]


def _due(body: dict[str, Any]) -> float | None:
    """When time alone changes it next."""
    if body["status"] == "incomplete":
        return float(body["created"] + FIRST_PAYMENT_WITHIN)
    if body["status"] not in _RENEWING:
        return None
    moments = [objects.item_of(body)["current_period_end"]]
    if body["cancel_at"]:
        moments.append(body["cancel_at"])
    if body["pause_collection"] and body["pause_collection"]["resumes_at"]:
        moments.append(body["pause_collection"]["resumes_at"])
    return float(min(moments))
