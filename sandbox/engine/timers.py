"""What time alone does: an open session expires, a bank answers, money is booked and becomes available."""

from __future__ import annotations

import time

from sandbox.engine import balance, bank_payments, refunds, sessions, settlement
from sandbox.models import Record

# Each does its work only once, in its own transaction, whoever else tries.
_WORK = {
    sessions.KIND: sessions.expire_if_due,
    "payment_intent": bank_payments.settle_as_foreseen,
    "charge": settlement.follow,
    refunds.KIND: refunds.settle_as_foreseen,
    balance.KIND: balance.make_available,
}


def run_due() -> None:
    """Do what is due; safe at any moment and in any number of threads."""
    _run(list(_WORK))


def expire_due() -> None:
    """Close the sessions whose time is over."""
    _run([sessions.KIND])


def _run(kinds: list[str]) -> None:
    due = Record.objects.filter(kind__in=kinds, due_at__lte=time.time())
    for kind, stripe_id in list(due.values_list("kind", "stripe_id")[:100]):
        _WORK[kind](stripe_id)
