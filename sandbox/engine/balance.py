"""The account's balance: every movement is a balance transaction, in the currency that the payment settles in."""

from __future__ import annotations

import time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction

from sandbox.core import store
from sandbox.models import Behaviour, Record
from sandbox.objects import balance_transaction
from sandbox.router import ALIAS
from sandbox.webhooks.events import announce

KIND = "balance_transaction"

Body = dict[str, Any]

_DAY = 24 * 3600
# How long the money of a payment waits before it can be paid out.
_DAYS_PENDING = {"charge": 2, "payment": 4}


def enter(type: str, amount: int, currency: str, *, source: str | None = None, **more: Any) -> Body:
    """One movement, already in the account's currency."""
    now = int(time.time())
    available_on = now + _DAYS_PENDING.get(type, 0) * _DAY
    body = balance_transaction.build(
        type, amount, currency, created=now, available_on=available_on, source=source, **more
    )
    store.add(body, due_at=available_on if body["status"] == "pending" else None)
    return body


def book(charge: Record) -> Body:
    """The transaction of a succeeded charge: made now, unless it has been."""
    body = charge.body
    if body["balance_transaction"]:
        return store.get(KIND, body["balance_transaction"]).body
    currency = Behaviour.current().settlement or body["currency"]
    amount, rate = _converted(body["amount"], body["currency"], currency)
    booked = enter(
        "charge" if body["payment_method_details"]["type"] == "card" else "payment",
        amount,
        currency,
        source=charge.stripe_id,
        description=body["description"],
        fee=fee_of(amount),
        exchange_rate=rate,
    )
    previous = store.change(charge, balance_transaction=booked["id"])
    announce(("charge.updated", charge.body, previous))
    return booked


def move(type: str, amount: int, charge: Record, **more: Any) -> Body:
    """A later movement of a charge's money; `amount` is in the charge's currency, and negative to the donor."""
    currency = book(charge)["currency"]
    settled, rate = _converted(amount, charge.body["currency"], currency)
    return enter(type, settled, currency, exchange_rate=rate, **more)


@transaction.atomic(using=ALIAS)
def make_available(transaction_id: str) -> None:
    """The money has waited long enough."""
    movement = store.get(KIND, transaction_id)
    movement.due_at = None
    store.change(movement, status="available")


def _converted(amount: int, currency: str, into: str) -> tuple[int, float | None]:
    if currency == into:
        return amount, None
    rate = Behaviour.current().exchange_rate
    return _rounded(amount * rate), float(rate)


def fee_of(amount: int) -> int:
    """What Stripe keeps of a payment."""
    return _rounded(amount * Decimal("0.029")) + 30


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
