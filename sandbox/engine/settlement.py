"""A payment settles a moment after it succeeded: its balance transaction, and the disputes that its card stands for."""

from __future__ import annotations

from django.db import transaction

from sandbox.core import clock, store
from sandbox.engine import balance, disputes, fraud_warnings, test_cards
from sandbox.models import Record
from sandbox.router import ALIAS

_DELAY = 1.0


def due_time() -> float:
    """When a charge that succeeds now will settle."""
    return clock.now() + _DELAY


@transaction.atomic(using=ALIAS)
def settle(charge_id: str) -> None:
    """Settle the charge, unless it has been."""
    charge = store.get("charge", charge_id)
    if charge.due_at is None:
        return
    charge.due_at = None
    charge.save()
    balance.post_charge(charge)
    card = test_cards.card_of(charge)
    if card.warned:
        fraud_warnings.warn(charge_id)
    opened = card.disputes
    for index, (kind, reason) in enumerate(opened):
        share, remainder = divmod(charge.body["amount"], len(opened))
        disputes.open(charge_id, kind, amount=share + (0 if index else remainder), reason=reason)


def settle_all() -> None:
    """Settle every charge at once: somebody looks at the balance."""
    unsettled = Record.objects.filter(kind="charge", due_at__isnull=False)
    for charge_id in list(unsettled.values_list("stripe_id", flat=True)):
        settle(charge_id)
