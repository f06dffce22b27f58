"""What happened at "Stripe" in the past: the objects as they stand today. Nobody is told; no event is sent.

For data to try a site with. All functions run in the caller's transaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sandbox.core import ids, store
from sandbox.engine import balance, outcomes, test_cards
from sandbox.engine.disputes import FEE
from sandbox.models import Record
from sandbox.objects import (
    balance_transaction,
    charge,
    checkout_session,
    dispute,
    payment_intent,
    payment_method_details,
    payout,
    refund,
)
from sandbox.objects.charge import Payer

DAY = 24 * 3600


@dataclass(frozen=True)
class Paid:
    """A payment of the past."""

    session: Record
    charge: Record


def pay(at: int, amount: int, currency: str, *, payer: Payer, metadata: dict[str, str], description: str) -> Paid:
    """A session that was paid by card at this time (seconds since the epoch), amount in minor units."""
    site = {"success_url": settings.SITE_URL, "metadata": metadata, "customer_email": payer.email}
    session = store.add(
        checkout_session.build(
            site, url=f"{settings.SANDBOX_URL}/pay", created=at - 90, expires_at=at + 7200, total=amount,
            currency=currency,
        ),
        hidden={"line_items": [], "payment_intent_data": {}},
    )  # fmt: skip
    told = {"metadata": metadata, "description": description}
    intent = store.add(payment_intent.build(told, created=at - 5, amount=amount, currency=currency))
    intent.body["payment_method"] = ids.new("pm")
    visa = test_cards.lookup("4242424242424242")
    details = payment_method_details.card(
        brand=visa.brand, last4=visa.number[-4:], month=12, year=2040, cvc_check="pass", postal_check=None,
        secured=False, amount=amount,
    )  # fmt: skip
    made = store.add(
        charge.build(intent.body, payer, details, created=at, receipts=outcomes.receipts()),
        hidden={"card": visa.number},
    )
    booked = _move(made, "charge", amount, at + 1, source=made.stripe_id, fee=balance.fee_of(amount), wait=2 * DAY)
    store.change(made, balance_transaction=booked["id"])
    outcomes.succeed(intent, made.stripe_id)
    store.save(session, {**session.body, "payment_intent": intent.stripe_id})
    outcomes.complete(session, payer, "paid")
    return Paid(session, made)


def send_back(paid: Paid, at: int, amount: int, metadata: dict[str, str]) -> Record:
    """A refund that succeeded."""
    body = refund.build(
        paid.charge.body, amount, created=at, status="succeeded", reason="requested_by_customer", metadata=metadata
    )
    made = store.add(body)
    moved = _move(paid.charge, "refund", -amount, at, source=made.stripe_id)
    store.change(made, balance_transaction=moved["id"])
    refunded = paid.charge.body["amount_refunded"] + amount
    store.change(paid.charge, amount_refunded=refunded, refunded=refunded == paid.charge.body["amount"])
    return made


def contest(paid: Paid, at: int, status: str) -> Record:
    """A chargeback of the whole payment that is won or lost, or in between."""
    amount = paid.charge.body["amount"]
    made = store.add(dispute.build(paid.charge.body, amount, created=at, status=status, reason="fraudulent"))
    store.change(paid.charge, disputed=True)
    moves = [_adjust(paid.charge, made, -amount, at, FEE)]
    if status == "won":
        moves.append(_adjust(paid.charge, made, amount, at + 60 * DAY, 0))
    store.change(made, balance_transactions=moves, is_charge_refundable=False)
    return made


def pay_out(at: int, currency: str) -> Record | None:
    """All that could be paid out by then and has not been, on its way to the bank; None if that is not above zero."""
    waiting = [
        movement
        for movement in Record.objects.filter(kind=balance.KIND, payout="", created__lte=at).order_by("number")
        if movement.body["available_on"] <= at and movement.body["currency"] == currency
    ]
    amount = sum(movement.body["net"] for movement in waiting)
    if amount <= 0:
        return None
    body = payout.build(amount, currency, created=at)
    own = _enter("payout", -amount, currency, at, source=body["id"], description=body["description"])
    made = store.add({**body, "balance_transaction": own["id"]})
    for movement in [*waiting, store.get(balance.KIND, own["id"])]:
        movement.payout = made.stripe_id
        movement.due_at = None
        store.change(movement, status="available")
    return made


def _adjust(paid: Record, made: Record, amount: int, at: int, fee: int) -> dict[str, Any]:
    category = "dispute" if amount < 0 else "dispute_reversal"
    return _move(paid, "adjustment", amount, at, source=made.stripe_id, fee=fee, reporting_category=category)


def _move(paid: Record, type: str, amount: int, at: int, **more: Any) -> dict[str, Any]:
    return _enter(type, amount, paid.body["currency"], at, description=paid.body["description"], **more)


def _enter(type: str, amount: int, currency: str, at: int, *, wait: int = 0, **more: Any) -> dict[str, Any]:
    body = balance_transaction.build(type, amount, currency, created=at, available_on=at + wait, **more)
    pending = at + wait > time.time()
    store.add({**body, "status": "pending" if pending else "available"}, due_at=at + wait if pending else None)
    return body
