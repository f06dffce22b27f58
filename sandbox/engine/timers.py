"""What happens by time alone: sessions expire, bank debits and charges settle, funds become available,
subscriptions renew."""

from __future__ import annotations

import threading

from django.db import transaction

from sandbox.core import clock
from sandbox.engine import balance, bank_payments, refunds, sessions, settlement
from sandbox.engine.recurring import cycle, invoices, subscriptions
from sandbox.models import Record
from sandbox.router import ALIAS

_AT_ONCE = 20
# As many times that in one transaction, while the clock is moved: others wait for it.
_ROUNDS = 10
# Seconds: what is done for one object makes another one due after this at the earliest.
_SOONEST = 0.9
# One thread of a process at a time, so that what happens keeps its order.
_turn = threading.Lock()

# Each does its work only once, in its own transaction, in however many threads it is tried.
_HANDLERS = {
    sessions.KIND: sessions.expire_if_due,
    "payment_intent": bank_payments.settle_as_scheduled,
    "charge": settlement.settle,
    refunds.KIND: refunds.settle_as_scheduled,
    balance.KIND: balance.make_available,
    subscriptions.KIND: cycle.run_subscription,
    invoices.KIND: cycle.run_invoice,
}


def run_due() -> None:
    """Do what is due; safe at any moment and in any number of threads."""
    if _turn.acquire(blocking=False):
        try:
            _run(list(_HANDLERS))
        finally:
            _turn.release()


def run_all_due() -> None:
    """Do what is due and what becomes due by that, up to the present."""
    with _turn:
        more = True
        while more:
            # A year has thousands of them, and each commit waits for the disk.
            with transaction.atomic(using=ALIAS):
                more = all(_run(list(_HANDLERS)) for _ in range(_ROUNDS))


def run_of(customer: str, until: float) -> None:
    """Do all that is due to one customer's subscriptions, invoices and charges until then, each at its own time."""
    theirs = Record.objects.filter(customer=customer, kind__in=["charge", invoices.KIND, subscriptions.KIND])
    while found := theirs.filter(due_at__lte=until).order_by("due_at", "number").first():
        _do(found.kind, found.stripe_id, found.due_at or 0.0)


def expire_due_sessions() -> None:
    """Expire the sessions that are due."""
    _run([sessions.KIND])


def _run(kinds: list[str]) -> bool:
    """Do the first of what is due, each at its own time; False if nothing is."""
    due = (
        Record.objects.filter(kind__in=kinds, due_at__lte=clock.now())
        .order_by("due_at", "number")
        .only("kind", "stripe_id", "due_at")
    )
    found = [(record.kind, record.stripe_id, record.due_at or 0.0) for record in due[:_AT_ONCE]]
    for kind, stripe_id, moment in found:
        if moment > found[0][2] + _SOONEST:
            break
        _do(kind, stripe_id, moment)
    return bool(found)


def _do(kind: str, stripe_id: str, moment: float) -> None:
    with clock.standing_at(moment):
        _HANDLERS[kind](stripe_id)
    # Where somebody was quicker there was nothing to do, and nothing is left to do.
    Record.objects.filter(stripe_id=stripe_id, due_at=moment).update(due_at=None)
