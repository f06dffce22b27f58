"""What follows a payment a moment later: its balance transaction, and the disputes that its card promises."""

from __future__ import annotations

import time

from django.db import transaction

from sandbox.core import store
from sandbox.engine import balance, disputes, test_cards
from sandbox.models import Record
from sandbox.router import ALIAS

_SOON = 1.0


def due() -> float:
    """When it comes, for a charge that succeeds now."""
    return time.time() + _SOON


@transaction.atomic(using=ALIAS)
def follow(charge_id: str) -> None:
    """Let it come, unless it has."""
    charge = store.get("charge", charge_id)
    if charge.due_at is None:
        return
    charge.due_at = None
    charge.save()
    balance.book(charge)
    promised = test_cards.of(charge).disputes
    for place, (kind, reason) in enumerate(promised):
        share, rest = divmod(charge.body["amount"], len(promised))
        disputes.open(charge_id, kind, amount=share + (0 if place else rest), reason=reason)


def follow_all() -> None:
    """Let it come for every payment at once: somebody looks at the balance."""
    waiting = Record.objects.filter(kind="charge", due_at__isnull=False)
    for charge_id in list(waiting.values_list("stripe_id", flat=True)):
        follow(charge_id)
