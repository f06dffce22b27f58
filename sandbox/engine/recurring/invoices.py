"""An invoice on its way: drafted, finalized, paid or not, void. Nothing here emits: each step returns its events."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from sandbox.core import clock, store
from sandbox.models import Record
from sandbox.objects import payment_intent
from sandbox.objects.recurring import invoice as objects
from sandbox.objects.recurring.subscription import item_of
from sandbox.webhooks.events import NewEvent

KIND = "invoice"
PAYMENT = "invoice_payment"
# Seconds that the draft of a renewal can still be changed.
DRAFT_FOR = 3600


def subscription_of(invoice: Record) -> Record:
    """The subscription that it bills."""
    return store.get("subscription", invoice.subscription)


def draft(subscription: Record, reason: str, *, wait: int = 0) -> tuple[Record, list[NewEvent]]:
    """An invoice for the subscription's present period, to be finalized after so many seconds."""
    now = clock.timestamp()
    body = subscription.body
    product = store.find_any(item_of(body)["price"]["product"])
    made = store.add(
        objects.build(
            body,
            store.get("customer", body["customer"]).body,
            created=now,
            reason=reason,
            product=product.body["name"] if product else "Subscription",
            finalizes_at=now + wait,
        ),
        due_at=now + wait if wait else None,
    )
    return made, [("invoice.created", made.body)]


def finalize(invoice: Record) -> list[NewEvent]:
    """Number it and open it for its payment."""
    customer = store.get("customer", invoice.customer)
    sequence = customer.body["next_invoice_sequence"]
    store.update(customer, next_invoice_sequence=sequence + 1, currency=invoice.body["currency"])
    now = clock.timestamp()
    url = f"{settings.SANDBOX_URL}/invoices/{invoice.stripe_id}"
    invoice.due_at = None
    store.update(
        invoice,
        automatically_finalizes_at=None,
        effective_at=now,
        ending_balance=0,
        hosted_invoice_url=url,
        invoice_pdf=url,
        next_payment_attempt=None,
        number=f"{customer.body['invoice_prefix']}-{sequence:04}",
        status="open",
        status_transitions={**invoice.body["status_transitions"], "finalized_at": now},
    )
    intent = _intent_for(invoice)
    store.add(objects.payment(invoice.body, intent.stripe_id, created=now))
    return [("invoice.finalized", invoice.body), ("payment_intent.created", intent.body)]


def intent_of(invoice: Record) -> Record:
    """The intent that is to pay it."""
    payment = Record.objects.get(kind=PAYMENT, invoice=invoice.stripe_id)
    return store.get("payment_intent", payment.payment_intent)


def mark_paid(invoice: Record, *, by_payer: bool) -> list[NewEvent]:
    """Its intent has succeeded. Attempts are counted as the plan of retries sees them: a payer's own is the first one
    or none."""
    counted = invoice.body["attempt_count"]
    now = clock.timestamp()
    payment = Record.objects.get(kind=PAYMENT, invoice=invoice.stripe_id)
    transitions = {**payment.body["status_transitions"], "paid_at": now}
    store.update(payment, amount_paid=invoice.body["amount_due"], status="paid", status_transitions=transitions)
    invoice.due_at = None
    previous = store.update(
        invoice,
        amount_paid=invoice.body["amount_due"],
        amount_remaining=0,
        attempt_count=max(counted, 1) if by_payer else counted + 1,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
        status_transitions={**invoice.body["status_transitions"], "paid_at": now},
    )
    return [
        ("invoice.updated", invoice.body, previous),
        ("invoice.paid", invoice.body),
        ("invoice.payment_succeeded", invoice.body),
        ("invoice_payment.paid", payment.body),
    ]


def mark_failed(invoice: Record, *, next_attempt: int | None, action_required: bool) -> list[NewEvent]:
    """An attempt has failed, or its card wants the payer's approval."""
    invoice.due_at = next_attempt
    previous = store.update(
        invoice,
        attempt_count=invoice.body["attempt_count"] + 1,
        attempted=True,
        auto_advance=next_attempt is not None,
        next_payment_attempt=next_attempt,
    )
    asked: list[NewEvent] = [("invoice.payment_action_required", invoice.body)] if action_required else []
    return [("invoice.updated", invoice.body, previous), *asked, ("invoice.payment_failed", invoice.body)]


def close(invoice: Record, status: str) -> list[NewEvent]:
    """Nobody is to pay it any more: "void" or "uncollectible"."""
    now = clock.timestamp()
    name, type = {
        "void": ("voided_at", "invoice.voided"),
        "uncollectible": ("marked_uncollectible_at", "invoice.marked_uncollectible"),
    }[status]
    for payment in Record.objects.filter(kind=PAYMENT, invoice=invoice.stripe_id, status="open"):
        transitions = {**payment.body["status_transitions"], "canceled_at": now}
        store.update(payment, status="canceled", status_transitions=transitions)
        intent = store.get("payment_intent", payment.payment_intent)
        store.update(intent, canceled_at=now, cancellation_reason="void_invoice", next_action=None, status="canceled")
    invoice.due_at = None
    transitions = {**invoice.body["status_transitions"], name: now}
    new = {"auto_advance": False, "next_payment_attempt": None, "automatically_finalizes_at": None}
    store.update(invoice, status=status, status_transitions=transitions, **new)
    return [(type, invoice.body)]


def stop_collecting(subscription_id: str) -> list[NewEvent]:
    """The subscription has ended: what is not paid is not tried again by itself."""
    events: list[NewEvent] = []
    for invoice in Record.objects.filter(kind=KIND, subscription=subscription_id, status__in=["draft", "open"]):
        invoice.due_at = None
        previous = store.update(invoice, auto_advance=False, automatically_finalizes_at=None, next_payment_attempt=None)
        if previous:
            events.append(("invoice.updated", invoice.body, previous))
    return events


def _intent_for(invoice: Record) -> Record:
    first = invoice.body["billing_reason"] == "subscription_create"
    params: dict[str, Any] = {
        "description": "Subscription creation" if first else "Subscription update",
        "payment_method_types": ["card"],
    }
    body = payment_intent.build(
        params, created=clock.timestamp(), amount=invoice.body["amount_due"], currency=invoice.body["currency"]
    )
    return store.add(
        {**body, "customer": invoice.customer, "setup_future_usage": "off_session" if first else None},
        account=invoice.account,
    )
