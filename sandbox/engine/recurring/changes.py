"""What is done to a subscription by request: its amount, its pause, its end. Each is one change with its events."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.core import clock, errors, store
from sandbox.engine.recurring import cycle, invoices, subscriptions
from sandbox.models import Record
from sandbox.objects import catalog
from sandbox.objects.recurring import subscription as objects
from sandbox.router import ALIAS
from sandbox.webhooks.events import NO_REQUEST, ApiRequest, NewEvent, emit

Body = dict[str, Any]

_PLAIN = ("cancel_at", "cancel_at_period_end", "default_payment_method", "description", "metadata", "pause_collection")


@transaction.atomic(using=ALIAS)
def update(subscription_id: str, clean: Body, request: ApiRequest = NO_REQUEST) -> Record:
    """Change what the checked parameters name."""
    subscription = _running(subscription_id)
    new = {name: clean[name] for name in _PLAIN if name in clean}
    if "metadata" in new:
        new["metadata"] = {**subscription.body["metadata"], **new["metadata"]}
    if new.get("pause_collection"):
        new["pause_collection"] = {"resumes_at": None, **new["pause_collection"]}
    if new.get("default_payment_method"):
        _check_method(new["default_payment_method"], subscription)
    events: list[NewEvent] = []
    if "items" in clean:
        new["items"], events = _changed_items(subscription, clean)
    if "cancel_at" in new or "cancel_at_period_end" in new or "cancellation_details" in clean:
        new |= _cancellation(subscription, new, clean.get("cancellation_details", {}))
    emit(*events, *subscriptions.change(subscription, **new), request=request)
    return subscription


@transaction.atomic(using=ALIAS)
def cancel(
    subscription_id: str, details: Body, *, reason: str = "cancellation_requested", request: ApiRequest = NO_REQUEST
) -> Record:
    """End it now; the details are the canceller's comment and feedback."""
    subscription = _running(subscription_id)
    words = {"comment": details.get("comment"), "feedback": details.get("feedback")}
    emit(*subscriptions.end(subscription, reason, **words), request=request)
    return subscription


@transaction.atomic(using=ALIAS)
def pause(subscription_id: str, request: ApiRequest = NO_REQUEST) -> Record:
    """No invoice and no new period until it is resumed."""
    subscription = _running(subscription_id)
    if subscription.status not in {"active", "trialing", "past_due"}:
        raise _refusal(f"You cannot pause a subscription with a status of {subscription.status}.")
    paused = {"subscription": {"type": "pause_requested"}, "transitioned_at": clock.timestamp(), "type": "subscription"}
    events = subscriptions.change(subscription, status="paused", status_details={"paused": paused})
    emit(*events, ("customer.subscription.paused", subscription.body), request=request)
    return subscription


@transaction.atomic(using=ALIAS)
def resume(subscription_id: str, *, anew: bool, request: ApiRequest = NO_REQUEST) -> Record:
    """Go on: at once with a new period and its invoice, or with what is left of the present one."""
    subscription = _running(subscription_id)
    if subscription.status != "paused":
        raise _refusal("You can only resume a subscription that is paused.")
    now = clock.timestamp()
    resumed: Body = {"status": "active", "status_details": None}
    if not anew and objects.item_of(subscription.body)["current_period_end"] > now:
        events = subscriptions.change(subscription, **resumed)
    else:
        events = _bill_anew(subscription, resumed, now if anew else None)
    if subscription.status == "active":
        events.append(("customer.subscription.resumed", subscription.body))
    emit(*events, request=request)
    return subscription


def _bill_anew(subscription: Record, resumed: Body, anchor: int | None) -> list[NewEvent]:
    """A period that begins now, with an invoice that is paid now: a failure leaves it past due, to be tried again."""
    period = subscriptions.open_period(subscription, clock.timestamp(), anchor)
    billed = Record(body={**subscription.body, **period})
    invoice, events = invoices.draft(billed, "subscription_update")
    changed = subscriptions.change(subscription, **resumed, **period, latest_invoice=invoice.stripe_id)
    events = [*changed, *events, *cycle.advance(invoice)]
    subscription.refresh_from_db()
    return events


def _running(subscription_id: str) -> Record:
    subscription = store.get(subscriptions.KIND, subscription_id)
    if subscription.status in subscriptions.ENDED:
        # Stripe knows of an ended one only for who reads it.
        raise errors.resource_missing("subscription", subscription_id, "id")
    return subscription


def _changed_items(subscription: Record, clean: Body) -> tuple[Body, list[NewEvent]]:
    """The items with another amount from the next period on; and the events of the price that is made for it."""
    if len(clean["items"]) != 1:
        raise errors.unsupported("items", "more than one")
    (item,) = clean["items"]
    present = objects.item_of(subscription.body)
    if "id" not in item:
        # Stripe would add a second item beside the first, and bill both.
        raise errors.unsupported("items[0]", "an item without its id, which would be a second one")
    if item["id"] != present["id"]:
        raise errors.resource_missing("subscription_item", item["id"], "items[0][id]", status=400)
    new = {name: item[name] for name in ("quantity", "metadata") if name in item}
    events: list[NewEvent] = []
    if "price_data" in item:
        new["price"], events = _made_price(item["price_data"])
    elif "price" in item:
        price = store.find("price", item["price"])
        if price is None:
            raise errors.resource_missing("price", item["price"], "items[0][price]", status=400)
        new["price"] = price.body
    if "price" in new:
        _check_price(new["price"], present["price"])
    if clean.get("proration_behavior", "create_prorations") != "none":
        raise errors.unsupported("proration_behavior", clean.get("proration_behavior", "create_prorations"))
    return objects.with_item(subscription.body, **new), events


def _made_price(data: Body) -> tuple[Body, list[NewEvent]]:
    if store.find("product", data["product"]) is None:
        raise errors.resource_missing("product", data["product"], "items[0][price_data][product]", status=400)
    if "unit_amount" not in data:
        raise errors.parameter_missing("items[0][price_data][unit_amount]")
    made = store.add(catalog.price(data, data["product"], created=clock.timestamp(), active=False))
    return made.body, [("price.created", made.body)]


def _check_price(new: Body, present: Body) -> None:
    if new["currency"] != present["currency"]:
        message = (
            f"The price specified is in {new['currency']}, but the subscription's currency is {present['currency']}: "
            "all prices of a subscription must have the same currency."
        )
        raise errors.parameter_invalid(message, "items")
    if not new["recurring"]:
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
        )
        raise errors.parameter_invalid(message, "items[0][price]")
    if new["recurring"] != present["recurring"]:
        raise errors.unsupported("items[0][price_data][recurring]", "another interval")


def _check_method(method_id: str, subscription: Record) -> None:
    method = store.find("payment_method", method_id)
    if method is None or method.customer != subscription.customer:
        message = f"The customer does not have a payment method with the ID {method_id}."
        raise errors.parameter_invalid(message, "default_payment_method", "resource_missing")


def _cancellation(subscription: Record, new: Body, words: Body) -> Body:
    """What a cancellation in the future, or its withdrawal, does to the fields that tell of it."""
    now = clock.timestamp()
    body = subscription.body
    if new.get("cancel_at") and new.get("cancel_at_period_end"):
        message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end."
        raise errors.parameter_invalid(message, "cancel_at")
    if new.get("cancel_at") and new["cancel_at"] <= now:
        raise errors.parameter_invalid("The cancel_at timestamp must be in the future.", "cancel_at")
    if new.get("cancel_at_period_end"):
        moment = objects.item_of(body)["current_period_end"]
    elif "cancel_at" in new or "cancel_at_period_end" in new:
        moment = new.get("cancel_at")
    else:
        moment = body["cancel_at"]
    details = {**body["cancellation_details"], **words} if moment else {**objects.NO_CANCELLATION, **words}
    return {
        "cancel_at": moment,
        "cancel_at_period_end": new.get("cancel_at_period_end", body["cancel_at_period_end"] and bool(moment)),
        "canceled_at": (body["canceled_at"] or now) if moment else None,
        "cancellation_details": {**details, "reason": "cancellation_requested" if moment else None},
    }


def _refusal(message: str) -> errors.ApiError:
    return errors.ApiError(400, message, execution_started=True)
