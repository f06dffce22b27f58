"""Attempts to pay an invoice: by the card on file while nobody is there, or by the payer on a page.

A renewal that fails is tried again by a plan like Stripe's, and given up in the end.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.core import clock, store
from sandbox.engine import card_payments
from sandbox.engine.card_payments import Expiry
from sandbox.engine.recurring import customers, invoices, subscriptions
from sandbox.engine.test_cards import Card
from sandbox.models import Behaviour, Record
from sandbox.objects.charge import Failure, Payer
from sandbox.webhooks.events import NewEvent

_DAY = 24 * 3600
# After the first attempt at a renewal and after each later one, until the next: four attempts within three weeks.
RETRY_AFTER = (5 * _DAY, 7 * _DAY, 9 * _DAY)


def by_card_on_file(invoice: Record) -> list[NewEvent]:
    """Charge the customer's card; nobody is there who could approve it."""
    subscription = invoices.subscription_of(invoice)
    method = method_of(subscription)
    if method is None:
        return _failed(invoice, subscription)
    card, expiry, payer = customers.card_of(method)
    intent = invoices.intent_of(invoice)
    if card.always_challenged:
        return [*require_action(invoice, intent), *_failed(invoice, subscription, action_required=True)]
    events, failure = card_payments.charge_intent(intent, card, expiry, payer, method=method.stripe_id)
    return [*events, *(_failed(invoice, subscription) if failure else _succeeded(invoice, subscription))]


def by_payer(
    invoice: Record, card: Card, expiry: Expiry, payer: Payer, *, method: Record | None = None
) -> tuple[list[NewEvent], Failure | None]:
    """Charge the card that the payer typed, or this one of theirs, which they have approved if it asked for it."""
    subscription = invoices.subscription_of(invoice)
    first = invoice.body["billing_reason"] == "subscription_create"
    if first and card.fails_later:
        card = replace(card, failure=None)
    attached: list[NewEvent] = []
    if method is None:
        method, attached = customers.attach(store.get("customer", invoice.customer), card, expiry, payer)
    intent = invoices.intent_of(invoice)
    events, failure = card_payments.charge_intent(intent, card, expiry, payer, method=method.stripe_id)
    if failure is not None:
        # Of a renewal the plan of retries goes on as if nothing had been.
        return [*events, *(_failed(invoice, subscription) if first else [])], failure
    kept = {"default_payment_method": method.stripe_id} if first else {}
    return [*attached, *events, *_succeeded(invoice, subscription, by_payer=True, **kept)], None


def require_action(invoice: Record, intent: Record) -> list[NewEvent]:
    """The card's issuer asks its holder first, on the invoice's own page."""
    url = invoice.body["hosted_invoice_url"]
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}}
    store.save(intent, {**intent.body, "status": "requires_action", "next_action": action})
    return [("payment_intent.requires_action", intent.body)]


def _succeeded(invoice: Record, subscription: Record, *, by_payer: bool = False, **new: str) -> list[NewEvent]:
    """The invoice is paid, and if it is the latest one its subscription is in order."""
    events = invoices.mark_paid(invoice, by_payer=by_payer)
    status = subscription.body["status"]
    if status not in subscriptions.ENDED and invoice.stripe_id == subscription.body["latest_invoice"]:
        status = "active"
    return [*subscriptions.change(subscription, status=status, **new), *events]


def _failed(invoice: Record, subscription: Record, *, action_required: bool = False) -> list[NewEvent]:
    """What follows from a failed attempt: another one later, or the end."""
    if subscription.body["status"] in {"incomplete", *subscriptions.ENDED}:
        return invoices.mark_failed(invoice, next_attempt=None, action_required=action_required)
    tried = invoice.body["attempt_count"]
    wait = RETRY_AFTER[tried] if tried < len(RETRY_AFTER) else None
    next_attempt = None if wait is None else clock.timestamp() + wait
    events = invoices.mark_failed(invoice, next_attempt=next_attempt, action_required=action_required)
    if subscription.body["status"] == "active":
        events += subscriptions.change(subscription, status="past_due")
    return events if next_attempt else events + _given_up(subscription)


def _given_up(subscription: Record) -> list[NewEvent]:
    after = Behaviour.current().after_retries
    if after == Behaviour.AfterRetries.CANCEL:
        return subscriptions.end(subscription, "payment_failed")
    return subscriptions.change(subscription, status=after)


def method_of(subscription: Record) -> Record | None:
    """The card that its payments are taken from."""
    customer = store.get("customer", subscription.customer)
    method = subscription.body["default_payment_method"] or customer.body["invoice_settings"]["default_payment_method"]
    return store.find(customers.METHOD, method) if method else None
