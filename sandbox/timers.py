"""What time alone does: an open session expires, a bank payment settles."""

from __future__ import annotations

import time

from sandbox import bank, sessions
from sandbox.models import Record


def run_due() -> None:
    """Do what is due; safe at any moment and in any number of threads."""
    now = time.time()
    expire_due(now)
    for intent_id in _due("payment_intent", now):
        bank.settle_as_foreseen(intent_id)


def expire_due(now: float | None = None) -> None:
    """Close the sessions whose time is over."""
    for session_id in _due("checkout.session", now or time.time()):
        sessions.expire_if_due(session_id)


def _due(kind: str, now: float) -> list[str]:
    return list(Record.objects.filter(kind=kind, due_at__lte=now).values_list("stripe_id", flat=True)[:100])
