"""Money that goes back to the donor, and sometimes fails to arrive there."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction

from sandbox.core import errors, store
from sandbox.core.currencies import shown
from sandbox.engine import balance, disputes, test_cards
from sandbox.models import Behaviour, Record
from sandbox.objects import refund
from sandbox.router import ALIAS
from sandbox.webhooks.events import NOBODY, Cause, announce

KIND = "refund"

# Status and outcome -> the status then. What is not here cannot happen.
_NEXT = {
    ("pending", "succeeds"): "succeeded",
    ("pending", "fails"): "failed",
    ("pending", "canceled"): "canceled",
    ("succeeded", "fails"): "failed",
}
OUTCOMES = ["succeeds", "fails", "canceled"]


def possible(status: str) -> list[str]:
    """What can still become of a refund."""
    return [outcome for outcome in OUTCOMES if (status, outcome) in _NEXT]


@transaction.atomic(using=ALIAS)
def create(
    charge_id: str,
    amount: int | None = None,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    cause: Cause = NOBODY,
) -> Record:
    """Send this amount of the charge back, or all that is left."""
    charge = store.get("charge", charge_id)
    amount = _allowed(charge.body, amount)
    balance.book(charge)
    foreseen = test_cards.of(charge).refund
    body = refund.build(
        charge.body,
        amount,
        created=int(time.time()),
        # One that fails has succeeded first; one that takes its time succeeds in the end.
        status="pending" if foreseen == "succeeds" else "succeeded",
        reason=reason,
        metadata=metadata or {},
    )
    due_at = time.time() + Behaviour.current().bank_delay if foreseen else None
    made = store.add(body, hidden={"outcome": foreseen}, due_at=due_at)
    if made.status == "succeeded":
        store.change(made, balance_transaction=_debit(made, charge))
    _recount(charge, amount)
    announce(("refund.created", made.body), ("charge.refunded", charge.body), cause=cause)
    return made


@transaction.atomic(using=ALIAS)
def settle(refund_id: str, outcome: str, cause: Cause = NOBODY) -> Record | None:
    """The bank, or the dashboard, decides what becomes of it; None if that cannot be any more."""
    made = store.get(KIND, refund_id)
    status = _NEXT.get((made.status, outcome))
    if status is None:
        return None
    charge = store.get("charge", made.charge)
    new: dict[str, Any] = {"status": status}
    if made.status == "pending":
        new["pending_reason"] = None
    if status == "succeeded":
        new["balance_transaction"] = _debit(made, charge)
    elif status == "failed":
        new["failure_reason"] = "lost_or_stolen_card"
        if made.body["balance_transaction"]:
            new["failure_balance_transaction"] = _credit(made, charge)
    if status != "succeeded":
        _recount(charge, -made.body["amount"])
    made.due_at = None
    previous = store.change(made, **new)
    announce(("refund.updated", made.body, previous), cause=cause)
    if status == "failed":
        announce(("refund.failed", made.body), cause=cause)
    return made


def settle_as_foreseen(refund_id: str) -> None:
    """What the card's number promised, unless the operator was quicker."""
    settle(refund_id, store.get(KIND, refund_id).hidden["outcome"])


def _allowed(charge: dict[str, Any], amount: int | None) -> int:
    id, currency = charge["id"], charge["currency"]
    left = charge["amount"] - charge["amount_refunded"]
    if disputes.holds(id):
        message = f"Charge {id} has been charged back; cannot issue a refund."
        raise errors.ApiError(400, message, code="charge_disputed", begun=True)
    if not left:
        message = f"Charge {id} has already been refunded."
        raise errors.ApiError(400, message, code="charge_already_refunded", begun=True)
    if amount is not None and amount > left:
        message = (
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on charge "
            f"({shown(left, currency)})"
        )
        raise errors.ApiError(400, message, param="amount", begun=True)
    return amount or left


def _debit(made: Record, charge: Record) -> str:
    card = charge.body["payment_method_details"]["type"] == "card"
    return str(_moved("refund" if card else "payment_refund", -1, made, charge, "REFUND FOR CHARGE")["id"])


def _credit(made: Record, charge: Record) -> str:
    return str(_moved("refund_failure", 1, made, charge, "REFUND FAILURE FOR CHARGE")["id"])


def _moved(type: str, sign: int, made: Record, charge: Record, words: str) -> dict[str, Any]:
    return balance.move(
        type, sign * made.body["amount"], charge, source=made.stripe_id, description=f"{words} ({charge.stripe_id})"
    )


def _recount(charge: Record, amount: int) -> None:
    refunded = charge.body["amount_refunded"] + amount
    store.change(charge, amount_refunded=refunded, refunded=refunded == charge.body["amount"])
