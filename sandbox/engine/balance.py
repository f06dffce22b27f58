"""The account's balance: every entry is a balance transaction, in the currency that the payment settles in."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction

from sandbox.core import clock, store
from sandbox.models import Behaviour, Record
from sandbox.objects import balance_transaction
from sandbox.router import ALIAS
from sandbox.webhooks.events import emit

KIND = "balance_transaction"

Body = dict[str, Any]

_DAY = 24 * 3600
# Days until the funds of a payment are available for a payout.
_DAYS_PENDING = {"charge": 2, "payment": 4}


def post(
    type: str, amount: int, currency: str, *, created: int | None = None, source: str | None = None, **more: Any
) -> Body:
    """One balance transaction, already in the settlement currency; made now, unless it is one of the past."""
    now = clock.timestamp()
    created = now if created is None else created
    available_on = created + _DAYS_PENDING.get(type, 0) * _DAY
    body = balance_transaction.build(
        type, amount, currency, created=created, available_on=available_on, source=source, **more
    )
    if available_on <= now:
        body["status"] = "available"
    store.add(body, due_at=available_on if body["status"] == "pending" else None)
    return body


def post_charge(charge: Record) -> Body:
    """The balance transaction of a charge, and its event: posted now, unless it has been."""
    body = charge.body
    if body["balance_transaction"]:
        return store.get(KIND, body["balance_transaction"]).body
    posted = post_payment(charge)
    emit(("charge.updated", charge.body, {"balance_transaction": None}))
    return posted


def post_payment(charge: Record) -> Body:
    """The balance transaction of a charge that has none. A bank debit has it from the moment it is submitted."""
    body = charge.body
    currency = Behaviour.current().settlement or body["currency"]
    amount, rate = _convert(body["amount"], body["currency"], currency)
    posted = post(
        "charge" if body["payment_method_details"]["type"] == "card" else "payment",
        amount,
        currency,
        source=charge.stripe_id,
        description=body["description"],
        fee=processing_fee(amount),
        exchange_rate=rate,
    )
    store.update(charge, balance_transaction=posted["id"])
    return posted


def post_failure(charge: Record) -> Body:
    """What a bank debit brought is taken back, its fee included."""
    booked = post_charge(charge)
    posted = post(
        "payment_failure_refund",
        -booked["amount"],
        booked["currency"],
        source=charge.stripe_id,
        description=f"Payment failure refund for {charge.stripe_id}",
        fee=-booked["fee"],
        exchange_rate=booked["exchange_rate"],
    )
    store.update(charge, failure_balance_transaction=posted["id"])
    return posted


def post_against_charge(type: str, amount: int, charge: Record, **more: Any) -> Body:
    """A later entry about a charge; `amount` is in the charge's currency, and negative when the payer gets it."""
    currency = post_charge(charge)["currency"]
    settled, rate = _convert(amount, charge.body["currency"], currency)
    return post(type, settled, currency, exchange_rate=rate, **more)


@transaction.atomic(using=ALIAS)
def make_available(transaction_id: str) -> None:
    """The pending funds become available."""
    record = store.get(KIND, transaction_id)
    record.due_at = None
    store.update(record, status="available")


def _convert(amount: int, currency: str, settlement_currency: str) -> tuple[int, float | None]:
    if currency == settlement_currency:
        return amount, None
    rate = Behaviour.current().exchange_rate
    return _round(amount * rate), float(rate)


def processing_fee(amount: int) -> int:
    """What Stripe keeps of a payment."""
    return _round(amount * Decimal("0.029")) + 30


def _round(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
