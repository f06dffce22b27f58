"""The balance on its way to the bank: one payout per currency, with everything that no payout has taken yet."""

from __future__ import annotations

import time

from django.db import transaction

from sandbox.core import store
from sandbox.engine import balance, settlement
from sandbox.models import Record
from sandbox.objects import payout
from sandbox.router import ALIAS
from sandbox.webhooks.events import announce

KIND = "payout"


def pay_out() -> list[Record]:
    """Pay out every currency whose balance is above zero."""
    settlement.follow_all()
    with transaction.atomic(using=ALIAS):
        waiting: dict[str, list[Record]] = {}
        for movement in Record.objects.filter(kind=balance.KIND, payout="").order_by("number"):
            waiting.setdefault(movement.body["currency"], []).append(movement)
        return [made for currency, movements in waiting.items() if (made := _pay_out(currency, movements))]


def _pay_out(currency: str, movements: list[Record]) -> Record | None:
    amount = sum(movement.body["net"] for movement in movements)
    if amount <= 0:
        return None
    body = payout.build(amount, currency, created=int(time.time()))
    own = balance.enter("payout", -amount, currency, source=body["id"], description=body["description"])
    made = store.add({**body, "balance_transaction": own["id"]})
    for movement in [*movements, store.get(balance.KIND, own["id"])]:
        movement.payout = made.stripe_id
        movement.due_at = None
        store.change(movement, status="available")
    announce(("payout.paid", made.body))
    return made
