"""Payouts of the balance to the bank: one per currency, with every balance transaction that no payout has taken yet."""

from __future__ import annotations

from django.db import transaction

from sandbox.core import accounts, clock, store
from sandbox.engine import balance, settlement
from sandbox.models import Record
from sandbox.objects import payout
from sandbox.router import ALIAS
from sandbox.webhooks.events import emit

KIND = "payout"


def create_all(minimum: int = 0) -> list[Record]:
    """Pay out every currency whose balance is above zero; all but this minimum, which is released by the next one."""
    settlement.settle_all()
    with transaction.atomic(using=ALIAS):
        unpaid: dict[str, list[Record]] = {}
        balance_of = Record.objects.filter(kind=balance.KIND, payout="", account=accounts.present())
        for record in balance_of.order_by("number"):
            unpaid.setdefault(record.body["currency"], []).append(record)
        now = clock.timestamp()
        made = [create(currency, records, created=now, minimum=minimum) for currency, records in unpaid.items()]
        paid = [record for record in made if record is not None]
        for record in paid:
            emit(("payout.paid", record.body))
    return paid


def _held(currency: str) -> int:
    """What earlier payouts have kept back for a minimum balance."""
    kept = Record.objects.filter(kind=balance.KIND, body__currency=currency, account=accounts.present())
    types = ["payout_minimum_balance_hold", "payout_minimum_balance_release"]
    return -sum(int(body["net"]) for body in kept.filter(body__type__in=types).values_list("body", flat=True))


def create(currency: str, balance_transactions: list[Record], *, created: int, minimum: int = 0) -> Record | None:
    """A payout of these balance transactions and its own; None if their sum is not above zero."""
    held = _held(currency)
    amount = sum(record.body["net"] for record in balance_transactions) + held - minimum
    if amount <= 0:
        return None
    body = payout.build(amount, currency, created=created)
    for type, moved in (("release", held), ("hold", -minimum)):
        if moved:
            name = f"payout_minimum_balance_{type}"
            kept = balance.post(name, moved, currency, created=created, source=body["id"])
            balance_transactions = [*balance_transactions, store.get(balance.KIND, kept["id"])]
    posted = balance.post(
        "payout", -amount, currency, created=created, source=body["id"], description=body["description"]
    )
    made = store.add({**body, "balance_transaction": posted["id"]})
    for record in [*balance_transactions, store.get(balance.KIND, posted["id"])]:
        record.payout = made.stripe_id
        record.due_at = None
        store.update(record, status="available")
    return made
