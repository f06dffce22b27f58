"""What time does to subscriptions and invoices: renewals, attempts, pauses that end, cancellations that take effect."""

from __future__ import annotations

from django.db import transaction

from sandbox.core import clock, store
from sandbox.engine.recurring import attempts, invoices, subscriptions
from sandbox.models import Record
from sandbox.objects.recurring.subscription import item_of
from sandbox.router import ALIAS
from sandbox.webhooks.events import NewEvent, emit


@transaction.atomic(using=ALIAS)
def run_subscription(subscription_id: str) -> None:
    """Do what is due to the subscription, unless that is done."""
    subscription = store.get(subscriptions.KIND, subscription_id)
    if subscription.due_at is None or subscription.due_at > clock.now():
        return
    emit(*_next_step(subscription))


@transaction.atomic(using=ALIAS)
def run_invoice(invoice_id: str) -> None:
    """Finalize the invoice or try it again, if that is due."""
    invoice = store.get(invoices.KIND, invoice_id)
    if invoice.due_at is None or invoice.due_at > clock.now():
        return
    emit(*advance(invoice))


def advance(invoice: Record) -> list[NewEvent]:
    """The invoice's next step: a draft is finalized, and what is open is tried. Returns the events."""
    events: list[NewEvent] = []
    if invoice.status == "draft":
        paused = invoices.subscription_of(invoice).body["pause_collection"]
        if paused:
            return _uncollected(invoice, paused["behavior"])
        events += invoices.finalize(invoice)
    if invoice.status != "open":
        return events
    return events + attempts.by_card_on_file(invoice)


def _next_step(subscription: Record) -> list[NewEvent]:
    body, now = subscription.body, clock.timestamp()
    if body["status"] == "incomplete":
        return subscriptions.expire(subscription)
    if body["cancel_at"] and body["cancel_at"] <= now:
        return subscriptions.end(subscription, body["cancellation_details"]["reason"] or "cancellation_requested")
    paused = body["pause_collection"]
    if paused and paused["resumes_at"] and paused["resumes_at"] <= now:
        return subscriptions.change(subscription, pause_collection=None)
    if item_of(body)["current_period_end"] <= now:
        return _renew(subscription)
    return subscriptions.change(subscription)


def _renew(subscription: Record) -> list[NewEvent]:
    """The next period begins with the draft of its invoice."""
    start = item_of(subscription.body)["current_period_end"]
    new = subscriptions.open_period(subscription, start)
    # The invoice shows the new period, and the subscription's one event shows the invoice.
    billed = Record(body={**subscription.body, **new})
    invoice, events = invoices.draft(billed, "subscription_cycle", wait=invoices.DRAFT_FOR)
    events = [*subscriptions.change(subscription, **new, latest_invoice=invoice.stripe_id), *events]
    paused = subscription.body["pause_collection"]
    if paused:
        events += _uncollected(invoice, paused["behavior"])
    elif subscription.body["status"] == "unpaid":
        events += invoices.stop_collecting(subscription.stripe_id)
    return events


def _uncollected(invoice: Record, behavior: str) -> list[NewEvent]:
    """What becomes of an invoice while collection is paused."""
    if behavior == "keep_as_draft":
        invoice.due_at = None
        store.update(invoice, auto_advance=False, automatically_finalizes_at=None, next_payment_attempt=None)
        return [("invoice.updated", invoice.body, {"auto_advance": True})]
    if invoice.status == "draft":
        return [*invoices.finalize(invoice), *invoices.close(invoice, _CLOSED[behavior])]
    return invoices.close(invoice, _CLOSED[behavior])


_CLOSED = {"void": "void", "mark_uncollectible": "uncollectible"}
