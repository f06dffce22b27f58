"""Webhook events: which we take, and what each says."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from donations.domain.updates import Dispute, StripeUpdate
from donations.stripe.parsing.objects import ours, update_of
from donations.stripe.parsing.values import is_id, moment, text

# Snapshots of another release may lack or rename what we read: they are fetched anew instead of trusted.
RELEASE = "endive"

EVENT_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "charge.updated",
        "charge.failed",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "radar.early_fraud_warning.created",
        # Not invoice.created: an endpoint that fails on it holds the charge up for days.
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
    }
)


# Sent in the moment in which the money arrives.
_ARRIVALS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
    }
)


def is_event(payload: object) -> bool:
    """Whether the payload is a snapshot event. A thin one (`v2.core.event`) is not: it carries no object."""
    if not isinstance(payload, dict) or payload.get("object") != "event":
        return False
    data = payload.get("data")
    return (
        is_id(payload.get("id"), "evt_")
        and isinstance(payload.get("type"), str)
        and 0 < len(payload["type"]) <= 100
        and "\0" not in payload["type"]
        and isinstance(payload.get("livemode"), bool)
        and isinstance(payload.get("created"), int)
        and isinstance(data, dict)
        and isinstance(data.get("object"), dict)
    )


def release_of(event: dict[str, Any]) -> str:
    """The name after the dot of the API version that the event's snapshot was made in."""
    return str(event.get("api_version") or "").partition(".")[2]


def subject_of(event: dict[str, Any]) -> str:
    """The id of the object that the event is about."""
    return text(event["data"]["object"], "id")


def named_in(event: dict[str, Any]) -> tuple[list[str], uuid.UUID | None]:
    """The ids of Stripe's, and the donation of ours, that an event names as far as it can be read."""
    thing = event["data"]["object"]
    named = (thing.get(key) for key in ("id", "payment_intent", "charge"))
    return [each for each in named if is_id(each, "")], ours(thing).get("donation")


def update_of_event(event: dict[str, Any]) -> StripeUpdate | None:
    """The update of a snapshot event of our release; None when its object is nothing we book."""
    at = moment(event["created"])
    update = update_of(event["data"]["object"], at=at)
    if update and event["type"] in _ARRIVALS and (update.at != at or update.arrival_unknown):
        # Not the charge's own time: a bank payment's charge is made days before its money arrives.
        update = replace(update, at=at, arrival_unknown=False)
    match event["type"]:
        case "checkout.session.async_payment_failed" if update:
            # The snapshot alone looks like a payment that is still on its way.
            return replace(update, settling_failed=True, delayed=True)
        case "checkout.session.async_payment_succeeded" if update:
            return replace(update, delayed=True)
        case "charge.dispute.closed" if update and isinstance(update.change, Dispute):
            return replace(update, change=replace(update.change, closed=True))
    return update
