"""Refunds: made, pending, succeeded, failed, canceled."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sandbox.core import clock, errors, store
from sandbox.core.currencies import format_amount, payable
from sandbox.engine import balance, disputes, presentment, test_cards
from sandbox.models import Behaviour, Record
from sandbox.objects import refund
from sandbox.router import ALIAS
from sandbox.webhooks.events import NO_REQUEST, ApiRequest, emit

KIND = "refund"

# Status and outcome -> the new status. What is not here cannot happen.
_TRANSITIONS = {
    ("pending", "succeeds"): "succeeded",
    ("pending", "fails"): "failed",
    ("pending", "canceled"): "canceled",
    ("succeeded", "fails"): "failed",
    ("succeeded", "fails_as_adjustment"): "failed",
    ("succeeded", "fails_as_payment_refund"): "failed",
}
OUTCOMES = ["succeeds", "fails", "fails_as_adjustment", "fails_as_payment_refund", "canceled"]
# How the money of a refund that failed comes back: Stripe books it in one of three shapes.
_CREDITS = {"fails_as_adjustment": "adjustment", "fails_as_payment_refund": "payment_refund"}


def allowed_transitions(status: str) -> list[str]:
    """What can still become of a refund in this status."""
    return [outcome for outcome in OUTCOMES if (status, outcome) in _TRANSITIONS]


@transaction.atomic(using=ALIAS)
def create(
    charge_id: str,
    amount: int | None = None,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    request: ApiRequest = NO_REQUEST,
) -> Record:
    """Refund this amount of the charge, or all that is left."""
    charge = store.get("charge", charge_id)
    amount = _refundable_amount(charge.body, amount)
    balance.post_charge(charge)
    scheduled_outcome = test_cards.card_of(charge).refund_outcome
    body = refund.build(
        charge.body,
        amount,
        created=clock.timestamp(),
        # One that fails has succeeded first; one that takes its time succeeds in the end.
        status="pending" if scheduled_outcome == "succeeds" else "succeeded",
        reason=reason,
        metadata=metadata or {},
    ) | presentment.of_part(charge.body, amount)
    due_at = clock.now() + Behaviour.current().bank_delay if scheduled_outcome else None
    record = store.add(body, hidden={"outcome": scheduled_outcome}, due_at=due_at)
    if record.status == "succeeded":
        store.update(record, balance_transaction=_debit(record, charge))
    add_refunded_amount(charge, amount)
    emit(("refund.created", record.body), ("charge.refunded", charge.body), request=request)
    return record


@transaction.atomic(using=ALIAS)
def settle(refund_id: str, outcome: str, request: ApiRequest = NO_REQUEST) -> Record | None:
    """The bank, or the dashboard, decides what becomes of it; None if that cannot be any more."""
    record = store.get(KIND, refund_id)
    status = _TRANSITIONS.get((record.status, outcome))
    if status is None:
        return None
    charge = store.get("charge", record.charge)
    new: dict[str, Any] = {"status": status}
    if record.status == "pending":
        new["pending_reason"] = None
    if status == "succeeded":
        new["balance_transaction"] = _debit(record, charge)
    elif status == "failed":
        new["failure_reason"] = "lost_or_stolen_card"
        if record.body["balance_transaction"]:
            new["failure_balance_transaction"] = _credit(record, charge, _CREDITS.get(outcome, "refund_failure"))
    if status != "succeeded":
        add_refunded_amount(charge, -record.body["amount"])
    record.due_at = None
    previous = store.update(record, **new)
    emit(("refund.updated", record.body, previous), request=request)
    if status == "failed":
        emit(("refund.failed", record.body), request=request)
    return record


def settle_as_scheduled(refund_id: str) -> None:
    """The outcome that the test card stands for, unless the operator was quicker."""
    settle(refund_id, store.get(KIND, refund_id).hidden["outcome"])


def _refundable_amount(charge: dict[str, Any], amount: int | None) -> int:
    id, currency = charge["id"], charge["currency"]
    left = charge["amount"] - charge["amount_refunded"]
    if disputes.funds_withdrawn(id):
        message = f"Charge {id} has been charged back; cannot issue a refund."
        raise errors.ApiError(400, message, code="charge_disputed", execution_started=True)
    if not left:
        message = f"Charge {id} has already been refunded."
        raise errors.ApiError(400, message, code="charge_already_refunded", execution_started=True)
    if amount is not None and amount > left:
        message = (
            f"Refund amount ({format_amount(amount, currency)}) is greater than unrefunded amount on charge "
            f"({format_amount(left, currency)})"
        )
        raise errors.ApiError(400, message, param="amount", execution_started=True)
    if amount is not None and not payable(amount, currency):
        raise errors.parameter_invalid(f"Amounts in {currency} must end in 0.", "amount", "parameter_invalid_integer")
    return amount or left


def _debit(record: Record, charge: Record) -> str:
    card = charge.body["payment_method_details"]["type"] == "card"
    return str(_post("refund" if card else "payment_refund", -1, record, charge, "REFUND FOR CHARGE")["id"])


def _credit(record: Record, charge: Record, type: str) -> str:
    category = "refund" if type == "payment_refund" else "refund_failure"
    label = "REFUND FAILURE FOR CHARGE"
    return str(_post(type, 1, record, charge, label, reporting_category=category)["id"])


def _post(type: str, sign: int, record: Record, charge: Record, label: str, **more: Any) -> dict[str, Any]:
    description = f"{label} ({charge.stripe_id})"
    amount = sign * record.body["amount"]
    return balance.post_against_charge(type, amount, charge, source=record.stripe_id, description=description, **more)


def add_refunded_amount(charge: Record, amount: int) -> None:
    """The charge says how much of it is refunded."""
    refunded = charge.body["amount_refunded"] + amount
    store.update(charge, amount_refunded=refunded, refunded=refunded == charge.body["amount"])
