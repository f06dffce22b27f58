"""What happens by time alone: sessions expire, bank debits and charges settle, funds become available."""

from __future__ import annotations

import time

from sandbox.engine import balance, bank_payments, refunds, sessions, settlement
from sandbox.models import Record

# Each does its work only once, in its own transaction, in however many threads it is tried.
_HANDLERS = {
    sessions.KIND: sessions.expire_if_due,
    "payment_intent": bank_payments.settle_as_scheduled,
    "charge": settlement.settle,
    refunds.KIND: refunds.settle_as_scheduled,
    balance.KIND: balance.make_available,
}


def run_due() -> None:
    """Do what is due; safe at any moment and in any number of threads."""
    _run(list(_HANDLERS))


def expire_due_sessions() -> None:
    """Expire the sessions that are due."""
    _run([sessions.KIND])


def _run(kinds: list[str]) -> None:
    due = Record.objects.filter(kind__in=kinds, due_at__lte=time.time())
    for kind, stripe_id in list(due.values_list("kind", "stripe_id")[:100]):
        _HANDLERS[kind](stripe_id)
